/**
 * Tables of keyed state, held in memory. One Map a key group: groups move between tasks whole, and no map grows so large that
 * growing it stops the data.
 */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import { canonical, combineHash, hashValue, keyGroupOf } from '../record/hash.js';
import { compileObjectCodec, type ObjectCodec } from '../record/object-codec.js';
import type { Field } from '../record/types.js';
import type { TableLayout } from '../snapshot/manifest.js';

/** A flat object: k0…, value fields, `_e`. */
export type Entry = Record<string, any> & { _e: number };
/** What finds an entry in its map: the key itself, or text made of its parts. */
export type MapKey = unknown;

export const DELETED = -1;

/** Number of a row in its bucket (bucket-table.ts). */
const SEQUENCE: Field = { name: 'q', type: { kind: 'BIGINT', nullable: false } };

/** Records in a segment's block. */
export const PUT = 1;
export const DELETE = 2;
const DROP = 3;

export interface TableSpec {
  readonly name: string;
  /** Types of the key's parts. */
  readonly keys: readonly Field[];
  readonly values: readonly Field[];
  /** How many parts of the key, from the first, decide the key group. Default: all. */
  readonly groupKeys?: number;
}

/** Text that is different for different composite keys. */
function part(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`;
    case 'number':
      return `n${value};`;
    case 'boolean':
      return value ? 'T' : 'F';
    case 'bigint':
      return `b${value};`;
    default: {
      if (value == null) return 'N';
      const text = canonical(value);
      return `o${text.length}:${text}`;
    }
  }
}

/** A key of one part is itself where it can be, so that integer keys stay integers. */
export function mapKeyOf(parts: readonly unknown[]): MapKey {
  if (parts.length === 1) {
    const v = parts[0];
    if (typeof v === 'object' && v !== null) return part(v);
    // A text key can't be mistaken for an object's text: objects of one-part keys begin with a NUL.
    return v ?? null;
  }
  if (parts.length === 0) return 0;
  if (parts.length === 2) return pairKey(parts[0], parts[1]);
  let text = '';
  for (const v of parts) text += part(v);
  return text;
}

/** Two numbers below this make one that is exact. */
const PAIR_LIMIT = 2 ** 26;

/** A key of two parts: one number where both are small and whole, which a map finds in less than half the time; else text. */
export function pairKey(a: unknown, b: unknown): MapKey {
  if (typeof a === 'number' && typeof b === 'number' && a >= 0 && a < PAIR_LIMIT && b >= 0 && b < PAIR_LIMIT) {
    if (Number.isInteger(a) && Number.isInteger(b)) return a * PAIR_LIMIT + b;
  }
  return part(a) + part(b);
}

export function hashKey(parts: readonly unknown[]): number {
  if (parts.length === 0) return 0;
  let h = hashValue(parts[0]);
  for (let i = 1; i < parts.length; i++) h = combineHash(h, hashValue(parts[i]));
  return h;
}

/** A list a key group, emptied as it is taken. */
export class GroupLists<T> {
  private readonly lists: (T[] | undefined)[] = [];

  push(group: number, item: T): void {
    (this.lists[group] ??= []).push(item);
  }

  /** The group's list, which is empty from the next push on. */
  take(group: number): readonly T[] {
    const list = this.lists[group];
    if (list === undefined) return NONE;
    this.lists[group] = undefined;
    return list;
  }
}

const NONE: readonly never[] = [];

export abstract class Table {
  readonly layout: TableLayout;
  readonly codec: ObjectCodec<Entry>;
  protected readonly keyCodec: ObjectCodec;
  readonly keyNames: readonly string[];
  private readonly groupNames: readonly string[];
  /** Entries touched since the last cut have `_e` equal to this. */
  epoch = 1;
  size = 0;
  /** Records that the next delta has; and how many records in segments, or among them, it leaves in vain. */
  changes = 0;
  superseded = 0;

  constructor(
    readonly spec: TableSpec,
    readonly maxParallelism: number,
    kind: { readonly namespaced: boolean; readonly bucketed?: boolean },
  ) {
    const keys = spec.keys.map((f, i) => ({ name: `k${i}`, type: f.type }));
    this.keyNames = keys.map((k) => k.name);
    this.groupNames = this.keyNames.slice(0, spec.groupKeys);
    const values = kind.bucketed ? [SEQUENCE, ...spec.values] : spec.values;
    const groupKeys = spec.groupKeys === undefined ? {} : { groupKeys: spec.groupKeys };
    this.layout = { name: spec.name, keys, values, ...kind, ...groupKeys };
    this.codec = compileObjectCodec<Entry>([...keys, ...values], '_e: 0');
    this.keyCodec = compileObjectCodec(kind.bucketed ? [...keys, SEQUENCE] : keys);
  }

  keyParts(entry: Entry): unknown[] {
    return this.keyNames.map((k) => entry[k]);
  }

  mapKey(entry: Entry): MapKey {
    return this.keyNames.length === 1 && typeof entry.k0 !== 'object' ? entry.k0 : mapKeyOf(this.keyParts(entry));
  }

  group(entry: Entry): number {
    const hash =
      this.groupNames.length === 1 ? hashValue(entry.k0) : hashKey(this.groupNames.map((name) => entry[name]));
    return keyGroupOf(hash, this.maxParallelism);
  }

  /** Sorts what changed since the last cut by key group, for writeDelta(). */
  abstract sortDelta(owned: (group: number) => boolean): void;
  /** Writes a group's changes, each record with the table's number in front. Returns how many records that were. */
  abstract writeDelta(group: number, table: number, out: ByteWriter): number;
  /** Writes all entries of a group, in place of its changes. */
  abstract writeAll(group: number, table: number, out: ByteWriter): void;
  /** Forgets what was marked as changed: it has been cut. */
  abstract cut(): void;
  abstract apply(input: ByteReader, group: number): void;
  abstract dropGroup(group: number): void;
  /** Takes key groups over from a table of the same layout. */
  abstract adoptFrom(other: this, groups: ReadonlySet<number>): void;
  abstract clear(): void;
}

/** Entries by key. */
export class KeyedTable extends Table {
  /** Index: key group. Undefined for groups without entries. */
  readonly groups: (Map<MapKey, Entry> | undefined)[];
  private dirty: Entry[] = [];
  private dead: { group: number; key: Record<string, unknown> }[] = [];
  private readonly puts = new GroupLists<Entry>();
  private readonly deletes = new GroupLists<Record<string, unknown>>();

  constructor(spec: TableSpec, maxParallelism: number) {
    super(spec, maxParallelism, { namespaced: false });
    this.groups = new Array(maxParallelism).fill(undefined);
  }

  get(group: number, key: MapKey): Entry | undefined {
    return this.groups[group]?.get(key);
  }

  /** Adds an entry whose key fields are set, and marks it. */
  add(group: number, key: MapKey, entry: Entry): void {
    (this.groups[group] ??= new Map()).set(key, entry);
    this.size++;
    entry._e = this.epoch;
    this.dirty.push(entry);
    this.changes++;
  }

  /** Call before or after changing an entry, in the same turn. */
  touch(entry: Entry): void {
    if (entry._e !== this.epoch) {
      entry._e = this.epoch;
      this.dirty.push(entry);
      this.changes++;
      this.superseded++;
    }
  }

  delete(group: number, key: MapKey): void {
    const map = this.groups[group];
    const entry = map?.get(key);
    if (!map || !entry) return;
    map.delete(key);
    this.size--;
    // The record of the deletion is in vain itself, and so is that of the entry where there is one.
    this.changes++;
    this.superseded += entry._e === this.epoch ? 1 : 2;
    entry._e = DELETED;
    this.dead.push({ group, key: Object.fromEntries(this.keyNames.map((k) => [k, entry[k]])) });
  }

  *entries(): Generator<Entry> {
    for (const map of this.groups) if (map) yield* map.values();
  }

  entriesOf(group: number): Iterable<Entry> {
    return this.groups[group]?.values() ?? [];
  }

  sortDelta(owned: (group: number) => boolean): void {
    for (const { group, key } of this.dead) if (owned(group)) this.deletes.push(group, key);
    for (const entry of this.dirty) {
      if (entry._e !== this.epoch) continue;
      const group = this.group(entry);
      if (owned(group)) this.puts.push(group, entry);
    }
  }

  writeDelta(group: number, table: number, out: ByteWriter): number {
    const deletes = this.deletes.take(group);
    for (let i = 0; i < deletes.length; i++) {
      out.byte(table);
      out.byte(DELETE);
      this.keyCodec.write(deletes[i], out);
    }
    const puts = this.puts.take(group);
    for (let i = 0; i < puts.length; i++) {
      out.byte(table);
      out.byte(PUT);
      this.codec.write(puts[i], out);
    }
    return deletes.length + puts.length;
  }

  writeAll(group: number, table: number, out: ByteWriter): void {
    this.deletes.take(group);
    this.puts.take(group);
    const map = this.groups[group];
    if (!map) return;
    for (const entry of map.values()) {
      out.byte(table);
      out.byte(PUT);
      this.codec.write(entry, out);
    }
  }

  cut(): void {
    this.dirty = [];
    this.dead = [];
    this.changes = 0;
    this.superseded = 0;
    this.epoch++;
  }

  apply(input: ByteReader, group: number): void {
    const op = input.byte();
    if (op === PUT) {
      const entry = this.codec.read(input);
      const map = (this.groups[group] ??= new Map());
      const before = map.size;
      map.set(this.mapKey(entry), entry);
      this.size += map.size - before;
    } else if (op === DELETE) {
      const key = this.keyCodec.read(input);
      if (this.groups[group]?.delete(this.mapKey(key as Entry))) this.size--;
    } else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
  }

  dropGroup(group: number): void {
    this.size -= this.groups[group]?.size ?? 0;
    this.groups[group] = undefined;
  }

  adoptFrom(other: this, groups: ReadonlySet<number>): void {
    for (const g of groups) {
      const map = other.groups[g];
      if (!map) continue;
      this.size += map.size - (this.groups[g]?.size ?? 0);
      this.groups[g] = map;
    }
  }

  clear(): void {
    this.groups.fill(undefined);
    this.size = 0;
    this.cut();
  }
}

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
