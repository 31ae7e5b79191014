/** Entries of windows: by namespace and key. */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import type { FrozenNamespaces, NamespacedCut } from './cut/namespaced-cut.js';
import { DROP, type Entry, type MapKey, PUT, Table, type TableSpec, UPDATE } from './table.js';

/** One namespace's entries: a window's, or a slice's. */
export class Namespace {
  readonly map = new Map<MapKey, Entry>();
  dirty: Entry[] = [];
  /** Some of it is in a segment: dropping it must be recorded. */
  saved = false;

  constructor(readonly id: number) {}
}

/** Entries by namespace (a number, e.g. a window's end in ms) and key. Namespaces are dropped whole. */
export class NamespacedTable extends Table {
  readonly namespaces = new Map<number, Namespace>();
  private dropped: number[] = [];

  constructor(spec: TableSpec, maxParallelism: number) {
    super(spec, maxParallelism, { namespaced: true });
  }

  /** The namespace, made when it isn't there. */
  open(id: number): Namespace {
    let namespace = this.namespaces.get(id);
    if (!namespace) {
      namespace = new Namespace(id);
      this.namespaces.set(id, namespace);
    }
    return namespace;
  }

  add(namespace: Namespace, key: MapKey, entry: Entry): void {
    namespace.map.set(key, entry);
    this.size++;
    entry._e = this.epoch;
    namespace.dirty.push(entry);
  }

  /** Call before changing an entry: a cut that goes on may need it as it was. */
  touch(namespace: Namespace, entry: Entry): void {
    if (entry._e !== this.epoch) {
      if (this.cutting !== undefined) this.cutting.save(entry, namespace.id);
      entry._e = this.epoch;
      namespace.dirty.push(entry);
    }
  }

  drop(id: number): void {
    const namespace = this.namespaces.get(id);
    if (!namespace) return;
    this.namespaces.delete(id);
    this.size -= namespace.map.size;
    if (namespace.saved) this.dropped.push(id);
  }

  // Cuts (cut/)

  /** A cut that has not written all of its entries yet. */
  private cutting: NamespacedCut | undefined;

  /**
   * Puts what changed aside, or (`all`) everything, for a cut, which is told from now on of entries before they change. One cut at a
   * time.
   */
  freeze(cut: NamespacedCut, all: boolean): FrozenNamespaces {
    const { epoch } = this;
    const dropped = all ? [] : this.dropped;
    const namespaces: { readonly id: number; readonly entries: Iterable<Entry> }[] = [];
    for (const namespace of this.namespaces.values()) {
      if (!all && namespace.dirty.length === 0) continue;
      namespaces.push({ id: namespace.id, entries: all ? namespace.map.values() : namespace.dirty });
      namespace.saved = true;
    }
    this.forgetChanges();
    this.cutting = cut;
    return { epoch, dropped, namespaces };
  }

  thaw(cut: NamespacedCut): void {
    if (this.cutting === cut) this.cutting = undefined;
  }

  /** As writeEntry(), with the table's number in front. */
  put(namespace: number, entry: Entry, table: number, out: ByteWriter, whole: boolean): number {
    out.byte(table);
    return this.writeEntry(entry, whole, out, namespace);
  }

  putDrop(namespace: number, table: number, out: ByteWriter): void {
    out.byte(table);
    out.byte(DROP);
    out.f64(namespace);
  }

  forgetChanges(): void {
    for (const namespace of this.namespaces.values()) if (namespace.dirty.length > 0) namespace.dirty = [];
    this.dropped = [];
    this.epoch++;
  }

  apply(input: ByteReader, group: number): void {
    const op = input.byte();
    const id = input.f64();
    if (op === PUT) {
      const entry = this.codec.read(input);
      const namespace = this.open(id);
      namespace.saved = true;
      this.growing?.isWhole(entry);
      const before = namespace.map.size;
      namespace.map.set(this.mapKey(entry), entry);
      this.size += namespace.map.size - before;
    } else if (op === DROP) {
      const namespace = this.namespaces.get(id);
      if (!namespace) return;
      for (const [key, entry] of namespace.map) {
        if (this.group(entry) === group) {
          namespace.map.delete(key);
          this.size--;
        }
      }
      if (namespace.map.size === 0) this.namespaces.delete(id);
    } else if (op === UPDATE) this.applyUpdate(input, (keys) => this.namespaces.get(id)?.map.get(this.mapKey(keys)));
    else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
  }

  dropGroup(group: number): void {
    for (const namespace of [...this.namespaces.values()]) {
      for (const [key, entry] of namespace.map) {
        if (this.group(entry) === group) {
          namespace.map.delete(key);
          this.size--;
        }
      }
      if (namespace.map.size === 0) this.namespaces.delete(namespace.id);
    }
  }

  adoptFrom(other: this, groups: ReadonlySet<number>): void {
    if (other.growing) this.growing?.join(other.growing);
    for (const namespace of other.namespaces.values()) {
      const mine = this.open(namespace.id);
      mine.saved = true;
      for (const [key, entry] of namespace.map) {
        if (!groups.has(this.group(entry))) continue;
        if (!mine.map.has(key)) this.size++;
        mine.map.set(key, entry);
      }
    }
  }

  clear(): void {
    this.namespaces.clear();
    this.size = 0;
    this.forgetChanges();
  }
}
