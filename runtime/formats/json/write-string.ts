/** Writes strings as JSON: UTF-8, with escapes only where JSON needs them. */
import type { ByteWriter } from '../../record/bytes.js';

const HEX = '0123456789abcdef';
/** How a byte is escaped: 0 not at all, 117 as \u00XX, else by a backslash and this byte. */
const ESCAPE = new Uint8Array(256);
ESCAPE.fill(117, 0, 32);
ESCAPE[8] = 98;
ESCAPE[9] = 116;
ESCAPE[10] = 110;
ESCAPE[12] = 102;
ESCAPE[13] = 114;
ESCAPE[34] = 34;
ESCAPE[92] = 92;

/** Up to this length, copying the characters one by one is quicker than a native call. */
const SHORT = 40;

/** Writes a string with its quotes at out.pos. Leaves room for `slack` more bytes behind it. */
export function writeString(out: ByteWriter, value: string, slack: number): void {
  const n = value.length;
  out.reserve(n * 3 + 2 + slack);
  const buf = out.buf;
  const start = out.pos;
  let p = start;
  buf[p++] = 34;
  if (n <= SHORT) {
    let i = 0;
    for (; i < n; i++) {
      const c = value.charCodeAt(i);
      if (c > 127 || ESCAPE[c] !== 0) break;
      buf[p++] = c;
    }
    if (i === n) {
      buf[p] = 34;
      out.pos = p + 1;
      return;
    }
    p = start + 1;
  }
  const end = p + buf.utf8Write(value, p);
  while (p < end && ESCAPE[buf[p]] === 0) p++;
  if (p < end) {
    writeEscaped(out, p, end, slack);
    return;
  }
  buf[end] = 34;
  out.pos = end + 1;
}

/** Rewrites the UTF-8 in out.buf[from, end), whose first byte needs an escape, to out.buf[from, …) and closes the string. */
function writeEscaped(out: ByteWriter, from: number, end: number, slack: number): void {
  const text = Buffer.from(out.buf.subarray(from, end));
  out.pos = from;
  out.reserve(text.length * 6 + 1 + slack);
  const buf = out.buf;
  let p = from;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    const how = ESCAPE[c];
    if (how === 0) buf[p++] = c;
    else {
      buf[p++] = 92;
      buf[p++] = how;
      if (how === 117) {
        buf[p++] = 48;
        buf[p++] = 48;
        buf[p++] = HEX.charCodeAt(c >> 4);
        buf[p++] = HEX.charCodeAt(c & 15);
      }
    }
  }
  buf[p] = 34;
  out.pos = p + 1;
}
