/** Appends bytes to a file in the background, in order, with a bound on what waits in memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { ByteWriter } from '../../record/bytes.js';

const FLUSH_BYTES = 512 * 1024;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export class AppendFile {
  /** Encoders append here. Call written() afterwards. */
  readonly out = new ByteWriter(64 * 1024);
  /** Length of the file once everything is written. */
  length: number;
  private waitingBytes = 0;
  private tail: Promise<void>;
  private handle: FileHandle | undefined;
  private failure: Error | undefined;
  private counted = 0;

  /** `flags`: 'w' begins anew, 'r+' goes on at `length`, which must be the file's. */
  constructor(
    readonly path: string,
    flags: 'w' | 'r+',
    length: number,
    private readonly onDrain: () => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.length = length;
    this.tail = open(path, flags).then((handle) => {
      this.handle = handle;
    });
    this.watch();
  }

  /** Counts what was appended to `out`, and hands it to the disk when it is much. */
  written(): void {
    this.length += this.out.pos - this.counted;
    this.counted = this.out.pos;
    if (this.out.pos >= FLUSH_BYTES) this.flush();
  }

  /** False while too much waits for the disk; onDrain tells when that is over. */
  get ready(): boolean {
    return this.waitingBytes < MAX_WAITING_BYTES;
  }

  /** Hands what is buffered to the disk. */
  flush(): void {
    if (this.out.pos === 0) return;
    const bytes = this.out.take();
    this.counted = 0;
    const position = this.length - bytes.length;
    this.waitingBytes += bytes.length;
    this.tail = this.tail.then(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle!.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
      const full = !this.ready;
      this.waitingBytes -= bytes.length;
      if (full && this.ready) this.onDrain();
    });
    this.watch();
  }

  /** Resolves when all that was appended so far is on the disk. */
  sync(): Promise<void> {
    this.flush();
    this.tail = this.tail.then(() => this.handle!.datasync());
    this.watch();
    return this.tail;
  }

  async close(): Promise<void> {
    await this.tail.catch(() => {});
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close().catch(() => {});
  }

  private watch(): void {
    this.tail.catch((error: Error) => {
      if (this.failure) return;
      this.failure = error;
      this.onError(error);
    });
  }
}
