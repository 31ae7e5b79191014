/**
 * Aggregates that a script brings along: CREATE AGGREGATE FUNCTION f(x DOUBLE) RETURNS DOUBLE LANGUAGE JAVASCRIPT AS
 * $$ { init: () => …, add: (acc, x) => …, result: (acc) => … } $$.
 *
 * A call of one is the call `$JSAGG` (name, source, values …). With `merge`, and with `retract` where rows are taken back, the
 * accumulator alone is kept; without them the values are, and the result is computed from all of them.
 */

import type { Codegen } from '../codegen/codegen.js';
import { resultOf, ScriptFunctionError } from '../functions/script.js';
import type { AggregateCall } from '../ir.js';
import type { AggregateDef } from './functions.js';
import type { SlotTable } from './slots.js';

/** What the source of an aggregate is: an object expression. `add`, `retract` and `merge` change the accumulator or return another. */
export interface ScriptAggregate {
  init(): unknown;
  add(acc: unknown, ...values: unknown[]): unknown;
  retract?(acc: unknown, ...values: unknown[]): unknown;
  merge?(acc: unknown, other: unknown): unknown;
  result(acc: unknown): unknown;
}

/** Parses the source and runs nothing of it. Throws SyntaxError. */
export function parseScriptAggregate(source: string): () => ScriptAggregate {
  return new Function(`'use strict';\nreturn (${source}\n);`) as () => ScriptAggregate;
}

/** The object itself. Throws a TypeError for one that lacks a function. */
function compileScriptAggregate(source: string): ScriptAggregate {
  const made = parseScriptAggregate(source)();
  for (const name of ['init', 'add', 'result'] as const) {
    if (typeof made?.[name] !== 'function') throw new TypeError(`there is no function '${name}' in it`);
  }
  return made;
}

export const SCRIPT_AGGREGATE: AggregateDef = {
  names: ['$JSAGG'],
  syntax: [],
  doc: 'A call of an aggregate that the script made with CREATE AGGREGATE FUNCTION.',
  examples: [],
  infer: () => 'only the planner writes $JSAGG',
  plan: planScriptAggregate,
};

function planScriptAggregate(call: AggregateCall, table: SlotTable): (acc: string, cg: Codegen) => string {
  const [name, source] = call.args.slice(0, 2).map((arg) => String(arg.op === 'literal' ? arg.value : ''));
  const made = compileScriptAggregate(source);
  const guarded =
    <A extends unknown[]>(work: (...args: A) => unknown) =>
    (...args: A): unknown => {
      try {
        return work(...args);
      } catch (cause) {
        throw new ScriptFunctionError(`aggregate ${name} failed: ${(cause as Error)?.message ?? cause}`, { cause });
      }
    };
  const check = resultOf(name, call.type);
  const changed = (acc: unknown, next: unknown) => (next === undefined ? acc : next);
  const values = call.args.slice(2);
  const rows = table.source(values, call.filter, call.distinct, true);
  if (!made.merge || (table.retract && !made.retract)) {
    const list = rows.list();
    const over = guarded((all: readonly unknown[]) =>
      check(
        made.result(
          all.reduce(
            (acc: unknown, v) => changed(acc, made.add(acc, ...(values.length === 1 ? [v] : (v as unknown[])))),
            made.init(),
          ),
        ),
      ),
    );
    return (acc, cg) => `${cg.bind(over, 'aggregateOf')}(${acc}.${list})`;
  }
  const add = guarded((acc: unknown, ...v: unknown[]) => {
    const before = acc ?? made.init();
    return changed(before, made.add(before, ...v));
  });
  const retract = guarded((acc: unknown, ...v: unknown[]) => {
    const before = acc ?? made.init();
    return changed(before, made.retract!(before, ...v));
  });
  const merge = guarded((into: unknown, from: unknown) => {
    if (from === null) return into;
    return into === null ? structuredClone(from) : changed(into, made.merge!(into, structuredClone(from)));
  });
  const field = rows.custom(name + source, {
    add: (acc, v, f, cg) => `${acc}.${f} = ${cg.bind(add, 'add')}(${[`${acc}.${f}`, ...v].join(', ')});`,
    retract: (acc, v, f, cg) => `${acc}.${f} = ${cg.bind(retract, 'retract')}(${[`${acc}.${f}`, ...v].join(', ')});`,
    merge: (into, from, f, cg) => `${into}.${f} = ${cg.bind(merge, 'merge')}(${into}.${f}, ${from}.${f});`,
  });
  const result = guarded((acc: unknown) => check(made.result(acc ?? made.init())));
  return (acc, cg) => `${cg.bind(result, 'result')}(${acc}.${field})`;
}
