/** Comparison: =, <, BETWEEN, IN, IS NULL, … */
import { type DataType, typeToString } from '../../record/types.js';
import * as t from '../typing.js';
import { comparableTypes, isBinary, isExactNumeric, isString, leastRestrictive, withNullable } from '../typing.js';
import { comparatorOf, compareBytes, compareText, deepEquals, equalBytes } from '../values/compare.js';
import { rescaleCode } from '../values/decimal.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

type Operator = '=' | '<>' | '<' | '<=' | '>' | '>=';
const JS_OPERATOR: Record<Operator, string> = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

const scaleOf = (type: DataType) => (type.kind === 'DECIMAL' ? type.scale : 0);

/** The code of `a op b` for values that aren't NULL; each operand stands in it once. */
export function compareCode(op: Operator, a: string, b: string, typeA: DataType, typeB: DataType, e: EmitCall): string {
  const js = JS_OPERATOR[op];
  const equality = op === '=' || op === '<>';
  if (isExactNumeric(typeA) && isExactNumeric(typeB)) {
    const digits = scaleOf(typeB) - scaleOf(typeA);
    const left = digits > 0 ? rescaleCode(a, digits, e.fn) : a;
    const right = digits < 0 ? rescaleCode(b, -digits, e.fn) : b;
    return `(${left} ${js} ${right})`;
  }
  if (isString(typeA)) return equality ? `(${a} ${js} ${b})` : `(${e.fn(compareText, a, b)} ${js} 0)`;
  if (isBinary(typeA)) {
    if (equality) return `${op === '=' ? '' : '!'}${e.fn(equalBytes, a, b)}`;
    return `(${e.fn(compareBytes, a, b)} ${js} 0)`;
  }
  switch (typeA.kind) {
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
    case 'ANY':
    case 'BITMAP':
      if (equality) return `${op === '=' ? '' : '!'}${e.fn(deepEquals, a, b)}`;
      if (typeA.kind !== 'ANY') return `(${e.fn(comparatorOf(typeA)!, a, b)} ${js} 0)`;
  }
  return `(${a} ${js} ${b})`;
}

const comparable =
  (name: string, ordered: boolean): Infer =>
  (types) => {
    if (types.length !== 2) return `${name} compares two values, not ${types.length}`;
    const both = comparableTypes(types[0], types[1]);
    if (!both || (ordered && both.some((type) => type.kind !== 'NULL' && !comparatorOf(type)))) {
      return `${typeToString(types[0])} ${name} ${typeToString(types[1])}: these types can't be compared; write a CAST`;
    }
    return {
      argTypes: both,
      type: withNullable(
        t.BOOLEAN,
        both.some((type) => type.nullable),
      ),
    };
  };

function operator(op: Operator, doc: string, examples: readonly (readonly [string, string])[]): FunctionEntry {
  return {
    names: op === '<>' ? ['<>', '!='] : [op],
    syntax: [`value1 ${op} value2`],
    signatures: ['(ANY, ANY) -> BOOLEAN'],
    infer: comparable(op, op !== '=' && op !== '<>'),
    doc,
    examples,
    emit: ([a, b], e) => compareCode(op, a, b, e.types[0], e.types[1], e),
    condition: (args, e, wanted) => {
      // a = b with at most one side nullable: NULL equals nothing, no check needed.
      const direct = op === '=' ? wanted : op === '<>' ? !wanted : false;
      if (!direct || (e.types[0].nullable && e.types[1].nullable)) return undefined;
      const simple = [...e.types].every(
        (type) => isString(type) || type.kind === 'BOOLEAN' || 'precision' in type === false,
      );
      if (
        !simple ||
        ['ARRAY', 'MAP', 'MULTISET', 'ROW', 'ANY', 'BITMAP', 'NULL'].includes(e.types[0].kind) ||
        isBinary(e.types[0])
      )
        return undefined;
      return `(${args[0]} === ${args[1]})`;
    },
  };
}

const between: Infer = (types) => {
  if (types.length !== 3) return `BETWEEN takes a value and two bounds, not ${types.length} values`;
  const low = comparable('>=', true)([types[0], types[1]], []);
  if (typeof low === 'string') return low;
  const high = comparable('<=', true)([types[0], types[2]], []);
  if (typeof high === 'string') return high;
  const common = leastRestrictive(types);
  const argTypes = types.every(isExactNumeric)
    ? types
    : common
      ? types.map((type) => withNullable(common, type.nullable))
      : [low.argTypes[0], low.argTypes[1], high.argTypes[1]];
  return {
    argTypes,
    type: withNullable(
      t.BOOLEAN,
      types.some((type) => type.nullable),
    ),
  };
};

/** AND of two three-valued codes. */
const and = (a: string, b: string, e: EmitCall) => {
  const x = e.cg.temp();
  const y = e.cg.temp();
  return `((${x} = ${a}) === false || (${y} = ${b}) === false ? false : ${x} === null || ${y} === null ? null : true)`;
};
const or = (a: string, b: string, e: EmitCall) => {
  const x = e.cg.temp();
  const y = e.cg.temp();
  return `((${x} = ${a}) === true || (${y} = ${b}) === true ? true : ${x} === null || ${y} === null ? null : false)`;
};

const nullable = (op: Operator, a: string, b: string, i: number, j: number, e: EmitCall) =>
  `(${a} === null || ${b} === null ? null : ${compareCode(op, a, b, e.types[i], e.types[j], e)})`;

const inList: Infer = (types) => {
  if (types.length < 2) return 'IN takes a value and a list';
  if (types.every((type) => isExactNumeric(type) || type.kind === 'NULL')) {
    return {
      argTypes: types,
      type: withNullable(
        t.BOOLEAN,
        types.some((type) => type.nullable),
      ),
    };
  }
  const common = leastRestrictive(types) ?? comparableTypes(types[0], types[1])?.[0];
  if (!common) return `IN: ${types.map(typeToString).join(', ')} can't be compared`;
  const keep = isString(common) && types.every((type) => isString(type) || type.kind === 'NULL');
  return {
    argTypes: keep ? types : types.map((type) => withNullable(common, type.nullable)),
    type: withNullable(
      t.BOOLEAN,
      types.some((type) => type.nullable),
    ),
  };
};

const one = (types: readonly DataType[], name: string) => ({
  argTypes: types,
  type: withNullable(t.BOOLEAN, false),
  name,
});

function isNullEntry(name: string, negated: boolean, doc: string, example: readonly [string, string]): FunctionEntry {
  return {
    names: [name],
    syntax: [`value ${name}`],
    signatures: ['(ANY) -> BOOLEAN!'],
    infer: (types) => (types.length === 1 ? one(types, name) : `${name} takes one value`),
    nulls: 'custom',
    doc,
    examples: [example],
    emit: ([a], e) => (e.types[0].nullable ? `(${a} ${negated ? '!==' : '==='} null)` : String(negated)),
  };
}

function distinctEntry(name: string, negated: boolean, doc: string, example: readonly [string, string]): FunctionEntry {
  return {
    names: [name],
    syntax: [`value1 ${name} value2`],
    signatures: ['(ANY, ANY) -> BOOLEAN!'],
    infer: (types) => {
      const result = comparable(name, false)(types, []);
      return typeof result === 'string' ? result : { ...result, type: withNullable(t.BOOLEAN, false) };
    },
    nulls: 'custom',
    doc,
    examples: [example],
    emit: ([a, b], e) => {
      const x = e.cg.temp();
      const y = e.cg.temp();
      const same = `((${x} = ${a}), (${y} = ${b}), ${x} === null || ${y} === null ? ${x} === ${y} : ${compareCode('=', x, y, e.types[0], e.types[1], e)})`;
      return negated ? same : `!${same}`;
    },
  };
}

export const COMPARISON = defineFamily('comparison', [
  operator('=', 'TRUE when both values are equal.', [
    ['1 = 1.0', 'TRUE'],
    ['NULL = 1', 'NULL'],
  ]),
  operator('<>', 'TRUE when the values differ.', [["'a' <> 'b'", 'TRUE']]),
  operator('<', 'TRUE when value1 is less. Strings are ordered by code points.', [['1 < 2', 'TRUE']]),
  operator('<=', 'TRUE when value1 is less or equal.', [['2 <= 2', 'TRUE']]),
  operator('>', 'TRUE when value1 is greater.', [['2 > 1', 'TRUE']]),
  operator('>=', 'TRUE when value1 is greater or equal.', [['2 >= 2', 'TRUE']]),
  isNullEntry('IS NULL', false, 'TRUE when the value is NULL.', ['NULL IS NULL', 'TRUE']),
  isNullEntry('IS NOT NULL', true, "TRUE when the value isn't NULL.", ['1 IS NOT NULL', 'TRUE']),
  distinctEntry('IS DISTINCT FROM', false, 'TRUE when the values differ, NULL being a value like others.', [
    '1 IS DISTINCT FROM NULL',
    'TRUE',
  ]),
  distinctEntry('IS NOT DISTINCT FROM', true, 'TRUE when the values are equal or both NULL.', [
    'NULL IS NOT DISTINCT FROM NULL',
    'TRUE',
  ]),
  {
    names: ['BETWEEN'],
    syntax: ['value1 BETWEEN value2 AND value3'],
    signatures: ['(ANY, ANY, ANY) -> BOOLEAN'],
    infer: between,
    nulls: 'custom',
    doc: 'value1 >= value2 AND value1 <= value3.',
    examples: [
      ['12 BETWEEN 15 AND 12', 'FALSE'],
      ['12 BETWEEN NULL AND 10', 'FALSE'],
    ],
    emit: ([v, low, high], e) => {
      const [x, l, h] = [e.cg.temp(), e.cg.temp(), e.cg.temp()];
      return `((${x} = ${v}), (${l} = ${low}), (${h} = ${high}), ${and(nullable('>=', x, l, 0, 1, e), nullable('<=', x, h, 0, 2, e), e)})`;
    },
    condition: ([v, low, high], e, wanted) => {
      if (!wanted || e.types.some((type) => type.nullable)) return undefined;
      const x = e.cg.temp();
      return `((${x} = ${v}), ${compareCode('>=', x, low, e.types[0], e.types[1], e)} && ${compareCode('<=', x, high, e.types[0], e.types[2], e)})`;
    },
  },
  {
    names: ['BETWEEN SYMMETRIC'],
    syntax: ['value1 BETWEEN SYMMETRIC value2 AND value3'],
    signatures: ['(ANY, ANY, ANY) -> BOOLEAN'],
    infer: between,
    nulls: 'custom',
    doc: 'TRUE when value1 lies between value2 and value3, in whichever order these are.',
    examples: [['12 BETWEEN SYMMETRIC 15 AND 12', 'TRUE']],
    emit: ([v, low, high], e) => {
      const [x, l, h] = [e.cg.temp(), e.cg.temp(), e.cg.temp()];
      const up = and(nullable('>=', x, l, 0, 1, e), nullable('<=', x, h, 0, 2, e), e);
      const down = and(nullable('>=', x, h, 0, 2, e), nullable('<=', x, l, 0, 1, e), e);
      return `((${x} = ${v}), (${l} = ${low}), (${h} = ${high}), ${or(up, down, e)})`;
    },
  },
  {
    names: ['IN'],
    syntax: ['value IN (value1, value2, …)'],
    signatures: ['(ANY, ANY...) -> BOOLEAN'],
    infer: inList,
    nulls: 'custom',
    doc: 'TRUE when the value equals one of the list; NULL when it does not and the value or an element of the list is NULL.',
    examples: [
      ['4 IN (1, 2, 3)', 'FALSE'],
      ['4 IN (1, 2, NULL)', 'NULL'],
    ],
    emit: (args, e) => inCode(args, e),
  },
]);

function inCode(args: string[], e: EmitCall): string {
  const values = args.slice(1).map((_, i) => e.literal(i + 1));
  const x = e.cg.temp();
  const type = e.types[0];
  const direct = isString(type) || (type.kind !== 'DECIMAL' && (isExactNumeric(type) || 'precision' in type));
  const alike = e.types.every((other) => other.kind === 'NULL' || (scaleOf(other) === 0 && other.kind !== 'DECIMAL'));
  const missing = e.types.slice(1).some((other) => other.nullable);
  const check = (found: string, otherwise: string) =>
    type.nullable
      ? `((${x} = ${args[0]}) === null ? null : ${found} ? true : ${otherwise})`
      : `((${x} = ${args[0]}), ${found}${otherwise === 'false' ? '' : ` ? true : ${otherwise}`})`;
  if (direct && alike && values.every((value) => value !== undefined)) {
    const list = values.filter((value) => value !== null);
    const otherwise = list.length < values.length ? 'null' : 'false';
    const found =
      list.length <= 4
        ? `(${list.map((_, i) => `${x} === ${args[1 + values.indexOf(list[i])]}`).join(' || ') || 'false'})`
        : `${e.cg.bind(new Set(list), 'set')}.has(${x})`;
    return check(found, otherwise);
  }
  const found: string[] = [];
  const nulls: string[] = [];
  for (let i = 1; i < args.length; i++) {
    if (e.types[i].kind === 'NULL') {
      nulls.push('true');
      continue;
    }
    const y = e.cg.temp();
    const equal = compareCode('=', x, y, type, e.types[i], e);
    found.push(e.types[i].nullable ? `((${y} = ${args[i]}) !== null && ${equal})` : `((${y} = ${args[i]}), ${equal})`);
    if (e.types[i].nullable) nulls.push(`${y} === null`);
  }
  return check(`(${found.join(' || ') || 'false'})`, missing ? `(${nulls.join(' || ')}) ? null : false` : 'false');
}
