/**
 * All keyed state of one node in one task. At a barrier `cutSegment` writes what changed, synchronously and in memory; the bytes
 * are uploaded while the data goes on.
 *
 * Compaction is rolling: beside what changed, each checkpoint writes some key groups in full, about as many bytes as it wrote of
 * changes, so that old segments run out of use and a restore reads at most about twice the state.
 */
import { ByteReader, ByteWriter } from '../record/bytes.js';
import type { Field } from '../record/types.js';
import type { KeyedSnapshot, TableLayout } from '../snapshot/manifest.js';
import { parseGroups, readSegment, SegmentBuilder } from '../snapshot/segment.js';
import type { ObjectStore } from '../snapshot/store.js';
import { BucketTable } from './bucket-table.js';
import { KeyedTable, NamespacedTable, type TableSpec } from './table.js';

type AnyTable = KeyedTable | NamespacedTable | BucketTable;

/** State whose deltas are smaller than this is not compacted by budget but at once. */
const SMALL_BYTES = 1 << 20;

export class StateLayoutError extends Error {
  readonly code = 'TW4004';
}

export interface SegmentCut {
  /** Undefined when nothing changed. */
  readonly bytes?: Buffer;
  readonly crc: number;
  readonly groups: readonly number[];
  /** Key groups written in full: older blocks of theirs are superseded. */
  readonly rewritten: readonly number[];
}

export class NodeState {
  private readonly tables: AnyTable[] = [];
  private readonly owned: Uint8Array;
  /** Next key group of the rolling rewrite. */
  private cursor = 0;
  private deltaBytes = 0;
  private baseBytes = 0;

  constructor(
    readonly nodeId: string,
    readonly maxParallelism: number,
    groups: Iterable<number>,
  ) {
    this.owned = new Uint8Array(maxParallelism);
    for (const g of groups) this.owned[g] = 1;
  }

  /** Declares a table; call in the same order in every life of the job. */
  keyedTable(spec: TableSpec): KeyedTable {
    const kept = this.tables.find((t) => t.spec.name === spec.name);
    if (kept) return this.reuse(kept, spec) as KeyedTable;
    const table = new KeyedTable(spec, this.maxParallelism);
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
    if (kept) return this.reuse(kept, spec) as BucketTable;
    const table = new BucketTable(spec, this.maxParallelism);
    this.tables.push(table);
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

  /** Approximate: bytes of the last full writing and of changes since. */
  get bytes(): number {
    return this.baseBytes + this.deltaBytes;
  }

  ownedGroups(): number[] {
    const out: number[] = [];
    for (let g = 0; g < this.maxParallelism; g++) if (this.owned[g]) out.push(g);
    return out;
  }

  /** Cuts what changed since the last cut. `full`: everything, as the base of a chain of its own. */
  cutSegment(full: boolean): SegmentCut {
    const blocks = new Map<number, ByteWriter>();
    const isOwned = (g: number) => this.owned[g] === 1;
    let current = 0;
    const records = (group: number): ByteWriter => {
      let out = blocks.get(group);
      if (!out) {
        out = new ByteWriter(1 << 10);
        blocks.set(group, out);
      }
      out.byte(current);
      return out;
    };
    const namespaced = this.tables.some((t) => t instanceof NamespacedTable);
    const compactAll = full || (namespaced && this.deltaBytes > Math.max(SMALL_BYTES, 2 * this.baseBytes));
    const rewritten = compactAll ? this.ownedGroups() : [];
    if (compactAll) {
      this.tables.forEach((table, i) => {
        current = i;
        if (table instanceof NamespacedTable) table.writeEverything(records);
        else
          for (const entry of table.entries()) {
            const out = records(table.group(entry));
            out.byte(1);
            table.codec.write(entry, out);
          }
        table.cut();
      });
    } else {
      this.tables.forEach((table, i) => {
        current = i;
        table.writeDelta(records, isOwned);
      });
      const delta = sizeOf(blocks);
      this.deltaBytes += delta;
      if (!namespaced) rewritten.push(...this.rewriteSome(blocks, delta));
      for (const table of this.tables) table.cut();
    }
    const builder = new SegmentBuilder();
    for (const group of [...blocks.keys()].sort((a, b) => a - b)) {
      builder.begin();
      builder.out.bytes(blocks.get(group)!.view());
      builder.end(group);
    }
    if (compactAll) {
      this.baseBytes = builder.out.pos;
      this.deltaBytes = 0;
    }
    if (builder.empty) return { crc: 0, groups: [], rewritten };
    const { bytes, crc, groups } = builder.finish();
    return { bytes, crc, groups, rewritten };
  }

  /** Writes further groups in full, up to about `budget` bytes. Their blocks replace their changes. */
  private rewriteSome(blocks: Map<number, ByteWriter>, budget: number): number[] {
    if (this.deltaBytes <= Math.max(64 * 1024, this.baseBytes / 8)) return [];
    const rewritten: number[] = [];
    let spent = 0;
    for (let step = 0; step < this.maxParallelism && spent < Math.max(budget, 16 * 1024); step++) {
      const group = this.cursor;
      this.cursor = (this.cursor + 1) % this.maxParallelism;
      if (this.owned[group] !== 1) continue;
      const out = new ByteWriter(1 << 12);
      this.tables.forEach((table, i) => {
        for (const entry of (table as KeyedTable | BucketTable).entriesOf(group)) {
          out.byte(i);
          out.byte(1);
          table.codec.write(entry, out);
        }
      });
      spent += out.pos;
      if (out.pos > 0) blocks.set(group, out);
      else blocks.delete(group);
      rewritten.push(group);
    }
    if (this.cursor < rewritten.length) {
      // A round is complete: what was written in it is the new base.
      this.baseBytes = Math.max(this.baseBytes / 2, spent);
    }
    this.baseBytes += spent;
    this.deltaBytes = Math.max(0, this.deltaBytes - spent);
    return rewritten;
  }

  /**
   * Loads the owned key groups, or those in `groups`, from a snapshot. Tables must be declared already. Throws
   * StateLayoutError when a table's layout has changed, CorruptSnapshotError when bytes are not what was written.
   */
  async restore(
    store: ObjectStore,
    snapshot: KeyedSnapshot,
    groups?: ReadonlySet<number>,
    /** Groups that hold the state of that checkpoint already: only what came later is read. */
    loaded?: { readonly checkpoint: number; readonly groups: ReadonlySet<number> },
  ): Promise<number> {
    const wanted = (g: number) => (groups ? groups.has(g) : this.owned[g] === 1);
    const from = (g: number) => {
      const since = snapshot.since[g] ?? 0;
      return loaded?.groups.has(g) && since <= loaded.checkpoint ? loaded.checkpoint + 1 : since;
    };
    for (const g of loaded?.groups ?? []) {
      // Written in full since: what was loaded is replaced.
      if ((snapshot.since[g] ?? 0) > loaded!.checkpoint) for (const table of this.tables) table.dropGroup(g);
    }
    for (const saved of snapshot.tables) {
      const table = this.tables.find((t) => t.spec.name === saved.name);
      if (!table) throw new StateLayoutError(`${this.nodeId} has no state "${saved.name}" any more, the snapshot does`);
      const problem =
        layoutProblem(saved.keys, table.layout.keys) ??
        layoutProblem(saved.values, table.layout.values) ??
        (saved.namespaced === table.layout.namespaced && saved.bucketed === table.layout.bucketed
          ? undefined
          : 'windows and plain keys are kept differently');
      if (problem) throw new StateLayoutError(`state "${saved.name}" of ${this.nodeId} changed its layout: ${problem}`);
    }
    // Blocks name tables by their place in the snapshot's list.
    const byIndex = snapshot.tables.map((saved) => this.tables.find((t) => t.spec.name === saved.name)!);
    let bytes = 0;
    const ordered = snapshot.segments
      .filter((ref) => parseGroups(ref.groups).some((g) => wanted(g) && ref.checkpoint >= from(g)))
      .sort((a, b) => a.checkpoint - b.checkpoint);
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
    for (let i = 0; i < ordered.length; i++) {
      const blocks = await fetches[i];
      if (i + AHEAD < ordered.length) start(i + AHEAD);
      for (const [group, block] of blocks) {
        const input = new ByteReader(block);
        while (input.pos < input.end) byIndex[input.byte()].apply(input, group);
      }
    }
    for (const table of this.tables) table.cut();
    this.baseBytes += bytes;
    return bytes;
  }

  /** State with the tables of a snapshot, before the transform that declares them is there. */
  static fromSnapshot(
    nodeId: string,
    maxParallelism: number,
    groups: Iterable<number>,
    snapshot: KeyedSnapshot,
  ): NodeState {
    const state = new NodeState(nodeId, maxParallelism, groups);
    for (const { name, keys, values, namespaced, bucketed, groupKeys } of snapshot.tables) {
      if (namespaced) state.namespacedTable({ name, keys, values, groupKeys });
      else if (bucketed) state.bucketTable({ name, keys, values: values.slice(1), groupKeys });
      else state.keyedTable({ name, keys, values, groupKeys });
    }
    return state;
  }

  /** Takes key groups over from another state of this node, without copying entries of plain keys. */
  adopt(other: NodeState, groups: ReadonlySet<number>): void {
    for (const table of this.tables) {
      const from = other.tables.find((t) => t.spec.name === table.spec.name);
      if (from) table.adoptFrom(from as never, groups);
    }
    this.baseBytes += other.baseBytes;
  }

  /** Changes which key groups are held: those no longer owned are forgotten. Returns the groups that are new. */
  reassign(groups: ReadonlySet<number>): number[] {
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

function sizeOf(blocks: Map<number, ByteWriter>): number {
  let n = 0;
  for (const out of blocks.values()) n += out.pos;
  return n;
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
