/**
 * Reads timestamps of the form `yyyy-MM-dd HH:mm:ss.SSS` that fall into the same minute as the last one, as those of a
 * stream mostly do: sixteen bytes are compared four at a time, five digits are read.
 */
import type { DataType } from '../record/types.js';

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
