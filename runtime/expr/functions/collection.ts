/** Functions of arrays and maps. */
import { type DataType, typeToString } from '../../record/types.js';
import * as t from '../typing.js';
import { comparatorOf, deepEquals, valueKey } from '../values/compare.js';
import { defineFamily, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

type ArrayType = Extract<DataType, { element: DataType }>;
type MapType = Extract<DataType, { kind: 'MAP' }>;

export class CollectionError extends Error {
  readonly code = 'TW5006';
  override name = 'CollectionError';
}

export const nullableOf = (types: readonly DataType[]) => types.some((type) => type.nullable);
export const show = (types: readonly DataType[]) =>
  types.map((type) => typeToString(t.withNullable(type, true))).join(', ');
const isArray = (type: DataType): type is ArrayType => type.kind === 'ARRAY';

function element(list: any[]): any {
  if (list.length > 1) throw new CollectionError(`ELEMENT takes an array of one element, this one has ${list.length}`);
  return list[0] ?? null;
}

/** Second argument: a value that is cast to the element type (or both get the common type). */
const withElement =
  (name: string, result: (list: ArrayType) => DataType): Infer =>
  (types) => {
    if (types.length !== 2 || !isArray(types[0])) return `${name} takes (ARRAY, element), not (${show(types)})`;
    const common = t.leastRestrictive([types[0].element, types[1]]);
    if (!common) return `${name}: ${show([types[1]])} is no element of ${show([types[0]])}`;
    const list = t.array(
      t.withNullable(common, types[0].element.nullable || (name !== 'ARRAY_CONTAINS' && types[1].nullable)),
      types[0].nullable,
    ) as ArrayType;
    return { argTypes: [list, t.withNullable(common, types[1].nullable)], type: result(list) };
  };

const arrays =
  (name: string): Infer =>
  (types) => {
    const common =
      types.length > 0 && types.every((type) => type.kind === 'ARRAY' || type.kind === 'NULL')
        ? t.leastRestrictive(types)
        : undefined;
    if (!common || !isArray(common)) return `${name} takes arrays of the same type, not (${show(types)})`;
    return {
      argTypes: types.map((type) => t.withNullable(common, type.nullable)),
      type: t.withNullable(common, nullableOf(types)),
    };
  };

const sameArray =
  (name: string, further: (types: readonly DataType[]) => readonly DataType[] | undefined): Infer =>
  (types) => {
    const rest = further(types.slice(1));
    if (types.length === 0 || !isArray(types[0]) || !rest) return `${name} takes (ARRAY…), not (${show(types)})`;
    return { argTypes: [types[0], ...rest], type: t.withNullable(types[0], nullableOf(types)) };
  };

const integers = (count: number) => (types: readonly DataType[]) =>
  types.length <= count && types.every((type) => t.isInteger(type) || type.kind === 'NULL')
    ? types.map((type) => t.withNullable(t.INT, type.nullable))
    : undefined;
const booleans = (count: number) => (types: readonly DataType[]) =>
  types.length <= count && types.every((type) => type.kind === 'BOOLEAN' || type.kind === 'NULL')
    ? types.map((type) => t.withNullable(t.BOOLEAN, type.nullable))
    : undefined;

function distinct(list: any[]): any[] {
  const seen = new Map<unknown, any>();
  for (const value of list) if (!seen.has(valueKey(value))) seen.set(valueKey(value), value);
  return [...seen.values()];
}

function slice(list: any[], start: number, end = list.length): any[] {
  const n = list.length;
  const from = start === 0 ? 1 : start < 0 ? Math.max(1, n + start + 1) : start;
  const to = end === 0 ? 1 : end < 0 ? n + end + 1 : Math.min(end, n);
  return from > to ? [] : list.slice(from - 1, to);
}

function sorter(type: DataType): (list: any[], ascending?: boolean, nullsFirst?: boolean) => any[] {
  const compare = comparatorOf(type)!;
  return (list, ascending = true, nullsFirst = ascending) => {
    const values = list.filter((value) => value !== null).sort((a, b) => (ascending ? compare(a, b) : compare(b, a)));
    const nulls = list.filter((value) => value === null);
    return nullsFirst ? [...nulls, ...values] : [...values, ...nulls];
  };
}

function best(type: DataType, sign: number): (list: any[]) => any {
  const compare = comparatorOf(type)!;
  return (list) => {
    let result: any = null;
    for (const value of list)
      if (value !== null && (result === null || compare(value, result) * sign > 0)) result = value;
    return result;
  };
}

function join(list: (string | null)[], separator: string, forNull?: string): string {
  return list
    .map((value) => value ?? forNull)
    .filter((value) => value !== undefined)
    .join(separator);
}

function extreme(name: string, sign: number): FunctionEntry {
  return {
    names: [name],
    signatures: ['(ARRAY) -> E1?'],
    infer: (types) =>
      types.length === 1 && isArray(types[0]) && comparatorOf(types[0].element)
        ? { argTypes: types, type: t.withNullable(types[0].element, true) }
        : `${name} takes an ARRAY of values with an order, not (${show(types)})`,
    doc: `The ${sign > 0 ? 'greatest' : 'least'} element; NULLs are left out.`,
    examples: [[`${name}(ARRAY[1, 5, 3])`, sign > 0 ? '5' : '1']],
    emit: ([a], e) => e.fn(best((e.types[0] as ArrayType).element, sign), a),
  };
}

const mapPart = (
  name: string,
  part: (type: MapType) => DataType,
  doc: string,
  example: readonly [string, string],
  call: (map: Map<any, any>) => unknown,
): FunctionEntry => ({
  names: [name],
  signatures: ['(MAP) -> T1'],
  infer: (types) =>
    types.length === 1 && types[0].kind === 'MAP'
      ? { argTypes: types, type: t.withNullable(part(types[0]), types[0].nullable) }
      : `${name} takes a MAP, not (${show(types)})`,
  doc,
  examples: [example],
  call,
});

function fromArrays(keys: any[], values: any[]): Map<any, any> {
  if (keys.length !== values.length)
    throw new CollectionError(
      `MAP_FROM_ARRAYS takes arrays of the same length, not ${keys.length} and ${values.length}`,
    );
  return new Map(keys.map((key, i) => [key, values[i]]));
}

export const COLLECTION = defineFamily('collection', [
  {
    names: ['CARDINALITY'],
    signatures: ['(ARRAY) -> INT', '(MAP) -> INT', '(MULTISET) -> INT'],
    doc: 'Number of elements or entries.',
    examples: [['CARDINALITY(ARRAY[1, 2])', '2']],
    emit: ([a], e) => (e.types[0].kind === 'ARRAY' ? `${a}.length` : `${a}.size`),
  },
  {
    names: ['ELEMENT'],
    signatures: ['(ARRAY) -> E1'],
    infer: (types) =>
      types.length === 1 && isArray(types[0])
        ? { argTypes: types, type: t.withNullable(types[0].element, true) }
        : 'ELEMENT takes an ARRAY',
    doc: 'The only element; NULL for an empty array; fails for more.',
    examples: [['ELEMENT(ARRAY[5])', '5']],
    call: element,
  },
  {
    names: ['ARRAY_CONTAINS'],
    signatures: ['(ARRAY, ANY) -> BOOLEAN'],
    infer: withElement('ARRAY_CONTAINS', (list) => t.withNullable(t.BOOLEAN, list.nullable)),
    nulls: 'custom',
    doc: 'TRUE when the array has the element (also NULL).',
    examples: [['ARRAY_CONTAINS(ARRAY[1, 2], 2)', 'TRUE']],
    emit: (args, e) =>
      e.fn(
        (list: any[] | null, value: any) => (list === null ? null : list.some((other) => deepEquals(other, value))),
        ...args,
      ),
  },
  {
    names: ['ARRAY_DISTINCT'],
    signatures: ['(ARRAY) -> T1'],
    doc: 'Each element once, in order.',
    examples: [['ARRAY_DISTINCT(ARRAY[1, 2, 1])', '[1, 2]']],
    call: distinct,
  },
  {
    names: ['ARRAY_POSITION'],
    signatures: ['(ARRAY, ANY) -> INT'],
    infer: withElement('ARRAY_POSITION', (list) => t.withNullable(t.INT, list.nullable || list.element.nullable)),
    doc: '1-based position of the element; 0 when it is not there.',
    examples: [['ARRAY_POSITION(ARRAY[1, 2], 2)', '2']],
    call: (list: any[], value: any) => list.findIndex((other) => deepEquals(other, value)) + 1,
  },
  {
    names: ['ARRAY_REMOVE'],
    signatures: ['(ARRAY, ANY) -> T1'],
    infer: withElement('ARRAY_REMOVE', (list) => list),
    nulls: 'custom',
    doc: 'The array without all elements equal to the value.',
    examples: [['ARRAY_REMOVE(ARRAY[1, 2, 1], 1)', '[2]']],
    emit: (args, e) =>
      e.fn(
        (list: any[] | null, value: any) => (list === null ? null : list.filter((other) => !deepEquals(other, value))),
        ...args,
      ),
  },
  {
    names: ['ARRAY_REVERSE'],
    signatures: ['(ARRAY) -> T1'],
    doc: 'The elements in reverse order.',
    examples: [['ARRAY_REVERSE(ARRAY[1, 2])', '[2, 1]']],
    call: (list: any[]) => [...list].reverse(),
  },
  {
    names: ['ARRAY_APPEND'],
    signatures: ['(ARRAY, ANY) -> T1'],
    infer: withElement('ARRAY_APPEND', (list) => list),
    nulls: 'custom',
    doc: 'The array with one more element at its end.',
    examples: [['ARRAY_APPEND(ARRAY[1], 2)', '[1, 2]']],
    emit: (args, e) => e.fn((list: any[] | null, value: any) => (list === null ? null : [...list, value]), ...args),
  },
  {
    names: ['ARRAY_PREPEND'],
    signatures: ['(ARRAY, ANY) -> T1'],
    infer: withElement('ARRAY_PREPEND', (list) => list),
    nulls: 'custom',
    doc: 'The array with one more element at its start.',
    examples: [['ARRAY_PREPEND(ARRAY[1], 0)', '[0, 1]']],
    emit: (args, e) => e.fn((list: any[] | null, value: any) => (list === null ? null : [value, ...list]), ...args),
  },
  {
    names: ['ARRAY_CONCAT'],
    signatures: ['(ARRAY, ARRAY...) -> T1'],
    infer: arrays('ARRAY_CONCAT'),
    doc: 'The arrays one after the other.',
    examples: [['ARRAY_CONCAT(ARRAY[1], ARRAY[2])', '[1, 2]']],
    call: (...lists: any[][]) => lists.flat(1),
  },
  {
    names: ['ARRAY_UNION'],
    signatures: ['(ARRAY, ARRAY) -> T1'],
    infer: arrays('ARRAY_UNION'),
    doc: 'Elements of one or the other, each once.',
    examples: [['ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])', '[1, 2, 3]']],
    call: (a: any[], b: any[]) => distinct([...a, ...b]),
  },
  {
    names: ['ARRAY_EXCEPT'],
    signatures: ['(ARRAY, ARRAY) -> T1'],
    infer: arrays('ARRAY_EXCEPT'),
    doc: 'Elements of the first that the second does not have, each once.',
    examples: [['ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2])', '[1]']],
    call: (a: any[], b: any[]) => {
      const other = new Set(b.map(valueKey));
      return distinct(a.filter((value) => !other.has(valueKey(value))));
    },
  },
  {
    names: ['ARRAY_INTERSECT'],
    signatures: ['(ARRAY, ARRAY) -> T1'],
    infer: arrays('ARRAY_INTERSECT'),
    doc: 'Elements that both have, each once.',
    examples: [['ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3])', '[2]']],
    call: (a: any[], b: any[]) => {
      const other = new Set(b.map(valueKey));
      return distinct(a.filter((value) => other.has(valueKey(value))));
    },
  },
  extreme('ARRAY_MAX', 1),
  extreme('ARRAY_MIN', -1),
  {
    names: ['ARRAY_SLICE'],
    signatures: ['(ARRAY, INT, INT?) -> T1'],
    infer: sameArray('ARRAY_SLICE', (types) => (types.length > 0 ? integers(2)(types) : undefined)),
    doc: 'Elements from a 1-based position to another (both included); negative ones count from the end.',
    examples: [['ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3)', '[2, 3]']],
    call: slice,
  },
  {
    names: ['ARRAY_SORT'],
    signatures: ['(ARRAY, BOOLEAN?, BOOLEAN?) -> T1'],
    infer: sameArray('ARRAY_SORT', booleans(2)),
    doc: 'Sorted; ascending unless FALSE; NULLs first when ascending unless the third argument says otherwise.',
    examples: [['ARRAY_SORT(ARRAY[3, 1, 2])', '[1, 2, 3]']],
    emit: (args, e) => e.fn(sorter((e.types[0] as ArrayType).element), ...args),
  },
  {
    names: ['ARRAY_JOIN'],
    signatures: ['(ARRAY, STRING, STRING?) -> STRING'],
    infer: (types) =>
      types.length >= 2 &&
      types.length <= 3 &&
      isArray(types[0]) &&
      t.isString(types[0].element) &&
      types.slice(1).every(t.isString)
        ? { argTypes: types, type: t.withNullable(t.STRING, nullableOf(types)) }
        : `ARRAY_JOIN takes (ARRAY<STRING>, STRING[, STRING]), not (${show(types)})`,
    doc: 'The elements as one string with a separator; NULLs are left out, or replaced by the third string.',
    examples: [["ARRAY_JOIN(ARRAY['a', 'b'], '-')", 'a-b']],
    call: join,
  },
  mapPart(
    'MAP_KEYS',
    (type) => t.array(type.key),
    'The keys.',
    ["MAP_KEYS(MAP['a', 1])", '[a]'],
    (map) => [...map.keys()],
  ),
  mapPart(
    'MAP_VALUES',
    (type) => t.array(type.value),
    'The values.',
    ["MAP_VALUES(MAP['a', 1])", '[1]'],
    (map) => [...map.values()],
  ),
  mapPart(
    'MAP_ENTRIES',
    (type) =>
      t.array(
        t.rowOf([
          { name: 'key', type: type.key },
          { name: 'value', type: type.value },
        ]),
      ),
    'The entries as rows of key and value.',
    ["MAP_ENTRIES(MAP['a', 1])", '[(a, 1)]'],
    (map) => [...map].map(([key, value]) => ({ key, value })),
  ),
  {
    names: ['MAP_FROM_ARRAYS'],
    signatures: ['(ARRAY, ARRAY) -> MAP'],
    infer: (types) =>
      types.length === 2 && isArray(types[0]) && isArray(types[1])
        ? { argTypes: types, type: t.map(types[0].element, types[1].element, nullableOf(types)) }
        : `MAP_FROM_ARRAYS takes (ARRAY, ARRAY), not (${show(types)})`,
    doc: 'A map of an array of keys and one of values.',
    examples: [["MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])", '{a=1}']],
    call: fromArrays,
  },
  {
    names: ['MAP_UNION'],
    signatures: ['(MAP, MAP...) -> T1'],
    infer: (types) => {
      const common =
        types.length > 0 && types.every((type) => type.kind === 'MAP' || type.kind === 'NULL')
          ? t.leastRestrictive(types)
          : undefined;
      if (common?.kind !== 'MAP') return `MAP_UNION takes maps of the same type, not (${show(types)})`;
      return {
        argTypes: types.map((type) => t.withNullable(common, type.nullable)),
        type: t.withNullable(common, nullableOf(types)),
      };
    },
    doc: 'The entries of all maps; later ones win.',
    examples: [["MAP_UNION(MAP['a', 1], MAP['a', 2])", '{a=2}']],
    call: (...maps: Map<any, any>[]) => new Map(maps.flatMap((map) => [...map])),
  },
]);
