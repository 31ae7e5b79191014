/** Code that orders rows by some columns: NULLs first or last as each key says, strings by code points. */
import type { Codegen } from '../../expr/codegen/codegen.js';
import { comparatorOf } from '../../expr/values/compare.js';
import type { DataType } from '../../record/types.js';

export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

const NUMBERS = new Set([
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'DECIMAL',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
]);

/** Statements that return a negative number when `a` comes before `b`, a positive one when behind it, else 0. */
export function compareBody(
  orderBy: readonly SortKey[],
  a: (column: string) => string,
  b: (column: string) => string,
  typeOf: (column: string) => DataType,
  cg: Codegen,
): string {
  const tests = orderBy.map(({ column, descending, nullsFirst }, i) => {
    const type = typeOf(column);
    const [x, y] = [`x${i}`, `y${i}`];
    const nulls = type.nullable
      ? `if (${x} === null) return ${nullsFirst ? -1 : 1}; if (${y} === null) return ${nullsFirst ? 1 : -1};`
      : '';
    const [less, more] = descending ? [1, -1] : [-1, 1];
    const compare = NUMBERS.has(type.kind)
      ? `return ${x} < ${y} ? ${less} : ${more};`
      : `const c = ${cg.bind(comparatorOf(type) ?? (() => 0), 'compare')}(${x}, ${y}); if (c !== 0) return ${descending ? '-c' : 'c'};`;
    return `{ const ${x} = ${a(column)}, ${y} = ${b(column)}; if (${x} !== ${y}) { ${nulls} ${compare} } }`;
  });
  return `${tests.join('\n')} return 0;`;
}
