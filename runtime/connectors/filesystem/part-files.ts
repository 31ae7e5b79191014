/**
 * Part files in a folder. Rows go into a hidden file; at a checkpoint it is closed, and renamed to its visible name when the
 * checkpoint is complete. A rename is atomic and can be repeated: after a crash the snapshot's committables are renamed again, and
 * hidden files of dead attempts that are in no snapshot are removed.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { TidewheelError } from '../../../api/index.js';
import type { Row, RowKind } from '../../record/types.js';
import type { RowEncoder, SinkContext, SinkRestore, SinkWriter } from '../../sink/contract.js';
import { makeFolder } from '../../snapshot/make-folder.js';
import type { Json } from '../../source/contract.js';
import { AppendFile } from './append-file.js';
import { cutToLength, singleFileState } from './single-file.js';
import { writeError } from './write-error.js';

/** A closed file that waits for its checkpoint. Names are relative to the folder. */
interface Committable {
  readonly hidden: string;
  readonly visible: string;
  readonly bytes: number;
}

/** INSERT OVERWRITE: files that were there before. */
interface Outdated {
  readonly outdated: readonly string[];
}

const ADOPTION_PAUSE_MS = 20;
const ADOPTION_TRIES = 500;

const NEWLINE = 10;

export class PartFileWriter implements SinkWriter {
  private current: { file: AppendFile; hidden: string; visible: string } | undefined;
  private closed: Promise<Committable>[] = [];
  private next = 0;

  constructor(
    private readonly ctx: SinkContext,
    private readonly encoder: RowEncoder,
    private readonly folder: string,
    /** Ending of part files with its dot, or empty. */
    private readonly ending: string,
    private readonly maxBytes: number,
    /** INSERT OVERWRITE: files that were there before go with the first commit. */
    private readonly overwrite = false,
  ) {}

  /** Names of files that are to go. */
  private outdated: readonly string[] = [];

  async open(restore: SinkRestore | undefined): Promise<void> {
    try {
      if (this.ctx.subtask === 0) await this.adoptSingleFile(restore);
      await this.makeFolder();
      if (this.ctx.subtask === 0) {
        if (this.overwrite && !restore) this.outdated = await this.visibleFiles();
        await this.commit(restore?.committables ?? []);
        await this.removeLeftovers();
      }
      this.next = await this.firstFreeNumber();
    } catch (error) {
      throw writeError(this.folder, error as Error);
    }
  }

  write(row: Row, kind: RowKind): void {
    const { file } = (this.current ??= this.begin());
    this.encoder.encode(row, kind, file.out);
    if (this.encoder.lineDelimited) file.out.byte(NEWLINE);
    file.written();
    if (file.length >= this.maxBytes) this.roll();
  }

  ready(): boolean {
    return this.current?.file.ready ?? true;
  }

  flush(): void {
    this.current?.file.flush();
  }

  async prepareCommit(): Promise<Json[]> {
    this.roll();
    const closed = this.closed;
    this.closed = [];
    const outdated: Outdated[] = this.outdated.length > 0 ? [{ outdated: this.outdated }] : [];
    this.outdated = [];
    return [...(await Promise.all(closed)), ...outdated] as unknown as Json[];
  }

  private async visibleFiles(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
  }

  async commit(committables: readonly Json[]): Promise<void> {
    const all = committables as unknown as (Committable | Outdated)[];
    await this.rename(all.filter((c): c is Committable => 'hidden' in c));
    // New files are there: the old ones go.
    for (const { outdated } of all.filter((c): c is Outdated => 'outdated' in c)) {
      for (const name of outdated) await rm(join(this.folder, name), { force: true, recursive: true });
    }
  }

  private async rename(committables: readonly Committable[]): Promise<void> {
    for (const { hidden, visible, bytes } of committables) {
      const from = join(this.folder, hidden);
      const to = join(this.folder, visible);
      try {
        await rename(from, to);
      } catch (error) {
        const done = await stat(to).catch(() => undefined);
        if (done?.size === bytes) continue;
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeError(to, error as Error);
        throw new TidewheelError(
          'TW3103',
          `'${hidden}' in '${this.folder}' is gone, but the snapshot says that it was written`,
          {
            hint: 'Restore the file, or start the job without state',
            cause: error,
          },
        );
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.closed.map((file) => file.catch(() => {})));
    await this.current?.file.close();
  }

  private begin(): { file: AppendFile; hidden: string; visible: string } {
    const visible = `part-${this.ctx.subtask}-${this.ctx.attempt}-${this.next++}${this.ending}`;
    const hidden = `${this.hiddenPrefix}${visible}`;
    const path = join(this.folder, hidden);
    const file = new AppendFile(path, 'w', 0, this.ctx.wake, (error) => this.ctx.fail(writeError(path, error)));
    if (this.encoder.header) {
      this.encoder.header(file.out);
      file.written();
    }
    return { file, hidden, visible };
  }

  private roll(): void {
    if (!this.current) return;
    const { file, hidden, visible } = this.current;
    this.current = undefined;
    const bytes = file.length;
    const closing = file.sync().then(async () => {
      await file.close();
      return { hidden, visible, bytes };
    });
    closing.catch(() => {});
    this.closed.push(closing);
  }

  /** Hidden files carry the job and the step, so that two sinks may share a folder. */
  private get hiddenPrefix(): string {
    return `.${this.ctx.jobName}.${this.ctx.nodeId}.`.replaceAll('/', '_');
  }

  /** Where a single file stands in its place, subtask 0 is about to move it, maybe in another process. */
  private async makeFolder(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await makeFolder(this.folder);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries >= ADOPTION_TRIES) throw error;
      }
      await setTimeout(ADOPTION_PAUSE_MS);
    }
  }

  /**
   * A job that wrote one file and now runs in parallel: the file, cut to what the snapshot knows, is the first part. The others
   * wait until the folder stands in its place.
   */
  private async adoptSingleFile(restore: SinkRestore | undefined): Promise<void> {
    const info = await stat(this.folder).catch(() => undefined);
    if (!info?.isFile()) return;
    const state = singleFileState(restore);
    const aside = `${this.folder}.adopted`;
    if (state) {
      await cutToLength(this.folder, state.length);
      await rename(this.folder, aside);
      await mkdir(this.folder);
      await rename(aside, join(this.folder, `part-0-0-0${this.ending}`));
    } else {
      await rm(this.folder);
    }
  }

  private async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith(this.hiddenPrefix)) continue;
      const attempt = Number(/^part-\d+-(\d+)-/.exec(name.slice(this.hiddenPrefix.length))?.[1]);
      if (attempt < this.ctx.attempt) await rm(join(this.folder, name), { force: true });
    }
  }

  /** Behind all numbers that this subtask and attempt ever used: a job that is run anew counts its attempts anew. */
  private async firstFreeNumber(): Promise<number> {
    const mine = new RegExp(`part-${this.ctx.subtask}-${this.ctx.attempt}-(\\d+)`);
    const used = (await readdir(this.folder)).map((name) => Number(mine.exec(name)?.[1] ?? -1));
    return Math.max(-1, ...used) + 1;
  }
}
