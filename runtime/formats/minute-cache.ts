/**
 * Timestamps of a stream mostly fall into the same minute as the last one. Reading such a `yyyy-MM-dd HH:mm:ss.SSS` compares
 * sixteen bytes, four at a time, and reads five digits; writing it copies sixteen bytes and writes five digits.
 */
import type { DataType } from '../record/types.js';
import { MAX_TIMESTAMP_BYTES, writeTimestampBytes } from '../time/timestamp-bytes.js';
import type { ExactInteger } from '../time/timestamp-unit.js';

/** Bytes of such a timestamp, without a zone. */
export const MILLISECOND_TEXT = 23;

/** Whether a type's texts are mostly of that form. */
export function hasMilliseconds(type: DataType): boolean {
  return (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ') && type.precision === 3;
}

export class MinuteCache {
  // The first sixteen bytes, up to the minute, of the last timestamp.
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;
  /** Milliseconds at the minute’s start; NaN before the first timestamp. */
  private base = Number.NaN;

  /** The value of the 23 bytes at `p`, or NaN when they aren't of the same minute. */
  read(buf: Buffer, view: DataView, p: number): number {
    if (
      view.getInt32(p, true) !== this.a ||
      view.getInt32(p + 4, true) !== this.b ||
      view.getInt32(p + 8, true) !== this.c ||
      view.getInt32(p + 12, true) !== this.d
    ) {
      return Number.NaN;
    }
    const s1 = buf[p + 17] - 48;
    const s2 = buf[p + 18] - 48;
    const m1 = buf[p + 20] - 48;
    const m2 = buf[p + 21] - 48;
    const m3 = buf[p + 22] - 48;
    if (
      buf[p + 16] !== 58 ||
      buf[p + 19] !== 46 ||
      s1 >>> 0 > 5 ||
      s2 >>> 0 > 9 ||
      m1 >>> 0 > 9 ||
      m2 >>> 0 > 9 ||
      m3 >>> 0 > 9
    ) {
      return Number.NaN;
    }
    return this.base + (s1 * 10 + s2) * 1000 + m1 * 100 + m2 * 10 + m3;
  }

  /** Keeps the minute of the timestamp of 23 bytes at `p`, which has been read as `value`. */
  keep(view: DataView, p: number, value: number): void {
    this.a = view.getInt32(p, true);
    this.b = view.getInt32(p + 4, true);
    this.c = view.getInt32(p + 8, true);
    this.d = view.getInt32(p + 12, true);
    this.base = Math.floor(value / 60_000) * 60_000;
  }
}

/** Writes timestamps of milliseconds (precision up to 3) as writeTimestampBytes does, with as few digits as they need. */
export class MinuteWriter {
  private minute = Number.NaN;
  private readonly text = Buffer.alloc(MAX_TIMESTAMP_BYTES);
  /** Bytes up to the colon behind the minute. */
  private prefix = 0;

  /** `separator`: 32 for a space, 84 for a T. Returns the position behind it; needs room for MAX_TIMESTAMP_BYTES. */
  write(buf: Buffer, pos: number, ms: number, separator: number): number {
    const minute = Math.floor(ms / 60_000);
    const { text } = this;
    if (minute !== this.minute) {
      this.prefix = writeTimestampBytes(text, 0, minute * 60_000, 3, separator, 0) - 2;
      this.minute = minute;
    }
    const { prefix } = this;
    for (let i = 0; i < prefix; i++) buf[pos + i] = text[i];
    const rest = ms - minute * 60_000;
    const second = (rest / 1000) | 0;
    const tens = (second / 10) | 0;
    let p = pos + prefix;
    buf[p] = 48 + tens;
    buf[p + 1] = 48 + second - tens * 10;
    p += 2;
    const fraction = rest - second * 1000;
    if (fraction === 0) return p;
    const h = (fraction / 100) | 0;
    const t = ((fraction - h * 100) / 10) | 0;
    const o = fraction - h * 100 - t * 10;
    buf[p] = 46;
    buf[p + 1] = 48 + h;
    if (t === 0 && o === 0) return p + 2;
    buf[p + 2] = 48 + t;
    if (o === 0) return p + 3;
    buf[p + 3] = 48 + o;
    return p + 4;
  }
}

/** A function that writes timestamps of a precision, with as few digits as they need. */
export function timestampWriter(
  precision: number,
  separator: number,
): (buf: Buffer, pos: number, value: ExactInteger) => number {
  if (precision > 3) return (buf, pos, value) => writeTimestampBytes(buf, pos, value, precision, separator, 0);
  const writer = new MinuteWriter();
  return (buf, pos, value) => writer.write(buf, pos, value as number, separator);
}
