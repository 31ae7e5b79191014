import { expect, test } from '@jest/globals';
import { castFunction } from '../../../runtime/expr/casts/cast.js';
import { AGGREGATES, compileExpr, FUNCTIONS, isAggregate, resolveAggregate } from '../../../runtime/expr/index.js';
import { isBinary, STRING } from '../../../runtime/expr/typing.js';
import { bindText } from './bind-text.js';

test('every example in the function table gives what it says', () => {
  const wrong: string[] = [];
  for (const def of FUNCTIONS) {
    for (const [sql, expected] of def.examples) {
      let shown: string;
      try {
        const expr = bindText(sql);
        const value = compileExpr(expr)({});
        if (value === null) shown = 'NULL';
        else if (isBinary(expr.type)) shown = `x'${Buffer.from(value).toString('hex')}'`;
        else shown = String(castFunction(expr.type, STRING, { tryCast: false, zone: 'UTC' })(value));
      } catch (error) {
        shown = String(error);
      }
      if (shown !== expected) wrong.push(`${def.id}: ${sql} is ${shown}, not ${expected}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('no aggregate has the name of a scalar function', () => {
  const both = FUNCTIONS.flatMap((def) => def.names).filter(isAggregate);
  expect(both).toEqual([]);
  for (const def of AGGREGATES) for (const name of def.names) expect(resolveAggregate(name, [], false)).toBeDefined();
});
