/** What a node's cut asks of its tables, and the records that are made before their turn. */
import { ByteWriter } from '../../record/bytes.js';
import type { RecordReading } from '../disk/group-log.js';
import { GroupLists } from '../table.js';
import type { Slice } from './slice.js';

export interface TableCut {
  /** Records written of groups that are not written in full. */
  readonly changes: number;
  /** Bytes of them that are in place of nothing: what grew within entries. Not counted of windows. */
  readonly grownBytes: number;
  /** Sorts what changed by key group. True: done; before that, nothing can be written. */
  sort(slice: Slice): boolean;
  /** Writes a group. False: not all yet, call again with the same group. */
  write(group: number, out: ByteWriter, slice: Slice): boolean;
  /** Records of a group that belong to the cut and are on disk. */
  diskRecords(group: number): RecordReading | undefined;
  /** The table need not tell of changes any more. */
  end(): void;
}

/** Records of entries that changed before their group had its turn, by group. */
export class SavedRecords {
  readonly out = new ByteWriter(1024);
  /** Where each begins and ends. */
  private readonly places = new GroupLists<number>();

  begin(group: number): void {
    this.places.push(group, this.out.pos);
  }

  end(group: number): void {
    this.places.push(group, this.out.pos);
  }

  take(group: number, out: ByteWriter): void {
    const places = this.places.take(group);
    for (let i = 0; i < places.length; i += 2) out.slice(this.out.buf, places[i], places[i + 1]);
  }
}
