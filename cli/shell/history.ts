/** What was typed before, in a file: one statement a line, the newest last. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../runtime/snapshot/make-folder.js';

const MAX_ENTRIES = 1000;

export class History {
  private constructor(
    private readonly file: string | undefined,
    private entries: string[],
  ) {}

  /** Without a file nothing is kept. A file that can't be read is taken for empty. */
  static async open(file: string | undefined): Promise<History> {
    const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '');
    return new History(
      file,
      text.split('\n').filter((line) => line !== ''),
    );
  }

  /** As readline wants it. */
  get newestFirst(): readonly string[] {
    return [...this.entries].reverse();
  }

  /** A statement of several lines becomes one, but for lines that a comment would swallow. */
  add(statement: string): void {
    const lines = statement.split('\n').map((line) => line.trim());
    const entry = lines.filter((line) => line !== '' && !line.startsWith('--')).join(' ');
    if (entry === '' || /(?:^|\s)--/.test(entry)) return;
    this.entries = [...this.entries.filter((e) => e !== entry), entry].slice(-MAX_ENTRIES);
  }

  /** Never fails: a history that can't be written is lost, no more. */
  async save(): Promise<void> {
    if (this.file === undefined) return;
    try {
      await makeFolder(dirname(this.file));
      await writeFile(this.file, this.entries.map((entry) => `${entry}\n`).join(''), { mode: 0o600 });
    } catch {
      // The folder is not ours.
    }
  }
}
