/** JSON text as values that lose nothing: numbers that a double can't print back are kept as text. */

/** A number as it was written. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export class JsonError extends Error {
  readonly code = 'TW5006';
  override name = 'JsonError';
}

/** Fractions, exponents and long integers: only then the slow parser is needed. May say yes for text inside strings. */
const DELICATE = /\d[.eE]|\d{16}|-0/;

/** Parses a text. Throws JsonError for what is no JSON. */
export function parseJson(text: string): any {
  if (!DELICATE.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new JsonError(`no JSON: ${(error as Error).message}`);
    }
  }
  return new Parser(text).document();
}

/** The last text is remembered: several functions of one row read the same column. */
export function rememberingParser(): (text: string) => any {
  let lastText: string | undefined;
  let lastValue: any;
  return (text) => {
    if (text !== lastText) {
      lastValue = parseJson(text);
      lastText = text;
    }
    return lastValue;
  };
}

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): any {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private fail(): never {
    throw new JsonError(`no JSON at position ${this.at}: ${JSON.stringify(this.text.slice(this.at, this.at + 20))}`);
  }

  private space(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 32 || c === 10 || c === 13 || c === 9) this.at++;
      else return;
    }
  }

  private value(depth: number): any {
    if (depth > 1000) this.fail();
    this.space();
    const c = this.text[this.at];
    switch (c) {
      case '{': {
        const object: Record<string, any> = {};
        this.at++;
        this.space();
        if (this.text[this.at] === '}') {
          this.at++;
          return object;
        }
        for (;;) {
          this.space();
          const key = this.string();
          this.space();
          if (this.text[this.at++] !== ':') this.fail();
          const value = this.value(depth + 1);
          if (key === '__proto__')
            Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
          else object[key] = value;
          this.space();
          const next = this.text[this.at++];
          if (next === '}') return object;
          if (next !== ',') this.fail();
        }
      }
      case '[': {
        const list: any[] = [];
        this.at++;
        this.space();
        if (this.text[this.at] === ']') {
          this.at++;
          return list;
        }
        for (;;) {
          list.push(this.value(depth + 1));
          this.space();
          const next = this.text[this.at++];
          if (next === ']') return list;
          if (next !== ',') this.fail();
        }
      }
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  private string(): string {
    if (this.text[this.at] !== '"') this.fail();
    let end = this.at + 1;
    for (;;) {
      const c = this.text.charCodeAt(end);
      if (Number.isNaN(c)) this.fail();
      if (c === 34) break;
      end += c === 92 ? 2 : 1;
    }
    const raw = this.text.slice(this.at, end + 1);
    this.at = end + 1;
    try {
      return JSON.parse(raw);
    } catch {
      this.fail();
    }
  }

  private word(): any {
    WORD.lastIndex = this.at;
    const match = WORD.exec(this.text);
    if (!match) this.fail();
    this.at += match[0].length;
    switch (match[0]) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'null':
        return null;
      default: {
        const value = Number(match[0]);
        return String(value) === match[0] ? value : new JsonNumber(match[0]);
      }
    }
  }
}

const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** JSON text without spaces. */
export function jsonToString(value: any): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof JsonNumber) return numberText(value.text);
  if (Array.isArray(value)) return `[${value.map(jsonToString).join(',')}]`;
  return `{${Object.keys(value)
    .map((key) => `${JSON.stringify(key)}:${jsonToString(value[key])}`)
    .join(',')}}`;
}

/** A scalar as plain text; `undefined` for objects and arrays. */
export function scalarText(value: any): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof JsonNumber) return numberText(value.text);
  return value !== null && typeof value === 'object' ? undefined : String(value);
}

/** As Java's BigDecimal.toString: `5.50` as it is, `1e3` as `1E+3`. */
function numberText(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  if (match[4] === undefined) return text;
  const fraction = match[3] ?? '';
  const digits = (match[2] + fraction).replace(/^0+(?=\d)/, '');
  const scale = fraction.length - Number(match[4]);
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    if (scale === 0) return match[1] + digits;
    const padded = digits.padStart(scale + 1, '0');
    return `${match[1]}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${match[1]}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}

export function isJsonNumber(value: any): value is number | JsonNumber {
  return typeof value === 'number' || value instanceof JsonNumber;
}
