/** What the binder asks about aggregate functions. */
import type { DataType } from '../../record/types.js';
import { AGGREGATES, type AggregateDef } from './functions.js';
import { SCRIPT_AGGREGATE } from './script.js';

const byName = new Map<string, AggregateDef>();
for (const def of AGGREGATES) for (const name of def.names) byName.set(name, def);

/** Types for an aggregate call. `fn` is what an AggregateCall holds. */
export interface AggregateSignature {
  readonly fn: string;
  readonly type: DataType;
  readonly argTypes: readonly DataType[];
}

/**
 * The types of an aggregate call: what to cast the arguments to, and the result (nullable unless the function always has
 * one, as COUNT). `undefined` when the name is no aggregate function. Variants are names: 'ARRAY_AGG IGNORE NULLS',
 * 'JSON_OBJECTAGG ABSENT ON NULL', 'JSON_ARRAYAGG NULL ON NULL'.
 */
export function resolveAggregate(
  name: string,
  argTypes: readonly DataType[],
  distinct: boolean,
): AggregateSignature | { readonly error: string } | undefined {
  const def = byName.get(name.toUpperCase());
  if (!def) return undefined;
  const result = def.infer(argTypes, distinct);
  return typeof result === 'string' ? { error: result } : { fn: def.names[0], ...result };
}

/** True when the name is an aggregate function. */
export function isAggregate(name: string): boolean {
  return byName.has(name.toUpperCase());
}

export function aggregateById(fn: string): AggregateDef | undefined {
  // What only the planner writes isn't in the reference.
  return fn === SCRIPT_AGGREGATE.names[0] ? SCRIPT_AGGREGATE : byName.get(fn);
}

export function aggregateNames(): string[] {
  return [...byName.keys()];
}
