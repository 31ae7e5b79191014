import { describe, expect, test } from '@jest/globals';
import {
  compileExpr,
  compilePredicate,
  compileProjection,
  type Expr,
  resolveFunction,
  withTimeZone,
} from '../../../runtime/expr/index.js';
import { BIGINT, BOOLEAN, INT, STRING } from '../../../runtime/expr/typing.js';
import { JavaRandom } from '../../../runtime/expr/values/random.js';
import { bindText } from './bind-text.js';

const column = (name: string, type = INT): Expr => ({ op: 'column', name, type });
const call = (name: string, ...args: Expr[]): Expr => {
  const result = resolveFunction(name, args);
  if ('error' in result) throw new Error(result.error);
  return result.expr;
};

describe('names and literals cannot break out of the generated code', () => {
  const hostile = [
    'a b',
    '"',
    "'",
    '`',
    '\\',
    '\n',
    '\u2028',
    '${x}',
    '"]; throw 1; //',
    '__proto__',
    'constructor',
    '0',
    '',
    'ä',
    'class',
    'row',
  ];

  test('as column names', () => {
    const project = compileProjection(hostile.map((name) => ({ name, expr: call('+', column(name), column(name)) })));
    const row = Object.fromEntries(hostile.map((name, i) => [name, i]));
    Object.defineProperty(row, '__proto__', { value: hostile.indexOf('__proto__'), enumerable: true });
    const result = project(row);
    for (const [i, name] of hostile.entries()) {
      expect([name, Object.getOwnPropertyDescriptor(result, name)?.value]).toEqual([name, 2 * i]);
    }
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  test('as literals', () => {
    for (const text of hostile) {
      const literal: Expr = { op: 'literal', value: text, type: STRING };
      expect(compileExpr(call('CONCAT', literal, column('s', STRING)))({ s: '!' })).toBe(`${text}!`);
      expect(compilePredicate(call('=', column('s', STRING), literal))({ s: text })).toBe(true);
    }
  });
});

describe('NULL', () => {
  test('each argument is evaluated once and decides alone', () => {
    const expr = call('+', call('*', column('a'), column('b')), column('c'));
    const eval_ = compileExpr(expr);
    expect(eval_({ a: 2, b: 3, c: 4 })).toBe(10);
    for (const name of ['a', 'b', 'c']) expect(eval_({ a: 2, b: 3, c: 4, [name]: null })).toBeNull();
    const source = eval_.toString();
    expect(source.match(/row\.a/g)).toHaveLength(1);
  });

  test('is not checked where it cannot be', () => {
    const notNull = { ...INT, nullable: false };
    const source = compileExpr(call('+', column('a', notNull), column('b', notNull))).toString();
    expect(source).not.toContain('null');
  });

  test('a filter is TRUE exactly when the value is, for random conditions', () => {
    const random = new JavaRandom(7);
    const pick = <T>(list: readonly T[]): T => list[random.nextInt(list.length)];
    const make = (depth: number): Expr => {
      if (depth === 0) {
        const a = column(pick(['a', 'b', 'c']));
        const other: Expr = random.nextInt(2)
          ? column(pick(['a', 'b', 'c']))
          : { op: 'literal', value: random.nextInt(3), type: { ...INT, nullable: false } };
        const simple = random.nextInt(10);
        if (simple === 0) return column('p', BOOLEAN);
        if (simple === 1) return call('IS NULL', a);
        if (simple === 2) return call('BETWEEN', a, other, column('c'));
        if (simple === 3) return call('IN', a, other, column('b'));
        return call(pick(['=', '<>', '<', '<=', '>', '>=']), a, other);
      }
      const form = random.nextInt(8);
      if (form === 0) return call('NOT', make(depth - 1));
      if (form === 1)
        return call(pick(['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN']), make(depth - 1));
      if (form === 2) return call('CASE', make(depth - 1), make(depth - 1), make(depth - 1));
      if (form === 3) return call('COALESCE', make(depth - 1), make(depth - 1));
      return call(pick(['AND', 'OR']), make(depth - 1), make(depth - 1));
    };
    const values = [null, 0, 1, 2];
    for (let n = 0; n < 300; n++) {
      const expr = make(1 + random.nextInt(4));
      const value = compileExpr(expr);
      const filter = compilePredicate(expr);
      const negative = compilePredicate(call('NOT', expr));
      for (let i = 0; i < 20; i++) {
        const row = { a: pick(values), b: pick(values), c: pick(values), p: pick([null, true, false]) };
        const expected = reference(expr, row);
        expect([expr, row, value(row), filter(row), negative(row)]).toEqual([
          expr,
          row,
          expected,
          expected === true,
          expected === false,
        ]);
      }
    }
  });
});

/** Three-valued logic written out, one case a function. */
function reference(expr: Expr, row: any): any {
  if (expr.op === 'column') return row[expr.name];
  if (expr.op === 'literal') return expr.value;
  const args = expr.args.map((arg) => () => reference(arg, row));
  const [a, b, c] = args;
  const compare = (x: any, y: any, test: (x: any, y: any) => boolean) => (x === null || y === null ? null : test(x, y));
  const and = (x: any, y: any) => (x === false || y === false ? false : x === null || y === null ? null : true);
  const or = (x: any, y: any) => (x === true || y === true ? true : x === null || y === null ? null : false);
  switch (expr.fn) {
    case '=':
      return compare(a(), b(), (x, y) => x === y);
    case '<>':
      return compare(a(), b(), (x, y) => x !== y);
    case '<':
      return compare(a(), b(), (x, y) => x < y);
    case '<=':
      return compare(a(), b(), (x, y) => x <= y);
    case '>':
      return compare(a(), b(), (x, y) => x > y);
    case '>=':
      return compare(a(), b(), (x, y) => x >= y);
    case 'AND':
      return and(a(), b());
    case 'OR':
      return or(a(), b());
    case 'NOT':
      return a() === null ? null : !a();
    case 'IS NULL':
    case 'IS UNKNOWN':
      return a() === null;
    case 'IS TRUE':
      return a() === true;
    case 'IS NOT TRUE':
      return a() !== true;
    case 'IS FALSE':
      return a() === false;
    case 'IS NOT FALSE':
      return a() !== false;
    case 'CASE':
      return a() === true ? b() : c();
    case 'COALESCE':
      return a() ?? b();
    case 'BETWEEN':
      return and(
        compare(a(), b(), (x, y) => x >= y),
        compare(a(), c(), (x, y) => x <= y),
      );
    case 'IN':
      return args.slice(1).reduce(
        (found, arg) =>
          or(
            found,
            compare(a(), arg(), (x, y) => x === y),
          ),
        false as any,
      );
    default:
      throw new Error(expr.fn);
  }
}

describe('evaluation', () => {
  test('a branch that is not taken is not evaluated', () => {
    const fields = [{ name: 'x', type: INT }];
    const expr = bindText('CASE WHEN x = 0 THEN 0 ELSE 10 / x END', fields);
    expect([0, 5, null].map((x) => compileExpr(expr)({ x }))).toEqual([0, 2, null]);
    expect(compilePredicate(bindText('x <> 0 AND 10 / x > 1', fields))({ x: 0 })).toBe(false);
    expect(() => compileExpr(bindText('10 / x', fields))({ x: 0 })).toThrow('/ by zero');
  });

  test('a deep chain of conditions stays linear', () => {
    const fields = [{ name: 'x', type: INT }];
    let sql = 'x';
    for (let i = 0; i < 25; i++) sql = `CASE WHEN x = ${i} THEN ${i} ELSE ${sql} END`;
    expect(compileExpr(bindText(sql, fields)).toString().length).toBeLessThan(5000);
    let condition = 'x = 1';
    for (let i = 0; i < 40; i++) condition = `(NOT (${condition}) OR x = ${i})`;
    expect(compilePredicate(bindText(condition, fields)).toString().length).toBeLessThan(5000);
  });

  test('rows of a projection share their shape with the row literal', () => {
    const project = compileProjection([
      { name: 'b', expr: column('a') },
      { name: 'a', expr: column('b', BIGINT) },
    ]);
    expect(Object.keys(project({ a: 1, b: 2 }))).toEqual(['b', 'a']);
  });

  test('the clock is the one that is given', () => {
    const expr = bindText('CURRENT_TIMESTAMP');
    expect(compileExpr(expr, { now: () => 1234 })({})).toBe(1234);
    // 23:30 UTC on the 1st is 00:30 on the 2nd in Berlin.
    const date = withTimeZone(bindText('CURRENT_DATE'), 'Europe/Berlin');
    expect(compileExpr(date, { now: () => Date.UTC(2024, 0, 1, 23, 30) })({})).toBe(Date.UTC(2024, 0, 2) / 86400000);
  });
});

describe('resolving', () => {
  test('names the nearest functions', () => {
    expect(resolveFunction('UPPR', [])).toEqual({ error: 'unknown function UPPR', suggestions: ['UPPER'] });
  });
  test('says what a function takes', () => {
    expect(resolveFunction('UPPER', [column('a')])).toEqual({
      error: 'UPPER takes (STRING), not (INT)',
      suggestions: [],
    });
    expect(
      resolveFunction('=', [column('a'), column('m', { kind: 'MAP', key: INT, value: INT, nullable: true })]),
    ).toEqual({
      error: "INT = MAP<INT, INT>: these types can't be compared; write a CAST",
      suggestions: [],
    });
  });
  test('casts arguments to what the signature wants', () => {
    expect(call('SQRT', column('a'))).toMatchObject({
      fn: 'SQRT',
      args: [{ op: 'call', fn: 'CAST', type: { kind: 'DOUBLE' } }],
    });
  });
});
