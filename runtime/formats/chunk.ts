/**
 * What a decoder knows of the chunk that it was given: a view for comparing words, and what kind of bytes the chunk has, so
 * that strings need not be looked at one by one.
 */
import { isAscii, isUtf8 } from 'node:buffer';

/** Nothing is known (0, or there are bytes that are not UTF-8), ASCII (1), UTF-8 (2). */
export type ChunkKind = 0 | 1 | 2;

export class Chunk {
  /** The chunk's buffer, cut at its end: searches don't run past it. */
  buf: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  kind: ChunkKind = 0;
  /** Position of the first byte of special meaning (escape, quote) that has been searched for. */
  special = -1;
  private whole: Buffer | undefined;
  private end = -1;
  private start = -1;
  /** Where the next call goes on if it is about the same bytes. */
  private next = -1;

  /** `strings` false: no string is read, so it doesn't matter what kind the bytes have. */
  constructor(private readonly strings = true) {}

  /** Looks at whole[start, end), unless it is the rest of what was looked at last. */
  open(whole: Buffer, start: number, end: number): void {
    const same = whole === this.whole && end === this.end;
    if (!same) {
      this.buf = end === whole.length ? whole : whole.subarray(0, end);
      this.view = new DataView(whole.buffer, whole.byteOffset, end);
      this.whole = whole;
      this.end = end;
    }
    this.start = start;
    if (same && start === this.next && start > 0) return;
    this.special = start - 1;
    const chunk = this.buf.subarray(start, end);
    this.kind = !this.strings || isAscii(chunk) ? 1 : isUtf8(chunk) ? 2 : 0;
  }

  /** Decoding stopped at `position`: buf[position, end) must not change until it goes on there. */
  close(position: number, special: number): void {
    // No record was whole: there will be other bytes the next time.
    this.next = position === this.start ? -1 : position;
    this.special = special;
  }
}

/** DataViews of buffers that hold single records: made once for each buffer in a row. */
export class Views {
  private buf: Buffer | undefined;
  private view: DataView | undefined;

  of(buf: Buffer): DataView {
    if (buf !== this.buf) {
      this.buf = buf;
      this.view = new DataView(buf.buffer, buf.byteOffset, buf.length);
    }
    return this.view!;
  }
}
