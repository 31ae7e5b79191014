/** Reads one split: chunks → whole records → decoder, with the position behind the last record read. */
import { resolve } from 'node:path';
import type { Json, Split, SplitOutput } from '../../source/contract.js';
import { type Chunk, ChunkReader, HEADROOM } from './chunk-reader.js';
import { parseSplitId, positionOf, type SplitRange } from './splits.js';

const NEWLINE = 10;

export interface SplitReaderContext {
  readonly baseDir: string;
  /** The file may grow: an unfinished last line is left until it is finished. */
  readonly followed: boolean;
  readonly wake: () => void;
  readonly fail: (error: Error) => void;
}

export class SplitReader {
  readonly path: string;
  /** Everything there is was read: to the end for good, or for now if the file is followed. */
  atEnd = false;
  private readonly range: SplitRange;
  private readonly output: SplitOutput;
  private readonly chunks: ChunkReader;
  private chunk: Chunk | undefined;
  /** Next byte of the chunk. */
  private pos = 0;
  /** Records end at or before this position of the chunk. */
  private limit = 0;
  /** No record begins behind `limit` that is part of this split. */
  private lastChunk = false;
  /** File offset of chunk position 0; before the first chunk, that of the first byte to be read. */
  private base: number;
  private aligned: boolean;

  constructor(
    readonly split: Split,
    openSplit: (id: string) => SplitOutput,
    private readonly ctx: SplitReaderContext,
  ) {
    this.range = parseSplitId(split.id);
    this.path = resolve(ctx.baseDir, this.range.name);
    const position = positionOf(split);
    this.output = openSplit(split.id);
    this.output.meta.origin = this.range.name;
    this.output.meta.offset = position.offset;
    this.output.meta.line = position.line;
    // A range that begins within the file leaves its first, broken line to the one before. Looking at the byte before the
    // range says whether a line begins exactly there.
    this.aligned = position.offset === 0 || position.offset > this.range.start;
    const from = this.aligned ? position.offset : position.offset - 1;
    this.base = from;
    this.chunks = new ChunkReader(this.path, from, ctx.wake, ctx.fail);
  }

  snapshot(): Split {
    const { offset, line } = this.output.meta;
    return { id: this.split.id, position: { offset, line } satisfies Json };
  }

  /** Bytes of the file that were taken from the disk. */
  get bytesRead(): number {
    return this.chunks.offset;
  }

  /** Decodes up to `maxRecords` records. Returns false when no chunk is here now. */
  poll(maxRecords: number): boolean {
    if (this.atEnd) return false;
    if (this.pos >= this.limit && !this.advance()) return false;
    const { buf } = this.chunk!;
    const before = this.pos;
    this.pos = this.output.decoder.lines(buf, this.pos, this.limit, maxRecords, this.lastChunk);
    if (this.pos === before && !this.lastChunk) {
      // A record that goes on behind its newlines (quoted ones of CSV): it needs more bytes.
      return this.advance();
    }
    if (this.lastChunk && this.pos >= this.limit) this.end();
    return true;
  }

  /** Looks whether a followed file has grown. */
  resume(): void {
    this.atEnd = false;
    this.chunks.resume();
  }

  async close(): Promise<void> {
    await this.chunks.close();
  }

  finish(): void {
    this.output.finish();
  }

  markIdle(): void {
    this.output.markIdle();
  }

  private end(): void {
    this.atEnd = true;
  }

  /** Puts the next chunk behind what is left of this one. False: it isn't here yet, or the end was reached. */
  private advance(): boolean {
    for (;;) {
      if (this.lastChunk) {
        this.end();
        return false;
      }
      const rest = this.chunk ? this.chunk.end - this.pos : 0;
      const next = this.chunks.take();
      if (!next) {
        if (!this.chunks.ended) return false;
        if (this.ctx.followed || rest === 0) {
          this.end();
          return false;
        }
        // The last line of the file has no newline.
        this.limit = this.chunk!.end;
        this.lastChunk = true;
        return this.aligned || this.align();
      }
      const offset = this.chunk ? this.base + this.pos : this.base;
      const last = this.chunk;
      this.chunk = join(last, this.pos, next);
      if (last) this.chunks.release(last);
      this.pos = this.chunk.start;
      this.base = offset - this.pos;
      this.limit = this.pos;
      if (!this.aligned && !this.align()) continue;
      this.setLimit();
      if (this.limit > this.pos || this.lastChunk) return true;
    }
  }

  /** Skips the broken first line of a range. False: it goes on in the next chunk. */
  private align(): boolean {
    const { buf, end } = this.chunk!;
    const newline = buf.subarray(0, end).indexOf(NEWLINE, this.pos);
    if (newline < 0) {
      this.pos = end;
      return false;
    }
    this.pos = newline + 1;
    this.aligned = true;
    this.output.meta.offset = this.base + this.pos;
    return true;
  }

  /** Records that begin before the end of the range are ours, to their last byte. */
  private setLimit(): void {
    const { buf, end } = this.chunk!;
    const data = end === buf.length ? buf : buf.subarray(0, end);
    if (this.range.end !== undefined) {
      const rangeEnd = this.range.end - this.base;
      if (this.pos >= rangeEnd) {
        this.limit = this.pos;
        this.lastChunk = true;
        return;
      }
      if (rangeEnd <= end) {
        const newline = data.indexOf(NEWLINE, Math.max(this.pos, rangeEnd - 1));
        if (newline >= 0) {
          this.limit = newline + 1;
          this.lastChunk = true;
          return;
        }
      }
    }
    const newline = data.lastIndexOf(NEWLINE);
    this.limit = newline >= this.pos ? newline + 1 : this.pos;
  }
}

/** What is left of a chunk, and the next one behind it: in its headroom where it fits. */
function join(chunk: Chunk | undefined, pos: number, next: Chunk): Chunk {
  const rest = chunk ? chunk.end - pos : 0;
  if (!chunk || rest === 0) return next;
  if (rest <= next.start) {
    chunk.buf.copy(next.buf, next.start - rest, pos, chunk.end);
    return { buf: next.buf, start: next.start - rest, end: next.end };
  }
  const size = next.end - next.start;
  const buf = Buffer.allocUnsafeSlow(HEADROOM + rest + size);
  chunk.buf.copy(buf, HEADROOM, pos, chunk.end);
  next.buf.copy(buf, HEADROOM + rest, next.start, next.end);
  return { buf, start: HEADROOM, end: HEADROOM + rest + size };
}
