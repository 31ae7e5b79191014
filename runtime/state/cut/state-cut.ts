/**
 * The cut of a node's tables at one barrier. What it consists of is fixed when it is made; its bytes are made by work(), a little at a
 * time, in segments that hold some key groups each.
 */
import { SegmentBuilder } from '../../snapshot/segment.js';
import { AppendedTable } from '../appended/appended-table.js';
import { type MemoryPart, SegmentComposer } from '../disk/compose-segment.js';
import type { StateDisk } from '../disk/state-disk.js';
import { GroupedTable } from '../grouped-table.js';
import type { NamespacedTable } from '../namespaced-table.js';
import { AppendedCut } from './appended-cut.js';
import { GroupedCut } from './grouped-cut.js';
import { NamespacedCut } from './namespaced-cut.js';
import { Slice } from './slice.js';
import type { TableCut } from './table-cut.js';

/** The bytes of a segment. */
export interface SegmentBytes {
  readonly bytes: Buffer;
  readonly crc: number;
  readonly groups: readonly number[];
}

/** What a cut was, for the next one. */
export interface CutSizes {
  /** Records of groups that are not written in full, and their bytes. */
  readonly changes: number;
  readonly changeBytes: number;
  /** Those of them that are in place of nothing: what grew within entries. */
  readonly grownBytes: number;
  /** Of all segments. */
  readonly bytes: number;
  /** Those of them that were in memory at the cut. */
  readonly memoryBytes: number;
}

export interface CutRequest {
  readonly tables: readonly (GroupedTable<never> | AppendedTable | NamespacedTable)[];
  /** Key groups that the task holds, rising. */
  readonly groups: readonly number[];
  /** Those of them that are written in full. */
  readonly rewritten: ReadonlySet<number>;
  /** Everything is written, windows too. */
  readonly all: boolean;
  readonly disk: StateDisk | undefined;
  /** A segment gets no more groups once it has that many bytes. */
  readonly segmentBytes: number;
  /** What it will take altogether, about, and what of it is in memory. */
  readonly expectedBytes: number;
  readonly expectedMemoryBytes: number;
  /** Gets each segment as soon as it is there. */
  readonly segment: (segment: SegmentBytes) => void;
  /** Told when all segments have been given away. */
  readonly finished: (sizes: CutSizes) => void;
}

export class StateCut {
  /** Resolves when all segments have been given away. Rejects with StateDiskError. */
  readonly done: Promise<void>;
  private tables: readonly TableCut[];
  private readonly composer: SegmentComposer | undefined;
  private builder: SegmentBuilder | undefined;
  private sorted = false;
  private group = 0;
  private table = 0;
  /** Where the group that is being written begins. */
  private groupStart = -1;
  private tableStart = -1;
  private parts: MemoryPart[] = [];
  private changeBytes = 0;
  private bytes = 0;
  private ended = false;
  private resolve!: () => void;
  private reject!: (error: Error) => void;

  constructor(private readonly request: CutRequest) {
    const { tables, groups, rewritten, all, disk } = request;
    this.done = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Seen where it is waited for.
    this.done.catch(() => {});
    if (disk && tables.some((t) => t instanceof GroupedTable && t.cold)) this.composer = new SegmentComposer(disk);
    this.tables = tables.map((table, i) =>
      table instanceof GroupedTable
        ? new GroupedCut(table, i, groups, rewritten)
        : table instanceof AppendedTable
          ? new AppendedCut(table, rewritten)
          : new NamespacedCut(table, i, groups, all),
    );
  }

  /**
   * Works until about `untilMs` of performance.now(), but writes `least` records in any case. True: nothing is left to do in this
   * thread.
   */
  work(untilMs: number, least?: number): boolean {
    if (this.ended) return true;
    const slice = new Slice(untilMs, least);
    if (!this.sorted) {
      for (const table of this.tables) if (!table.sort(slice)) return false;
      this.sorted = true;
    }
    const { groups } = this.request;
    for (; this.group < groups.length; this.group++) {
      if (!this.writeGroup(groups[this.group], slice)) return false;
    }
    this.finish();
    return true;
  }

  /** Forgets the cut; `done` stays as it is. False: it was over already. */
  abort(): boolean {
    if (this.ended) return false;
    this.thaw();
    this.composer?.close();
    return true;
  }

  private thaw(): void {
    this.ended = true;
    for (const table of this.tables) table.end();
  }

  private writeGroup(group: number, slice: Slice): boolean {
    const builder = (this.builder ??= new SegmentBuilder(this.room()));
    const { out } = builder;
    if (this.groupStart < 0) {
      builder.begin();
      this.groupStart = out.pos;
      this.table = 0;
    }
    for (; this.table < this.tables.length; this.table++) {
      const table = this.tables[this.table];
      if (this.tableStart < 0) this.tableStart = out.pos;
      if (!table.write(group, out, slice)) return false;
      const onDisk = table.diskRecords(group);
      if (this.composer && (out.pos > this.tableStart || onDisk)) {
        const anew = this.request.rewritten.has(group);
        this.parts.push({ group, table: this.table, start: this.tableStart, end: out.pos, onDisk, anew });
      }
      this.tableStart = -1;
    }
    const written = out.pos - this.groupStart;
    if (!this.request.rewritten.has(group)) this.changeBytes += written;
    this.groupStart = -1;
    if (!this.composer) {
      builder.end(group);
      if (out.pos >= this.request.segmentBytes) this.give();
    }
    slice.over(LOOK_PER_GROUP);
    return true;
  }

  private room(): number {
    const { expectedBytes, expectedMemoryBytes, segmentBytes } = this.request;
    // Of state on disk, all that is in memory stands in one buffer until the rest is read: growing it would take twice as much.
    if (this.composer) return Math.max(64 * 1024, Math.ceil(expectedMemoryBytes * 1.1));
    return Math.min(Math.max(0, expectedBytes - this.bytes), segmentBytes * 1.25);
  }

  private give(): void {
    const { builder } = this;
    this.builder = undefined;
    if (!builder || builder.empty) return;
    const segment = builder.finish();
    this.bytes += segment.bytes.length;
    this.request.segment(segment);
  }

  private finish(): void {
    this.thaw();
    let changes = 0;
    let grownBytes = 0;
    for (const table of this.tables) {
      changes += table.changes;
      grownBytes += table.grownBytes;
    }
    if (!this.composer) {
      this.give();
      this.told({ changes, changeBytes: this.changeBytes, grownBytes, bytes: this.bytes, memoryBytes: this.bytes });
      return;
    }
    const memory = this.builder?.out.view() ?? Buffer.alloc(0);
    this.builder = undefined;
    this.composer.compose(this.parts, memory, this.request).then(
      (copied) =>
        this.told({
          changes: changes + copied.changes,
          changeBytes: this.changeBytes + copied.changeBytes,
          grownBytes,
          bytes: copied.bytes,
          memoryBytes: memory.length,
        }),
      this.reject,
    );
    this.tables = [];
    this.parts = [];
  }

  private told(sizes: CutSizes): void {
    // Whoever still knows this cut need not hold what it saved.
    this.tables = [];
    this.request.finished(sizes);
    this.resolve();
  }
}

/** Of the look at a group's changes: a group without any costs about as much as some records. */
const LOOK_PER_GROUP = 4;
