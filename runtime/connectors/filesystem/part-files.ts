/**
 * Part files in a folder, or in a folder for each value of PARTITIONED BY below it. Rows go into a hidden file; at a checkpoint it is closed, and renamed to its visible name when the
 * checkpoint is complete. A rename is atomic and can be repeated: after a crash the snapshot's committables are renamed again, and
 * hidden files of dead attempts that are in no snapshot are removed.
 */
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { TidewheelError } from '../../../api/errors.js';
import type { Row, RowKind } from '../../record/types.js';
import type { RowEncoder, SinkContext, SinkRestore, SinkWriter } from '../../sink/contract.js';
import { makeFolder } from '../../snapshot/make-folder.js';
import type { Json } from '../../source/contract.js';
import { AppendFile } from './append-file.js';
import { cutToLength, singleFileState } from './single-file.js';
import { writeError } from './write-error.js';

/** A closed file that waits for its checkpoint. Names are relative to the folder: `day=2024-01-01/part-0-1-0.json`. */
interface Committable {
  readonly hidden: string;
  readonly visible: string;
  readonly bytes: number;
}

/** INSERT OVERWRITE: files that were there before. */
interface Outdated {
  readonly outdated: readonly string[];
}

/** INSERT OVERWRITE of a partitioned table: what was there at the start, and which partitions were begun since. */
interface OverwriteState {
  readonly before: readonly string[];
  readonly begun: readonly string[];
}

export interface PartFileOptions {
  /** Ending of part files with its dot, or empty. */
  readonly ending: string;
  readonly maxBytes: number;
  /** INSERT OVERWRITE: files that were there before go with the first commit; of a partitioned table, those of the folders that get rows. */
  readonly overwrite?: boolean;
  readonly partitions?: { readonly path: (row: Row) => string; readonly successFile?: string };
}

interface OpenFile {
  readonly file: AppendFile;
  readonly hidden: string;
  readonly visible: string;
}

/** More partitions than that are not written at once: the one that was begun first is closed. */
const MAX_OPEN_FILES = 128;

const ADOPTION_PAUSE_MS = 20;
const ADOPTION_TRIES = 500;

const NEWLINE = 10;

export class PartFileWriter implements SinkWriter {
  /** By the partition's path; '' where there are no partitions. */
  private readonly current = new Map<string, OpenFile>();
  private closed: Promise<Committable>[] = [];
  private next = 0;
  /** Names of files that are to go. */
  private outdated: readonly string[] = [];
  private before: readonly string[] = [];
  private readonly begun = new Set<string>();

  constructor(
    private readonly ctx: SinkContext,
    private readonly encoder: RowEncoder,
    private readonly folder: string,
    private readonly options: PartFileOptions,
  ) {}

  async open(restore: SinkRestore | undefined): Promise<void> {
    try {
      if (this.ctx.subtask === 0) await this.adoptSingleFile(restore);
      await this.makeFolder();
      if (this.options.overwrite && this.options.partitions) await this.beginOverwrite(restore);
      if (this.ctx.subtask === 0) {
        if (this.options.overwrite && !this.options.partitions && !restore) this.outdated = await this.visibleFiles();
        await this.commit(restore?.committables ?? []);
        await this.removeLeftovers();
      }
      this.next = await this.firstFreeNumber();
    } catch (error) {
      throw writeError(this.folder, error as Error);
    }
  }

  write(row: Row, kind: RowKind): void {
    const partition = this.options.partitions?.path(row) ?? '';
    let open = this.current.get(partition);
    if (!open) this.current.set(partition, (open = this.begin(partition)));
    const { file } = open;
    this.encoder.encode(row, kind, file.out);
    if (this.encoder.lineDelimited) file.out.byte(NEWLINE);
    file.written();
    if (file.length >= this.options.maxBytes) this.roll(partition, open);
    else if (this.current.size > MAX_OPEN_FILES) this.roll(...this.current.entries().next().value!);
  }

  ready(): boolean {
    for (const { file } of this.current.values()) if (!file.ready) return false;
    return true;
  }

  flush(): void {
    for (const { file } of this.current.values()) file.flush();
  }

  async prepareCommit(): Promise<Json[]> {
    for (const [partition, open] of [...this.current]) this.roll(partition, open);
    const closed = this.closed;
    this.closed = [];
    const outdated: Outdated[] = this.outdated.length > 0 ? [{ outdated: this.outdated }] : [];
    this.outdated = [];
    return [...(await Promise.all(closed)), ...outdated] as unknown as Json[];
  }

  snapshotState(): Json | undefined {
    if (this.before.length === 0) return undefined;
    return { before: this.before, begun: [...this.begun] } satisfies OverwriteState as unknown as Json;
  }

  private async visibleFiles(): Promise<string[]> {
    if (this.options.partitions) return (await this.allFiles()).filter((name) => !/(?:^|\/)[._][^/]*$/.test(name));
    return (await readdir(this.folder)).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
  }

  /** Names of all files in the folder, and below it where there are partitions. */
  private async allFiles(): Promise<string[]> {
    if (!this.options.partitions) return readdir(this.folder);
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries.filter((e) => e.isFile()).map((e) => relative(this.folder, join(e.parentPath, e.name)));
  }

  /** Every subtask may be the first to write to a partition. */
  private async beginOverwrite(restore: SinkRestore | undefined): Promise<void> {
    const states = (restore?.states ?? []) as unknown as OverwriteState[];
    this.before = restore ? (states.find((state) => state?.before)?.before ?? []) : await this.visibleFiles();
    for (const state of states) for (const partition of state?.begun ?? []) this.begun.add(partition);
  }

  async commit(committables: readonly Json[]): Promise<void> {
    const all = committables as unknown as (Committable | Outdated)[];
    const files = all.filter((c): c is Committable => 'hidden' in c);
    await this.rename(files);
    const { successFile } = this.options.partitions ?? {};
    if (successFile !== undefined) {
      const folders = new Set(files.map((file) => dirname(file.visible)));
      for (const folder of folders) await writeFile(join(this.folder, folder, successFile), '');
    }
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
    for (const { file } of this.current.values()) await file.close();
  }

  private begin(partition: string): OpenFile {
    const name = `part-${this.ctx.subtask}-${this.ctx.attempt}-${this.next++}${this.options.ending}`;
    const visible = join(partition, name);
    const hidden = join(partition, `${this.hiddenPrefix}${name}`);
    const path = join(this.folder, hidden);
    if (partition !== '' && !this.begun.has(partition)) this.beginPartition(partition);
    const file = new AppendFile(path, 'w', 0, this.ctx.wake, (error) => this.ctx.fail(writeError(path, error)));
    if (this.encoder.header) {
      this.encoder.header(file.out);
      file.written();
    }
    return { file, hidden, visible };
  }

  private beginPartition(partition: string): void {
    const path = join(this.folder, partition);
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw writeError(path, error as Error);
    }
    this.begun.add(partition);
    const inside = this.before.filter((name) => dirname(name) === partition);
    if (inside.length > 0) this.outdated = [...this.outdated, ...inside];
  }

  private roll(partition: string, { file, hidden, visible }: OpenFile): void {
    this.current.delete(partition);
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
      await rename(aside, join(this.folder, `part-0-0-0${this.options.ending}`));
    } else {
      await rm(this.folder);
    }
  }

  private async removeLeftovers(): Promise<void> {
    for (const name of await this.allFiles()) {
      const file = basename(name);
      if (!file.startsWith(this.hiddenPrefix)) continue;
      const attempt = Number(/^part-\d+-(\d+)-/.exec(file.slice(this.hiddenPrefix.length))?.[1]);
      if (attempt < this.ctx.attempt) await rm(join(this.folder, name), { force: true });
    }
  }

  /** Behind all numbers that this subtask and attempt ever used: a job that is run anew counts its attempts anew. */
  private async firstFreeNumber(): Promise<number> {
    const mine = new RegExp(`part-${this.ctx.subtask}-${this.ctx.attempt}-(\\d+)`);
    const used = (await this.allFiles()).map((name) => Number(mine.exec(name)?.[1] ?? -1));
    return Math.max(-1, ...used) + 1;
  }
}
