/**
 * All keyed state of one node in one task. At a barrier `beginCut` fixes what changed; it is written and uploaded while the data goes
 * on (cut/).
 *
 * Compaction is rolling: once what segments hold in vain (records of entries that were written again or are gone) is an eighth of
 * the state, each checkpoint writes some key groups in full, about as many bytes as it left behind in vain. A restore reads at most
 * about twice the state, and state that only grows is written once.
 */
import { ByteReader } from '../record/bytes.js';
import type { Field } from '../record/types.js';
import type { KeyedSnapshot, TableLayout } from '../snapshot/manifest.js';
import { parseGroups, readSegment, type SegmentRef } from '../snapshot/segment.js';
import type { ObjectStore } from '../snapshot/store.js';
import { AppendedTable } from './appended/appended-table.js';
import { BucketTable } from './bucket-table.js';
import { type CutSizes, type SegmentBytes, StateCut } from './cut/state-cut.js';
import type { StateDisk } from './disk/state-disk.js';
import { DiskBucketTable, DiskKeyedTable } from './disk/tables.js';
import { GroupedTable } from './grouped-table.js';
import { KeyedTable } from './keyed-table.js';
import { NamespacedTable } from './namespaced-table.js';
import type { TableSpec } from './table.js';
import { type ReadCount, UnreadGroups } from './unread-groups.js';

type TableByKey = KeyedTable | BucketTable | AppendedTable;
type AnyTable = TableByKey | NamespacedTable;

function isByKey(table: AnyTable): table is TableByKey {
  return !(table instanceof NamespacedTable);
}

/** State whose deltas are smaller than this is not compacted by budget but at once. */
const SMALL_BYTES = 1 << 20;
/** What segments may hold in vain in any case. */
const TOLERATED_VAIN_BYTES = 64 * 1024;
/** A segment gets no more key groups once it has that many bytes: it is uploaded while the next one is made. */
const SEGMENT_BYTES = 8 << 20;
/** How long records are read before others have their turn, and how many between two looks at the clock. */
const READ_MS = 5;
const LOOK_EVERY = 256;
/** A restore leaves no more than that as bytes, which are in memory beside the entries that are made of them. */
const UNREAD_BYTES = 256 << 20;
/** What is written anew at least, once it has begun. */
const REWRITE_BYTES = 16 * 1024;

export class StateLayoutError extends Error {
  readonly code = 'TW4004';
}

export interface BegunCut {
  readonly cut: StateCut;
  /** Key groups written in full: older blocks of theirs are superseded. */
  readonly rewritten: readonly number[];
}

export class NodeState {
  private readonly tables: AnyTable[] = [];
  private readonly owned: Uint8Array;
  /** Place among the owned key groups of the next one to be rewritten. */
  private cursor = 0;
  /** Bytes in segments of records that are the last of their entries; of windows: of the last full writing. */
  private baseBytes = 0;
  /** Bytes of all other records; of windows: of the changes since, which run out of use with them. */
  private vainBytes = 0;
  /** Of a record, and of a segment, as the last cut had them. */
  private recordBytes = 64;
  private lastCutBytes = 0;
  private lastMemoryBytes = 0;
  private cutting: StateCut | undefined;
  private unread: UnreadGroups | undefined;
  /** What was read since the last cut. */
  private readonly restored: ReadCount = { records: 0, bytes: 0 };

  constructor(
    readonly nodeId: string,
    readonly maxParallelism: number,
    groups: Iterable<number>,
    /** Where entries may go that memory has no room for. */
    private readonly disk?: StateDisk,
  ) {
    this.owned = new Uint8Array(maxParallelism);
    for (const g of groups) this.owned[g] = 1;
  }

  /** Declares a table; call in the same order in every life of the job. */
  keyedTable(spec: TableSpec): KeyedTable {
    const kept = this.tables.find((t) => t.spec.name === spec.name);
    if (kept) return this.reuse(kept, spec) as KeyedTable;
    const table =
      this.disk && spec.spill
        ? new DiskKeyedTable(spec, this.maxParallelism, this.disk)
        : new KeyedTable(spec, this.maxParallelism);
    this.tables.push(table);
    return table;
  }

  namespacedTable(spec: TableSpec): NamespacedTable {
    const kept = this.tables.find((t) => t.spec.name === spec.name);
    if (kept) return this.reuse(kept, spec) as NamespacedTable;
    const table = new NamespacedTable(spec, this.maxParallelism);
    this.tables.push(table);
    return table;
  }

  bucketTable(spec: TableSpec): BucketTable {
    const kept = this.tables.find((t) => t.spec.name === spec.name);
    if (kept) return this.asBuckets(this.reuse(kept, spec));
    const table =
      this.disk && spec.spill
        ? new DiskBucketTable(spec, this.maxParallelism, this.disk)
        : new BucketTable(spec, this.maxParallelism);
    this.tables.push(table);
    return table;
  }

  /**
   * A table of rows that only come, `spill: true`. They are kept as bytes, unless they may leave memory: then it is a bucket table. The
   * same in segments.
   */
  appendedTable(spec: TableSpec): AppendedTable | BucketTable {
    if (this.disk) return this.bucketTable(spec);
    const kept = this.tables.find((t) => t.spec.name === spec.name);
    if (kept) return this.asAppended(this.reuse(kept, spec));
    const table = new AppendedTable(spec, this.maxParallelism, this.tables.length);
    this.tables.push(table);
    return table;
  }

  /** What was kept as bytes, as entries: its rows may be taken back in this life of the job. */
  private asBuckets(kept: AnyTable): BucketTable {
    if (!(kept instanceof AppendedTable)) return kept as BucketTable;
    this.readAll();
    const table = kept.toBuckets(this.ownedGroups());
    this.tables[this.tables.indexOf(kept)] = table;
    return table;
  }

  private asAppended(kept: AnyTable): AppendedTable {
    if (kept instanceof AppendedTable) return kept;
    this.readAll();
    const at = this.tables.indexOf(kept);
    const table = new AppendedTable(kept.spec, this.maxParallelism, at);
    table.adoptFrom(kept, new Set(this.ownedGroups()));
    this.tables[at] = table;
    return table;
  }

  private reuse(table: AnyTable, spec: TableSpec): AnyTable {
    const problem = layoutProblem(table.spec.values, spec.values);
    if (problem) throw new StateLayoutError(`state of ${this.nodeId} changed its layout: ${problem}`);
    return table;
  }

  get layouts(): TableLayout[] {
    return this.tables.map((t) => t.layout);
  }

  get entries(): number {
    let n = 0;
    for (const t of this.tables) n += t.size;
    return n;
  }

  /** Approximate: what segments hold. */
  get bytes(): number {
    return this.baseBytes + this.vainBytes;
  }

  ownedGroups(): number[] {
    const out: number[] = [];
    for (let g = 0; g < this.maxParallelism; g++) if (this.owned[g]) out.push(g);
    return out;
  }

  /**
   * Begins a cut: what it consists of is fixed when this returns, its bytes are made by the cut's work(). `segment` gets each segment
   * as soon as it is made. A cut that still goes on is finished first. `full`: everything, as the base of a chain of its own.
   */
  beginCut(full: boolean, segment: (segment: SegmentBytes) => void, segmentBytes = SEGMENT_BYTES): BegunCut {
    this.cutting?.work(Number.POSITIVE_INFINITY);
    this.readAll();
    this.countRestored();
    const windows = this.tables.some((t) => t instanceof NamespacedTable);
    const all = full || (windows && this.vainBytes > Math.max(SMALL_BYTES, 2 * this.baseBytes));
    const groups = this.ownedGroups();
    const rewritten = new Set(all ? groups : windows ? [] : this.groupsToRewrite());
    const cut = new StateCut({
      tables: this.tables as (GroupedTable<never> | AppendedTable | NamespacedTable)[],
      groups,
      rewritten,
      all,
      disk: this.disk,
      segmentBytes,
      expectedBytes: this.lastCutBytes,
      expectedMemoryBytes: this.lastMemoryBytes,
      segment,
      finished: (sizes) => this.learn(sizes, all, windows),
    });
    this.cutting = cut;
    return { cut, rewritten: [...rewritten] };
  }

  /** Forgets a cut that goes on: the state is another from now on, or nobody's. */
  abortCut(): void {
    if (this.cutting?.abort()) for (const table of this.tables) table.forgetWritten();
    this.cutting = undefined;
  }

  /** Sizes for the next cut. */
  private learn(
    { changes, changeBytes, grownBytes, bytes, memoryBytes }: CutSizes,
    all: boolean,
    windows: boolean,
  ): void {
    if (changes > 0 && changeBytes > grownBytes) this.recordBytes = (changeBytes - grownBytes) / changes;
    if (!windows) this.baseBytes += grownBytes;
    this.lastCutBytes = bytes;
    this.lastMemoryBytes = memoryBytes;
    if (all && bytes > 0) {
      this.baseBytes = bytes;
      this.vainBytes = 0;
    } else if (windows) this.vainBytes += changeBytes;
  }

  /** Makes room in memory. Nobody may hold an entry of this state over it. */
  settle(): void {
    this.disk?.shrink(this.tables.flatMap((t) => (t instanceof GroupedTable && t.cold ? [t.cold] : [])));
  }

  /** Whether entries of it are dropped some time after they were written. */
  get expires(): boolean {
    return this.tables.some((t) => t.spec.ttl !== undefined);
  }

  /** Drops some of the entries whose time is over. Nobody may hold an entry of this state over it. */
  sweep(): void {
    if (this.unread) return;
    for (const table of this.tables) if (table instanceof GroupedTable) table.sweep();
  }

  /** Gives the disk back. The state can't be used any more. */
  close(): void {
    this.abortCut();
    this.leaveUnread(undefined);
    for (const table of this.tables) if (table instanceof GroupedTable) table.close();
  }

  /**
   * When all that was restored has been read it can be told how many of the records are in vain: those of entries that have a later one, or
   * are gone. Not for windows, nor where entries grow by records of their changes.
   */
  private countRestored(): void {
    const { records, bytes } = this.restored;
    Object.assign(this.restored, { records: 0, bytes: 0 });
    if (records === 0 || this.tables.some((t) => t instanceof NamespacedTable || t.spec.grows?.length)) return;
    this.recordBytes = bytes / records;
    const added = this.tables.reduce((sum, t) => sum + t.changes - t.superseded, 0);
    const inVain = Math.max(0, records - (this.entries - added)) * this.recordBytes;
    this.vainBytes += inVain;
    this.baseBytes = Math.max(0, this.baseBytes - inVain);
  }

  /** Counts the changes of this cut, and says which groups are to be written in full with it. */
  private groupsToRewrite(): number[] {
    let changes = 0;
    let superseded = 0;
    for (const table of this.tables) {
      changes += table.changes;
      superseded += table.superseded;
    }
    const vain = superseded * this.recordBytes;
    this.vainBytes += vain;
    this.baseBytes = Math.max(0, this.baseBytes + changes * this.recordBytes - vain);
    if (this.vainBytes <= Math.max(TOLERATED_VAIN_BYTES, this.baseBytes / 8)) return [];
    const owned = this.ownedGroups();
    const share = Math.max(vain, REWRITE_BYTES) / Math.max(1, this.baseBytes);
    const count = Math.min(owned.length, Math.ceil(share * owned.length));
    const rewritten = Array.from({ length: count }, (_, i) => owned[(this.cursor + i) % owned.length]);
    this.cursor = (this.cursor + count) % owned.length;
    this.vainBytes *= 1 - count / owned.length;
    return rewritten;
  }

  /**
   * Loads the owned key groups, or those in `groups`, from a snapshot, a few milliseconds at a time: a slot reads ahead of a rescale
   * while its tasks work. Tables must be declared already, and nobody may use them before it is done. Throws
   * StateLayoutError when a table's layout has changed, CorruptSnapshotError when bytes are not what was written.
   *
   * `lazily`: done as soon as the bytes are here and checked, where that can be; readOn() is due then.
   */
  async restore(
    store: ObjectStore,
    snapshot: KeyedSnapshot,
    groups?: ReadonlySet<number>,
    /** Groups that hold the state of that checkpoint already: only what came later is read. */
    loaded?: { readonly checkpoint: number; readonly groups: ReadonlySet<number> },
    lazily = false,
  ): Promise<number> {
    this.abortCut();
    const wanted = (g: number) => (groups ? groups.has(g) : this.owned[g] === 1);
    const from = (g: number) => {
      const since = snapshot.since[g] ?? 0;
      return loaded?.groups.has(g) && since <= loaded.checkpoint ? loaded.checkpoint + 1 : since;
    };
    for (const g of loaded?.groups ?? []) {
      // Written in full since: what was loaded is replaced.
      if ((snapshot.since[g] ?? 0) <= loaded!.checkpoint) continue;
      this.unread?.drop(g);
      for (const table of this.tables) table.dropGroup(g);
    }
    for (const saved of snapshot.tables) {
      const table = this.tables.find((t) => t.spec.name === saved.name);
      if (!table) throw this.refusal(`${this.nodeId} has no state "${saved.name}" any more, the snapshot does`);
      const problem =
        layoutProblem(saved.keys, table.layout.keys) ??
        layoutProblem(saved.values, table.layout.values) ??
        (saved.namespaced === table.layout.namespaced && saved.bucketed === table.layout.bucketed
          ? undefined
          : 'windows and plain keys are kept differently');
      if (problem) throw this.refusal(`state "${saved.name}" of ${this.nodeId} changed its layout: ${problem}`);
    }
    // Blocks name tables by their place in the snapshot's list.
    const byIndex = snapshot.tables.map((saved) => this.tables.find((t) => t.spec.name === saved.name)!);
    let bytes = 0;
    const ordered = snapshot.segments
      .filter((ref) => parseGroups(ref.groups).some((g) => wanted(g) && ref.checkpoint >= from(g)))
      .sort((a, b) => a.checkpoint - b.checkpoint);
    // What came later goes over what was loaded, or behind what still is bytes.
    if (ordered.length > 0 && !this.unread?.isOf(byIndex)) this.readAll();
    const unread = lazily && !loaded && !this.unread ? this.mayStayUnread(byIndex, ordered) : undefined;
    // Fetch a few ahead; apply in order.
    const AHEAD = 4;
    const fetches: Promise<[number, Buffer][]>[] = [];
    const start = (i: number) => {
      const ref = ordered[i];
      const blocks: [number, Buffer][] = [];
      const fetch = readSegment(
        store,
        ref,
        (g) => wanted(g) && ref.checkpoint >= from(g),
        (g, block) => blocks.push([g, block]),
      ).then((n) => {
        bytes += n;
        return blocks;
      });
      // Errors surface where the segment's turn comes.
      fetch.catch(() => {});
      fetches.push(fetch);
    };
    for (let i = 0; i < Math.min(AHEAD, ordered.length); i++) start(i);
    let left = LOOK_EVERY;
    let untilMs = performance.now() + READ_MS;
    for (let i = 0; i < ordered.length; i++) {
      const blocks = await fetches[i];
      if (i + AHEAD < ordered.length) start(i + AHEAD);
      for (const [group, block] of blocks) {
        if (unread) {
          unread.add(group, block);
          continue;
        }
        if (this.unread?.extend(group, block)) continue;
        this.restored.bytes += block.length;
        const input = new ByteReader(block);
        while (input.pos < input.end) {
          byIndex[input.byte()].apply(input, group);
          this.restored.records++;
          if (--left > 0) continue;
          left = LOOK_EVERY;
          if (performance.now() < untilMs) continue;
          await new Promise((resolve) => setImmediate(resolve));
          untilMs = performance.now() + READ_MS;
        }
        this.settle();
      }
    }
    for (const table of this.tables) table.forgetChanges();
    if (unread) this.leaveUnread(unread);
    this.baseBytes += bytes;
    if (loaded) {
      // What is followed checkpoint by checkpoint takes the place of what was there.
      this.baseBytes = Math.min(this.baseBytes, bytesFor(snapshot, wanted));
    } else {
      // The rolling rewrites go on with the group whose turn it was.
      const since = this.ownedGroups().map((g) => snapshot.since[g] ?? 0);
      this.cursor = Math.max(0, since.indexOf(Math.min(...since)));
    }
    return bytes;
  }

  private refusal(why: string): StateLayoutError {
    return new StateLayoutError(
      `${why}. The snapshot is another version's: go on with the version that wrote it, start from a snapshot that this one wrote, or without state`,
    );
  }

  /** Where the tables can read a group when they are asked for it, and its bytes take no more memory than they may. */
  private mayStayUnread(byIndex: readonly AnyTable[], refs: readonly SegmentRef[]): UnreadGroups | undefined {
    if (this.disk || refs.reduce((sum, ref) => sum + ref.bytes, 0) > UNREAD_BYTES) return undefined;
    const tables = byIndex.filter(isByKey);
    return tables.length === byIndex.length ? new UnreadGroups(tables, this.restored) : undefined;
  }

  /** What another state has not read yet, where it can stay so in this one. */
  private unreadOf(other: NodeState, groups: ReadonlySet<number>): UnreadGroups | undefined {
    const tables = this.tables.filter(isByKey);
    const knows = other.tables.every((t) => tables.some(({ spec }) => spec.name === t.spec.name));
    if (this.disk || !knows) other.readAll();
    const unread = other.unread?.handTo(tables, this.restored);
    other.leaveUnread(undefined);
    for (let g = 0; g < this.maxParallelism; g++) if (!groups.has(g)) unread?.drop(g);
    return unread;
  }

  private leaveUnread(unread: UnreadGroups | undefined): void {
    this.unread = unread;
    for (const table of this.tables) if (isByKey(table)) table.unread = unread;
  }

  /** A restore has left something as bytes. */
  get reading(): boolean {
    return this.unread !== undefined;
  }

  /** Reads some of what a restore has left as bytes. */
  readOn(untilMs: number): void {
    this.unread?.readOn(untilMs);
    if (this.unread?.isEmpty) this.leaveUnread(undefined);
  }

  private readAll(): void {
    this.readOn(Number.POSITIVE_INFINITY);
  }

  /** State with the tables of a snapshot, before the transform that declares them is there. */
  static fromSnapshot(
    nodeId: string,
    maxParallelism: number,
    groups: Iterable<number>,
    snapshot: KeyedSnapshot,
    disk?: StateDisk,
  ): NodeState {
    const state = new NodeState(nodeId, maxParallelism, groups, disk);
    const spill = true;
    for (const { name, keys, values, namespaced, bucketed, appended, groupKeys } of snapshot.tables) {
      if (appended) state.appendedTable({ name, keys, values: values.slice(1), groupKeys, spill });
      else if (namespaced) state.namespacedTable({ name, keys, values, groupKeys });
      else if (bucketed) state.bucketTable({ name, keys, values: values.slice(1), groupKeys, spill });
      else state.keyedTable({ name, keys, values, groupKeys, spill });
    }
    return state;
  }

  /** Takes key groups over from another state of this node, without copying entries of plain keys. */
  adopt(other: NodeState, groups: ReadonlySet<number>): void {
    other.abortCut();
    this.readAll();
    const unread = this.unreadOf(other, groups);
    for (const table of this.tables) {
      const from = other.tables.find((t) => t.spec.name === table.spec.name);
      if (!from) continue;
      const isAlike = table instanceof AppendedTable || !(from instanceof AppendedTable);
      table.adoptFrom((isAlike ? from : from.toBuckets(groups)) as never, groups);
    }
    this.leaveUnread(unread);
    this.restored.records += other.restored.records;
    this.restored.bytes += other.restored.bytes;
    this.baseBytes += other.baseBytes;
  }

  /** Changes which key groups are held: those no longer owned are forgotten. Returns the groups that are new. */
  reassign(groups: ReadonlySet<number>): number[] {
    this.abortCut();
    for (let g = 0; g < this.maxParallelism; g++) if (!groups.has(g)) this.unread?.drop(g);
    const added: number[] = [];
    for (let g = 0; g < this.maxParallelism; g++) {
      const now = groups.has(g) ? 1 : 0;
      if (this.owned[g] === 1 && now === 0) for (const table of this.tables) table.dropGroup(g);
      if (this.owned[g] === 0 && now === 1) added.push(g);
      this.owned[g] = now;
    }
    return added;
  }
}

/** Bytes of the segments with key groups that are wanted. */
function bytesFor({ segments }: KeyedSnapshot, wanted: (group: number) => boolean): number {
  return segments.reduce((sum, ref) => (parseGroups(ref.groups).some(wanted) ? sum + ref.bytes : sum), 0);
}

/** Says how two field lists differ, or undefined. */
function layoutProblem(saved: readonly Field[], now: readonly Field[]): string | undefined {
  const show = (f: Field) => `${f.name} ${f.type.kind}`;
  for (let i = 0; i < Math.max(saved.length, now.length); i++) {
    if (!saved[i]) return `field ${show(now[i])} is new`;
    if (!now[i]) return `field ${show(saved[i])} is gone`;
    if (JSON.stringify(saved[i]) !== JSON.stringify(now[i])) return `${show(saved[i])} became ${show(now[i])}`;
  }
  return undefined;
}
