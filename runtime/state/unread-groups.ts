/**
 * Key groups of a restored state that are still the bytes of their segments. After the loss of a process the data need not wait until
 * millions of entries are made: a group is read when it is first asked for, the others a few milliseconds at a time beside the data.
 *
 * Whoever looks into a table's group reads it first; who asks for one key may have its entry alone, where all tables of the state have one
 * entry a key and each record is the whole of it: so the first rows come out before a third of the state is read for them.
 *
 * Invariant: nothing of an unread group is in its tables but such entries, and of those the bytes count no more.
 */
import { ByteReader } from '../record/bytes.js';
import type { MapKey } from './table.js';

/** What reads its records. */
export interface ReadsRecords {
  readonly spec: { readonly name: string };
  /** Reads one record of a group, from behind its table's number on. */
  apply(input: ByteReader, group: number): void;
  /** All records of the group have been read. */
  groupRead(group: number): void;
  /** Entries of the group were made already. */
  isBegun(group: number): boolean;
  /** Goes over a record that apply() would read; where it ends. Not there where entries can't be made one by one. */
  passRecord?(buf: Buffer, view: DataView, at: number): number;
  /** Of the record that was gone over last. */
  readonly passedKey?: MapKey;
}

/** What was read of segments. */
export interface ReadCount {
  records: number;
  bytes: number;
}

/** A record's place: number of the block, times this, and the place in it. */
const BLOCK = 2 ** 32;
/** So many keys are looked for one by one: by then making a Map of all of them has paid, for the first rows it would be most of their wait. */
const LOOKS = 16;

/** Where the records of a table's keys are in a group's bytes. */
class Places {
  private readonly keys: MapKey[] = [];
  private readonly places: number[] = [];
  private byKey: Map<MapKey, number> | undefined;
  private looks = 0;

  add(key: MapKey, place: number): void {
    this.keys.push(key);
    this.places.push(place);
  }

  /** The place of the key's last record. */
  last(key: MapKey): number | undefined {
    // Not a number is found in a Map only.
    if (this.byKey === undefined && this.looks++ < LOOKS && !Number.isNaN(key)) {
      const at = this.keys.lastIndexOf(key);
      return at < 0 ? undefined : this.places[at];
    }
    this.byKey ??= new Map(this.keys.map((each, i) => [each, this.places[i]]));
    return this.byKey.get(key);
  }
}

export class UnreadGroups {
  /** Index: key group. Checked blocks, oldest first. */
  private readonly blocks: (Buffer[] | undefined)[] = [];
  /** Of groups of which single keys were asked for. */
  private readonly places: (readonly Places[] | undefined)[] = [];
  private left = 0;
  private next = 0;

  /** `tables`: by their number in the blocks. `count` counts on. */
  constructor(
    private readonly tables: readonly ReadsRecords[],
    private readonly count: ReadCount,
  ) {}

  add(group: number, block: Buffer): void {
    const blocks = this.blocks[group];
    if (blocks) blocks.push(block);
    else {
      this.blocks[group] = [block];
      this.left++;
    }
  }

  /** Puts what came later behind a group that still is bytes; false: it is not, and has to be read at once. */
  extend(group: number, block: Buffer): boolean {
    // What single entries were made of counts no more.
    if (this.tables.some((table) => table.isBegun(group))) this.read(group);
    if (!this.has(group)) return false;
    this.add(group, block);
    this.places[group] = undefined;
    return true;
  }

  /** Whether blocks name these tables by the same numbers. */
  isOf(tables: readonly object[]): boolean {
    return tables.length === this.tables.length && this.tables.every((table, i) => table === tables[i]);
  }

  /** All are read, or dropped. */
  get isEmpty(): boolean {
    return this.left === 0;
  }

  has(group: number): boolean {
    return this.blocks[group] !== undefined;
  }

  /** The last record of a key, from behind its table's number on; undefined where there is none. */
  find(table: ReadsRecords, group: number, key: MapKey): ByteReader | undefined | 'unknown' {
    const blocks = this.blocks[group];
    if (!blocks || this.tables.some((t) => t.passRecord === undefined)) return 'unknown';
    const places = (this.places[group] ??= this.placesOf(blocks));
    const place = places[this.tables.indexOf(table)].last(key);
    return place === undefined ? undefined : new ByteReader(blocks[Math.floor(place / BLOCK)], place % BLOCK);
  }

  private placesOf(blocks: readonly Buffer[]): readonly Places[] {
    const places = this.tables.map(() => new Places());
    blocks.forEach((block, number) => {
      const view = new DataView(block.buffer, block.byteOffset, block.length);
      for (let at = 0; at < block.length; ) {
        const index = block[at++];
        const table = this.tables[index];
        const end = table.passRecord!(block, view, at);
        places[index].add(table.passedKey!, number * BLOCK + at);
        at = end;
      }
    });
    return places;
  }

  /** Reads a group, unless it is read already. */
  read(group: number): void {
    const blocks = this.take(group);
    if (!blocks) return;
    for (const block of blocks) {
      const input = new ByteReader(block);
      let records = 0;
      for (; input.pos < input.end; records++) this.tables[input.byte()].apply(input, group);
      this.count.records += records;
      this.count.bytes += block.length;
    }
    for (const table of this.tables) table.groupRead(group);
  }

  /** Reads group after group until about `untilMs` of performance.now(), at least one. */
  readOn(untilMs: number): void {
    while (this.left > 0) {
      this.read(this.next++);
      if (performance.now() >= untilMs) return;
    }
  }

  /** Hands everything over to other tables of the same names and layouts. */
  handTo(tables: readonly ReadsRecords[], count: ReadCount): UnreadGroups {
    const others = this.tables.map(({ spec }) => tables.find((table) => table.spec.name === spec.name)!);
    const handed = new UnreadGroups(others, count);
    this.blocks.forEach((_, group) => {
      if (this.tables.some((table) => table.isBegun(group))) this.read(group);
      for (const block of this.blocks[group] ?? []) handed.add(group, block);
      this.drop(group);
    });
    return handed;
  }

  /** Forgets a group that is given away. */
  drop(group: number): void {
    this.take(group);
  }

  private take(group: number): Buffer[] | undefined {
    const blocks = this.blocks[group];
    if (!blocks) return undefined;
    this.blocks[group] = undefined;
    this.places[group] = undefined;
    this.left--;
    return blocks;
  }
}
