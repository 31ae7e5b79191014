/** map, filter and flatMap with users' functions. Each instance is its own compiled closure, so that V8 inlines the chain. */
import type { FunctionSpec } from '../graph/plan.js';
import type { Row } from '../record/types.js';
import type { TransformFactory } from './contract.js';
import { compileUserFunction, userError } from './user-code.js';

const BODIES = {
  map: 'let out; try { out = f(row); } catch (e) { throw fail(e, row); } emit(out, kind);',
  filter: 'let keep; try { keep = f(row); } catch (e) { throw fail(e, row); } if (keep) emit(row, kind);',
  flatMap:
    'let out; try { out = f(row); if (out != null) for (const r of out) emit(r, kind); } catch (e) { throw fail(e, row); }',
} as const;

export const userFunction: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as FunctionSpec;
  const kind = spec.kind as keyof typeof BODIES;
  const f = compileUserFunction<(row: Row) => unknown>(spec.code, ctx.node, kind);
  const fail = (error: unknown, row: Row) => userError(error, ctx.node, kind, row);
  const process = new Function(
    'f',
    'emit',
    'fail',
    `'use strict'; return function ${kind}(row, kind) { ${BODIES[kind]} };`,
  )(f, ctx.emit, fail);
  return { process };
};
