/** One entry a key. */
import type { ByteReader } from '../record/bytes.js';
import { compileEntryPass, type EntryPass } from '../record/object-codec.js';
import { GroupedTable } from './grouped-table.js';
import { DELETE, type Entry, type MapKey, PUT, type TableSpec, UPDATE } from './table.js';

export class KeyedTable extends GroupedTable<Entry> {
  /** Keys of unread groups whose entries were made before the others': what they are is in memory, not in the bytes. Index: key group. */
  private readonly early: (Set<MapKey> | undefined)[] = [];

  private passes: { readonly entry: EntryPass<Entry>; readonly key: EntryPass<Entry> } | undefined;
  private readonly passed = {} as Entry;
  passedKey: MapKey = null;

  constructor(spec: TableSpec, maxParallelism: number) {
    super(spec, maxParallelism);
    // A change of fields that grow needs what was before it.
    if (this.growing === undefined) this.passRecord = (buf, view, at) => this.pass(buf, view, at);
  }

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

  /** One entry of a group is made in a hundredth of the time that all take. */
  protected override getUnread(group: number, key: MapKey): Entry | undefined {
    const input = this.unread!.find(this, group, key);
    if (input === 'unknown') return super.getUnread(group, key);
    const early = (this.early[group] ??= new Set());
    // Gone since.
    if (early.has(key)) return undefined;
    if (input?.byte() !== PUT) return undefined;
    const entry = this.codec.read(input);
    early.add(key);
    (this.groups[group] ??= new Map()).set(key, entry);
    this.size++;
    return entry;
  }

  override groupRead(group: number): void {
    this.early[group] = undefined;
  }

  override isBegun(group: number): boolean {
    return (this.early[group]?.size ?? 0) > 0;
  }

  private pass(buf: Buffer, view: DataView, at: number): number {
    const op = buf[at];
    if (op !== PUT && op !== DELETE) throw new Error(`unknown record ${op} in table ${this.spec.name}`);
    const { keys, values } = this.layout;
    this.passes ??= {
      entry: compileEntryPass([...keys, ...values], keys.length),
      key: compileEntryPass(keys, keys.length),
    };
    const end = (op === PUT ? this.passes.entry : this.passes.key)(buf, view, at + 1, this.passed);
    this.passedKey = this.mapKey(this.passed);
    return end;
  }

  override dropGroup(group: number): void {
    super.dropGroup(group);
    this.early[group] = undefined;
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
      if (this.early[group]?.has(key)) return;
      this.growing?.isWhole(entry);
      if (!this.get(group, key)) this.size++;
      this.mapOf(group).set(key, entry);
    } else if (op === DELETE) {
      const key = this.mapKey(this.keyCodec.read(input) as Entry);
      if (this.early[group]?.has(key) || !this.get(group, key)) return;
      this.groups[group]!.delete(key);
      this.size--;
    } else if (op === UPDATE) this.applyUpdate(input, (keys) => this.get(group, this.mapKey(keys)));
    else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
  }
}
