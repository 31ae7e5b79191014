/** Takes CSV records apart: where records and fields end, quotes and escapes. */
import { isUtf8 } from 'node:buffer';
import { excerpt, Malformed } from '../problems.js';
import type { CsvOptions } from './options.js';

/**
 * Position of the newline that ends the record at `start`, or −1 when it isn't in buf[start, end): line breaks inside quotes
 * belong to the field.
 */
export function endOfRecord(buf: Buffer, start: number, end: number, options: CsvOptions): number {
  const { delimiter, quote, escaper } = options;
  let p = start;
  for (;;) {
    if (p < end && buf[p] === quote) {
      p = closingQuote(buf, p, end, options) + 1;
      if (p === 0) return -1;
    }
    while (p < end && buf[p] !== delimiter && buf[p] !== 10) p += buf[p] === escaper ? 2 : 1;
    if (p >= end) return -1;
    if (buf[p] === 10) return p;
    p++;
  }
}

/** Position of the quote that closes the one at `open`, or −1. */
function closingQuote(buf: Buffer, open: number, end: number, { quote, escaper }: CsvOptions): number {
  let p = open + 1;
  for (;;) {
    if (p >= end) return -1;
    const c = buf[p];
    if (c === quote) {
      if (p + 1 >= end || buf[p + 1] !== quote) return p;
      p += 2;
    } else p += c === escaper ? 2 : 1;
  }
}

/** Walks the fields of one record. */
export class FieldCursor {
  private buf: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  /** Behind the last field taken; end + 1 when there are no more. */
  private pos = 0;
  /** The field's bytes, without quotes. */
  fieldStart = 0;
  fieldEnd = 0;
  quoted = false;

  constructor(private readonly options: CsvOptions) {}

  reset(buf: Buffer, start: number, end: number): void {
    this.buf = buf;
    this.start = start;
    this.pos = start;
    this.end = end;
  }

  /** Whether everything has been taken. */
  get done(): boolean {
    return this.pos > this.end;
  }

  /** Takes the next field; false when there is none. */
  next(): boolean {
    const { buf, end, options } = this;
    const { delimiter, quote, escaper } = options;
    let p = this.pos;
    if (p > end) return false;
    this.quoted = p < end && buf[p] === quote;
    if (this.quoted) {
      const close = closingQuote(buf, p, end, options);
      if (close < 0) {
        throw new Malformed(`the quote at byte ${p - this.start} is not closed before the record ends`, p);
      }
      this.fieldStart = p + 1;
      this.fieldEnd = close;
      p = close + 1;
      if (p < end && buf[p] !== delimiter) {
        const expected = `'${String.fromCharCode(delimiter)}'`;
        const found = excerpt(buf, p, Math.min(end, p + 10));
        throw new Malformed(`expected ${expected} behind a closing quote, found ${found} at byte ${p - this.start}`, p);
      }
    } else {
      this.fieldStart = p;
      while (p < end && buf[p] !== delimiter) p += buf[p] === escaper ? 2 : 1;
      if (p > end) p = end;
      this.fieldEnd = p;
    }
    this.pos = p + 1;
    return true;
  }

  /** The field's text, quotes and escapes undone. */
  text(): string {
    const { buf, fieldStart, fieldEnd, options } = this;
    const bytes = buf.subarray(fieldStart, fieldEnd);
    if (!isUtf8(bytes)) {
      throw new Malformed(
        `expected UTF-8, found ${excerpt(buf, fieldStart, fieldEnd)} at byte ${fieldStart - this.start}`,
        fieldStart,
      );
    }
    const text = buf.utf8Slice(fieldStart, fieldEnd);
    const { quote, escaper } = options;
    if (escaper < 0 && !(this.quoted && bytes.includes(quote))) return text;
    let out = '';
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if ((c === escaper || (this.quoted && c === quote)) && i + 1 < text.length) i++;
      out += text[i];
    }
    return out;
  }
}
