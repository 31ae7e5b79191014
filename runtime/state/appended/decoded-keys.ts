/**
 * Rows of the keys that were asked for lately, as objects: most matches are with few keys, which are asked for again and again.
 *
 * How many rows are kept follows from how many had to be decoded again: 16,384 where matches move on from key to key, up to 131,072 where
 * they come back to any of them, and more only for keys with many rows, whose decoding costs more than the objects do.
 */
import type { EntryReader } from '../../record/object-codec.js';
import type { Entry } from '../table.js';
import type { RowPages } from './row-pages.js';

/** Rows that are kept in any case. */
const LEAST = 16 * 1024;
/** Rows that are kept at most of keys with few rows. */
const MOST_OF_SHORT = 128 * 1024;
/** A key with more rows should not have to be decoded again. */
const MANY = 8;
/** Where it does not pay to keep keys, one in so many (and one) is kept all the same, to see whether it does now. */
const SAMPLE = 7;

export interface DecodedKey {
  readonly pages: RowPages;
  readonly at: number;
  readonly rows: Entry[];
  /** Last row that is among them. */
  last: number;
  /** Asked for since the last clearing. */
  used: boolean;
}

export class DecodedKeys {
  private kept: DecodedKey[] = [];
  private rowsKept = 0;
  private most = LEAST;
  /** Rows that were decoded again since the last clearing, and those of them that belong to long keys. */
  private again = 0;
  private longAgain = 0;
  /** Of the keys that are kept, enough are asked for again. */
  private pays = true;
  private missed = 0;

  constructor(private readonly read: EntryReader<Entry>) {}

  /** The rows of a key, in the order in which they came. Valid until the next row of the key comes; not to be changed. */
  rowsOf(pages: RowPages, at: number): readonly Entry[] {
    const known = pages.decodedOf(at);
    if (known !== undefined) {
      known.used = true;
      const last = pages.lastOf(at);
      if (known.last !== last) {
        const before = known.rows.length;
        pages.readKey(at, known.last, this.read, known.rows);
        known.last = last;
        this.rowsKept += known.rows.length - before;
      }
      return known.rows;
    }
    const rows: Entry[] = [];
    pages.readKey(at, -1, this.read, rows);
    if (pages.wasAsked(at)) {
      this.again += rows.length;
      if (rows.length > MANY) this.longAgain += rows.length;
    }
    if (this.pays || rows.length > MANY || (++this.missed & SAMPLE) === 0) {
      this.keep({ pages, at, rows, last: pages.lastOf(at), used: false });
    }
    return rows;
  }

  private keep(key: DecodedKey): void {
    key.pages.keepDecoded(key);
    this.kept.push(key);
    this.rowsKept += key.rows.length;
    if (this.rowsKept > this.most) this.makeRoom(key);
  }

  /** Forgets the keys that were not asked for since the last time, and of the others as many as it takes. */
  private makeRoom(newest: DecodedKey): void {
    // All that is kept was decoded since the last clearing, or stayed then: more than half of the bound.
    const enough = this.most / 4;
    if (this.longAgain > enough || (this.again > enough && this.most < MOST_OF_SHORT)) this.most *= 2;
    else if (this.again < enough / 4) this.most = Math.max(LEAST, this.most / 2);
    this.again = 0;
    this.longAgain = 0;
    const before = this.kept;
    this.clear();
    let used = 0;
    for (const key of before) {
      if (key.used) used++;
      if (key !== newest && (!key.used || this.rowsKept + key.rows.length > this.most / 2)) {
        key.pages.dropDecoded(key.at);
        continue;
      }
      key.used = false;
      this.kept.push(key);
      this.rowsKept += key.rows.length;
    }
    this.pays = used * 8 >= before.length;
  }

  /** Forgets all: their pages belong to nobody, or to another table. */
  clear(): void {
    this.kept = [];
    this.rowsKept = 0;
  }

  /** Forgets those of some pages. */
  drop(pages: RowPages): void {
    this.kept = this.kept.filter((key) => {
      if (key.pages !== pages) return true;
      this.rowsKept -= key.rows.length;
      return false;
    });
    pages.forgetDecoded();
  }
}
