import type { Identifier, QualifiedName } from '../ast/identifier.js';
import type { Span } from '../ast/span.js';
import { CLAUSE_WORDS, RESERVED } from './keywords.js';
import { nearestWord } from './nearest-word.js';
import { SqlSyntaxError, type SyntaxProblem } from './syntax-error.js';
import type { Token } from './token.js';

/** How deep parentheses, calls, subqueries and types may be nested: well inside the stack of a thread. */
export const MAX_NESTING = 400;
/** How high a tree may grow through chains (`a + b + c …`, joins, unions): whoever walks it recursively must survive. */
export const MAX_HEIGHT = 1_000;

/** Where something starts: a token or the span of a node. */
export type Start = Pick<Span, 'start' | 'line' | 'column'>;

/**
 * A position in the tokens of a text, with what every part of the grammar needs. Moves only forward.
 *
 * What is looked for in vain is most of what a parser does, so nothing is noted of it here; `RecordingCursor` does, for the
 * error of a text that has a mistake. Methods that are called for each token stay small for the same reason: what V8 would
 * set out to optimise in the middle of a first script costs more than it gives.
 */
export class Cursor {
  protected at = 0;
  private nesting = 0;
  private childHeight = 0;

  constructor(
    protected readonly tokens: readonly Token[],
    private readonly file?: string,
  ) {}

  get token(): Token {
    return this.tokens[this.at];
  }

  peek(distance = 1): Token {
    return this.tokens[Math.min(this.at + distance, this.tokens.length - 1)];
  }

  get previous(): Token {
    return this.tokens[Math.max(0, this.at - 1)];
  }

  /** Whether the text ends here. */
  atEnd(): boolean {
    return this.tokens[this.at].type === 'end';
  }

  /** Stays at the end of the text. */
  advance(): Token {
    const token = this.tokens[this.at];
    if (token.type !== 'end') this.at++;
    return token;
  }

  /** Whether the keyword or sign stands here. */
  is(upper: string): boolean {
    return this.tokens[this.at].upper === upper;
  }

  /** Whether one of these two signs stands here. */
  isEither(upper: string, other: string): boolean {
    const found = this.tokens[this.at].upper;
    return found === upper || found === other;
  }

  /** Whether these keywords or signs stand here, one after the other. */
  are(first: string, ...more: readonly string[]): boolean {
    if (this.tokens[this.at].upper !== first) return false;
    return more.every((upper, i) => this.peek(i + 1).upper === upper);
  }

  /** Consumes the keyword or sign if it stands here. */
  accept(upper: string): boolean {
    if (this.tokens[this.at].upper !== upper) return false;
    this.at++;
    return true;
  }

  /** Consumes the keywords or signs if all of them stand here. */
  acceptAll(first: string, ...more: readonly string[]): boolean {
    if (this.tokens[this.at].upper !== first || !this.are(first, ...more)) return false;
    this.at += 1 + more.length;
    return true;
  }

  /** Consumes the first of these keywords that stands here. */
  acceptOneOf<const T extends string>(choices: readonly T[]): T | undefined {
    const { upper } = this.tokens[this.at];
    if (!(choices as readonly string[]).includes(upper)) return undefined;
    this.at++;
    return upper as T;
  }

  /** What was looked for here in vain, as far as it was noted. */
  protected missed(): readonly string[] {
    return [];
  }

  expect(...uppers: readonly string[]): void {
    for (const upper of uppers) {
      if (this.tokens[this.at].upper !== upper) this.failExpecting([quoteSign(upper)]);
      this.at++;
    }
  }

  expectOneOf<const T extends string>(choices: readonly T[]): T {
    return this.acceptOneOf(choices) ?? this.failExpecting(choices.map(quoteSign));
  }

  /** The closing parenthesis of the one opened at `open`. */
  expectClose(open: Token, close = ')'): void {
    if (this.tokens[this.at].upper === close) {
      this.at++;
      return;
    }
    const opened = `'${close}' for the '${open.text}' of line ${open.line}, column ${open.column}`;
    this.failExpecting([this.token.type === 'end' ? opened : quoteSign(close)]);
  }

  /** Whether a name stands here, that is one in backticks or a word that is not reserved. */
  isName(distance = 0): boolean {
    const token = distance === 0 ? this.tokens[this.at] : this.peek(distance);
    return token.type === 'quoted' || (token.type === 'word' && !RESERVED.has(token.upper));
  }

  name(what = 'a name'): Identifier {
    if (!this.isName()) this.failName(what);
    return this.anyName();
  }

  /** The current token as a name, whatever it is. */
  anyName(): Identifier {
    const token = this.advance();
    return { kind: 'Identifier', name: token.text, span: this.since(token) };
  }

  acceptName(): Identifier | undefined {
    return this.isName() ? this.anyName() : undefined;
  }

  qualifiedName(what = 'a name'): QualifiedName {
    const start = this.token;
    const parts = [this.name(what)];
    while (this.accept('.')) parts.push(this.name('a name after the dot'));
    return { kind: 'QualifiedName', parts, span: this.since(start) };
  }

  /** `(a, b)`. */
  nameList(what = 'a column'): Identifier[] {
    return this.list(() => this.name(what));
  }

  /** `( item, item )`, at least one item. */
  list<T>(item: () => T): T[] {
    const open = this.token;
    this.expect('(');
    const items = this.commaSeparated(item);
    this.expectClose(open);
    return items;
  }

  commaSeparated<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  integer(what = 'a whole number'): number {
    const { token } = this;
    const value = Number(token.text);
    if (token.type !== 'integer') this.failExpecting([what]);
    if (value > 2147483647) this.fail(`${token.text} is too large here, the largest number is 2147483647`);
    this.advance();
    return value;
  }

  /** From `start` to the end of the last consumed token. */
  since(start: Start): Span {
    const end = this.at === 0 ? 0 : this.tokens[this.at - 1].end;
    return { start: start.start, end: Math.max(end, start.start), line: start.line, column: start.column };
  }

  /**
   * Opens a level of nesting; `leave` closes it. Heights are counted in between: `enter` gives the height of what was
   * read beside this level so far, which `leave` takes back.
   */
  enter(): number {
    if (++this.nesting > MAX_NESTING) {
      this.fail(`nested too deep: more than ${MAX_NESTING} levels`);
    }
    const beside = this.childHeight;
    this.childHeight = 0;
    return beside;
  }

  leave(beside: number): void {
    this.nesting--;
    this.childHeight = Math.max(beside, this.childHeight + 1);
  }

  /** A chain grew by one link: what was read since `enter` now stands one level lower in the tree. */
  grow(): void {
    if (++this.childHeight > MAX_HEIGHT) {
      this.fail(`too long a chain: more than ${MAX_HEIGHT} operators build on each other`);
    }
  }

  /** Fails at the current token for what was expected, or for everything that was looked for here. */
  failExpecting(expected: readonly string[], suggestFrom: Iterable<string> = []): never {
    const { token } = this;
    const shown = expected.length > 0 ? expected : unique(this.missed()).map(quoteSign);
    const suggestion = this.suggestion(suggestFrom, expected);
    const listed = shown.length > 8 ? [...shown.slice(0, 8), '…'] : shown;
    const last = listed.length > 1 ? `${listed.slice(0, -1).join(', ')} or ${listed[listed.length - 1]}` : listed[0];
    const hint = suggestion && `Did you mean ${suggestion}?`;
    this.fail(`found ${shownToken(token)}, expected ${last ?? 'something else'}`, {
      expected: shown,
      suggestion,
      hint,
    });
  }

  /** Fails because no name stands here, and says what to do when it is a reserved word. */
  failName(what: string): never {
    const { token } = this;
    const message = `found ${shownToken(token)}, expected ${what}`;
    if (token.type === 'word' && RESERVED.has(token.upper)) {
      const suggestion = `\`${token.text}\``;
      const hint = `${token.upper} is a reserved word; as a name it is written ${suggestion}`;
      this.fail(message, { expected: [what], suggestion, hint });
    }
    if (token.type === 'string') {
      this.fail(message, { expected: [what], hint: 'Names are quoted in `backticks`' });
    }
    this.failExpecting([what]);
  }

  /** Fails at the current token, or at `place`, for a reason of its own. */
  fail(message: string, more: Partial<SyntaxProblem> & { readonly place?: Start } = {}): never {
    const { place = this.token, ...problem } = more;
    const found = place === this.token ? rawText(this.token) : '';
    throw new SqlSyntaxError(
      { code: 'TW2001', message, found, expected: [], ...problem },
      { line: place.line, column: place.column, offset: place.start },
      this.file,
    );
  }

  /** For Flink SQL that is known and not there. */
  failUnsupported(what: string, place?: Start): never {
    this.fail(`${what} is not supported`, { code: 'TW2005', place });
  }

  /**
   * The keyword that this token, or the name before it, was probably meant to be: `FROM t WHRE x` fails at `x` only,
   * because WHRE could be an alias.
   */
  private suggestion(more: Iterable<string>, expected: readonly string[]): string | undefined {
    const { token, previous } = this;
    if (token.type === 'word' && !RESERVED.has(token.upper)) {
      const nearest = nearestWord(token.text, [...expected, ...this.missed(), ...more]);
      if (nearest) return nearest;
    }
    if (previous.type === 'word' && this.at > 0 && !RESERVED.has(previous.upper)) {
      const nearest = nearestWord(previous.text, CLAUSE_WORDS);
      if (nearest) return `${nearest} instead of '${previous.text}'`;
    }
    return undefined;
  }
}

/** Runs `parse` one level deeper. */
export function nested<T>(c: Cursor, parse: (c: Cursor) => T): T {
  const beside = c.enter();
  const result = parse(c);
  c.leave(beside);
  return result;
}

function quoteSign(upper: string): string {
  return /^[A-Za-z]|^'/.test(upper) || upper.includes(' ') ? upper : `'${upper}'`;
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}

function rawText(token: Token): string {
  switch (token.type) {
    case 'string':
    case 'unicode':
      return `'${token.text.replaceAll("'", "''")}'`;
    case 'binary':
      return `X'${token.text}'`;
    case 'quoted':
      return `\`${token.text}\``;
    default:
      return token.text;
  }
}

function shownToken(token: Token): string {
  if (token.type === 'end') return 'the end of the text';
  const text = rawText(token).replace(/\s+/g, ' ');
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return token.type === 'string' || token.type === 'unicode' ? short : `'${short}'`;
}
