import { expect, test } from '@jest/globals';
import { compileExpr } from '../../../runtime/expr/index.js';
import { bindText } from './bind-text.js';
import { javaText } from './java-text.js';

function value(sql: string): string {
  const expr = bindText(sql);
  return javaText(compileExpr(expr)({}), expr.type);
}

test('a NULL result has a nullable type, where Flink claims NOT NULL and fails at the sink', () => {
  expect(value('CAST(99999 AS DECIMAL(3, 0))')).toBe('null');
  expect(bindText('CAST(99999 AS DECIMAL(3, 0))').type.nullable).toBe(true);
  expect(value("LPAD('hi', -1, 'a')")).toBe('null');
  expect(value("REGEXP_REPLACE('foobar', '[', 'x')")).toBe('null');
});

test('text that is no number fails CAST AS DECIMAL, where Flink gives 0.00 for precisions up to 18', () => {
  expect(() => value("CAST('x' AS DECIMAL(10, 2))")).toThrow('can\'t cast "x" to DECIMAL(10, 2)');
  expect(value("TRY_CAST('x' AS DECIMAL(10, 2))")).toBe('null');
});

test('a missing element is NULL, where Flink folds constants to -1', () => {
  expect(value('ARRAY[1, 2, 3][5]')).toBe('null');
  expect(value("MAP['a', 1]['z']")).toBe('null');
});

test('a time before 1970 belongs to its own day, where Flink rounds fractions towards 1970', () => {
  expect(value("CAST(TIMESTAMP '1969-12-31 23:59:59.999' AS DATE)")).toBe('1969-12-31');
  expect(value("EXTRACT(HOUR FROM TIMESTAMP '1969-12-31 23:59:59')")).toBe('23');
  expect(value("EXTRACT(MILLISECOND FROM TIMESTAMP '1969-12-31 23:59:59.123')")).toBe('123');
  expect(value("FLOOR(TIMESTAMP '1969-12-31 23:59:59' TO YEAR)")).toBe('1969-01-01T00:00');
});

test('a DOUBLE divided by zero is infinite, also as a constant', () => {
  expect(value('CAST(1 AS DOUBLE) / 0')).toBe('Infinity');
});

test('JSON_VALUE RETURNING gives NULL for a value of another type, where Flink fails with a ClassCastException', () => {
  expect(value(`JSON_VALUE('{"a": "x"}', '$.a' RETURNING INTEGER)`)).toBe('null');
  expect(value(`JSON_VALUE('{"a": 5}', '$.a' RETURNING DOUBLE)`)).toBe('5.0');
});

test('an interval is not cast to a number: what it would count depends on how it was written', () => {
  expect(() => bindText("CAST(INTERVAL '90' MINUTE AS BIGINT)")).toThrow(
    'no CAST from INTERVAL DAY TO SECOND to BIGINT',
  );
});
