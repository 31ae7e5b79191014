/**
 * Copies of segments on the disk of the machine that wrote them. A process that is killed and started again on the same disk finds
 * most of its state there: reading it takes a fraction of the time, and of the work of the object store, that fetching takes. What counts is
 * the object store: a copy that is missing, cut off or of another object is passed over, and whatever goes wrong with copies costs time only.
 */
import { createHash } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../source/contract.js';
import { FileStore } from './file-store.js';
import type { ObjectStore } from './store.js';

/** What changes by itself has no copies: segments are written once. */
const COPIED = 'segments/';
/** The newest of that many bytes stay: by the rolling rewrites of state all that counts is in what was written last, twice its size. */
const MOST_BYTES = 256 << 20;
/** What waits for a slow disk is held in memory: beyond that many bytes it isn't copied. */
const MOST_WAITING_BYTES = 64 << 20;
/** Processes of one folder don't know of each other's: each looks what there is after so much of its own. */
const LOOK_EVERY_BYTES = 32 << 20;

export interface LocalCopiesOptions {
  readonly folder: string;
  readonly mostBytes?: number;
  readonly log?: Logger;
}

export class StoreWithLocalCopies implements ObjectStore {
  private readonly copies: FileStore;
  private saving: Promise<void> = Promise.resolve();
  private waitingBytes = 0;
  private sinceLook = 0;
  private isOff = false;

  constructor(
    private readonly store: ObjectStore,
    private readonly options: LocalCopiesOptions,
  ) {
    this.copies = new FileStore(options.folder);
  }

  get description(): string {
    return this.store.description;
  }

  get trouble(): string | undefined {
    return this.store.trouble;
  }

  async put(key: string, bytes: Buffer, options?: { readonly ifAbsent?: boolean }): Promise<void> {
    await this.store.put(key, bytes, options);
    this.save(key, bytes);
  }

  async get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    if (!key.startsWith(COPIED)) return this.store.get(key, range);
    // No copies of what is fetched: writing them keeps a restart waiting, and what is rewritten later has some.
    const copy = await this.copies.get(this.nameOf(key), range).catch(() => undefined);
    return copy && copy.length === (range?.length ?? copy.length) ? copy : this.store.get(key, range);
  }

  list(prefix: string): Promise<string[]> {
    return this.store.list(prefix);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.store.delete(keys);
    for (const key of keys) if (key.startsWith(COPIED)) await this.dropCopy(key);
  }

  async dropCopy(key: string): Promise<boolean> {
    await this.saving;
    return unlink(join(this.copies.root, this.nameOf(key))).then(
      () => true,
      () => false,
    );
  }

  /** Resolves when all copies so far are written. */
  async settled(): Promise<void> {
    await this.saving;
  }

  private nameOf(key: string): string {
    return createHash('sha256').update(`${this.store.description}\n${key}`).digest('hex');
  }

  private save(key: string, bytes: Buffer): void {
    if (!key.startsWith(COPIED) || this.isOff || this.waitingBytes + bytes.length > MOST_WAITING_BYTES) return;
    this.waitingBytes += bytes.length;
    this.saving = this.saving
      .then(() => this.write(this.nameOf(key), bytes))
      .finally(() => {
        this.waitingBytes -= bytes.length;
      });
  }

  private async write(name: string, bytes: Buffer): Promise<void> {
    if (this.isOff) return;
    const { folder, mostBytes = MOST_BYTES, log } = this.options;
    try {
      await this.copies.put(name, bytes);
      this.sinceLook += bytes.length;
      if (this.sinceLook < Math.min(LOOK_EVERY_BYTES, mostBytes / 8)) return;
      this.sinceLook = 0;
      await keepNewest(folder, mostBytes);
    } catch (error) {
      // A full disk, or one that can't be written: the job goes on without copies.
      this.isOff = true;
      log?.warn({ folder, error: (error as Error).message }, 'no more local copies of state: a restart will fetch it');
    }
  }
}

/** Deletes the oldest copies, and what is left of copies that were never finished. */
async function keepNewest(folder: string, mostBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const info = await stat(join(folder, name)).catch(() => undefined);
      return { name, bytes: info?.size ?? 0, atMs: info?.mtimeMs ?? 0 };
    }),
  );
  let left = mostBytes;
  for (const { name, bytes } of files.sort((a, b) => b.atMs - a.atMs)) {
    left -= bytes;
    if (left < 0) await unlink(join(folder, name)).catch(() => {});
  }
}
