import { SqlSyntaxError, type SyntaxPlace, type TextOrigin } from './syntax-error.js';
import type { Token, TokenType } from './token.js';

/** Signs of more than one character, longest first within a first character. */
const LONG_SIGNS = ['<=', '<>', '>=', '!=', '=>', '||'] as const;
const SHORT_SIGNS = new Set('()[]{}<>=+-*/%,.;:?|^$');
const WORD_START = /[\p{L}\p{Nl}_$]/u;
const WORD_PART = /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}$]/u;
const ASCII_WORD = /[A-Za-z0-9_$]*/y;
const LETTER = 1;
/** A letter that a string may begin with: E'…', N'…', U&'…', X'…'. */
const PREFIX = 3;
/** A sign that begins no longer one, nor a number or comment. */
const SIGN = 2;
const BLANK = 4;
/** What an ASCII character begins; 0 for what takes a closer look. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  if ('eEnNuUxX'.includes(String.fromCharCode(code))) return PREFIX;
  if (isAsciiLetter(code) || code === 95) return LETTER;
  if (' \t\r\f'.includes(String.fromCharCode(code))) return BLANK;
  return '()[]{}+%,;:?^'.includes(String.fromCharCode(code)) ? SIGN : 0;
});
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Cuts a text into tokens, the last of which is `end`. Comments (`-- …`, `// …`, and block comments) are dropped; a hint's
 * opening and closing are the signs `/*+` and `*\/`. Throws `SqlSyntaxError` for what no token starts with and for
 * strings, names and comments that don't end.
 */
export function tokenize(text: string, origin: TextOrigin = {}): Token[] {
  return new Lexer(text, origin.line0 ?? 1, origin.column0 ?? 1, origin.file).run();
}

class Lexer {
  private readonly tokens: Token[] = [];
  private at = 0;
  private lineStart = 0;
  /** The place of the hint's opening, while in a hint. */
  private hint: SyntaxPlace | undefined;
  // The place of the token being read.
  private start = 0;
  private startLine: number;
  private startColumn: number;

  constructor(
    private readonly text: string,
    private line: number,
    private readonly column0: number,
    private readonly file: string | undefined,
  ) {
    this.startLine = line;
    this.startColumn = column0;
  }

  /** The loop and what it calls are few: V8 shall not set out to optimise them for a single script, which costs more than it gives. */
  run(): Token[] {
    const { text } = this;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      switch (code < 128 ? KINDS[code] : 0) {
        case BLANK:
          this.at++;
          break;
        case LETTER:
          this.word();
          break;
        case SIGN:
          this.sign(text[this.at]);
          break;
        case PREFIX:
          this.wordOrString(code);
          break;
        default:
          if (code === 10) this.newLine(this.at++);
          else if (code === 0xa0 || code === 0xfeff) this.at++;
          else this.token(code);
      }
    }
    this.mark();
    if (this.hint) this.fail("the hint has no end: '*/' is missing", '/*+', ["'*/'"], this.hint);
    this.push('end', '', '');
    return this.tokens;
  }

  private newLine(at: number): void {
    this.line++;
    this.lineStart = at + 1;
  }

  private mark(): void {
    this.start = this.at;
    this.startLine = this.line;
    this.startColumn = this.at - this.lineStart + this.column0;
  }

  private push(type: TokenType, text: string, upper: string): void {
    const { start, startLine: line, startColumn: column } = this;
    this.tokens.push({ type, text, upper, start, end: this.at, line, column });
  }

  private place(): SyntaxPlace {
    return { line: this.startLine, column: this.startColumn, offset: this.start };
  }

  private fail(message: string, found: string, expected: readonly string[] = [], place = this.place()): never {
    throw new SqlSyntaxError({ code: 'TW2001', message, found, expected }, place, this.file);
  }

  /** A word, or a string with a prefix: X'…', U&'…'. */
  private wordOrString(code: number): void {
    const next = this.text.charCodeAt(this.at + 1);
    if ((next === 39 || next === 38) /* ' or & */ && this.prefixedString(code, next)) return;
    this.word();
  }

  private token(code: number): void {
    const { text } = this;
    this.mark();
    const next = text.charCodeAt(this.at + 1);
    if (this.startsWord(code, next)) this.word();
    else if (code === 39 /* ' */) this.string(this.at);
    else if (code === 96 /* ` */) this.quoted();
    else if (isDigit(code) || (code === 46 /* . */ && isDigit(next))) this.number();
    else if ((code === 45 && next === 45) || (code === 47 && next === 47) /* -- or // */) this.lineComment();
    else if (code === 47 && next === 42 /* a slash and a star */) this.blockComment();
    else if (code === 36 && next === 36 /* $$ */) this.dollarString();
    else if (this.hint && code === 42 && next === 47) {
      this.hint = undefined;
      this.sign('*/');
    } else {
      const sign = LONG_SIGNS.find((long) => text.startsWith(long, this.at)) ?? text[this.at];
      if (sign.length === 1 && !SHORT_SIGNS.has(sign)) this.failCharacter();
      this.sign(sign);
    }
  }

  /** A `$` alone is a sign, two begin a string. */
  private startsWord(code: number, next: number): boolean {
    if (code === 36) return next !== 36 && isWordPart(next);
    return code > 127 && WORD_START.test(String.fromCodePoint(this.text.codePointAt(this.at)!));
  }

  private failCharacter(): never {
    const character = String.fromCodePoint(this.text.codePointAt(this.at)!);
    if (character === '"') {
      this.fail("found '\"': names are quoted in `backticks`, strings in 'single quotes'", '"', ['`', "'"]);
    }
    this.fail(`found ${shownCharacter(character)}, which has no meaning in SQL`, character);
  }

  private sign(sign: string): void {
    const { at: start, line } = this;
    const end = start + sign.length;
    this.at = end;
    this.tokens.push({
      type: 'sign',
      text: sign,
      upper: sign,
      start,
      end,
      line,
      column: start - this.lineStart + this.column0,
    });
  }

  private word(): void {
    const { text, at: start, line } = this;
    ASCII_WORD.lastIndex = start;
    ASCII_WORD.test(text);
    let end = ASCII_WORD.lastIndex;
    if (text.charCodeAt(end) > 127) end = this.endOfWord(end);
    const word = text.slice(start, end);
    this.at = end;
    const column = start - this.lineStart + this.column0;
    this.tokens.push({ type: 'word', text: word, upper: word.toUpperCase(), start, end, line, column });
  }

  /** Of a word with letters beyond ASCII, the first of which is at `at`. */
  private endOfWord(at: number): number {
    const { text } = this;
    let end = at;
    while (text.charCodeAt(end) > 127) {
      const character = String.fromCodePoint(text.codePointAt(end)!);
      if (!WORD_PART.test(character)) break;
      ASCII_WORD.lastIndex = end + character.length;
      ASCII_WORD.test(text);
      end = ASCII_WORD.lastIndex;
    }
    return end;
  }

  private number(): void {
    const [number] = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(this.text.slice(this.at, this.at + 400))!;
    this.at += number.length;
    const next = this.text.charCodeAt(this.at);
    if (isWordPart(next) || (isDigit(next) && number.length >= 400)) {
      const rest = /^[\w$]*/.exec(this.text.slice(this.at, this.at + 40))![0];
      this.fail(`found '${number + rest}': a number cannot run into a name`, number + rest, ['a number']);
    }
    const type = /[eE]/.test(number) ? 'approximate' : number.includes('.') ? 'decimal' : 'integer';
    this.push(type, number, '');
  }

  /** Reads up to the closing quote from the opening one at `open`; a doubled quote stands for one. */
  private quotedText(open: number, quote: string, what: string): string {
    const { text } = this;
    let value = '';
    let from = open + 1;
    for (;;) {
      const close = text.indexOf(quote, from);
      if (close < 0) this.fail(`the ${what} has no end: the closing ${quote} is missing`, quote, [quote]);
      value += text.slice(from, close);
      if (text[close + 1] !== quote) {
        this.countLines(open, close);
        this.at = close + 1;
        return value;
      }
      value += quote;
      from = close + 2;
    }
  }

  private countLines(from: number, to: number): void {
    for (let at = this.text.indexOf('\n', from); at >= 0 && at < to; at = this.text.indexOf('\n', at + 1)) {
      this.newLine(at);
    }
  }

  private string(open: number): void {
    this.push('string', this.quotedText(open, "'", 'string'), '');
  }

  private quoted(): void {
    const name = this.quotedText(this.at, '`', 'name');
    if (name === '') this.fail('a name cannot be empty', '``', ['a name']);
    this.push('quoted', name, '');
  }

  /** `$$ … $$`: no escapes, for the source of functions. */
  private dollarString(): void {
    const close = this.text.indexOf('$$', this.at + 2);
    if (close < 0) this.fail('the string has no end: the closing $$ is missing', '$$', ['$$']);
    const value = this.text.slice(this.at + 2, close);
    this.countLines(this.at, close);
    this.at = close + 2;
    this.push('string', value, '');
  }

  /** X'…', U&'…', N'…' (a plain string) and E'…'. False when it is none of these. */
  private prefixedString(code: number, next: number): boolean {
    this.mark();
    const prefix = String.fromCharCode(code).toUpperCase();
    if (prefix === 'U' && next === 38 && this.text[this.at + 2] === "'") {
      this.push('unicode', this.quotedText(this.at + 2, "'", 'string'), '');
      return true;
    }
    if (next !== 39) return false;
    if (prefix === 'N') {
      this.push('string', this.quotedText(this.at + 1, "'", 'string'), '');
      return true;
    }
    if (prefix === 'X') {
      const hex = this.quotedText(this.at + 1, "'", 'binary string').toUpperCase();
      if (!/^(?:[0-9A-F]{2})*$/.test(hex)) {
        const reason = 'a binary string holds an even number of the digits 0-9 and A-F';
        this.fail(reason, `X'${hex}'`, ['hexadecimal digits']);
      }
      this.push('binary', hex, '');
      return true;
    }
    if (prefix === 'E') {
      this.escapedString();
      return true;
    }
    return false;
  }

  /** E'…' with the escapes of C. */
  private escapedString(): void {
    const { text } = this;
    let value = '';
    let at = this.at + 2;
    for (;;) {
      if (at >= text.length) this.fail("the string has no end: the closing ' is missing", "E'", ["'"]);
      if (text[at] === "'") {
        if (text[at + 1] !== "'") break;
        value += "'";
        at += 2;
      } else if (text[at] === '\\') {
        const number = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,2}))/.exec(text.slice(at + 1, at + 10));
        if (number) {
          const point = Number.parseInt(number[1] ?? number[2] ?? number[3], 16);
          if (point > 0x10ffff) this.fail(`\\${number[0]} is not a character`, number[0]);
          value += String.fromCodePoint(point);
          at += 1 + number[0].length;
        } else {
          value += ESCAPES[text[at + 1]] ?? text[at + 1] ?? '';
          at += 2;
        }
      } else value += text[at++];
    }
    this.countLines(this.at, at);
    this.at = at + 1;
    this.push('string', value, '');
  }

  private lineComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private blockComment(): void {
    if (this.text[this.at + 2] === '+') {
      this.hint = this.place();
      this.sign('/*+');
      return;
    }
    const close = this.text.indexOf('*/', this.at + 2);
    if (close < 0) this.fail("the comment has no end: '*/' is missing", '/*', ["'*/'"]);
    this.countLines(this.at, close);
    this.at = close + 2;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isAsciiLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Of ASCII only. */
function isWordPart(code: number): boolean {
  return isAsciiLetter(code) || isDigit(code) || code === 95 || code === 36;
}

function shownCharacter(character: string): string {
  const point = character.codePointAt(0)!;
  return point < 32 || (point >= 127 && point < 160) || (point >= 0x2000 && point < 0x2070)
    ? `the character U+${point.toString(16).toUpperCase().padStart(4, '0')}`
    : `'${character}'`;
}
