import { describe, expect, test } from '@jest/globals';
import { parseScript } from '../../../runtime/sql/parser/index.js';
import {
  alias,
  call,
  col,
  id,
  item,
  num,
  op,
  option,
  qualified,
  query,
  row,
  seconds,
  select,
  sort,
  star,
  TRUE,
  table,
} from './expected-nodes.js';
import { NEXMARK_QUERIES } from './nexmark-queries.js';
import { withoutSpans } from './without-spans.js';

const [a, b, c] = ['a', 'b', 'c'].map((name) => col(name));
const all = [item(star())];

function parse(text: string): unknown {
  const statements = parseScript(text);
  expect(statements).toHaveLength(1);
  return withoutSpans(statements[0]);
}

const from = (relation: object) => query(select(all, { from: relation }));
const one = (name: string) => select([item(col(name))]);
const join = (left: object, type: string, right: object, more: object = { on: TRUE }) => ({
  kind: 'Join',
  type,
  natural: false,
  left,
  right,
  ...more,
});

describe('SELECT', () => {
  test('items, aliases and stars', () => {
    expect(parse('SELECT a, b AS x, c `order`, t.*, * FROM t')).toEqual(
      query(select([item(a), item(b, 'x'), item(c, 'order'), item(star('t')), item(star())], { from: table('t') })),
    );
  });

  test('every clause in its place', () => {
    expect(
      parse(`SELECT /*+ STATE_TTL('t' = '1d') */ DISTINCT a FROM t WHERE b GROUP BY a HAVING c
             WINDOW w AS (ORDER BY a) QUALIFY b ORDER BY a DESC NULLS LAST LIMIT 1 OFFSET 2`),
    ).toEqual(
      query(
        select([item(a)], {
          hints: [{ kind: 'Hint', name: 'STATE_TTL', options: [option('t', '1d')], names: [] }],
          distinct: true,
          from: table('t'),
          where: b,
          groupBy: { kind: 'GroupBy', distinct: false, items: [{ kind: 'GroupingSet', expressions: [a] }] },
          having: c,
          windows: [
            {
              kind: 'NamedWindow',
              name: id('w'),
              spec: { kind: 'WindowSpec', partitionBy: [], orderBy: [sort(a)] },
            },
          ],
          qualify: b,
        }),
        { orderBy: [sort(a, true, { nulls: 'LAST' })], limit: num('1'), offset: num('2') },
      ),
    );
  });

  test('FETCH FIRST is LIMIT', () => {
    expect(parse('SELECT a OFFSET 2 ROWS FETCH NEXT 1 ROW ONLY')).toEqual(
      query(one('a'), { limit: num('1'), offset: num('2') }),
    );
  });

  test('grouping sets', () => {
    const set = (...names: string[]) => ({ kind: 'GroupingSet', expressions: names.map((name) => col(name)) });
    expect(parse('SELECT * FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP (a, (b, c)), CUBE (a), ()')).toEqual(
      query(
        select(all, {
          from: table('t'),
          groupBy: {
            kind: 'GroupBy',
            distinct: false,
            items: [
              { kind: 'GroupingSets', items: [set('a', 'b'), set('a'), set()] },
              { kind: 'Rollup', items: [set('a'), set('b', 'c')] },
              { kind: 'Cube', items: [set('a')] },
              set(),
            ],
          },
        }),
      ),
    );
  });
});

describe('Set operations and WITH', () => {
  const set = (left: object, op: string, right: object, all = false) => ({
    kind: 'SetOperation',
    op,
    all,
    left,
    right,
  });

  test.each<[string, object]>([
    ['SELECT a UNION SELECT b INTERSECT SELECT c', query(set(one('a'), 'UNION', set(one('b'), 'INTERSECT', one('c'))))],
    [
      'SELECT a EXCEPT ALL SELECT b MINUS SELECT c',
      query(set(set(one('a'), 'EXCEPT', one('b'), true), 'EXCEPT', one('c'))),
    ],
    [
      'SELECT a UNION ALL (SELECT b UNION SELECT c)',
      query(set(one('a'), 'UNION', set(one('b'), 'UNION', one('c')), true)),
    ],
    [
      '(SELECT a LIMIT 1) UNION SELECT b ORDER BY c',
      query(set(query(one('a'), { limit: num('1') }), 'UNION', one('b')), { orderBy: [sort(c)] }),
    ],
    [
      'WITH x (y) AS (SELECT a) SELECT b',
      query(one('b'), { with: [{ kind: 'CommonTable', name: id('x'), columns: [id('y')], query: query(one('a')) }] }),
    ],
    [
      'VALUES (1, ROW(2)), (ROW(3, 4)), 5',
      query({
        kind: 'Values',
        rows: [
          { kind: 'ValuesRow', items: [num('1'), row(num('2'))] },
          { kind: 'ValuesRow', items: [row(num('3'), num('4'))] },
          { kind: 'ValuesRow', items: [num('5')] },
        ],
      }),
    ],
    ['TABLE x.t', query({ kind: 'TableQuery', name: qualified('x', 't') })],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('FROM', () => {
  test.each<[string, object]>([
    [
      "SELECT * FROM t /*+ OPTIONS('k' = 'v') */ AS x (a, b)",
      from(
        table('t', {
          hints: [{ kind: 'Hint', name: 'OPTIONS', options: [option('k', 'v')], names: [] }],
          alias: alias('x', 'a', 'b'),
        }),
      ),
    ],
    ['SELECT * FROM r, s JOIN t ON TRUE', from(join(table('r'), 'COMMA', join(table('s'), 'INNER', table('t')), {}))],
    [
      'SELECT * FROM r LEFT OUTER JOIN s USING (a) CROSS JOIN t',
      from(join(join(table('r'), 'LEFT', table('s'), { using: [id('a')] }), 'CROSS', table('t'), {})),
    ],
    ['SELECT * FROM r NATURAL FULL JOIN s', from(join(table('r'), 'FULL', table('s'), { natural: true }))],
    [
      'SELECT * FROM r JOIN (s JOIN t ON TRUE) ON TRUE',
      from(join(table('r'), 'INNER', join(table('s'), 'INNER', table('t')))),
    ],
    [
      'SELECT * FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts AS r2 ON TRUE',
      from(join(table('o'), 'INNER', table('r', { systemTime: col('o', 'ts'), alias: alias('r2') }))),
    ],
    [
      'SELECT * FROM r LEFT JOIN LATERAL TABLE(f(r.x)) AS u (y) ON TRUE',
      from(
        join(table('r'), 'LEFT', {
          kind: 'TableFunction',
          call: call('f', col('r', 'x')),
          lateral: true,
          alias: alias('u', 'y'),
        }),
      ),
    ],
    [
      'SELECT * FROM r CROSS JOIN UNNEST(r.x) WITH ORDINALITY AS u (y, n)',
      from(
        join(
          table('r'),
          'CROSS',
          { kind: 'Unnest', values: [col('r', 'x')], ordinality: true, alias: alias('u', 'y', 'n') },
          {},
        ),
      ),
    ],
    [
      'SELECT * FROM ((SELECT a) UNION ALL (SELECT b)) AS u',
      from({
        kind: 'DerivedTable',
        query: query({ kind: 'SetOperation', op: 'UNION', all: true, left: one('a'), right: one('b') }),
        lateral: false,
        alias: alias('u'),
      }),
    ],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });

  test.each([
    "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
    "SELECT * FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
  ])('%s', (text) => {
    const args = [
      { kind: 'TableArgument', table: qualified('t'), partitionBy: [], orderBy: [] },
      { kind: 'DescriptorArgument', columns: [id('ts')] },
      seconds('10'),
    ];
    expect(parse(text)).toEqual(from({ kind: 'TableFunction', call: call('TUMBLE', ...args), lateral: false }));
  });

  test('PARTITION BY makes a table of an argument that has no TABLE in front', () => {
    const partitioned = (more: object) => ({ kind: 'TableArgument', partitionBy: [a], orderBy: [], ...more });
    expect(parse('SELECT * FROM f(x.t PARTITION BY a, y => (SELECT a) PARTITION BY a)')).toEqual(
      from({
        kind: 'TableFunction',
        call: call('f', partitioned({ table: qualified('x', 't') }), {
          kind: 'NamedArgument',
          name: id('y'),
          value: partitioned({ query: query(one('a')) }),
        }),
        lateral: false,
      }),
    );
  });

  test('a session window with named arguments and a partition', () => {
    const text =
      "SELECT * FROM SESSION(DATA => TABLE t PARTITION BY k, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '5' SECOND)";
    const named = (name: string, value: object) => ({ kind: 'NamedArgument', name: id(name), value });
    const args = [
      named('DATA', { kind: 'TableArgument', table: qualified('t'), partitionBy: [col('k')], orderBy: [] }),
      named('TIMECOL', { kind: 'DescriptorArgument', columns: [id('ts')] }),
      named('GAP', seconds('5')),
    ];
    expect(parse(text)).toEqual(from({ kind: 'TableFunction', call: call('SESSION', ...args), lateral: false }));
  });
});

describe('Nexmark', () => {
  test('every query parses', () => {
    for (const text of Object.values(NEXMARK_QUERIES)) expect(parseScript(text).at(-1)?.kind).toBe('Insert');
    expect(Object.keys(NEXMARK_QUERIES)).toHaveLength(23);
  });

  test('q2', () => {
    expect(parse(NEXMARK_QUERIES['q2'])).toEqual({
      kind: 'Insert',
      overwrite: false,
      target: qualified('q2'),
      hints: [],
      partition: [],
      query: query(
        select([item(col('auction')), item(col('price'))], {
          from: table('bid'),
          where: op(call('MOD', col('auction'), num('123')), '=', num('0')),
        }),
      ),
    });
  });
});
