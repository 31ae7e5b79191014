/** One entry a key. */
import type { ByteReader } from '../record/bytes.js';
import { GroupedTable } from './grouped-table.js';
import { DELETE, type Entry, type MapKey, PUT, UPDATE } from './table.js';

export class KeyedTable extends GroupedTable<Entry> {
  /** Adds an entry whose key fields are set, and marks it. */
  add(group: number, key: MapKey, entry: Entry): void {
    this.mapOf(group).set(key, entry);
    this.markNew(entry);
  }

  delete(group: number, key: MapKey): void {
    const entry = this.get(group, key);
    if (!entry) return;
    this.groups[group]!.delete(key);
    this.markGone(entry);
  }

  protected keyOf(entry: Entry): MapKey {
    return this.mapKey(entry);
  }

  protected entriesOfAll(values: Iterable<Entry>): Iterable<Entry> {
    return values;
  }

  entriesIn(): number {
    return 1;
  }

  visit(entry: Entry, show: (entry: Entry) => void): void {
    show(entry);
  }

  protected countIn(map: ReadonlyMap<MapKey, Entry>): number {
    return map.size;
  }

  protected keep(group: number, entry: Entry): void {
    entry._e = 0;
    this.mapOf(group).set(this.mapKey(entry), entry);
    this.size++;
  }

  protected hasExpired(entry: Entry): boolean {
    return this.isExpired(entry);
  }

  protected expire(entry: Entry, group: number): void {
    this.delete(group, this.mapKey(entry));
  }

  apply(input: ByteReader, group: number): void {
    const op = input.byte();
    if (op === PUT) {
      const entry = this.codec.read(input);
      const key = this.mapKey(entry);
      this.growing?.isWhole(entry);
      if (!this.get(group, key)) this.size++;
      this.mapOf(group).set(key, entry);
    } else if (op === DELETE) {
      const key = this.mapKey(this.keyCodec.read(input) as Entry);
      if (!this.get(group, key)) return;
      this.groups[group]!.delete(key);
      this.size--;
    } else if (op === UPDATE) this.applyUpdate(input, (keys) => this.get(group, this.mapKey(keys)));
    else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
  }
}
