/** Arrays, maps and rows made, and what is in them. */
import type { DataType } from '../../record/types.js';
import { property, propertyKey } from '../codegen/codegen.js';
import * as t from '../typing.js';
import { deepEquals } from '../values/compare.js';
import { variantElement, variantField } from '../values/variant.js';
import { CollectionError, nullableOf, show } from './collection.js';
import { defineFamily, type EmitCall } from './definition.js';
import type { Infer } from './signature.js';

/** ARRAY[a, b]: elements of a common type. */
const arrayInfer: Infer = (types) => {
  if (types.length === 0) return 'ARRAY takes at least one element';
  const common = t.leastRestrictive(types);
  if (!common) return `ARRAY: no common type of ${show(types)}`;
  return {
    argTypes: types.map((type) => t.withNullable(common, type.nullable)),
    type: t.array(t.withNullable(common, nullableOf(types)), false),
  };
};

const mapInfer: Infer = (types) => {
  if (types.length === 0 || types.length % 2 === 1) return 'MAP takes keys and values in turn';
  const [keys, values] = [types.filter((_, i) => i % 2 === 0), types.filter((_, i) => i % 2 === 1)];
  const key = t.leastRestrictive(keys);
  const value = t.leastRestrictive(values);
  if (!key || !value) return `MAP: no common type of ${show(key ? values : keys)}`;
  return {
    argTypes: types.map((type, i) => t.withNullable(i % 2 === 0 ? key : value, type.nullable)),
    type: t.map(t.withNullable(key, nullableOf(keys)), t.withNullable(value, nullableOf(values)), false),
  };
};

/** Maps with keys that are compared by content find them by search. */
function mapGet(map: Map<any, any>, key: any): any {
  const direct = map.get(key);
  if (direct !== undefined) return direct;
  if (key === null || typeof key !== 'object') return null;
  for (const [k, v] of map) if (deepEquals(k, key)) return v;
  return null;
}

function makeMap(...pairs: any[]): Map<any, any> {
  const map = new Map();
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  return map;
}

function at(list: any[], index: number): any {
  if (index < 1) throw new CollectionError(`array positions begin at 1, not ${index}`);
  return list[index - 1] ?? null;
}

function itemCode([value, index]: string[], e: EmitCall): string {
  switch (e.types[0].kind) {
    case 'ARRAY':
      return e.fn(at, value, index);
    case 'VARIANT':
      return e.fn(t.isString(e.types[1]) ? variantField : variantElement, value, index);
    case 'ROW': {
      const position = e.literal(1);
      return property(value, typeof position === 'number' ? e.types[0].fields[position - 1].name : String(position));
    }
    case 'ANY':
      return e.fn(
        (object: any, key: any) =>
          object instanceof Map
            ? mapGet(object, key)
            : (object[typeof key === 'number' && Array.isArray(object) ? key - 1 : key] ?? null),
        value,
        index,
      );
    default:
      return e.fn(mapGet, value, index);
  }
}

export const CONSTRUCTION = defineFamily('construction', [
  {
    names: ['ARRAY'],
    syntax: ['ARRAY[value1, value2, …]'],
    signatures: ['(ANY, ANY...) -> ARRAY'],
    infer: arrayInfer,
    nulls: 'custom',
    doc: 'An array.',
    examples: [['ARRAY[1, 2]', '[1, 2]']],
    emit: (args) => `[${args.join(', ')}]`,
  },
  {
    names: ['MAP'],
    syntax: ['MAP[key1, value1, key2, value2, …]'],
    signatures: ['(ANY, ANY, ANY...) -> MAP'],
    infer: mapInfer,
    nulls: 'custom',
    doc: 'A map.',
    examples: [["MAP['a', 1]", '{a=1}']],
    emit: (args, e) => e.fn(makeMap, ...args),
  },
  {
    names: ['ROW'],
    syntax: ['ROW(value1, value2, …)', '(value1, value2, …)'],
    signatures: ['(ANY, ANY...) -> ROW'],
    infer: (types) => ({
      argTypes: types,
      type: t.rowOf(
        types.map((type, i) => ({ name: `EXPR$${i}`, type })),
        false,
      ),
    }),
    nulls: 'custom',
    doc: 'A row; its fields are named EXPR$0, EXPR$1, …',
    examples: [["ROW(1, 'a')", '(1, a)']],
    emit: (args, e) =>
      `({ ${args.map((arg, i) => `${propertyKey((e.type as Extract<DataType, { kind: 'ROW' }>).fields[i].name)}: ${arg}`).join(', ')} })`,
  },
]);

export const ITEM = defineFamily('access', [
  {
    names: ['ITEM'],
    syntax: ['array[position]', 'map[key]', "variant['name']", 'variant[position]'],
    signatures: ['(ARRAY, INT) -> E1?', '(MAP, ANY) -> ANY?'],
    infer: (types, args) => {
      if (types.length !== 2) return 'ITEM takes a collection and a position or key';
      const [value, index] = types;
      switch (value.kind) {
        case 'ANY':
          return { argTypes: types, type: t.ANY };
        case 'ARRAY':
          if (!t.isInteger(index) && index.kind !== 'NULL') return `an array has whole positions, not ${show([index])}`;
          return {
            argTypes: [value, t.withNullable(t.INT, index.nullable)],
            type: t.withNullable(value.element, true),
          };
        case 'MAP':
          if (!t.comparableTypes(value.key, index)) return `${show([index])} is no key of ${show([value])}`;
          return {
            argTypes: [
              value,
              t.isExactNumeric(value.key) || !t.isString(value.key) ? t.withNullable(value.key, index.nullable) : index,
            ],
            type: t.withNullable(value.value, true),
          };
        case 'VARIANT':
          if (t.isString(index) || t.isInteger(index)) return { argTypes: types, type: t.VARIANT };
          return `a VARIANT has names and whole positions, not ${show([index])}`;
        case 'ROW': {
          const position = args[1]?.op === 'literal' && typeof args[1].value === 'number' ? args[1].value : 0;
          const field = value.fields[position - 1];
          return field
            ? { argTypes: types, type: t.withNullable(field.type, field.type.nullable || value.nullable) }
            : `a row of ${value.fields.length} fields has no field ${position}`;
        }
        default:
          return `${show([value])} is no ARRAY, MAP, ROW or VARIANT`;
      }
    },
    doc: 'The element at a 1-based position, or the value of a key; NULL when there is none.',
    examples: [
      ['ARRAY[1, 2, 3][2]', '2'],
      ["MAP['a', 1]['a']", '1'],
    ],
    emit: itemCode,
  },
]);
