import type { RecordDecoder } from '../source/contract.js';
import type { DecoderTarget } from './contract.js';

/** A RecordDecoder that cuts chunks at their newlines and decodes each record by itself. */
export function lineDecoder(
  target: DecoderTarget,
  decode: (buf: Buffer, start: number, end: number) => void,
): RecordDecoder {
  const { meta } = target;
  return {
    record(buf, start, end) {
      if (start >= 0) decode(buf, start, end);
    },
    lines(buf, start, end, maxRecords, last) {
      const chunk = end === buf.length ? buf : buf.subarray(0, end);
      const base = meta.offset - start;
      const counted = meta.line > 0 ? 1 : 0;
      let p = start;
      for (let n = 0; n < maxRecords && p < end; n++) {
        let newline = chunk.indexOf(10, p);
        if (newline < 0) {
          if (!last) break;
          newline = end;
        }
        meta.offset = base + p;
        decode(chunk, p, newline);
        meta.line += counted;
        p = newline < end ? newline + 1 : end;
      }
      meta.offset = base + p;
      return p;
    },
  };
}
