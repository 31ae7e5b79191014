/** Aggregates over integers and sets of them: BITMAP_BUILD_AGG and the like. */
import type { DataType } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import type { Codegen } from '../codegen/codegen.js';
import * as t from '../typing.js';
import { type BitmapOperation, bitmapCardinality, bitmapOf, combineBitmaps } from '../values/roaring.js';
import type { Bag } from './bags.js';
import type { AggregateDef, AggregateTypes } from './functions.js';

type Result = 'set' | 'cardinality';

const INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'NULL']);

function oneOf(name: string, accept: (type: DataType) => boolean, wanted: DataType, result: Result) {
  return (types: readonly DataType[]): AggregateTypes | string =>
    types.length === 1 && (accept(types[0]) || types[0].kind === 'NULL')
      ? { argTypes: [t.withNullable(wanted, types[0].nullable)], type: result === 'set' ? t.BITMAP : t.BIGINT }
      : `${name} takes (${wanted.kind}), not (${types.map(typeToString).join(', ')})`;
}

/** Values with a positive count: a retraction may overtake its addition. */
function present(bag: Bag): any[] {
  const values: any[] = [];
  for (const [key, entry] of bag) {
    const [value, count] = typeof entry === 'number' ? [key, entry] : entry;
    if (count > 0) values.push(value);
  }
  return values;
}

function build(name: string, result: Result, doc: string): AggregateDef {
  const value = (bag: Bag) => {
    const values = present(bag);
    if (values.length === 0) return null;
    return result === 'set' ? bitmapOf(values) : values.length;
  };
  return {
    names: [name],
    syntax: [`${name}(integer)`],
    doc,
    examples: [],
    infer: oneOf(name, (type) => INTEGERS.has(type.kind), t.INT, result),
    plan: (call, table) => {
      const bag = table.source(call.args, call.filter, false, false).bag();
      return (acc, cg) => `${cg.bind(value, 'bitmap')}(${acc}.${bag})`;
    },
  };
}

function fold(name: string, operation: BitmapOperation, result: Result, doc: string): AggregateDef {
  const measured = (set: Uint8Array) => (result === 'set' ? set : bitmapCardinality(set));
  const merged = (a: Uint8Array | null, b: Uint8Array | null) =>
    a === null || b === null ? (a ?? b) : combineBitmaps(a, b, operation);
  const ofBag = (bag: Bag) => {
    const sets: Uint8Array[] = present(bag);
    return sets.length === 0 ? null : measured(sets.reduce((a, b) => combineBitmaps(a, b, operation)));
  };
  const of = (set: Uint8Array | null) => (set === null ? null : measured(set));
  return {
    names: [name],
    syntax: [`${name}(bitmap)`],
    doc,
    examples: [],
    infer: oneOf(name, (type) => type.kind === 'BITMAP', t.BITMAP, result),
    plan: (call, table) => {
      const source = table.source(call.args, call.filter, call.distinct, false);
      // What XOR adds, XOR takes away; of the others the sets are kept where some may go.
      if (table.retract && operation !== 'xor') {
        const bag = source.bag();
        return (acc, cg) => `${cg.bind(ofBag, 'bitmap')}(${acc}.${bag})`;
      }
      const count = source.count();
      const apply = (into: string, from: string, cg: Codegen) =>
        `${into} = ${cg.bind(merged, 'merged')}(${into}, ${from});`;
      const field = source.custom(`bitmap ${operation}`, {
        add: (acc, [v], f, cg) => apply(`${acc}.${f}`, v, cg),
        retract: (acc, [v], f, cg) => apply(`${acc}.${f}`, v, cg),
        merge: (into, from, f, cg) => apply(`${into}.${f}`, `${from}.${f}`, cg),
      });
      return (acc, cg) => `(${acc}.${count} === 0 ? null : ${cg.bind(of, 'bitmap')}(${acc}.${field}))`;
    },
  };
}

export const BITMAP_AGGREGATES: readonly AggregateDef[] = [
  build(
    'BITMAP_BUILD_AGG',
    'set',
    'The set of the integers; NULL without one. A negative integer is its unsigned 32 bits.',
  ),
  build('BITMAP_BUILD_CARDINALITY_AGG', 'cardinality', 'Number of different integers; NULL without one.'),
  fold('BITMAP_AND_AGG', 'and', 'set', 'What is in all sets; NULL without one.'),
  fold(
    'BITMAP_AND_CARDINALITY_AGG',
    'and',
    'cardinality',
    'Number of integers that are in all sets; NULL without one.',
  ),
  fold('BITMAP_OR_AGG', 'or', 'set', 'What is in at least one of the sets; NULL without one.'),
  fold('BITMAP_OR_CARDINALITY_AGG', 'or', 'cardinality', 'Number of integers in at least one set; NULL without one.'),
  fold('BITMAP_XOR_AGG', 'xor', 'set', 'What is in an odd number of the sets; NULL without one.'),
  fold(
    'BITMAP_XOR_CARDINALITY_AGG',
    'xor',
    'cardinality',
    'Number of integers in an odd number of sets; NULL without one.',
  ),
];
