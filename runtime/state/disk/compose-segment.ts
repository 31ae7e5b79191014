/** A segment of state that is partly on disk: the bytes of what is in memory are made at the cut, the rest is copied from the logs. */
import { ByteWriter } from '../../record/bytes.js';
import { SegmentBuilder } from '../../snapshot/segment.js';
import { GroupedTable } from '../grouped-table.js';
import type { SegmentBytes } from '../node-state.js';
import { PUT, type Table } from '../table.js';
import { type RecordReading, readLater, visitRows } from './group-log.js';
import { Scratch } from './scratch.js';
import type { StateDisk } from './state-disk.js';

/** `changes`: how many records are not of groups written in full, and what they take. */
interface Composed extends SegmentBytes {
  readonly changes: number;
  readonly changeBytes: number;
  /** Bytes of what was in memory. */
  readonly inMemory: number;
}

/** Growing copies everything: a little more than last time is enough mostly. */
function roomFor(lastBytes: number): number {
  return Math.max(64 * 1024, Math.ceil(lastBytes * 1.1));
}

interface Part {
  readonly group: number;
  readonly table: number;
  /** Place in the bytes made at the cut. */
  readonly start: number;
  readonly end: number;
  readonly onDisk: RecordReading | undefined;
  readonly anew: boolean;
}

/**
 * Takes what changed in each group, or all of the groups in `rewritten`. What the segment consists of is fixed when this returns; the
 * tables may change before the promise resolves. Their changes must have been sorted.
 */
export function composeSegment(
  tables: readonly Table[],
  groups: readonly number[],
  rewritten: ReadonlySet<number>,
  disk: StateDisk,
  /** How large the last segment was, and the part of it that was in memory. */
  last: { readonly bytes: number; readonly inMemory: number },
): Promise<Composed> {
  const release = disk.pin();
  const memory = new ByteWriter(roomFor(last.inMemory));
  const parts: Part[] = [];
  let changes = 0;
  for (const group of groups) {
    const anew = rewritten.has(group);
    tables.forEach((table, i) => {
      const start = memory.pos;
      const grouped = table instanceof GroupedTable;
      if (anew && grouped) table.writeAll(group, i, memory);
      else changes += table.writeDelta(group, i, memory);
      // Keys of records on disk are not among those in memory, but perhaps among the deletions, which come first.
      const onDisk = grouped ? table.cold?.recordsOf(group, anew) : undefined;
      if (memory.pos > start || onDisk) parts.push({ group, table: i, start, end: memory.pos, onDisk, anew });
    });
  }
  return assemble(parts, memory.view(), changes, last.bytes).finally(release);
}

async function assemble(
  parts: readonly Part[],
  memory: Buffer,
  changesInMemory: number,
  lastBytes: number,
): Promise<Composed> {
  if (parts.length === 0) return { crc: 0, groups: [], changes: 0, changeBytes: 0, inMemory: memory.length };
  const builder = new SegmentBuilder(Math.max(memory.length, roomFor(lastBytes)));
  const { out } = builder;
  const scratch = new Scratch();
  let changes = changesInMemory;
  let changeBytes = 0;
  for (let i = 0; i < parts.length; i++) {
    const { group, table, start, end, onDisk, anew } = parts[i];
    if (parts[i - 1]?.group !== group) builder.begin();
    const before = out.pos;
    out.bytes(memory.subarray(start, end));
    if (onDisk) {
      await readLater(onDisk, scratch, (bytes, record) =>
        visitRows(bytes, record, (_bytes, from, to, changed) => {
          if (!anew && !changed) return;
          if (!anew) changes++;
          out.byte(table);
          out.byte(PUT);
          out.slice(bytes, from, to);
        }),
      );
    }
    if (!anew) changeBytes += out.pos - before;
    if (parts[i + 1]?.group !== group) builder.end(group);
  }
  const segment = builder.empty ? { crc: 0, groups: [] } : builder.finish();
  return { ...segment, changes, changeBytes, inMemory: memory.length };
}
