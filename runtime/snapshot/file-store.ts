/** Objects as files of a folder. An object is written under a hidden name and renamed or linked into place. */
import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { makeFolder } from './make-folder.js';
import { ObjectExistsError, ObjectMissingError, type ObjectStore } from './store.js';

export class FileStore implements ObjectStore {
  private readonly made = new Set<string>();

  constructor(readonly root: string) {}

  get description(): string {
    return this.root;
  }

  async put(key: string, bytes: Buffer, options?: { readonly ifAbsent?: boolean }): Promise<void> {
    const path = join(this.root, key);
    const folder = dirname(path);
    if (!this.made.has(folder)) {
      await makeFolder(folder);
      this.made.add(folder);
    }
    const temporary = join(folder, `.${randomBytes(6).toString('hex')}.tmp`);
    try {
      await writeFile(temporary, bytes);
    } catch (error) {
      // Of a full disk: what is cut off takes room.
      await rm(temporary, { force: true });
      throw error;
    }
    if (!options?.ifAbsent) {
      await rename(temporary, path);
      return;
    }
    try {
      // link() refuses an existing name, which rename() would replace.
      await link(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new ObjectExistsError(key, this.root);
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    const path = join(this.root, key);
    try {
      if (!range) return await readFile(path);
      const file = await open(path, 'r');
      try {
        const buf = Buffer.allocUnsafe(range.length);
        const { bytesRead } = await file.read(buf, 0, range.length, range.offset);
        return buf.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ObjectMissingError(key, this.root);
      throw error;
    }
  }

  async list(prefix: string): Promise<string[]> {
    const out: string[] = [];
    const walk = async (dir: string): Promise<void> => {
      let entries: import('node:fs').Dirent[];
      try {
        entries = await readdir(dir, { withFileTypes: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
        throw error;
      }
      for (const entry of entries) {
        const path = join(dir, entry.name);
        if (entry.isDirectory()) await walk(path);
        else if (!entry.name.startsWith('.')) out.push(relative(this.root, path).split(sep).join('/'));
      }
    };
    await walk(join(this.root, prefix.slice(0, prefix.lastIndexOf('/') + 1)));
    return out.filter((key) => key.startsWith(prefix)).sort();
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await rm(join(this.root, key), { force: true });
  }
}
