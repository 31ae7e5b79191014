/**
 * What one table has of one key group on disk: records in extents, written one behind the other, and the index of those that are
 * alive. A record that was superseded stays until its extent is cleaned: the living ones are copied behind the others and the
 * extent given back (Rosenblum and Ousterhout, The Design and Implementation of a Log-Structured File System, 1992).
 *
 * Record: u32 length · u32 tag · u32 epoch · u32 rows · rows, each u32 (length × 2 + changed) and bytes; aligned to 8 bytes. `epoch`
 * is that of the table when it was written, `changed` whether the row was touched in that epoch: at the cut that ends it, those
 * rows are part of the delta.
 */
import type { ByteWriter } from '../../record/bytes.js';
import { KeyIndex } from './key-index.js';
import { Scratch } from './scratch.js';
import { type StateDisk, StateDiskError } from './state-disk.js';

export const HEADER = 16;
export const ROW_HEADER = 4;
const UNIT = 8;
/** A position is a number of an extent and a place in it, in units of 8 bytes. */
const PLACE_BITS = 17;
const PLACES = 1 << PLACE_BITS;
/** Positions fit in 31 bits. */
const MAX_EXTENTS = 1 << (31 - PLACE_BITS);
/** Room that a group may hold in vain before anything is cleaned, in extents. */
const TOLERATED_EXTENTS = 2;

interface Extent {
  /** Where in the file. */
  readonly start: number;
  /** How much of the file it has: more than the usual for a record that is larger. */
  readonly capacity: number;
  used: number;
  records: number;
  /** Of these, in the index. */
  living: number;
}

/** Records to be appended together. */
export interface RecordBatch {
  readonly bytes: ByteWriter;
  /** Where each record begins in `bytes`. */
  readonly starts: number[];
  readonly tags: number[];
}

export class GroupLog {
  readonly index = new KeyIndex();
  private readonly extents: (Extent | undefined)[] = [];
  private readonly unusedIds: number[] = [];
  private current = -1;
  /** Records with rows changed since the last cut. */
  private changedTags: number[] = [];
  private changedPositions: number[] = [];

  constructor(private readonly disk: StateDisk) {}

  get isEmpty(): boolean {
    return this.index.size === 0;
  }

  /** Appends the records of a batch. `epoch`: of the table. */
  append(batch: RecordBatch, epoch: number): void {
    const { buf, pos } = batch.bytes;
    const { starts, tags } = batch;
    // Records that lie in one extent are written at once.
    let first = 0;
    while (first < starts.length) {
      const room = this.room((starts[first + 1] ?? pos) - starts[first]);
      const extent = this.extents[room]!;
      const base = extent.used;
      const from = starts[first];
      let next = first;
      while (next < starts.length) {
        const end = starts[next + 1] ?? pos;
        if (base + end - from > extent.capacity) break;
        const position = room * PLACES + (base + starts[next] - from) / UNIT;
        this.index.insert(tags[next], position);
        if (buf.readUInt32LE(starts[next] + 8) === epoch) {
          this.changedTags.push(tags[next]);
          this.changedPositions.push(position);
        }
        extent.records++;
        extent.living++;
        next++;
      }
      const length = (starts[next] ?? pos) - from;
      this.disk.write(buf, from, length, extent.start + base);
      extent.used += length;
      first = next;
    }
  }

  /** The extent that has room for a record of that many bytes. */
  private room(bytes: number): number {
    const extent = this.extents[this.current];
    if (extent && extent.used + bytes <= extent.capacity) return this.current;
    const id = this.unusedIds.pop() ?? this.extents.length;
    if (id >= MAX_EXTENTS) throw new StateDiskError('a key group’s state is larger than 16 GiB: raise maxParallelism');
    const capacity = Math.max(bytes, Math.min(this.disk.extentBytes, PLACES * UNIT));
    this.extents[id] = { start: this.disk.take(capacity), capacity, used: 0, records: 0, living: 0 };
    this.current = id;
    return id;
  }

  /** Reads a record into `into`, at its beginning; a larger buffer is returned where that one is too small. */
  read(position: number, into: Buffer, guess: number): Buffer {
    const extent = this.extents[position >>> PLACE_BITS]!;
    const place = (position & (PLACES - 1)) * UNIT;
    const n = this.disk.read(into, Math.min(guess, into.length, extent.used - place), extent.start + place);
    if (n < HEADER) throw new StateDiskError('a record of state on the local disk is cut short');
    const length = into.readUInt32LE(0);
    if (length <= n) return into;
    const bytes = length > into.length ? Buffer.allocUnsafeSlow(length * 2) : into;
    if (this.disk.read(bytes, length, extent.start + place) < length) {
      throw new StateDiskError('a record of state on the local disk is cut short');
    }
    return bytes;
  }

  extentOf(position: number): number {
    return position >>> PLACE_BITS;
  }

  /** Takes the record of a slot out of the index. */
  release(slot: number): void {
    this.extents[this.index.positionAt(slot) >>> PLACE_BITS]!.living--;
    this.index.remove(slot);
  }

  /** Puts a record that was released, and did not change, into the index again. */
  reclaim(tag: number, position: number): void {
    this.extents[position >>> PLACE_BITS]!.living++;
    this.index.insert(tag, position);
  }

  /**
   * Cleans the extents with the most dead records, as long as more than half of all are dead. `moved` is told which extent goes:
   * records released from it can't be reclaimed.
   */
  clean(batch: RecordBatch, epoch: number, moved: (extent: number) => void): void {
    for (let victim = this.victim(); victim >= 0; victim = this.victim()) {
      moved(victim);
      this.copyLiving(victim, batch, epoch);
      this.forget(victim);
    }
  }

  private victim(): number {
    let records = 0;
    let living = 0;
    let sealed = 0;
    let worst = -1;
    let worstShare = 1;
    for (let id = 0; id < this.extents.length; id++) {
      const extent = this.extents[id];
      if (!extent || id === this.current) continue;
      sealed++;
      records += extent.records;
      living += extent.living;
      const share = extent.living / extent.records;
      if (share < worstShare) {
        worst = id;
        worstShare = share;
      }
    }
    if (worstShare === 0) return worst;
    return sealed > TOLERATED_EXTENTS && living * 2 < records ? worst : -1;
  }

  /** How many numbers of extents there are; not all are in use. */
  get extentCount(): number {
    return this.extents.length;
  }

  /** Takes the living records of an extent out of the index for which `dead` is true. */
  releaseWhere(id: number, dead: (bytes: Buffer, record: number) => boolean): void {
    const extent = this.extents[id];
    if (!extent || extent.living === 0) return;
    const bytes = this.disk.scratch.ofSize(extent.used);
    this.disk.read(bytes, extent.used, extent.start);
    for (let at = 0; at < extent.used; at += align(bytes.readUInt32LE(at))) {
      const slot = this.index.slotOf(bytes.readUInt32LE(at + 4), id * PLACES + at / UNIT);
      if (slot >= 0 && dead(bytes, at)) this.release(slot);
    }
  }

  private copyLiving(id: number, batch: RecordBatch, epoch: number): void {
    const extent = this.extents[id]!;
    if (extent.living === 0) return;
    const bytes = this.disk.scratch.ofSize(extent.used);
    this.disk.read(bytes, extent.used, extent.start);
    batch.bytes.pos = 0;
    batch.starts.length = 0;
    batch.tags.length = 0;
    for (let at = 0; at < extent.used; ) {
      const length = bytes.readUInt32LE(at);
      const tag = bytes.readUInt32LE(at + 4);
      const padded = align(length);
      const slot = this.index.slotOf(tag, id * PLACES + at / UNIT);
      if (slot >= 0) {
        this.index.remove(slot);
        batch.starts.push(batch.bytes.pos);
        batch.tags.push(tag);
        batch.bytes.slice(bytes, at, at + padded);
      }
      at += padded;
    }
    this.append(batch, epoch);
  }

  private forget(id: number): void {
    const extent = this.extents[id]!;
    this.disk.give(extent.start, extent.capacity);
    this.extents[id] = undefined;
    this.unusedIds.push(id);
  }

  /** Positions of living records with changes since the last cut. */
  changed(): Uint32Array {
    const out = new Uint32Array(this.changedPositions.length);
    let n = 0;
    for (let i = 0; i < out.length; i++) {
      if (this.index.slotOf(this.changedTags[i], this.changedPositions[i]) >= 0) out[n++] = this.changedPositions[i];
    }
    return out.subarray(0, n).sort();
  }

  forgetChanges(): void {
    if (this.changedTags.length === 0) return;
    this.changedTags = [];
    this.changedPositions = [];
  }

  /** The bytes of records, some at a time, each by one read. The positions must rise; the disk must be pinned. */
  reading(positions: Uint32Array): RecordReading {
    const pieces: Piece[] = [];
    for (let i = 0; i < positions.length; ) {
      const id = positions[i] >>> PLACE_BITS;
      const extent = this.extents[id]!;
      const from = (positions[i] & (PLACES - 1)) * UNIT;
      const places: number[] = [];
      for (; i < positions.length && positions[i] >>> PLACE_BITS === id; i++) {
        places.push((positions[i] & (PLACES - 1)) * UNIT - from);
      }
      pieces.push({ at: extent.start + from, length: extent.used - from, places });
    }
    return { pieces, disk: this.disk };
  }

  /** Gives all extents back. */
  drop(): void {
    this.extents.forEach((extent) => {
      if (extent) this.disk.give(extent.start, extent.capacity);
    });
    this.extents.length = 0;
  }
}

interface Piece {
  readonly at: number;
  readonly length: number;
  /** Where records begin, from `at`. */
  readonly places: readonly number[];
}

export interface RecordReading {
  readonly pieces: readonly Piece[];
  readonly disk: StateDisk;
}

/** Visits the rows of records: their bytes within `bytes`, and whether they had changed. */
export type RowVisit = (bytes: Buffer, start: number, end: number, changed: boolean) => void;

export function visitRows(bytes: Buffer, record: number, visit: RowVisit): void {
  const rows = bytes.readUInt32LE(record + 12);
  let at = record + HEADER;
  for (let i = 0; i < rows; i++) {
    const head = bytes.readUInt32LE(at);
    const start = at + ROW_HEADER;
    at = start + Math.floor(head / 2);
    visit(bytes, start, at, head % 2 === 1);
  }
}

/** Visits records, read in this thread. The bytes are those of the record until the next one is asked for. */
export function* readNow({ pieces, disk }: RecordReading): Generator<{ bytes: Buffer; record: number }> {
  const scratch = new Scratch();
  for (const { at, length, places } of pieces) {
    const bytes = scratch.ofSize(length);
    disk.read(bytes, length, at);
    for (const record of places) yield { bytes, record };
  }
}

/** Visits records, read beside this thread, through a buffer that nobody else uses meanwhile. */
export async function readLater(
  { pieces, disk }: RecordReading,
  scratch: Scratch,
  visit: (bytes: Buffer, record: number) => void,
): Promise<void> {
  for (const { at, length, places } of pieces) {
    const bytes = scratch.ofSize(length);
    if ((await disk.readLater(bytes, length, at)) < length) {
      throw new StateDiskError('the local disk for state has fewer bytes than were written');
    }
    for (const record of places) visit(bytes, record);
  }
}

export function align(bytes: number): number {
  return Math.ceil(bytes / UNIT) * UNIT;
}
