/**
 * The local disk of one slot: a file cut into extents that the logs of all its tables take and give back, and the memory that
 * they may keep entries in together.
 *
 * The file has no name: it is unlinked as soon as it is open, so its space is given back whenever and however the process ends. It
 * is never the source of truth: after a failure, state comes from the snapshot.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Scratch } from './scratch.js';

/** The local disk for state can't be used. A restart, perhaps elsewhere, may help. */
export class StateDiskError extends Error {
  readonly code = 'TW4006';
}

export interface StateDiskOptions {
  /** Folder of the file; made when it isn't there. */
  readonly folder: string;
  /** Bytes of memory for entries. */
  readonly cacheBytes: number;
  /** Default: 1 MiB. */
  readonly extentBytes?: number;
  /** For tests that make it fail. */
  readonly write?: (fd: number, bytes: Buffer, from: number, length: number, at: number) => number;
}

/** Something whose entries can leave memory. */
export interface Evictable {
  /** Approximate bytes of the entries it has in memory. */
  cachedBytes(): number;
  /** Puts part of what was not used for longest on disk. False: there is nothing. */
  evictSome(): boolean;
}

let files = 0;

export class StateDisk {
  readonly extentBytes: number;
  readonly cacheBytes: number;
  /** For whoever needs bytes within one call. */
  readonly scratch = new Scratch();
  private readonly fd: number;
  private readonly tables: Evictable[] = [];
  private turn = 0;
  /** End of the file, in bytes. */
  private end = 0;
  private free: number[] = [];
  /** Extents given back while somebody still reads what was in them. */
  private freedWhileRead: number[] = [];
  private readers = 0;
  private closed = false;

  /** Throws StateDiskError when the file can't be made. */
  constructor(private readonly options: StateDiskOptions) {
    this.extentBytes = options.extentBytes ?? 1 << 20;
    this.cacheBytes = options.cacheBytes;
    const path = join(options.folder, `.tidewheel-state-${process.pid}-${Date.now().toString(36)}-${files++}`);
    try {
      mkdirSync(options.folder, { recursive: true });
      this.fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (error) {
      throw this.problem('can’t be used', error);
    }
  }

  /** Bytes of the file that hold state or held it. */
  get usedBytes(): number {
    return this.end - this.free.length * this.extentBytes;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }

  // Space

  /** Room for `bytes` in a row, at least an extent: where it begins. */
  take(bytes: number): number {
    const start = bytes <= this.extentBytes ? this.free.pop() : undefined;
    if (start !== undefined) return start;
    const at = this.end;
    this.end += this.roundUp(bytes);
    return at;
  }

  give(start: number, bytes: number): void {
    const list = this.readers > 0 ? this.freedWhileRead : this.free;
    for (let at = start; at < start + this.roundUp(bytes); at += this.extentBytes) list.push(at);
    if (this.readers === 0 && this.free.length * this.extentBytes === this.end) this.empty();
  }

  /** Until the returned function is called, bytes of extents that are given back stay what they are. */
  pin(): () => void {
    this.readers++;
    return () => {
      if (--this.readers > 0) return;
      this.free.push(...this.freedWhileRead);
      this.freedWhileRead = [];
    };
  }

  private roundUp(bytes: number): number {
    return Math.ceil(bytes / this.extentBytes) * this.extentBytes;
  }

  private empty(): void {
    this.free = [];
    this.end = 0;
    if (!this.closed) ftruncateSync(this.fd, 0);
  }

  // Bytes

  write(bytes: Buffer, from: number, length: number, at: number): void {
    try {
      for (let done = 0; done < length; ) {
        done += (this.options.write ?? writeSync)(this.fd, bytes, from + done, length - done, at + done);
      }
    } catch (error) {
      const full =
        (error as NodeJS.ErrnoException).code === 'ENOSPC' || (error as NodeJS.ErrnoException).code === 'EDQUOT';
      throw this.problem(
        full ? `is full (${Math.ceil(this.end / 2 ** 20)} MiB of state are there)` : 'can’t be written',
        error,
      );
    }
  }

  /** Reads up to `length` bytes; how many there were. */
  read(into: Buffer, length: number, at: number): number {
    try {
      return readSync(this.fd, into, 0, length, at);
    } catch (error) {
      throw this.problem('can’t be read', error);
    }
  }

  /** As read(), not in this thread. */
  readLater(into: Buffer, length: number, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.fd, into, 0, length, at, (error, n) => {
        if (error) reject(this.problem('can’t be read', error));
        else resolve(n);
      });
    });
  }

  private problem(what: string, cause: unknown): StateDiskError {
    const { message } = cause as Error;
    return new StateDiskError(`the local disk for state, ${this.options.folder}, ${what}: ${message}`, { cause });
  }

  // Memory

  join(table: Evictable): void {
    this.tables.push(table);
  }

  leave(table: Evictable): void {
    const at = this.tables.indexOf(table);
    if (at >= 0) this.tables.splice(at, 1);
  }

  cachedBytes(): number {
    let bytes = 0;
    for (const table of this.tables) bytes += table.cachedBytes();
    return bytes;
  }

  /** Entries take more memory than they may: shrink() is due. */
  get full(): boolean {
    return this.cachedBytes() > this.cacheBytes;
  }

  /**
   * Evicts until the entries in memory take no more than they may. `among`: only of these tables. Nobody may hold an entry of them
   * over this call.
   */
  shrink(among: readonly Evictable[] = this.tables): void {
    let over = this.cachedBytes() - this.cacheBytes;
    if (over <= 0) return;
    // A little more, so that not each batch evicts.
    over += this.cacheBytes >> 5;
    for (let without = 0; over > 0 && without < among.length; ) {
      const table = among[this.turn++ % among.length];
      const before = table.cachedBytes();
      if (table.evictSome()) without = 0;
      else without++;
      over -= before - table.cachedBytes();
    }
  }
}
