/** Records whose columns only the user's functions know: whatever JSON.parse makes of them. */
import { isUtf8 } from 'node:buffer';
import type { RecordDecoder } from '../../source/contract.js';
import type { DecoderTarget } from '../contract.js';
import { lineDecoder } from '../line-decoder.js';
import type { JsonOptions } from './options.js';

function blank(buf: Buffer, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const c = buf[p];
    if (c !== 32 && c !== 9 && c !== 13 && c !== 10) return false;
  }
  return true;
}

export function untypedDecoder(options: JsonOptions, target: DecoderTarget): RecordDecoder {
  function bad(reason: string, buf: Buffer, start: number, end: number): void {
    if (!options.ignoreErrors) target.bad({ reason, buf, start, end });
  }

  function decode(buf: Buffer, start: number, end: number): void {
    const from = buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf ? start + 3 : start;
    let value: any;
    try {
      value = JSON.parse(buf.utf8Slice(from, end));
    } catch (error) {
      if (!blank(buf, from, end)) bad(`expected JSON: ${(error as Error).message}`, buf, start, end);
      return;
    }
    if (buf[from] > 127 || !isUtf8(buf.subarray(from, end))) bad('expected UTF-8', buf, start, end);
    else target.emit(value, 0);
  }

  return lineDecoder(target, decode);
}
