/**
 * Key groups of a restored state that are still the bytes of their segments. After the loss of a process the data need not wait until
 * millions of entries are made: a group is read when it is first asked for, the others a few milliseconds at a time beside the data.
 *
 * Invariant: nothing of an unread group is in its tables. Whoever looks into a table's group reads it first.
 */
import { ByteReader } from '../record/bytes.js';

/** What reads its records. */
export interface ReadsRecords {
  readonly spec: { readonly name: string };
  /** Reads one record of a group, from behind its table's number on. */
  apply(input: ByteReader, group: number): void;
  /** All records of the group have been read. */
  groupRead(group: number): void;
}

export class UnreadGroups {
  /** Index: key group. Checked blocks, oldest first. */
  private readonly blocks: (Buffer[] | undefined)[] = [];
  private left = 0;
  private next = 0;

  /** `tables`: by their number in the blocks. */
  constructor(private readonly tables: readonly ReadsRecords[]) {}

  add(group: number, block: Buffer): void {
    const blocks = this.blocks[group];
    if (blocks) blocks.push(block);
    else {
      this.blocks[group] = [block];
      this.left++;
    }
  }

  /** All are read, or dropped. */
  get isEmpty(): boolean {
    return this.left === 0;
  }

  has(group: number): boolean {
    return this.blocks[group] !== undefined;
  }

  /** Reads a group, unless it is read already. */
  read(group: number): void {
    const blocks = this.take(group);
    if (!blocks) return;
    for (const block of blocks) {
      const input = new ByteReader(block);
      while (input.pos < input.end) this.tables[input.byte()].apply(input, group);
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
  handTo(tables: readonly ReadsRecords[]): UnreadGroups {
    const others = this.tables.map(({ spec }) => tables.find((table) => table.spec.name === spec.name)!);
    const handed = new UnreadGroups(others);
    this.blocks.forEach((blocks, group) => {
      for (const block of blocks ?? []) handed.add(group, block);
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
    this.left--;
    return blocks;
  }
}
