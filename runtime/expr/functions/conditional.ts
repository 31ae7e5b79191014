/** CASE, COALESCE and their like. Branches are evaluated only when they are taken. */
import { type DataType, typeToString } from '../../record/types.js';
import * as t from '../typing.js';
import { comparatorOf } from '../values/compare.js';
import { compareCode } from './comparison.js';
import { defineFamily, type EmitCall } from './definition.js';
import type { Infer } from './signature.js';

const isBoolean = (type: DataType) => type.kind === 'BOOLEAN' || type.kind === 'NULL' || type.kind === 'ANY';
const condition = (type: DataType) => t.withNullable(t.BOOLEAN, type.nullable);
const noCommon = (name: string, types: readonly DataType[]) =>
  `${name}: no common type of ${types.map(typeToString).join(', ')}; write a CAST`;

const caseInfer: Infer = (types) => {
  if (types.length < 3 || types.length % 2 === 0) return 'CASE takes conditions, values and a last value';
  const isCondition = (i: number) => i % 2 === 0 && i < types.length - 1;
  const values = types.filter((_, i) => !isCondition(i));
  const wrong = types.find((type, i) => isCondition(i) && !isBoolean(type));
  if (wrong) return `a condition of CASE is BOOLEAN, not ${typeToString(wrong)}`;
  const common = t.leastRestrictive(values);
  if (!common) return noCommon('CASE', values);
  return {
    argTypes: types.map((type, i) => (isCondition(i) ? condition(type) : t.withNullable(common, type.nullable))),
    type: t.withNullable(
      common,
      values.some((type) => type.nullable),
    ),
  };
};

const coalesceInfer: Infer = (types) => {
  if (types.length === 0) return 'COALESCE takes at least one value';
  const common = t.widest(types);
  if (!common) return noCommon('COALESCE', types);
  return {
    argTypes: types.map((type) => t.withNullable(common, type.nullable)),
    type: t.withNullable(
      common,
      types.every((type) => type.nullable),
    ),
  };
};

const extreme =
  (name: string): Infer =>
  (types) => {
    if (types.length === 0) return `${name} takes at least one value`;
    const common = t.widest(types);
    if (!common || (common.kind !== 'NULL' && !comparatorOf(common))) return noCommon(name, types);
    return {
      argTypes: types.map((type) => t.withNullable(common, type.nullable)),
      type: t.withNullable(
        common,
        types.some((type) => type.nullable),
      ),
    };
  };

function extremeCode(op: '<' | '>', args: string[], e: EmitCall): string {
  const type = e.type;
  let best = args[0];
  for (let i = 1; i < args.length; i++) {
    const x = e.cg.temp();
    const y = e.cg.temp();
    best = `((${x} = ${best}), (${y} = ${args[i]}), ${compareCode(op, y, x, type, type, e)} ? ${y} : ${x})`;
  }
  return best;
}

export const CONDITIONAL = defineFamily('conditional', [
  {
    names: ['CASE'],
    syntax: [
      'CASE value WHEN value1 THEN result1 [WHEN …] [ELSE result] END',
      'CASE WHEN condition1 THEN result1 [WHEN …] [ELSE result] END',
    ],
    signatures: ['(BOOLEAN, ANY, ANY...) -> T2'],
    infer: caseInfer,
    nulls: 'custom',
    doc: 'The result of the first condition that is TRUE, else the ELSE result, else NULL.',
    examples: [['CASE WHEN 1 > 2 THEN 10 ELSE 20 END', '20']],
    emit: (args, e) => {
      let code = '';
      for (let i = 0; i + 1 < args.length; i += 2) code += `${e.condition(i, true)} ? ${args[i + 1]} : `;
      return `(${code}${args[args.length - 1]})`;
    },
    condition: (args, e, wanted) => {
      let code = '';
      for (let i = 0; i + 1 < args.length; i += 2) code += `${e.condition(i, true)} ? ${e.condition(i + 1, wanted)} : `;
      return `(${code}${e.condition(args.length - 1, wanted)})`;
    },
  },
  {
    names: ['IF'],
    signatures: ['(BOOLEAN, ANY, ANY) -> T2'],
    infer: (types, args) => (types.length === 3 ? caseInfer(types, args) : 'IF takes (condition, value, value)'),
    nulls: 'custom',
    doc: 'The second value when the condition is TRUE, else the third.',
    examples: [['IF(1 < 2, 10, 20)', '10']],
    emit: (args, e) => `(${e.condition(0, true)} ? ${args[1]} : ${args[2]})`,
  },
  {
    names: ['COALESCE'],
    signatures: ['(ANY, ANY...) -> T1'],
    infer: coalesceInfer,
    nulls: 'custom',
    doc: "The first value that isn't NULL.",
    examples: [['COALESCE(NULL, 5)', '5']],
    emit: (args, e) => coalesceCode(args, e),
  },
  {
    names: ['IFNULL'],
    signatures: ['(ANY, ANY) -> T1'],
    infer: (types, args) => (types.length === 2 ? coalesceInfer(types, args) : 'IFNULL takes (value, value)'),
    nulls: 'custom',
    doc: 'The first value unless it is NULL, else the second.',
    examples: [['IFNULL(NULL, 5)', '5']],
    emit: (args, e) => coalesceCode(args, e),
  },
  {
    names: ['NULLIF'],
    signatures: ['(ANY, ANY) -> T1?'],
    infer: (types) => {
      if (types.length !== 2) return 'NULLIF takes (value, value)';
      if (!t.comparableTypes(types[0], types[1])) return noCommon('NULLIF', types);
      const exact = t.isExactNumeric(types[0]) && t.isExactNumeric(types[1]);
      const second = exact || types[1].kind === 'NULL' ? types[1] : t.withNullable(types[0], types[1].nullable);
      return { argTypes: [types[0], second], type: t.withNullable(types[0], true) };
    },
    nulls: 'custom',
    doc: 'NULL when both values are equal, else the first.',
    examples: [['NULLIF(5, 5)', 'NULL']],
    emit: ([a, b], e) => {
      const x = e.cg.temp();
      const y = e.cg.temp();
      if (e.types[1].kind === 'NULL') return a;
      return `((${x} = ${a}), (${y} = ${b}), ${x} !== null && ${y} !== null && ${compareCode('=', x, y, e.types[0], e.types[1], e)} ? null : ${x})`;
    },
  },
  {
    names: ['GREATEST'],
    signatures: ['(ANY, ANY...) -> T1'],
    infer: extreme('GREATEST'),
    doc: 'The greatest value; NULL when one is NULL.',
    examples: [['GREATEST(1, 3, 2)', '3']],
    emit: (args, e) => extremeCode('>', args, e),
  },
  {
    names: ['LEAST'],
    signatures: ['(ANY, ANY...) -> T1'],
    infer: extreme('LEAST'),
    doc: 'The least value; NULL when one is NULL.',
    examples: [['LEAST(1, 3, 2)', '1']],
    emit: (args, e) => extremeCode('<', args, e),
  },
]);

function coalesceCode(args: string[], e: EmitCall): string {
  let code = '';
  for (let i = 0; i < args.length; i++) {
    if (i === args.length - 1 || !e.types[i].nullable) return `(${code}${args[i]})`;
    const x = e.cg.temp();
    code += `(${x} = ${args[i]}) !== null ? ${x} : `;
  }
  return code;
}
