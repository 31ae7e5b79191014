/** LIKE, SIMILAR TO and Java's regular expressions, as JavaScript's. */

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** Text that a regular expression takes literally. */
export function escapeRegex(text: string): string {
  return text.replace(SPECIAL, '\\$&');
}

export class PatternError extends Error {
  readonly code = 'TW5006';
  override name = 'PatternError';
}

/** What a LIKE pattern is when it needs no regular expression. */
export type LikePlan =
  | { readonly kind: 'equals' | 'prefix' | 'suffix' | 'contains'; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: RegExp };

/** `%` is any text, `_` any character; `escapeChar` makes the next one literal. Throws PatternError on a bad escape. */
export function planLike(pattern: string, escapeChar = ''): LikePlan {
  const parts: (string | 1 | 2)[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (escapeChar !== '' && c === escapeChar) {
      const next = pattern[++i];
      if (next !== '%' && next !== '_' && next !== escapeChar)
        throw new PatternError(`invalid escape in LIKE pattern '${pattern}' at ${i}`);
      literal += next;
    } else if (c === '%' || c === '_') {
      flush();
      parts.push(c === '%' ? 1 : 2);
    } else literal += c;
  }
  flush();
  if (parts.length === 0) return { kind: 'equals', text: '' };
  const shape = parts.map((part) => (typeof part === 'string' ? 't' : part === 1 ? '%' : '_')).join('');
  if (shape === 't') return { kind: 'equals', text: parts[0] as string };
  if (shape === 't%') return { kind: 'prefix', text: parts[0] as string };
  if (shape === '%t') return { kind: 'suffix', text: parts[1] as string };
  if (shape === '%t%') return { kind: 'contains', text: parts[1] as string };
  const source = parts.map((part) => (typeof part === 'string' ? escapeRegex(part) : part === 1 ? '.*' : '.')).join('');
  return { kind: 'regex', regex: new RegExp(`^(?:${source})$`, 'su') };
}

export function matchesLike(text: string, plan: LikePlan): boolean {
  switch (plan.kind) {
    case 'equals':
      return text === plan.text;
    case 'prefix':
      return text.startsWith(plan.text);
    case 'suffix':
      return text.endsWith(plan.text);
    case 'contains':
      return text.includes(plan.text);
    default:
      return plan.regex.test(text);
  }
}

/** SQL's SIMILAR TO: `%` and `_`, and | * + ? {} () [] of regular expressions. */
export function similarRegex(pattern: string, escapeChar = ''): RegExp {
  let source = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (escapeChar !== '' && c === escapeChar) {
      if (i + 1 >= pattern.length) throw new PatternError(`invalid escape in SIMILAR TO pattern '${pattern}'`);
      source += escapeRegex(pattern[++i]);
    } else if (inClass) {
      if (c === ']') inClass = false;
      source += c === '\\' ? '\\\\' : c;
    } else if (c === '[') {
      const named = /^\[:(\w+):\]/.exec(pattern.slice(i + 1));
      inClass = true;
      if (named) {
        const set = POSIX[named[1].toUpperCase()];
        if (set === undefined) throw new PatternError(`unknown character class [:${named[1]}:]`);
        source += `[${set}`;
        i += named[0].length;
      } else source += '[';
    } else if (c === '%') source += '.*';
    else if (c === '_') source += '.';
    else if ('|*+?{}()'.includes(c)) source += c;
    else source += escapeRegex(c);
  }
  return compileRegex(`^(?:${source})$`, 's', pattern);
}

const POSIX: Record<string, string> = {
  ALPHA: 'A-Za-z',
  UPPER: 'A-Z',
  LOWER: 'a-z',
  DIGIT: '0-9',
  SPACE: ' ',
  WHITESPACE: '\\s',
  ALNUM: 'A-Za-z0-9',
};

const JAVA_CLASSES: Record<string, string> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7f',
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Punct: '!-\\/:-@\\[-`{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1f\\x7f',
  XDigit: '0-9A-Fa-f',
  Space: ' \\t\\n\\x0b\\f\\r',
};

/**
 * A Java regular expression as a JavaScript one. Leading flags `(?i)`, POSIX classes `\p{Alpha}`, `\A \z \h \Q…\E` are
 * translated. Throws PatternError for what JavaScript has nothing for (possessive quantifiers) and for bad patterns.
 */
export function javaRegex(pattern: string, flags = ''): RegExp {
  let rest = pattern;
  let all = flags;
  const leading = /^\(\?([imsux]+)\)/.exec(rest);
  if (leading) {
    rest = rest.slice(leading[0].length);
    for (const flag of leading[1]) if ('ims'.includes(flag) && !all.includes(flag)) all += flag;
  }
  let source = '';
  let depth = 0;
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i];
    if (c === '\\') {
      const next = rest[++i];
      if (next === undefined) throw new PatternError(`regular expression '${pattern}' ends with a backslash`);
      if (next === 'Q') {
        const end = rest.indexOf('\\E', i);
        source += escapeRegex(rest.slice(i + 1, end < 0 ? rest.length : end));
        i = end < 0 ? rest.length : end + 1;
      } else if ((next === 'p' || next === 'P') && rest[i + 1] === '{') {
        const end = rest.indexOf('}', i);
        const name = rest.slice(i + 2, end);
        const set = JAVA_CLASSES[name];
        if (set !== undefined) source += depth > 0 && next === 'p' ? set : `[${next === 'P' ? '^' : ''}${set}]`;
        else source += `\\${next}{${name.startsWith('Is') ? name.slice(2) : name}}`;
        i = end;
      } else if (next === 'A') source += '^';
      else if (next === 'z' || next === 'Z') source += '$';
      else if (next === 'h') source += depth > 0 ? ' \\t' : '[ \\t]';
      else if (next === 'a') source += '\\x07';
      else if (next === 'e') source += '\\x1b';
      else source += /[A-Za-z0-9]/.test(next) ? `\\${next}` : escapeRegex(next);
      continue;
    }
    if (c === '[') {
      source += depth > 0 ? '\\[' : '[';
      depth++;
      if (rest[i + 1] === '^') source += rest[++i];
      if (rest[i + 1] === ']') source += `\\${rest[++i]}`;
      continue;
    }
    if (c === ']' && depth > 0) {
      depth = 0;
      source += c;
      continue;
    }
    if (depth === 0 && c === '+' && /[*+?}]$/.test(source) && !/\\[*+?}]$/.test(source)) {
      throw new PatternError(`possessive quantifiers are not supported: '${pattern}'`);
    }
    source += c;
  }
  return compileRegex(source, all, pattern);
}

function compileRegex(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw new PatternError(`bad regular expression '${pattern}': ${(error as Error).message}`);
    }
  }
}

/** Remembers what was made for the last patterns, for patterns that come with the rows. */
export function remembered<T>(make: (pattern: string) => T): (pattern: string) => T {
  const cache = new Map<string, T>();
  let lastPattern: string | undefined;
  let last: T;
  return (pattern) => {
    if (pattern === lastPattern) return last;
    let value = cache.get(pattern);
    if (value === undefined) {
      value = make(pattern);
      if (cache.size >= 1000) cache.clear();
      cache.set(pattern, value);
    }
    lastPattern = pattern;
    last = value;
    return value;
  };
}

/** A bad pattern in a row is no reason to fail: `undefined`, and the function gives NULL, as Flink does. */
export const rowRegex = remembered((pattern: string): RegExp | null => {
  try {
    return javaRegex(pattern);
  } catch {
    return null;
  }
});
