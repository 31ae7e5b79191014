/** Three-valued logic. */
import { typeToString } from '../../record/types.js';
import * as t from '../typing.js';
import { defineFamily, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

const booleans =
  (name: string, result: (nullable: boolean) => boolean, count?: number): Infer =>
  (types) => {
    if (count !== undefined && types.length !== count)
      return `${name} takes ${count} BOOLEAN, not ${types.length} values`;
    const wrong = types.find((type) => type.kind !== 'BOOLEAN' && type.kind !== 'NULL' && type.kind !== 'ANY');
    if (wrong) return `${name} takes BOOLEAN, not ${typeToString(wrong)}`;
    const nullable = types.some((type) => type.nullable);
    return {
      argTypes: types.map((type) => t.withNullable(t.BOOLEAN, type.nullable)),
      type: t.withNullable(t.BOOLEAN, result(nullable)),
    };
  };

function junction(name: 'AND' | 'OR', doc: string, example: readonly [string, string]): FunctionEntry {
  const decisive = name === 'OR';
  const js = name === 'OR' ? '||' : '&&';
  return {
    names: [name],
    syntax: [`boolean1 ${name} boolean2`],
    signatures: ['(BOOLEAN, BOOLEAN) -> BOOLEAN'],
    infer: booleans(name, (nullable) => nullable),
    nulls: 'custom',
    doc,
    examples: [example],
    emit: (args, e) => {
      if (!e.types.some((type) => type.nullable)) return `(${args.join(` ${js} `)})`;
      const temps = args.map(() => e.cg.temp());
      const decided = args.map((arg, i) => `(${temps[i]} = ${arg}) === ${decisive}`).join(' || ');
      const unknown = temps
        .filter((_, i) => e.types[i].nullable)
        .map((temp) => `${temp} === null`)
        .join(' || ');
      return `(${decided} ? ${decisive} : ${unknown} ? null : ${!decisive})`;
    },
    condition: (_, e, wanted) =>
      `(${e.types.map((_, i) => e.condition(i, wanted)).join(wanted === decisive ? ' || ' : ' && ')})`,
  };
}

function test(
  name: string,
  wanted: boolean,
  negated: boolean,
  doc: string,
  example: readonly [string, string],
): FunctionEntry {
  const code = (e: Parameters<NonNullable<FunctionEntry['emit']>>[1]) =>
    `${negated ? '!' : ''}${e.condition(0, wanted)}`;
  return {
    names: [name],
    syntax: [`boolean ${name}`],
    signatures: ['(BOOLEAN) -> BOOLEAN!'],
    infer: booleans(name, () => false, 1),
    nulls: 'custom',
    doc,
    examples: [example],
    emit: (_, e) => code(e),
  };
}

function unknown(name: string, negated: boolean): FunctionEntry {
  return {
    names: [name],
    syntax: [`boolean ${name}`],
    signatures: ['(BOOLEAN) -> BOOLEAN!'],
    infer: booleans(name, () => false, 1),
    nulls: 'custom',
    doc: negated ? 'TRUE when the boolean is TRUE or FALSE.' : 'TRUE when the boolean is NULL.',
    examples: [[`(1 = NULL) ${name}`, negated ? 'FALSE' : 'TRUE']],
    emit: ([a], e) => (e.types[0].nullable ? `(${a} ${negated ? '!==' : '==='} null)` : String(negated)),
  };
}

export const LOGICAL = defineFamily('logical', [
  junction(
    'AND',
    'TRUE when both are TRUE, FALSE when one is FALSE, else NULL. The second is evaluated only when needed.',
    ['TRUE AND NULL', 'NULL'],
  ),
  junction(
    'OR',
    'TRUE when one is TRUE, FALSE when both are FALSE, else NULL. The second is evaluated only when needed.',
    ['TRUE OR NULL', 'TRUE'],
  ),
  {
    names: ['NOT'],
    syntax: ['NOT boolean'],
    signatures: ['(BOOLEAN) -> BOOLEAN'],
    infer: booleans('NOT', (nullable) => nullable, 1),
    doc: 'TRUE for FALSE, FALSE for TRUE, NULL for NULL.',
    examples: [['NOT TRUE', 'FALSE']],
    emit: ([a]) => `!${a}`,
    condition: (_, e, wanted) => e.condition(0, !wanted),
  },
  test('IS TRUE', true, false, 'TRUE when the boolean is TRUE, else FALSE.', ['NULL IS TRUE', 'FALSE']),
  test('IS NOT TRUE', true, true, 'TRUE when the boolean is FALSE or NULL.', ['NULL IS NOT TRUE', 'TRUE']),
  test('IS FALSE', false, false, 'TRUE when the boolean is FALSE, else FALSE.', ['NULL IS FALSE', 'FALSE']),
  test('IS NOT FALSE', false, true, 'TRUE when the boolean is TRUE or NULL.', ['NULL IS NOT FALSE', 'TRUE']),
  unknown('IS UNKNOWN', false),
  unknown('IS NOT UNKNOWN', true),
]);
