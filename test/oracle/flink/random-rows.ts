/** Random tables for the campaign: NULLs, duplicates, rows out of order, in one of them rows that come too late. */
import type { CaseFile } from '../../unit/transform/case.js';
import type { RandomNumbers } from './random-numbers.js';

const COLUMNS =
  "(id BIGINT, k STRING, n INT, x DOUBLE, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)";

/**
 * Tables `a`, `b` and `late` of the same columns: whole `id`s that are unique, `x` in quarters, so that sums don't depend on the order.
 * Only `late` has rows behind the watermark.
 */
export function randomTables(random: RandomNumbers): Pick<CaseFile, 'tables' | 'inputs'> {
  const names = ['a', 'b', 'late'];
  const table = (name: string) =>
    `CREATE TABLE ${name} ${COLUMNS} WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'json');\n`;
  return {
    tables: names.map(table).join(''),
    inputs: Object.fromEntries(names.map((name, i) => [name, rows(random, i * 1000, name === 'late')])),
  };
}

function rows(random: RandomNumbers, firstId: number, late: boolean): object[] {
  const count = 8 + random.below(30);
  const keys = ['x', 'y', 'z', 'w'].slice(0, 1 + random.below(4));
  const nulls = random.below(25);
  const orNull = <T>(value: T): T | null => (random.chance(nulls) ? null : value);
  let time = Date.UTC(2024, 0, 1);
  return Array.from({ length: count }, (_, i) => {
    time += random.pick([0, 250, 500, 1000, 2000, 5000]);
    const behind = random.chance(30) ? random.pick([250, 1000, 2750]) : late && random.chance(10) ? 8000 : 0;
    return {
      id: firstId + i,
      k: orNull(random.pick(keys)),
      n: orNull(random.below(9) - 2),
      x: orNull((random.below(60) - 12) / 4),
      s: orNull(random.pick(['', 'p', 'q', 'pq', 'x', 'é'])),
      ts: new Date(time - behind).toISOString().replace('T', ' ').slice(0, 23),
    };
  });
}
