/**
 * Fields of entries that hold a Map which only ever gets more keys, e.g. the values that COUNT(DISTINCT …) has seen. A cut writes of such
 * a Map what came since it was last written: a Map keeps its keys in the order in which they came, so that is its tail.
 *
 * A Map whose earlier part may be in no segment of this state's snapshots (it is new, or a cut was given up) is written whole.
 */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import { compileObjectCodec, type ObjectCodec } from '../record/object-codec.js';
import type { Field } from '../record/types.js';
import { readValue, writeValue } from '../record/value-codec.js';
import type { Entry } from './table.js';

type GrowingMap = Map<unknown, unknown> & { tail?: Tail };

/** How far a Map is written. */
interface Tail {
  /** The segments that have it. */
  readonly chain: number;
  size: number;
  /** Stands behind what is written; never at its end, where it would stay. */
  rest: Iterator<[unknown, unknown]> | undefined;
}

/** Nearly all Maps count how often a key came: where it was once, nothing is said. */
const ONCE = 1;

let chains = 0;

export class GrowingFields {
  /** Of the other fields. */
  private readonly codec: ObjectCodec<Entry>;
  private readonly others: readonly string[];
  private chain = ++chains;
  private readonly known = new Set([this.chain]);

  constructor(
    fields: readonly Field[],
    private readonly names: readonly string[],
  ) {
    const others = fields.filter(({ name }) => !names.includes(name));
    this.codec = compileObjectCodec<Entry>(others);
    this.others = others.map(({ name }) => name);
  }

  /** Bytes that were written may be lost: everything is written whole from now on. */
  forget(): void {
    this.chain = ++chains;
    this.known.clear();
    this.known.add(this.chain);
  }

  /** Entries come over from another table of this node, whose segments are in the snapshots too. */
  join(other: GrowingFields): void {
    for (const chain of other.known) this.known.add(chain);
  }

  /** The entry's record has been written, or read, with all that it has. */
  isWhole(entry: Entry): void {
    for (const name of this.names) {
      const map = entry[name] as GrowingMap;
      if (map) map.tail = { chain: this.chain, size: map.size, rest: undefined };
    }
  }

  /** Whether writeChange() says enough. */
  canChange(entry: Entry): boolean {
    for (const name of this.names) {
      const tail = (entry[name] as GrowingMap | null)?.tail;
      if (!tail || !this.known.has(tail.chain)) return false;
    }
    return true;
  }

  /** Appends what changed of an entry: its other fields, and what its Maps have got. Returns the bytes of the latter. */
  writeChange(entry: Entry, out: ByteWriter): number {
    this.codec.write(entry, out);
    const start = out.pos;
    for (const name of this.names) {
      const map = entry[name] as GrowingMap;
      const tail = map.tail!;
      const count = map.size - tail.size;
      out.varint(count);
      if (count === 0) continue;
      const rest = (tail.rest ??= behind(map, tail.size));
      for (let i = 0; i < count; i++) {
        const [key, value] = rest.next().value as [unknown, unknown];
        writeValue(key, out);
        writeValue(value === ONCE ? null : value, out);
      }
      tail.size = map.size;
    }
    return out.pos - start;
  }

  /**
   * Reads what writeChange() wrote into the entry that `find` knows. There may be none where merged segments are read over a later
   * state: what made it go, or come anew, follows.
   */
  applyChange(input: ByteReader, find: (keys: Entry) => Entry | undefined): void {
    const change = this.codec.read(input);
    const entry = find(change);
    if (entry) for (const name of this.others) entry[name] = change[name];
    for (const name of this.names) {
      const map = entry?.[name] as GrowingMap | undefined;
      for (let count = input.varint(); count > 0; count--) {
        const key = readValue(input);
        const value = readValue(input) ?? ONCE;
        map?.set(key, value);
      }
    }
    if (entry) this.isWhole(entry);
  }
}

function behind(map: GrowingMap, size: number): Iterator<[unknown, unknown]> {
  const rest = map.entries();
  for (let i = 0; i < size; i++) rest.next();
  return rest;
}
