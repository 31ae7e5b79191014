/**
 * Objects that live in memory, one for each key, and are saved as versioned JSON: learners, metrics, detectors. An object is made
 * when its key first comes, or again from its JSON after a restore; at a barrier those that have changed are written into their
 * entries (`flush`), and only these travel with the snapshot.
 */

import { detach } from '../../record/batch-codec.js';
import { keyGroupOf } from '../../record/hash.js';
import type { Row } from '../../record/types.js';
import type { Json } from '../../source/contract.js';
import type { KeyedTable } from '../../state/keyed-table.js';
import { type Entry, hashKey, mapKeyOf } from '../../state/table.js';
import type { TransformContext } from '../contract.js';

interface Kept<T> {
  readonly object: T;
  readonly entry: Entry;
  dirty: boolean;
}

const ANY = { kind: 'ANY', nullable: true } as const;
const TEXT = { kind: 'VARCHAR', length: 2147483647, nullable: false } as const;

export class KeptObjects<T extends { toJSON(): unknown }> {
  private readonly table: KeyedTable;
  private readonly live = new Map<unknown, Kept<T>>();
  private last: Kept<T> | undefined;
  private lastKey: unknown;

  constructor(
    private readonly ctx: TransformContext,
    name: string,
    private readonly by: readonly string[],
    private readonly make: (json: Json | undefined) => T,
  ) {
    this.table = ctx.state.keyedTable({
      name,
      keys: by.map((_, i) => ({ name: `k${i}`, type: ANY })),
      values: [{ name: 'json', type: TEXT }],
    });
  }

  /** The object of the row's key. The caller changes it: it will be saved. */
  of(row: Row): T {
    const parts = this.by.map((name) => row[name]);
    const key = mapKeyOf(parts);
    if (this.last === undefined || this.lastKey !== key) {
      this.last = this.live.get(key) ?? this.wake(parts, key);
      this.lastKey = key;
    }
    this.last.dirty = true;
    return this.last.object;
  }

  private wake(parts: readonly unknown[], mapKey: unknown): Kept<T> {
    const group = keyGroupOf(hashKey(parts), this.ctx.maxParallelism);
    let entry = this.table.get(group, mapKey);
    const object = this.make(entry ? (JSON.parse(entry.json) as Json) : undefined);
    if (!entry) {
      const keys = Object.fromEntries(parts.map((part, i) => [`k${i}`, detach(part)]));
      entry = { ...keys, json: '', _e: 0 } as Entry;
      this.table.add(group, detach(mapKey), entry);
    }
    const kept = { object, entry, dirty: true };
    this.live.set(detach(mapKey), kept);
    return kept;
  }

  /** All that were there in the snapshot and those made since. */
  *all(): Generator<{ readonly parts: readonly unknown[]; readonly object: T }> {
    for (const entry of this.table.entries()) {
      const key = this.table.mapKey(entry);
      const parts = this.by.map((_, i) => entry[`k${i}`]);
      yield { parts, object: (this.live.get(key) ?? this.wake(parts, key)).object };
    }
  }

  /** Before a barrier: what has changed goes into the state. */
  flush(): void {
    for (const kept of this.live.values()) {
      if (!kept.dirty) continue;
      kept.dirty = false;
      this.table.touch(kept.entry);
      kept.entry.json = JSON.stringify(kept.object);
    }
  }
}
