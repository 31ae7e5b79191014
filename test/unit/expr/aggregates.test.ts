import { describe, expect, test } from '@jest/globals';
import { type AggregateCall, compileAggregates, type Expr, resolveAggregate } from '../../../runtime/expr/index.js';
import { BIGINT, DOUBLE, decimal, FLOAT, INT, STRING, TINYINT } from '../../../runtime/expr/typing.js';
import { JavaRandom } from '../../../runtime/expr/values/random.js';
import type { DataType, Row } from '../../../runtime/record/types.js';

const column = (name: string, type: DataType): Expr => ({ op: 'column', name, type });

function aggregate(
  fn: string,
  args: Expr[],
  options: { distinct?: boolean; filter?: Expr; name?: string } = {},
): AggregateCall {
  const signature = resolveAggregate(
    fn,
    args.map((arg) => arg.type),
    options.distinct ?? false,
  );
  if (!signature || 'error' in signature) throw new Error(signature?.error ?? `no aggregate ${fn}`);
  return {
    fn: signature.fn,
    args,
    distinct: options.distinct ?? false,
    filter: options.filter,
    name: options.name ?? fn,
    type: signature.type,
  };
}

function evaluate(call: AggregateCall, rows: readonly Row[]): unknown {
  const compiled = compileAggregates([call], { retract: false });
  const acc = compiled.create();
  for (const row of rows) compiled.add(acc, row);
  return compiled.result(acc)[call.name];
}

const rowsOf = (...values: unknown[]): Row[] => values.map((x) => ({ x }));

describe('results are those of Flink 2.0 in streaming mode', () => {
  const cases: [string, DataType, unknown[], unknown][] = [
    // SUM keeps the type and wraps; AVG sums in 64 bit and truncates.
    ['SUM', INT, [1, 2, 2147483647], -2147483646],
    ['AVG', INT, [1, 2, 2147483647], 715827883],
    ['SUM', TINYINT, [1, 127], -128],
    ['AVG', TINYINT, [1, 127], 64],
    ['SUM', BIGINT, [9223372036854775807n, 1], -9223372036854775808n],
    ['AVG', BIGINT, [9223372036854775807n, 1], -4611686018427387904n],
    ['AVG', BIGINT, [-3, -4], -3],
    // DECIMAL(3, 2): 1.25 + 2.50 = 3.75; the average has 6 digits: 1.875000.
    ['SUM', decimal(3, 2), [125, 250], 375],
    ['AVG', decimal(3, 2), [125, 250], 1875000],
    // 10.10, 20.20, 30.31 → 20.203333
    ['AVG', decimal(4, 2), [1010, 2020, 3031], 20203333],
    ['SUM', FLOAT, [0.1, 0.2, 0.3].map(Math.fround), Math.fround(0.6)],
    ['SUM', INT, [null, null], null],
    ['AVG', INT, [], null],
    ['COUNT', INT, [null, 1, null], 1],
    ['MIN', STRING, ['b', 'a', null], 'a'],
    ['MAX', DOUBLE, [-1.5, -2.5], -1.5],
    ['MIN', DOUBLE, [], null],
    // In INT arithmetic: Σx² = 21, (Σx)² / 3 = 16, 5 / 3 = 1, √1 = 1.
    ['STDDEV_POP', INT, [1, 2, 4], 1],
    ['VAR_SAMP', INT, [1, 2, 4], 2],
    ['STDDEV_SAMP', INT, [1], null],
    ['VAR_POP', INT, [1], 0],
    ['VAR_POP', decimal(3, 2), [150, 275], 390625],
    ['STDDEV_SAMP', decimal(3, 2), [150, 275], 883883],
    ['FIRST_VALUE', STRING, [null, 'a', 'b', null], 'a'],
    ['LAST_VALUE', STRING, [null, 'a', 'b', null], 'b'],
    ['LISTAGG', STRING, ['a', 'b', null, 'a'], 'a,b,a'],
    ['LISTAGG', STRING, [null], null],
    ['ARRAY_AGG', STRING, ['a', null, 'b'], ['a', null, 'b']],
    ['ARRAY_AGG IGNORE NULLS', STRING, ['a', null, 'b'], ['a', 'b']],
    ['ARRAY_AGG', STRING, [], null],
    [
      'COLLECT',
      STRING,
      ['a', 'b', 'a', null],
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ],
    ['JSON_ARRAYAGG', STRING, ['x', null], '["x"]'],
    ['JSON_ARRAYAGG NULL ON NULL', STRING, ['x', null], '["x",null]'],
    ['APPROX_COUNT_DISTINCT', INT, [1, 2, 2, null], 2],
  ];
  test.each(cases)('%s(%j) of %p', (fn, type, values, expected) => {
    expect(evaluate(aggregate(fn, [column('x', type)]), rowsOf(...values))).toEqual(expected);
  });

  test('types', () => {
    expect(resolveAggregate('SUM', [INT], false)).toMatchObject({ type: INT });
    expect(resolveAggregate('SUM', [decimal(10, 2)], false)).toMatchObject({ type: decimal(38, 2) });
    expect(resolveAggregate('AVG', [decimal(10, 8)], false)).toMatchObject({ type: decimal(38, 8) });
    expect(resolveAggregate('COUNT', [], false)).toMatchObject({ type: { kind: 'BIGINT', nullable: false } });
    expect(resolveAggregate('SUM', [STRING], false)).toEqual({ error: 'SUM takes a number, not STRING' });
    expect(resolveAggregate('UPPER', [STRING], false)).toBeUndefined();
  });

  test('DISTINCT and FILTER', () => {
    const x = column('x', INT);
    const one: Expr = { op: 'literal', value: 1, type: { kind: 'INT', nullable: false } };
    const filter: Expr = { op: 'call', fn: '>', args: [x, one], type: { kind: 'BOOLEAN', nullable: true } };
    const rows = rowsOf(1, 1, 3, null);
    expect(evaluate(aggregate('SUM', [x], { distinct: true }), rows)).toBe(4);
    expect(evaluate(aggregate('AVG', [x], { distinct: true }), rows)).toBe(2);
    expect(evaluate(aggregate('COUNT', [x], { distinct: true }), rows)).toBe(2);
    expect(evaluate(aggregate('SUM', [x], { filter }), rows)).toBe(3);
    expect(evaluate(aggregate('COUNT', [], { filter }), rows)).toBe(1);
  });

  test('PERCENTILE interpolates', () => {
    const at = (value: number): Expr => ({ op: 'literal', value, type: { kind: 'DOUBLE', nullable: false } });
    const x = column('x', DOUBLE);
    expect(evaluate(aggregate('PERCENTILE', [x, at(0.5)]), rowsOf(4, 1, 2))).toBe(2);
    expect(evaluate(aggregate('PERCENTILE', [x, at(0.25)]), rowsOf(4, 1, 2))).toBe(1.5);
  });
});

describe('accumulators', () => {
  const i = column('i', INT);
  const d = column('d', DOUBLE);
  const s = column('s', STRING);
  const bytes = column('b', { kind: 'VARBINARY', length: 10, nullable: true });
  const calls = [
    aggregate('COUNT', [], { name: 'n' }),
    aggregate('COUNT', [i], { name: 'ci' }),
    aggregate('SUM', [i], { name: 'si' }),
    aggregate('AVG', [i], { name: 'ai' }),
    aggregate('MIN', [i], { name: 'mi' }),
    aggregate('MAX', [s], { name: 'ms' }),
    aggregate('SUM', [d], { name: 'sd' }),
    aggregate('COUNT', [s], { name: 'ds', distinct: true }),
    aggregate('SUM', [i], { name: 'dsi', distinct: true }),
    aggregate('COUNT', [bytes], { name: 'db', distinct: true }),
    aggregate('COLLECT', [s], { name: 'bag' }),
    aggregate('VAR_POP', [d], { name: 'v' }),
  ];
  const random = new JavaRandom(3);
  const row = (): Row => ({
    i: random.nextInt(4) === 0 ? null : random.nextInt(20) - 10,
    // Eighths add up without rounding, so that sums don't depend on the order.
    d: random.nextInt(5) === 0 ? null : random.nextInt(100) / 8,
    s: random.nextInt(5) === 0 ? null : 'abcdef'[random.nextInt(6)],
    b: random.nextInt(5) === 0 ? null : Uint8Array.of(random.nextInt(3)),
  });
  // The variance rounds on the way: seven digits of it are compared.
  const sorted = (result: Row) => ({
    ...result,
    bag: [...(result.bag as Map<string, number>)].sort(),
    v: Number((((result.v ?? 0) as number) + 1e-9).toFixed(7)),
  });

  test('retracting leaves what was never added', () => {
    const compiled = compileAggregates(calls, { retract: true });
    for (let round = 0; round < 50; round++) {
      const kept = Array.from({ length: random.nextInt(20) }, row);
      const gone = Array.from({ length: random.nextInt(20) }, row);
      const acc = compiled.create();
      const mixed = [...kept, ...gone].sort(() => random.nextInt(3) - 1);
      for (const r of mixed) compiled.add(acc, r);
      for (const r of gone) compiled.retract(acc, r);
      const expected = compiled.create();
      for (const r of kept) compiled.add(expected, r);
      expect(sorted(compiled.result(acc))).toEqual(sorted(compiled.result(expected)));
    }
  });

  test.each([false, true])('merging parts gives the whole (retract: %s), and copies share nothing', (retract) => {
    const ordered = retract
      ? calls
      : [
          ...calls,
          aggregate('LISTAGG', [s], { name: 'l' }),
          aggregate('FIRST_VALUE', [s], { name: 'f' }),
          aggregate('LAST_VALUE', [s], { name: 'z' }),
        ];
    const compiled = compileAggregates(ordered, { retract });
    for (let round = 0; round < 50; round++) {
      const parts = Array.from({ length: 3 }, () => Array.from({ length: random.nextInt(10) }, row));
      const whole = compiled.create();
      for (const r of parts.flat()) compiled.add(whole, r);
      const merged = compiled.create();
      for (const part of parts) {
        const acc = compiled.create();
        for (const r of part) compiled.add(acc, r);
        const before = structuredClone(acc);
        compiled.merge(merged, acc);
        expect(acc).toEqual(before);
      }
      expect(sorted(compiled.result(merged))).toEqual(sorted(compiled.result(whole)));
      const copy = compiled.copy(merged);
      expect(copy).toEqual(merged);
      const before = structuredClone(merged);
      for (const r of parts.flat()) compiled.add(copy, r);
      expect(merged).toEqual(before);
    }
  });

  test('calls over one argument share its sum and count', () => {
    const notNull = column('x', { kind: 'DOUBLE', nullable: false });
    const shared = compileAggregates(
      [aggregate('SUM', [notNull]), aggregate('AVG', [notNull]), aggregate('COUNT', [notNull]), aggregate('COUNT', [])],
      { retract: false },
    );
    expect(shared.accFields.map((field) => field.name)).toEqual(['a0', 'a1']);
    expect(Object.keys(shared.create())).toEqual(['a0', 'a1']);
  });
});
