/** Which downstream task a row goes to. Keyed partitionings go by key group, so that keys and their state stay together. */
import type { Partitioning } from '../graph/plan.js';
import { combineHash, hashNumber, hashString, hashValue, keyGroupOf } from '../record/hash.js';
import type { Row, RowKind } from '../record/types.js';
import type { OutputWriter } from './output.js';

/** Key group → subtask. Index: key group; length: maxParallelism. */
export type KeyGroupOwners = Uint16Array | readonly number[];

/** Hash of a row's key columns, compiled. Equals hashValue() of each part, combined in order. */
export function compileKeyHash(keys: readonly string[]): (row: Row) => number {
  if (keys.length === 0) return () => 0;
  const part = (k: string, i: number) => `const v${i} = row[${JSON.stringify(k)}];
    const h${i} = typeof v${i} === 'number' ? hashNumber(v${i}) : typeof v${i} === 'string' ? hashString(v${i}) : hashValue(v${i});`;
  const combined = keys.slice(1).reduce((acc, _, i) => `combineHash(${acc}, h${i + 1})`, 'h0');
  return new Function(
    'hashNumber',
    'hashString',
    'hashValue',
    'combineHash',
    `'use strict'; return function keyHash(row) { ${keys.map(part).join('\n')} return ${combined}; };`,
  )(hashNumber, hashString, hashValue, combineHash) as (row: Row) => number;
}

/** Makes the function that hands rows to `writer`'s channels. `keyOf` is the compiled user function of hashFn. */
export function makePartitioner(
  partitioning: Partitioning,
  writer: OutputWriter,
  subtask: number,
  owners: KeyGroupOwners,
  keyOf?: (row: Row) => unknown,
): (row: Row, kind: RowKind) => void {
  const n = writer.channels.length;
  if (partitioning.kind === 'broadcast' && n > 1) return (row, kind) => writer.writeAll(row, kind);
  if (n === 1) return (row, kind) => writer.write(0, row, kind);
  const groups = owners.length;
  switch (partitioning.kind) {
    case 'hash': {
      const hash = compileKeyHash(partitioning.keys);
      return (row, kind) => writer.write(owners[keyGroupOf(hash(row), groups)], row, kind);
    }
    case 'hashFn': {
      if (!keyOf) throw new Error('hashFn partitioning needs the compiled key function');
      return (row, kind) => writer.write(owners[keyGroupOf(hashValue(keyOf(row)), groups)], row, kind);
    }
    default: {
      let next = subtask % n;
      return (row, kind) => {
        writer.write(next, row, kind);
        next = next + 1 === n ? 0 : next + 1;
      };
    }
  }
}
