/**
 * Expressions: types, the table of functions, and the JavaScript made of them.
 *
 * ```ts
 * const call = resolveFunction('+', [column, literal]);         // binder: names and types
 * if ('error' in call) report(call.error, call.suggestions);
 * const project = compileProjection([{ name: 'x', expr: call.expr }]);  // runner: one function
 * project({ a: 1 });                                            // { x: 2 }
 * ```
 */
export { type Acc, type CompiledAggregates, compileAggregates } from './aggregates/compile.js';
export { AGGREGATES, type AggregateDef } from './aggregates/functions.js';
export { type AggregateSignature, aggregateNames, isAggregate, resolveAggregate } from './aggregates/resolve.js';
export type { AccField } from './aggregates/slots.js';
export { castProblem } from './casts/allowed.js';
export { CastError } from './casts/cast.js';
export { Codegen, type CodegenOptions, property, propertyKey } from './codegen/codegen.js';
export {
  compileExpr,
  compilePredicate,
  compileProjection,
  evalConstant,
  foldConstants,
  generateProjection,
  isConstant,
  literalOf,
} from './codegen/compile.js';
export { generate, generateCondition, literalValue } from './codegen/generate.js';
export type { Family, FunctionDef } from './functions/definition.js';
export { FUNCTIONS, functionById, functionByName, functionNames } from './functions/index.js';
export * from './ir.js';
export {
  nearest,
  type ResolveError,
  type ResolveOptions,
  resolveCast,
  resolveFunction,
  withTimeZone,
} from './resolve.js';
export * from './typing.js';
export { ArithmeticError } from './values/exact.js';
