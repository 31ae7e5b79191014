/** Aggregate calls as accumulators and the code that keeps them. */
import type { Row } from '../../record/types.js';
import { Codegen, type CodegenOptions, propertyKey } from '../codegen/codegen.js';
import type { RowCode } from '../codegen/generate.js';
import type { AggregateCall } from '../ir.js';
import { aggregateById } from './resolve.js';
import { type AccField, SlotTable } from './slots.js';

/** A plain object with the fields of `accFields`, in that order. */
export type Acc = Record<string, any>;

/**
 * The accumulator of some aggregate calls: as functions, and as source for an operator that builds one function of its own
 * (`…Code`, `…Exprs`; the Codegen must be the one that builds it, and its declarations go into that function).
 */
export interface CompiledAggregates {
  readonly accFields: readonly AccField[];
  /** Those that hold Maps which only get more keys. */
  readonly growing: readonly string[];
  create(): Acc;
  add(acc: Acc, row: Row): void;
  /** Takes back a row that was added. Only when compiled with `retract`. */
  retract(acc: Acc, row: Row): void;
  /** Adds what `from` holds to `into`. `from` comes later than `into` (matters for FIRST_VALUE, LISTAGG); it isn't changed. */
  merge(into: Acc, from: Acc): void;
  /** An accumulator that shares nothing with `acc`. */
  copy(acc: Acc): Acc;
  /** The results under the names of the calls. */
  result(acc: Acc): Row;
  createCode(): string;
  addCode(acc: string, row: RowCode, cg: Codegen): string;
  retractCode(acc: string, row: RowCode, cg: Codegen): string;
  mergeCode(into: string, from: string, cg: Codegen): string;
  copyCode(acc: string, cg: Codegen): string;
  /** The code of each call's result, in order. */
  resultExprs(acc: string, cg: Codegen): string[];
}

/** Throws when a call names no aggregate function. */
export function compileAggregates(
  calls: readonly AggregateCall[],
  opts: { readonly retract: boolean } & CodegenOptions,
): CompiledAggregates {
  const table = new SlotTable(opts.retract);
  const results = calls.map((call) => {
    const def = aggregateById(call.fn);
    if (!def) throw new Error(`no aggregate function with id ${call.fn}`);
    return def.plan(call, table);
  });
  const resultExprs = (acc: string, cg: Codegen) => results.map((result) => result(acc, cg));
  const build = <T>(make: (cg: Codegen) => { params: string; body: string }): T => {
    const cg = new Codegen(opts);
    const { params, body } = make(cg);
    return cg.build<T>(`return (${params}) => {\n${cg.takeDeclarations()}${body}\n};`);
  };
  return {
    accFields: table.fields,
    growing: table.growing(),
    create: build(() => ({ params: '', body: `return ${table.createCode()};` })),
    add: build((cg) => ({ params: 'acc, row', body: table.updateCode('add', 'acc', 'row', cg) })),
    retract: opts.retract
      ? build((cg) => ({ params: 'acc, row', body: table.updateCode('retract', 'acc', 'row', cg) }))
      : () => {
          throw new Error('these aggregates were compiled without retraction');
        },
    merge: build((cg) => ({ params: 'into, from', body: table.mergeCode('into', 'from', cg) })),
    copy: build((cg) => ({ params: 'acc', body: `return ${table.copyCode('acc', cg)};` })),
    result: build((cg) => ({
      params: 'acc',
      body: `return { ${resultExprs('acc', cg)
        .map((code, i) => `${propertyKey(calls[i].name)}: ${code}`)
        .join(', ')} };`,
    })),
    createCode: () => table.createCode(),
    addCode: (acc, row, cg) => table.updateCode('add', acc, row, cg),
    retractCode: (acc, row, cg) => table.updateCode('retract', acc, row, cg),
    mergeCode: (into, from, cg) => table.mergeCode(into, from, cg),
    copyCode: (acc, cg) => table.copyCode(acc, cg),
    resultExprs,
  };
}
