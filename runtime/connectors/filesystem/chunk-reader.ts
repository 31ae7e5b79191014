/** Reads a file, or the rest of it from an offset, in large chunks ahead of whoever takes them. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { TidewheelError } from '../../../api/errors.js';
import { isCompressed } from './splits.js';

/** Room in front of a chunk for the beginning of the record that the one before ended with. */
export const HEADROOM = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const BUFFER_BYTES = HEADROOM + CHUNK_BYTES;
const AHEAD = 2;

/** Bytes of the file in buf[start, end). */
export interface Chunk {
  readonly buf: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Chunks in order by take(), which returns undefined while none is here. At the end of the file `ended` is true and all chunks
 * are taken; resume() looks for more, for files that grow. `onChange` is called when take() or `ended` may say something new.
 */
export class ChunkReader {
  private readonly queue: Chunk[] = [];
  private readAll = false;
  private closed = false;
  private filling = false;
  private handle: FileHandle | undefined;
  private stream: Readable | undefined;
  private next: number;
  /** A chunk's memory to be used again: the system clears what is new, page by page. */
  private spare: Buffer | undefined;

  constructor(
    private readonly path: string,
    offset: number,
    private readonly onChange: () => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.next = offset;
    this.fill();
  }

  take(): Chunk | undefined {
    const chunk = this.queue.shift();
    if (chunk) this.fill();
    return chunk;
  }

  /** Says that nobody looks at the bytes of a chunk any longer. */
  release(chunk: Chunk): void {
    if (chunk.buf.length === BUFFER_BYTES) this.spare = chunk.buf;
  }

  get ended(): boolean {
    return this.readAll && this.queue.length === 0;
  }

  /** The next byte that is to be read from the disk. */
  get offset(): number {
    return this.next;
  }

  /** Reads on behind what was the end. Nothing happens to compressed files: they don't grow. */
  resume(): void {
    if (!this.readAll || this.stream) return;
    this.readAll = false;
    this.fill();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue.length = 0;
    this.stream?.destroy();
    if (!this.filling) await this.handle?.close().catch(() => {});
  }

  private buffer(): Buffer {
    const buf = this.spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.spare = undefined;
    return buf;
  }

  private fill(): void {
    if (this.filling || this.readAll || this.closed || this.queue.length >= AHEAD) return;
    this.filling = true;
    (isCompressed(this.path) ? this.fillFromStream() : this.fillFromFile())
      .catch((error: Error) => {
        if (!this.closed) this.onError(error);
      })
      .finally(() => {
        this.filling = false;
        if (this.closed) void this.handle?.close().catch(() => {});
        else if (!this.readAll) this.fill();
      });
  }

  private async fillFromFile(): Promise<void> {
    if (!this.handle) {
      this.handle = await open(this.path, 'r');
      const { size } = await this.handle.stat();
      if (size < this.next) throw shortened(this.path, size, this.next);
    }
    while (this.queue.length < AHEAD && !this.readAll && !this.closed) {
      const buf = this.buffer();
      const { bytesRead } = await this.handle.read(buf, HEADROOM, CHUNK_BYTES, this.next);
      if (bytesRead === 0) this.readAll = true;
      else {
        this.next += bytesRead;
        this.queue.push({ buf, start: HEADROOM, end: HEADROOM + bytesRead });
      }
      this.onChange();
    }
  }

  /** Decompresses from the beginning, since one can't begin elsewhere, and throws away what stands before the offset. */
  private async fillFromStream(): Promise<void> {
    if (!this.stream) {
      const lower = this.path.toLowerCase();
      const unpack = lower.endsWith('.br')
        ? createBrotliDecompress()
        : lower.endsWith('.deflate')
          ? createInflate()
          : createGunzip();
      const file = createReadStream(this.path, { highWaterMark: 256 * 1024 });
      file.on('error', (error) => unpack.destroy(error));
      this.stream = file.pipe(unpack);
      this.iterator = this.stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      this.skip = this.next;
    }
    while (this.queue.length < AHEAD && !this.readAll && !this.closed) {
      const buf = this.buffer();
      let end = HEADROOM;
      while (end === HEADROOM || buf.length - end >= MAX_STREAM_CHUNK) {
        const { done, value } = await this.iterator!.next();
        if (done) {
          this.readAll = true;
          break;
        }
        const wanted = this.skip > 0 ? value.subarray(Math.min(this.skip, value.length)) : value;
        this.skip = Math.max(0, this.skip - value.length);
        if (wanted.length > buf.length - end) throw new Error(`decompressed more at once than fits: ${wanted.length}`);
        end += wanted.copy(buf, end);
      }
      if (end > HEADROOM) {
        this.next += end - HEADROOM;
        this.queue.push({ buf, start: HEADROOM, end });
      }
      this.onChange();
    }
  }

  private iterator: AsyncIterator<Buffer> | undefined;
  private skip = 0;
}

/** Somebody cut a file of which more had been read. */
export function shortened(path: string, size: number, read: number): TidewheelError {
  return new TidewheelError('TW3103', `'${path}' has ${size} bytes, but ${read} were read of it before`, {
    hint: 'Restore the file, or start the job without state',
  });
}

/** zlib's streams give chunks of at most this size. */
const MAX_STREAM_CHUNK = 64 * 1024;
