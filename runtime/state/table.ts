/** What all tables of keyed state have in common: entries, their keys and key groups, and what a segment asks of a table. */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import { canonical, combineHash, hashValue, keyGroupOf } from '../record/hash.js';
import { compileObjectCodec, type ObjectCodec } from '../record/object-codec.js';
import type { Field } from '../record/types.js';
import type { TableLayout } from '../snapshot/manifest.js';
import { GrowingFields } from './growing.js';

/** A flat object: k0…, value fields, `_e`. */
export type Entry = Record<string, any> & { _e: number };
/** What finds an entry in its map: the key itself, or text made of its parts. */
export type MapKey = unknown;

export const DELETED = -1;
/** `_e` of an entry that is on disk and no more in use (disk/). */
export const EVICTED = -2;

/** Number of a row in its bucket (bucket-table.ts). */
const SEQUENCE: Field = { name: 'q', type: { kind: 'BIGINT', nullable: false } };

/** Records in a segment's block. */
export const PUT = 1;
export const DELETE = 2;
/** Only of namespaces. */
export const DROP = 3;
/** What changed of an entry that has a record already (growing.ts). */
export const UPDATE = 4;

export interface TableSpec {
  readonly name: string;
  /** Types of the key's parts. */
  readonly keys: readonly Field[];
  readonly values: readonly Field[];
  /** How many parts of the key, from the first, decide the key group. Default: all. */
  readonly groupKeys?: number;
  /**
   * Entries may leave memory where the job has a disk for them. The owner then holds none between two rows, watermarks or ticks: it
   * keeps keys, and asks again.
   */
  readonly spill?: boolean;
  /** Fields of the value that hold Maps which only get more keys, and whose keys' values stay what they are (growing.ts). */
  readonly grows?: readonly string[];
  /**
   * Entries have the time of their last writing in a field `t`. The owner looks at it where it meets an entry; those that it never
   * meets again are swept away.
   */
  readonly ttl?: Ttl;
}

export interface Ttl {
  readonly ms: number;
  readonly now: () => number;
  /** Entries that stay although their time is over. */
  readonly stays?: (entry: Entry) => boolean;
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
  protected readonly growing: GrowingFields | undefined;
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
    kind: { readonly namespaced: boolean; readonly bucketed?: boolean; readonly appended?: boolean },
  ) {
    const keys = spec.keys.map((f, i) => ({ name: `k${i}`, type: f.type }));
    this.keyNames = keys.map((k) => k.name);
    this.groupNames = this.keyNames.slice(0, spec.groupKeys);
    const values = kind.bucketed ? [SEQUENCE, ...spec.values] : spec.values;
    const groupKeys = spec.groupKeys === undefined ? {} : { groupKeys: spec.groupKeys };
    this.layout = { name: spec.name, keys, values, ...kind, ...groupKeys };
    this.codec = compileObjectCodec<Entry>([...keys, ...values], '_e: 0', keys.length + (kind.bucketed ? 1 : 0));
    if (spec.grows?.length) this.growing = new GrowingFields([...keys, ...values], spec.grows);
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

  /**
   * Appends an entry's record, from its kind on; where it can, and not `whole`, only what changed. Returns how many of its bytes are not in
   * place of older ones, of entries with fields that grow.
   */
  protected writeEntry(entry: Entry, whole: boolean, out: ByteWriter, namespace?: number): number {
    const { growing } = this;
    const isChange = growing !== undefined && !whole && growing.canChange(entry);
    out.byte(isChange ? UPDATE : PUT);
    if (namespace !== undefined) out.f64(namespace);
    if (isChange) return growing.writeChange(entry, out);
    const start = out.pos;
    this.codec.write(entry, out);
    if (growing === undefined) return 0;
    growing.isWhole(entry);
    return out.pos - start;
  }

  /** Reads the record of an entry that was there before, from behind its kind on. */
  protected applyUpdate(input: ByteReader, find: (keys: Entry) => Entry | undefined): void {
    if (!this.growing) throw new Error(`table ${this.spec.name} has changes of fields that don't grow any more`);
    this.growing.applyChange(input, find);
  }

  /** A cut was given up: what it wrote may be in no snapshot. */
  forgetWritten(): void {
    this.growing?.forget();
  }

  /** Forgets what was marked as changed. */
  abstract forgetChanges(): void;
  abstract apply(input: ByteReader, group: number): void;
  abstract dropGroup(group: number): void;
  /** Takes key groups over from a table of the same layout. */
  abstract adoptFrom(other: this, groups: ReadonlySet<number>): void;
  abstract clear(): void;
}
