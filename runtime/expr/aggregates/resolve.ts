/** What the binder asks about aggregate functions. */
import { type DataType, typeToString } from '../../record/types.js';
import * as t from '../typing.js';

/** Types for an aggregate call, or what is wrong with it. */
export type AggregateSignature = { readonly type: DataType; readonly argTypes: readonly DataType[] };

const NAMES = ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'];

/**
 * The types of an aggregate call: what to cast the arguments to, and the result (nullable unless the function always has
 * one, as COUNT). `undefined` when the name is no aggregate function.
 */
export function resolveAggregate(
  name: string,
  argTypes: readonly DataType[],
  _distinct: boolean,
): AggregateSignature | { error: string } | undefined {
  const upper = name.toUpperCase();
  if (!NAMES.includes(upper)) return undefined;
  if (upper === 'COUNT') return { type: t.withNullable(t.BIGINT, false), argTypes };
  if (argTypes.length !== 1) return { error: `${upper} takes one value` };
  const [type] = argTypes;
  if (upper === 'MIN' || upper === 'MAX') return { type: t.withNullable(type, true), argTypes };
  if (!t.isNumeric(type)) return { error: `${upper} takes a number, not ${typeToString(type)}` };
  if (type.kind === 'DECIMAL') {
    return { type: t.decimal(38, upper === 'SUM' ? type.scale : Math.max(6, type.scale), true), argTypes };
  }
  return { type: t.withNullable(type, true), argTypes };
}

/** True when the name is an aggregate function. */
export function isAggregate(name: string): boolean {
  return NAMES.includes(name.toUpperCase());
}
