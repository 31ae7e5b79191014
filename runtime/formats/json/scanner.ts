/**
 * Walks one JSON record byte by byte: any order, any white space, every escape. What it refuses, it refuses with a Malformed
 * that says what stood where. Raw control characters inside strings are let through, as Flink's JSON format does.
 */
import { isUtf8 } from 'node:buffer';
import { excerpt, Malformed } from '../problems.js';

/** Containers nested deeper than this are refused. */
export const MAX_DEPTH = 1000;

const LBRACE = 123;
const RBRACE = 125;
const LBRACKET = 91;
const RBRACKET = 93;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;

/** 0 for bytes that stand for themselves inside a string and are ASCII. */
export const STRING_STOP = new Uint8Array(256).fill(1, 128);
STRING_STOP[QUOTE] = 1;
STRING_STOP[BACKSLASH] = 1;

const ESCAPES: Record<number, string> = {
  34: '"',
  92: '\\',
  47: '/',
  98: '\b',
  102: '\f',
  110: '\n',
  114: '\r',
  116: '\t',
};

export class Scanner {
  buf: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  pos = 0;
  /** The last string or number token: what is between the quotes, or the number's text. */
  tokenStart = 0;
  tokenEnd = 0;
  /** Whether the token has escapes. */
  tokenEscaped = false;
  private tokenAscii = true;
  private readonly closers = new Uint8Array(MAX_DEPTH + 1);

  reset(buf: Buffer, start: number, end: number): void {
    this.buf = buf;
    this.start = start;
    this.pos = start;
    this.end = end;
  }

  fail(expected: string): never {
    const { buf, pos, end, start } = this;
    if (pos >= end)
      throw new Malformed(`expected ${expected}, found the end of the record at byte ${end - start}`, end);
    const found = excerpt(buf, pos, Math.min(end, pos + 20));
    throw new Malformed(`expected ${expected}, found ${found} at byte ${pos - start}`, pos);
  }

  /** Moves behind white space; returns the byte there, or −1 at the end. */
  peek(): number {
    const { buf, end } = this;
    let p = this.pos;
    while (p < end) {
      const c = buf[p];
      if (c !== 32 && c !== 9 && c !== 10 && c !== 13) {
        this.pos = p;
        return c;
      }
      p++;
    }
    this.pos = p;
    return -1;
  }

  /** Takes a string, at its opening quote. Its content is the token. */
  takeString(): void {
    const { buf, end } = this;
    const open = this.pos;
    let p = open + 1;
    let escaped = false;
    let ascii = true;
    for (; ; p++) {
      if (p >= end) {
        throw new Malformed(
          `the record ends at byte ${end - this.start} inside the string that begins at byte ${open - this.start}`,
          end,
        );
      }
      const c = buf[p];
      if (STRING_STOP[c] === 0) continue;
      if (c === QUOTE) break;
      if (c === BACKSLASH) {
        escaped = true;
        p++;
      } else ascii = false;
    }
    this.tokenStart = open + 1;
    this.tokenEnd = p;
    this.tokenEscaped = escaped;
    this.tokenAscii = ascii;
    this.pos = p + 1;
  }

  /** Whether the last string token is exactly these bytes. */
  tokenIs(bytes: Buffer): boolean {
    const { buf, tokenStart } = this;
    const n = bytes.length;
    if (this.tokenEnd - tokenStart !== n) return false;
    for (let i = 0; i < n; i++) if (buf[tokenStart + i] !== bytes[i]) return false;
    return true;
  }

  /** The text of the last string token. */
  tokenText(): string {
    const { buf, tokenStart, tokenEnd } = this;
    if (this.tokenEscaped) return this.unescape();
    if (this.tokenAscii) return buf.latin1Slice(tokenStart, tokenEnd);
    this.checkUtf8(tokenStart, tokenEnd);
    return buf.utf8Slice(tokenStart, tokenEnd);
  }

  private checkUtf8(start: number, end: number): void {
    if (!isUtf8(this.buf.subarray(start, end))) {
      throw new Malformed(
        `expected UTF-8, found ${excerpt(this.buf, start, end)} at byte ${start - this.start}`,
        start,
      );
    }
  }

  private unescape(): string {
    const { buf, tokenEnd } = this;
    let text = '';
    let from = this.tokenStart;
    if (!this.tokenAscii) this.checkUtf8(from, tokenEnd);
    for (let p = from; p < tokenEnd; p++) {
      if (buf[p] !== BACKSLASH) continue;
      if (p > from) text += buf.utf8Slice(from, p);
      const c = buf[++p];
      if (c === 117) {
        text += String.fromCharCode(this.hex4(p + 1, tokenEnd));
        p += 4;
      } else {
        const plain = ESCAPES[c];
        if (plain === undefined) {
          this.pos = p - 1;
          this.fail('an escape sequence of JSON');
        }
        text += plain;
      }
      from = p + 1;
    }
    return from < tokenEnd ? text + buf.utf8Slice(from, tokenEnd) : text;
  }

  private hex4(at: number, end: number): number {
    let value = 0;
    for (let p = at; p < at + 4; p++) {
      const c = p < end ? this.buf[p] : 0;
      const d = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1;
      if (d < 0) {
        this.pos = at - 2;
        this.fail('four hexadecimal digits behind \\u');
      }
      value = value * 16 + d;
    }
    return value;
  }

  /** Takes a number of JSON's grammar; its text is the token. */
  takeNumber(): void {
    const { buf, end } = this;
    const from = this.pos;
    let p = from;
    if (buf[p] === 45) p++;
    const first = p < end ? buf[p] : 0;
    if (first < 48 || first > 57) this.fail('a number');
    p++;
    if (first === 48) {
      if (p < end && buf[p] >= 48 && buf[p] <= 57) this.fail('a number without leading zeros');
    } else while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
    if (p < end && buf[p] === 46) {
      const fraction = ++p;
      while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
      if (p === fraction) this.fail('digits behind the decimal point');
    }
    if (p < end && (buf[p] | 32) === 101) {
      p++;
      if (p < end && (buf[p] === 43 || buf[p] === 45)) p++;
      const exponent = p;
      while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
      if (p === exponent) this.fail('digits of the exponent');
    }
    this.tokenStart = from;
    this.tokenEnd = p;
    this.pos = p;
  }

  /** Takes the word whose first letter stands at pos. */
  takeWord(word: 'null' | 'true' | 'false'): void {
    const { buf, pos } = this;
    const stop = pos + word.length;
    if (stop > this.end) this.fail('a value');
    for (let i = 0; i < word.length; i++) {
      if (buf[pos + i] !== word.charCodeAt(i)) this.fail('a value');
    }
    this.pos = stop;
  }

  /** Takes a colon with white space around it. */
  takeColon(): void {
    if (this.peek() !== COLON) this.fail("':'");
    this.pos++;
    this.peek();
  }

  /** Behind a member: true and past the comma when there is another one, false and past the closing byte at the end. */
  more(closer: number): boolean {
    const c = this.peek();
    if (c === COMMA) {
      this.pos++;
      this.peek();
      return true;
    }
    if (c !== closer) this.fail(closer === RBRACE ? "',' or '}'" : "',' or ']'");
    this.pos++;
    return false;
  }

  /** Takes any value without making it. Containers are walked with a stack of our own: depth is bounded, not recursion. */
  skipValue(): void {
    const c = this.buf[this.pos];
    if (c === LBRACE || c === LBRACKET) {
      this.pos++;
      this.skipRest(c === LBRACE ? RBRACE : RBRACKET);
    } else this.skipScalar();
  }

  skipScalar(): void {
    const c = this.pos < this.end ? this.buf[this.pos] : -1;
    if (c === QUOTE) this.takeString();
    else if (c === 45 || (c >= 48 && c <= 57)) this.takeNumber();
    else if (c === 110) this.takeWord('null');
    else if (c === 116) this.takeWord('true');
    else if (c === 102) this.takeWord('false');
    else this.fail('a value');
  }

  /** Takes what is left of a container behind its opening bracket, or behind a member of it, to its closing one. */
  skipRest(closer: number): void {
    const { closers } = this;
    let depth = 0;
    closers[0] = closer;
    for (;;) {
      const c = this.peek();
      switch (c) {
        case LBRACE:
        case LBRACKET:
          if (depth === MAX_DEPTH) this.fail(`containers nested at most ${MAX_DEPTH} deep`);
          closers[++depth] = c === LBRACE ? RBRACE : RBRACKET;
          this.pos++;
          break;
        case RBRACE:
        case RBRACKET:
          if (c !== closers[depth]) this.fail(`'${String.fromCharCode(closers[depth])}'`);
          this.pos++;
          if (depth-- === 0) return;
          break;
        case COMMA:
        case COLON:
          this.pos++;
          break;
        case -1:
          this.fail(`'${String.fromCharCode(closers[depth])}'`);
          break;
        default:
          this.skipScalar();
      }
    }
  }
}
