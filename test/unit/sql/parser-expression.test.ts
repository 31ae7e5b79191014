import { describe, expect, test } from '@jest/globals';
import { parseExpression } from '../../../runtime/sql/parser/index.js';
import {
  alias,
  branch,
  call,
  col,
  id,
  item,
  minus,
  NULL,
  not,
  num,
  op,
  qualified,
  query,
  row,
  scalar,
  seconds,
  select,
  selectNumber,
  sort,
  star,
  str,
  TRUE,
  table,
} from './expected-nodes.js';
import { withoutSpans } from './without-spans.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => col(name));
const parse = (text: string) => withoutSpans(parseExpression(text));

describe('Operators bind as in Calcite', () => {
  test.each<[string, object]>([
    ['a OR b AND c', op(a, 'OR', op(b, 'AND', c))],
    ['NOT a AND b', op(not(a), 'AND', b)],
    ['NOT a = b', not(op(a, '=', b))],
    ['NOT a IS NULL', not({ kind: 'IsTest', value: a, test: 'NULL', negated: false })],
    ['a = b IS NOT TRUE', { kind: 'IsTest', value: op(a, '=', b), test: 'TRUE', negated: true }],
    ['a + b * c', op(a, '+', op(b, '*', c))],
    ['a - b - c', op(op(a, '-', b), '-', c)],
    ['a - (b - c)', op(a, '-', op(b, '-', c))],
    ['a + b || c', op(a, '+', op(b, '||', c))],
    ['-a * b', op(minus(a), '*', b)],
    ['a - -1', op(a, '-', minus(num('1')))],
    ['a < b = c', op(op(a, '<', b), '=', c)],
    ['a != b', op(a, '<>', b)],
    ['a % b / c', op(op(a, '%', b), '/', c)],
    ['a = NOT b', op(a, '=', not(b))],
    [
      'a + 1 IS NOT DISTINCT FROM b + c AND d',
      op({ kind: 'IsDistinctFrom', left: op(a, '+', num('1')), right: op(b, '+', c), negated: true }, 'AND', d),
    ],
    [
      'a BETWEEN b + 1 AND c AND d',
      op({ kind: 'Between', value: a, low: op(b, '+', num('1')), high: c, symmetric: false, negated: false }, 'AND', d),
    ],
    ['a NOT BETWEEN SYMMETRIC b AND c', { kind: 'Between', value: a, low: b, high: c, symmetric: true, negated: true }],
    ['a = b IN (c)', op(a, '=', { kind: 'InList', value: b, items: [c], negated: false })],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('Predicates', () => {
  test.each<[string, object]>([
    ['a NOT IN (1, 2)', { kind: 'InList', value: a, items: [num('1'), num('2')], negated: true }],
    ['a IN (SELECT 1)', { kind: 'InSubquery', value: a, query: selectNumber('1'), negated: false }],
    ['(a, b) IN ((SELECT 1))', { kind: 'InSubquery', value: row(a, b), query: selectNumber('1'), negated: false }],
    [
      "a NOT LIKE b ESCAPE '!'",
      { kind: 'Like', value: a, pattern: b, escape: str('!'), similar: false, negated: true },
    ],
    ['a SIMILAR TO b', { kind: 'Like', value: a, pattern: b, similar: true, negated: false }],
    ['EXISTS (SELECT 1)', { kind: 'Exists', query: selectNumber('1') }],
    [
      'a >= SOME (SELECT 1)',
      { kind: 'QuantifiedComparison', op: '>=', quantifier: 'ANY', value: a, query: selectNumber('1') },
    ],
    ['a <> ALL (b, c)', { kind: 'QuantifiedComparison', op: '<>', quantifier: 'ALL', value: a, items: [b, c] }],
    ['a IS NOT JSON OBJECT', { kind: 'IsJson', value: a, shape: 'OBJECT', negated: true }],
    ['a IS UNKNOWN', { kind: 'IsTest', value: a, test: 'UNKNOWN', negated: false }],
    ['(a, b) OVERLAPS (c, d)', op(row(a, b), 'OVERLAPS', row(c, d))],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('Literals', () => {
  test.each<[string, object]>([
    ["'it''s'", str("it's")],
    ["U&'\\00e9\\+01F600\\\\'", str('é😀\\')],
    ["U&'!00e9' UESCAPE '!'", str('é')],
    ["E'a\\n\\u0041\\''", str("a\nA'")],
    ['$$a \'b\' "c"$$', str('a \'b\' "c"')],
    ["'a'\n  'b'", str('ab')],
    ["x'0aFF'", { kind: 'BinaryLiteral', hex: '0AFF' }],
    ['12345678901234567890', num('12345678901234567890')],
    ['1.50', { kind: 'NumberLiteral', form: 'decimal', text: '1.50' }],
    ['.5', { kind: 'NumberLiteral', form: 'decimal', text: '.5' }],
    ['1E-3', { kind: 'NumberLiteral', form: 'approximate', text: '1E-3' }],
    ['false', { kind: 'BooleanLiteral', value: false }],
    ['NULL', NULL],
    ["DATE '2024-01-31'", { kind: 'DatetimeLiteral', type: 'DATE', text: '2024-01-31' }],
    [
      "TIMESTAMP '2024-01-31 10:00:00.123'",
      { kind: 'DatetimeLiteral', type: 'TIMESTAMP', text: '2024-01-31 10:00:00.123' },
    ],
    ["INTERVAL '10' SECONDS", seconds('10')],
    ['INTERVAL 10 SECOND', seconds('10')],
    ["N'a'", str('a')],
    ['UNKNOWN', { kind: 'Cast', value: NULL, type: scalar('BOOLEAN'), safe: false }],
    [
      "INTERVAL -'1 2:3' DAY(3) TO MINUTE",
      {
        kind: 'IntervalLiteral',
        negative: true,
        text: '1 2:3',
        qualifier: { kind: 'IntervalQualifier', from: 'DAY', to: 'MINUTE', precision: 3 },
      },
    ],
    [
      "INTERVAL '1.5' SECOND(2, 3)",
      {
        kind: 'IntervalLiteral',
        negative: false,
        text: '1.5',
        qualifier: { kind: 'IntervalQualifier', from: 'SECOND', precision: 2, fraction: 3 },
      },
    ],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('Names', () => {
  test.each<[string, object]>([
    ['a.b.c', col('a', 'b', 'c')],
    ['`select`.`a``b`', col('select', 'a`b')],
    ['größe', col('größe')],
    ['value', col('value')],
    ['user', col('user')],
    ['date', col('date')],
    ['timestamp + 1', op(col('timestamp'), '+', num('1'))],
    ['`CURRENT_DATE`', col('CURRENT_DATE')],
    ['(a).b', { kind: 'FieldAccess', value: a, field: id('b') }],
    [
      'a.b[1].c',
      {
        kind: 'FieldAccess',
        value: { kind: 'ElementAccess', value: col('a', 'b'), index: num('1') },
        field: id('c'),
      },
    ],
    ['f(a).b', { kind: 'FieldAccess', value: call('f', a), field: id('b') }],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('Constructors, CASE and CAST', () => {
  test.each<[string, object]>([
    ['ROW(a, 1)', row(a, num('1'))],
    ['(a, 1)', row(a, num('1'))],
    ['ARRAY[a, b]', { kind: 'ArrayConstructor', items: [a, b] }],
    ["MAP['k', a]", { kind: 'MapConstructor', items: [str('k'), a] }],
    [
      'CASE WHEN a THEN 1 ELSE 2 END',
      {
        kind: 'Case',
        branches: [branch([a], num('1'))],
        otherwise: num('2'),
      },
    ],
    [
      'CASE a WHEN 1, 2 THEN b END',
      {
        kind: 'Case',
        operand: a,
        branches: [branch([num('1'), num('2')], b)],
      },
    ],
    [
      'TRY_CAST(a AS DECIMAL(10, 2))',
      { kind: 'Cast', value: a, type: scalar('DECIMAL', { precision: 10, scale: 2 }), safe: true },
    ],
    [
      'CAST(a AS MAP<STRING NOT NULL, INTEGER ARRAY>)',
      {
        kind: 'Cast',
        value: a,
        type: {
          kind: 'MapType',
          key: scalar('STRING', { nullable: false }),
          value: { kind: 'ArrayType', element: scalar('INT'), nullable: true },
          nullable: true,
        },
        safe: false,
      },
    ],
    [
      '((SELECT 1) UNION SELECT 2)',
      {
        kind: 'ScalarSubquery',
        query: query({
          kind: 'SetOperation',
          op: 'UNION',
          all: false,
          left: select([item(num('1'))]),
          right: select([item(num('2'))]),
        }),
      },
    ],
    ['((SELECT 1) + 2)', op({ kind: 'ScalarSubquery', query: selectNumber('1') }, '+', num('2'))],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

describe('Calls', () => {
  test.each<[string, object]>([
    ['COUNT(*)', call('COUNT', star())],
    ['COUNT(DISTINCT a) FILTER (WHERE b)', { ...call('COUNT', a), distinct: true, filter: b }],
    ['LEFT(a, 2)', call('LEFT', a, num('2'))],
    ['c.d.f()', { ...call('f'), name: qualified('c', 'd', 'f') }],
    ['f(x => a)', call('f', { kind: 'NamedArgument', name: id('x'), value: a })],
    ['CURRENT_TIMESTAMP', { kind: 'NiladicCall', name: 'CURRENT_TIMESTAMP' }],
    ['LOCALTIME(3)', { kind: 'NiladicCall', name: 'LOCALTIME', precision: 3 }],
    ['PROCTIME()', call('PROCTIME')],
    ['SUBSTRING(a FROM 1 FOR 2)', call('SUBSTRING', a, num('1'), num('2'))],
    ["LISTAGG(a, ',') WITHIN GROUP (ORDER BY b DESC)", { ...call('LISTAGG', a, str(',')), orderBy: [sort(b, true)] }],
    ['FINAL LAST(a, 1)', { ...call('LAST', a, num('1')), semantics: 'FINAL' }],
    [
      'LAG(a) IGNORE NULLS OVER (PARTITION BY b ORDER BY c ROWS 2 PRECEDING)',
      {
        ...call('LAG', a),
        nullTreatment: 'IGNORE NULLS',
        over: {
          kind: 'WindowSpec',
          partitionBy: [b],
          orderBy: [sort(c)],
          frame: {
            kind: 'WindowFrame',
            unit: 'ROWS',
            start: { kind: 'FrameBound', bound: 'PRECEDING', offset: num('2') },
            end: { kind: 'FrameBound', bound: 'CURRENT ROW' },
          },
        },
      },
    ],
    ['SUM(a) OVER w', { ...call('SUM', a), over: id('w') }],
    ['EXTRACT(YEAR FROM a)', { kind: 'Extract', unit: 'YEAR', value: a }],
    ['FLOOR(a TO DAY)', { kind: 'DatetimeRound', op: 'FLOOR', value: a, unit: 'DAY' }],
    ['CEILING(a TO HOURS)', { kind: 'DatetimeRound', op: 'CEIL', value: a, unit: 'HOUR' }],
    ['FLOOR(a)', call('FLOOR', a)],
    ['TIMESTAMPADD(DAY, 1, a)', { kind: 'TimestampAdd', unit: 'DAY', count: num('1'), value: a }],
    ['TIMESTAMPDIFF(SQL_TSI_HOUR, a, b)', { kind: 'TimestampDiff', unit: 'HOUR', from: a, to: b }],
    ['POSITION(a IN b || c)', { kind: 'Position', needle: a, haystack: op(b, '||', c) }],
    ["TRIM(LEADING 'x' FROM a)", { kind: 'Trim', side: 'LEADING', characters: str('x'), value: a }],
    ['TRIM(TRAILING a)', { kind: 'Trim', side: 'TRAILING', value: a }],
    ['TRIM(a)', { kind: 'Trim', side: 'BOTH', value: a }],
    ['OVERLAY(a PLACING b FROM 2)', { kind: 'Overlay', value: a, replacement: b, start: num('2') }],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });

  test('table arguments, descriptors and models', () => {
    expect(parse('ML_PREDICT(TABLE t PARTITION BY (a, b), MODEL x.m, DESCRIPTOR(a, b))')).toEqual(
      call(
        'ML_PREDICT',
        { kind: 'TableArgument', table: qualified('t'), partitionBy: [a, b], orderBy: [] },
        { kind: 'ModelArgument', model: qualified('x', 'm') },
        { kind: 'DescriptorArgument', columns: [id('a'), id('b')] },
      ),
    );
  });

  test('a correlated subquery with an alias', () => {
    expect(parse('(SELECT MAX(x) FROM t AS u WHERE u.k = a) > 1')).toEqual(
      op(
        {
          kind: 'ScalarSubquery',
          query: query(
            select([item(call('MAX', col('x')))], {
              from: table('t', { alias: alias('u') }),
              where: op(col('u', 'k'), '=', a),
            }),
          ),
        },
        '>',
        num('1'),
      ),
    );
  });
});

describe('JSON functions', () => {
  test.each<[string, object]>([
    [
      "JSON_VALUE(a, '$.b' RETURNING INT DEFAULT 1 ON EMPTY ERROR ON ERROR)",
      {
        kind: 'JsonValue',
        json: a,
        path: str('$.b'),
        returning: scalar('INT'),
        onEmpty: { kind: 'JsonValueBehavior', behavior: 'DEFAULT', value: num('1') },
        onError: { kind: 'JsonValueBehavior', behavior: 'ERROR' },
      },
    ],
    [
      "JSON_VALUE(a, '$' RETURNING STRING NULL ON EMPTY)",
      {
        kind: 'JsonValue',
        json: a,
        path: str('$'),
        returning: scalar('STRING'),
        onEmpty: { kind: 'JsonValueBehavior', behavior: 'NULL' },
      },
    ],
    [
      "JSON_QUERY(a, '$' WITH WRAPPER EMPTY ARRAY ON EMPTY)",
      { kind: 'JsonQuery', json: a, path: str('$'), wrapper: 'UNCONDITIONAL', onEmpty: 'EMPTY ARRAY' },
    ],
    ["JSON_EXISTS(a, '$' FALSE ON ERROR)", { kind: 'JsonExists', json: a, path: str('$'), onError: 'FALSE' }],
    [
      "JSON_OBJECT(KEY 'x' VALUE a, key VALUE value ABSENT ON NULL)",
      {
        kind: 'JsonObject',
        entries: [
          { kind: 'JsonEntry', key: str('x'), value: a },
          { kind: 'JsonEntry', key: col('key'), value: col('value') },
        ],
        nulls: 'ABSENT',
      },
    ],
    ['JSON_ARRAY(a, NULL NULL ON NULL)', { kind: 'JsonArray', items: [a, NULL], nulls: 'NULL' }],
    [
      'JSON_OBJECTAGG(a VALUE b) FILTER (WHERE TRUE)',
      { kind: 'JsonObjectAgg', entry: { kind: 'JsonEntry', key: a, value: b }, filter: TRUE },
    ],
    [
      'JSON_ARRAYAGG(a ORDER BY b ABSENT ON NULL)',
      { kind: 'JsonArrayAgg', value: a, orderBy: [sort(b)], nulls: 'ABSENT' },
    ],
  ])('%s', (text, tree) => {
    expect(parse(text)).toEqual(tree);
  });
});

test('spans point at the text of each node', () => {
  const text = 'a +\n  CAST(b AS INT) * 2';
  const tree = parseExpression(text, { line0: 10, column0: 5 });
  expect(tree.span).toEqual({ start: 0, end: text.length, line: 10, column: 5 });
  const product = tree.kind === 'Binary' ? tree.right : undefined;
  expect(product?.span).toEqual({ start: 6, end: text.length, line: 11, column: 7 });
  expect(product?.kind === 'Binary' && text.slice(product.left.span.start, product.left.span.end)).toBe(
    'CAST(b AS INT)',
  );
});
