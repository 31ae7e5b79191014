/** Entries of windows: by namespace and key. */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import { DROP, type Entry, GroupLists, type MapKey, PUT, Table, type TableSpec } from './table.js';

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
  private readonly puts = new GroupLists<Entry>();
  /** Namespaces of `puts`. */
  private readonly ids = new GroupLists<number>();

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

  touch(namespace: Namespace, entry: Entry): void {
    if (entry._e !== this.epoch) {
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

  sortDelta(owned: (group: number) => boolean): void {
    for (const namespace of this.namespaces.values()) {
      for (const entry of namespace.dirty) if (entry._e === this.epoch) this.sort(namespace, entry, owned);
    }
  }

  /** As sortDelta(), with all entries: one pass where writeAll() would take one a group. */
  sortEverything(owned: (group: number) => boolean): void {
    this.dropped = [];
    for (const namespace of this.namespaces.values()) {
      for (const entry of namespace.map.values()) this.sort(namespace, entry, owned);
    }
  }

  private sort(namespace: Namespace, entry: Entry, owned: (group: number) => boolean): void {
    const group = this.group(entry);
    if (!owned(group)) return;
    this.puts.push(group, entry);
    this.ids.push(group, namespace.id);
    namespace.saved = true;
  }

  writeDelta(group: number, table: number, out: ByteWriter): number {
    for (const id of this.dropped) {
      out.byte(table);
      out.byte(DROP);
      out.f64(id);
    }
    const puts = this.puts.take(group);
    const ids = this.ids.take(group);
    for (let i = 0; i < puts.length; i++) {
      out.byte(table);
      out.byte(PUT);
      out.f64(ids[i]);
      this.codec.write(puts[i], out);
    }
    return this.dropped.length + puts.length;
  }

  writeAll(group: number, table: number, out: ByteWriter): void {
    this.puts.take(group);
    this.ids.take(group);
    for (const namespace of this.namespaces.values()) {
      for (const entry of namespace.map.values()) {
        if (this.group(entry) !== group) continue;
        out.byte(table);
        out.byte(PUT);
        out.f64(namespace.id);
        this.codec.write(entry, out);
        namespace.saved = true;
      }
    }
  }

  cut(): void {
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
    } else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
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
    this.cut();
  }
}
