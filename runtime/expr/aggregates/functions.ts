/** The table of aggregate functions: types, documentation, and which slots of the accumulator each result is made of. */
import { type DataType, typeToString } from '../../record/types.js';
import type { Codegen } from '../codegen/codegen.js';
import { evalConstant } from '../codegen/compile.js';
import { literalValue } from '../codegen/generate.js';
import type { AggregateCall } from '../ir.js';
import * as t from '../typing.js';
import { comparatorOf } from '../values/compare.js';
import { divideDecimal, doubleToDecimal, fitDecimal } from '../values/decimal.js';
import { divideLong, type Exact } from '../values/exact.js';
import { jsonWriter, objectText } from '../values/json-text.js';
import { type Bag, bagToMultiset } from './bags.js';
import { BITMAP_AGGREGATES } from './bitmaps.js';
import { isObject, type SlotTable, type Source } from './slots.js';

export interface AggregateTypes {
  readonly argTypes: readonly DataType[];
  readonly type: DataType;
}

export interface AggregateDef {
  readonly names: readonly string[];
  readonly syntax: readonly string[];
  readonly doc: string;
  readonly examples: readonly (readonly [string, string])[];
  readonly infer: (types: readonly DataType[], distinct: boolean) => AggregateTypes | string;
  /** Asks for slots and gives the code of the result. */
  readonly plan: (call: AggregateCall, table: SlotTable) => (acc: string, cg: Codegen) => string;
}

/** The source of a call: rows that pass its filter and have no NULL argument. */
const sourceOf = (call: AggregateCall, table: SlotTable): Source =>
  table.source(call.args, call.filter, call.distinct, false);

const nullable = (type: DataType) => t.withNullable(type, true);
const list = (types: readonly DataType[]) => types.map((type) => typeToString(nullable(type))).join(', ');

const oneOf =
  (name: string, accept: (type: DataType) => boolean, what: string, result: (type: DataType) => DataType) =>
  (types: readonly DataType[]): AggregateTypes | string => {
    if (types.length !== 1) return `${name} takes one value, not ${types.length}`;
    const type = types[0].kind === 'NULL' || types[0].kind === 'ANY' ? t.DOUBLE : types[0];
    if (types[0].kind !== 'ANY' && !accept(type)) return `${name} takes ${what}, not ${list(types)}`;
    return { argTypes: [t.withNullable(type, types[0].nullable)], type: nullable(result(type)) };
  };

const averageType = (type: DataType) => (type.kind === 'DECIMAL' ? t.decimal(38, Math.max(6, type.scale)) : type);

function averageDecimal(sum: Exact, count: Exact, digits: number): Exact | null {
  return divideDecimal(sum, count, digits, 38);
}

function extreme(name: 'MIN' | 'MAX', doc: string): AggregateDef {
  const ordered = (type: DataType) => !isObject(type) && comparatorOf(type) !== undefined;
  return {
    names: [name],
    syntax: [`${name}([DISTINCT] value)`],
    doc,
    examples: [],
    infer: (types) =>
      types.length === 1 && types[0].kind === 'ANY'
        ? { argTypes: types, type: nullable(types[0]) }
        : oneOf(name, ordered, 'a value with an order', (type) => type)(types),
    plan: (call, table) => {
      const source = table.source(call.args, call.filter, false, false);
      const value = source.extreme(name === 'MIN' ? 'min' : 'max');
      const count = source.count();
      return (acc) => `(${acc}.${count} === 0 ? null : ${acc}.${value})`;
    },
  };
}

function edge(name: 'FIRST_VALUE' | 'LAST_VALUE', doc: string): AggregateDef {
  return {
    names: [name],
    syntax: [`${name}(value)`],
    doc,
    examples: [],
    infer: (types) =>
      types.length === 1
        ? { argTypes: types, type: nullable(types[0]) }
        : `${name} takes one value, not ${types.length}`,
    plan: (call, table) => {
      const source = sourceOf(call, table);
      if (table.retract) {
        const values = source.list();
        return (acc) =>
          name === 'FIRST_VALUE' ? `(${acc}.${values}[0] ?? null)` : `(${acc}.${values}.at(-1) ?? null)`;
      }
      const value = source.edge(name === 'FIRST_VALUE' ? 'first' : 'last');
      return (acc) => `${acc}.${value}`;
    },
  };
}

/** Mean square deviation, or its root, in the type of the result. */
function variance(result: DataType, sample: boolean, root: boolean) {
  return (m2: number, n: number): unknown => {
    const divisor = sample ? n - 1 : n;
    if (divisor <= 0 || m2 < 0) return null;
    const value = root ? Math.sqrt(m2 / divisor) : m2 / divisor;
    if (result.kind === 'DOUBLE') return value;
    if (result.kind === 'FLOAT') return Math.fround(value);
    return result.kind === 'DECIMAL' ? doubleToDecimal(value, result.precision, result.scale) : Math.trunc(value);
  };
}

function deviation(names: readonly string[], sample: boolean, root: boolean, doc: string): AggregateDef {
  return {
    names,
    syntax: [`${names[0]}([DISTINCT] numeric)`],
    doc,
    examples: [],
    infer: oneOf(names[0], t.isNumeric, 'a number', averageType),
    plan: (call, table) => {
      const source = sourceOf(call, table);
      const [m2, count] = [source.deviations(), source.count()];
      return (acc, cg) => `${cg.bind(variance(call.type, sample, root), 'variance')}(${acc}.${m2}, ${acc}.${count})`;
    },
  };
}

function percentile(values: number[], at: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * at;
  const low = Math.floor(place);
  const high = Math.ceil(place);
  return low === high ? sorted[low] : sorted[low] * (high - place) + sorted[high] * (place - low);
}

function percentiles(values: (number | [number, number])[], at: number | number[]): number | number[] | null {
  const flat: number[] = [];
  for (const value of values) {
    if (Array.isArray(value)) for (let i = 0; i < value[1]; i++) flat.push(value[0]);
    else flat.push(value);
  }
  if (flat.length === 0) return null;
  return Array.isArray(at) ? at.map((p) => percentile(flat, p)) : percentile(flat, at);
}

function joinStrings(values: string[], separator: string): string | null {
  return values.length === 0 ? null : values.join(separator);
}

function jsonObjectAggregate(names: readonly string[], absent: boolean, doc: string): AggregateDef {
  return {
    names,
    syntax: [`JSON_OBJECTAGG([KEY] key VALUE value [${absent ? 'ABSENT' : 'NULL'} ON NULL])`],
    doc,
    examples: [],
    infer: (types) =>
      types.length === 2 && t.isString(types[0])
        ? { argTypes: types, type: t.varchar(2000, false) }
        : `JSON_OBJECTAGG takes (STRING, value), not (${list(types)})`,
    plan: (call, table) => {
      const source = table.source(call.args, call.filter, false, true);
      const values = source.list();
      const write = jsonWriter(call.args[1].type);
      const text = (pairs: [string, any][]) => {
        const object = new Map<string, string>();
        for (const [key, value] of pairs) if (!(absent && value === null)) object.set(key, write(value));
        return objectText([...object]);
      };
      return (acc, cg) => `${cg.bind(text, 'json')}(${acc}.${values})`;
    },
  };
}

function jsonArrayAggregate(names: readonly string[], absent: boolean, doc: string): AggregateDef {
  return {
    names,
    syntax: [`JSON_ARRAYAGG(value [${absent ? 'ABSENT' : 'NULL'} ON NULL])`],
    doc,
    examples: [],
    infer: (types) =>
      types.length === 1
        ? { argTypes: types, type: t.varchar(2000, false) }
        : `JSON_ARRAYAGG takes one value, not ${types.length}`,
    plan: (call, table) => {
      const source = table.source(call.args, call.filter, false, !absent);
      const values = source.list();
      const write = jsonWriter(call.args[0].type);
      return (acc, cg) => `${cg.bind((all: any[]) => `[${all.map(write).join(',')}]`, 'json')}(${acc}.${values})`;
    },
  };
}

function arrayAggregate(names: readonly string[], keepNulls: boolean, doc: string): AggregateDef {
  return {
    names,
    syntax: [`ARRAY_AGG([DISTINCT] value [${keepNulls ? 'RESPECT' : 'IGNORE'} NULLS])`],
    doc,
    examples: [],
    infer: (types) =>
      types.length === 1
        ? { argTypes: types, type: t.array(keepNulls ? types[0] : t.withNullable(types[0], false)) }
        : `ARRAY_AGG takes one value, not ${types.length}`,
    plan: (call, table) => {
      const values = table.source(call.args, call.filter, call.distinct, keepNulls).list();
      return (acc) => `(${acc}.${values}.length === 0 ? null : ${acc}.${values}.slice())`;
    },
  };
}

function singleValue(values: any[]): any {
  if (values.length > 1) throw new Error('SINGLE_VALUE: a scalar sub-query gave more than one row');
  return values.length === 0 ? null : values[0];
}

const bigintNotNull = t.withNullable(t.BIGINT, false);

export const AGGREGATES: readonly AggregateDef[] = [
  {
    names: ['COUNT'],
    syntax: ['COUNT(*)', 'COUNT([DISTINCT] value [, value]*)'],
    doc: 'Number of rows, or of rows in which no value is NULL. With DISTINCT: of different values.',
    examples: [],
    infer: (types, distinct) =>
      distinct && types.length === 0 ? 'COUNT(DISTINCT …) takes a value' : { argTypes: types, type: bigintNotNull },
    plan: (call, table) => {
      const count = sourceOf(call, table).count();
      return (acc) => `${acc}.${count}`;
    },
  },
  {
    names: ['APPROX_COUNT_DISTINCT'],
    syntax: ['APPROX_COUNT_DISTINCT(value)'],
    doc: 'Number of different values. Counted exactly.',
    examples: [],
    infer: (types) =>
      types.length === 1 ? { argTypes: types, type: bigintNotNull } : 'APPROX_COUNT_DISTINCT takes one value',
    plan: (call, table) => {
      const count = table.source(call.args, call.filter, true, false).count();
      return (acc) => `${acc}.${count}`;
    },
  },
  {
    names: ['SUM'],
    syntax: ['SUM([DISTINCT] numeric)'],
    doc: 'Sum, in the type of the argument: integers wrap around in their width; a DECIMAL(p, s) gives DECIMAL(38, s). NULL without rows.',
    examples: [],
    infer: oneOf('SUM', t.isNumeric, 'a number', (type) =>
      type.kind === 'DECIMAL' ? t.decimal(38, type.scale) : type,
    ),
    plan: (call, table) => {
      const source = sourceOf(call, table);
      const sum = source.sum(call.type);
      const count = source.count();
      const fits =
        call.type.kind === 'DECIMAL'
          ? (acc: string, cg: Codegen) => `${cg.bind(fitDecimal, 'fit')}(${acc}.${sum}, 38)`
          : (acc: string) => `${acc}.${sum}`;
      return (acc, cg) => `(${acc}.${count} === 0 ? null : ${fits(acc, cg)})`;
    },
  },
  {
    names: ['SUM0', '$SUM0'],
    syntax: ['$SUM0(numeric)'],
    doc: 'As SUM, but 0 without rows. Made by plan rewrites.',
    examples: [],
    infer: (types) => {
      const result = oneOf('SUM0', t.isNumeric, 'a number', (type) =>
        type.kind === 'DECIMAL' ? t.decimal(38, type.scale) : type,
      )(types);
      return typeof result === 'string' ? result : { ...result, type: t.withNullable(result.type, false) };
    },
    plan: (call, table) => {
      const sum = sourceOf(call, table).sum(call.type);
      return (acc) => `${acc}.${sum}`;
    },
  },
  {
    names: ['AVG'],
    syntax: ['AVG([DISTINCT] numeric)'],
    doc: 'Average, in the type of the argument: of integers it is truncated; a DECIMAL(p, s) gives DECIMAL(38, max(6, s)).',
    examples: [],
    infer: oneOf('AVG', t.isNumeric, 'a number', averageType),
    plan: (call, table) => {
      const source = sourceOf(call, table);
      const type = call.args[0].type;
      const count = source.count();
      if (type.kind === 'DECIMAL') {
        const sum = source.sum(t.decimal(38, type.scale));
        const digits = (averageType(type) as t.DecimalType).scale - type.scale;
        return (acc, cg) =>
          `(${acc}.${count} === 0 ? null : ${cg.bind(averageDecimal, 'average')}(${acc}.${sum}, ${acc}.${count}, ${digits}))`;
      }
      const sum = source.sum(t.isApproximate(type) ? t.DOUBLE : t.BIGINT);
      return (acc, cg) => {
        const quotient = t.isApproximate(type)
          ? `${acc}.${sum} / ${acc}.${count}`
          : `${cg.bind(divideLong, 'divideLong')}(${acc}.${sum}, ${acc}.${count})`;
        return `(${acc}.${count} === 0 ? null : ${type.kind === 'FLOAT' ? `Math.fround(${quotient})` : quotient})`;
      };
    },
  },
  extreme('MIN', 'The least value; NULL without rows.'),
  extreme('MAX', 'The greatest value; NULL without rows.'),
  edge('FIRST_VALUE', "The first value that isn't NULL."),
  edge('LAST_VALUE', "The last value that isn't NULL."),
  deviation(['STDDEV_POP'], false, true, 'Standard deviation of the population.'),
  deviation(['STDDEV_SAMP', 'STDDEV'], true, true, 'Standard deviation of a sample; NULL for less than two rows.'),
  deviation(['VAR_POP'], false, false, 'Variance of the population.'),
  deviation(['VAR_SAMP', 'VARIANCE'], true, false, 'Variance of a sample; NULL for less than two rows.'),
  {
    names: ['LISTAGG'],
    syntax: ['LISTAGG([DISTINCT] string [, separator])'],
    doc: "The strings one after the other with the separator (',' by default) between them. NULLs are left out.",
    examples: [],
    infer: (types) =>
      types.length >= 1 && types.length <= 2 && types.every((type) => t.isString(type) || type.kind === 'NULL')
        ? { argTypes: types.map((type) => t.withNullable(t.STRING, type.nullable)), type: t.STRING }
        : `LISTAGG takes (STRING[, STRING]), not (${list(types)})`,
    plan: (call, table) => {
      const second = call.args[1];
      if (second && second.op !== 'literal') throw new TypeError('the separator of LISTAGG is a literal');
      const separator = JSON.stringify(second ? String(literalValue(second)) : ',');
      const source = table.source(call.args.slice(0, 1), call.filter, call.distinct, false);
      if (table.retract) {
        const values = source.list();
        return (acc, cg) => `${cg.bind(joinStrings, 'join')}(${acc}.${values}, ${separator})`;
      }
      const joined = source.joined(separator);
      const count = source.count();
      return (acc) => `(${acc}.${count} === 0 ? null : ${acc}.${joined})`;
    },
  },
  {
    names: ['COLLECT'],
    syntax: ['COLLECT([DISTINCT] value)'],
    doc: 'The values as a MULTISET. NULLs are left out.',
    examples: [],
    infer: (types) =>
      types.length === 1
        ? { argTypes: types, type: t.withNullable(t.multiset(types[0]), false) }
        : `COLLECT takes one value, not ${types.length}`,
    plan: (call, table) => {
      const bag = sourceOf(call, table).bag();
      return (acc, cg) => `${cg.bind((b: Bag) => bagToMultiset(b), 'multiset')}(${acc}.${bag})`;
    },
  },
  arrayAggregate(
    ['ARRAY_AGG', 'ARRAY_AGG RESPECT NULLS'],
    true,
    'The values as an ARRAY, NULLs included. NULL without rows.',
  ),
  arrayAggregate(['ARRAY_AGG IGNORE NULLS'], false, 'The values as an ARRAY, without NULLs.'),
  {
    names: ['PERCENTILE'],
    syntax: ['PERCENTILE(numeric, percentage[, frequency])'],
    doc: 'The value at a percentage (0 to 1) of the sorted values, interpolated; an array of percentages gives an array.',
    examples: [],
    infer: (types) => {
      if (types.length < 2 || types.length > 3 || !t.isNumeric(types[0]))
        return `PERCENTILE takes (NUMERIC, NUMERIC or ARRAY[, INTEGER]), not (${list(types)})`;
      const several = types[1].kind === 'ARRAY';
      const at = several ? t.array(t.DOUBLE, types[1].nullable) : t.withNullable(t.DOUBLE, types[1].nullable);
      const rest = types.length === 3 ? [t.withNullable(t.INT, types[2].nullable)] : [];
      return {
        argTypes: [t.withNullable(t.DOUBLE, types[0].nullable), at, ...rest],
        type: several ? t.array(t.DOUBLE) : t.DOUBLE,
      };
    },
    plan: (call, table) => {
      const [value, at, frequency] = call.args;
      const values = table.source(frequency ? [value, frequency] : [value], call.filter, call.distinct, false).list();
      return (acc, cg) => `${cg.bind(percentiles, 'percentiles')}(${acc}.${values}, ${generateConstant(at, cg)})`;
    },
  },
  jsonObjectAggregate(
    ['JSON_OBJECTAGG', 'JSON_OBJECTAGG NULL ON NULL'],
    false,
    'A JSON object of the keys and values.',
  ),
  jsonObjectAggregate(
    ['JSON_OBJECTAGG ABSENT ON NULL'],
    true,
    'A JSON object of the keys and values that are not NULL.',
  ),
  jsonArrayAggregate(
    ['JSON_ARRAYAGG', 'JSON_ARRAYAGG ABSENT ON NULL'],
    true,
    'A JSON array of the values that are not NULL.',
  ),
  jsonArrayAggregate(['JSON_ARRAYAGG NULL ON NULL'], false, 'A JSON array of the values.'),
  {
    names: ['SINGLE_VALUE'],
    syntax: ['SINGLE_VALUE(value)'],
    doc: 'The value of the only row. Fails when there are more.',
    examples: [],
    infer: (types) =>
      types.length === 1 ? { argTypes: types, type: nullable(types[0]) } : 'SINGLE_VALUE takes one value',
    plan: (call, table) => {
      const values = table.source(call.args, call.filter, false, true).list();
      return (acc, cg) => `${cg.bind(singleValue, 'single')}(${acc}.${values})`;
    },
  },
  ...BITMAP_AGGREGATES,
];

function generateConstant(expr: AggregateCall['args'][number], cg: Codegen): string {
  return cg.bind(evalConstant(expr), 'percentages');
}
