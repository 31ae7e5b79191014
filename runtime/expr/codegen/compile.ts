/** Expressions as JavaScript functions: each through one `new Function`. */
import type { Row } from '../../record/types.js';
import { functionById } from '../functions/index.js';
import type { CallExpr, Expr, LiteralExpr, NamedExpr } from '../ir.js';
import { Codegen, type CodegenOptions, propertyKey } from './codegen.js';
import { generate, generateCondition, isZoneArgument } from './generate.js';

/** The value of an expression for a row. */
export function compileExpr(expr: Expr, options?: CodegenOptions): (row: Row) => any {
  return compileAsIs(foldConstants(expr, 'fold'), options);
}

function compileAsIs(expr: Expr, options?: CodegenOptions): (row: Row) => any {
  const cg = new Codegen(options);
  const value = generate(expr, 'row', cg);
  return cg.build(`return (row) => {\n${cg.takeDeclarations()}return ${value};\n};`);
}

/** True for rows for which the BOOLEAN expression is TRUE (not FALSE, not NULL). */
export function compilePredicate(expr: Expr, options?: CodegenOptions): (row: Row) => boolean {
  const cg = new Codegen(options);
  const value = generateCondition(foldConstants(expr, 'fold'), 'row', cg);
  return cg.build(`return (row) => {\n${cg.takeDeclarations()}return ${value};\n};`);
}

/** The code of an object literal with the named values in order, so that all results share one hidden class. */
export function generateProjection(exprs: readonly NamedExpr[], row: string, cg: Codegen): string {
  return `{ ${exprs.map(({ name, expr }) => `${propertyKey(name)}: ${generate(foldConstants(expr, 'fold'), row, cg)}`).join(', ')} }`;
}

/** A new row with the named values in order. */
export function compileProjection(exprs: readonly NamedExpr[], options?: CodegenOptions): (row: Row) => Row {
  const cg = new Codegen(options);
  const value = generateProjection(exprs, 'row', cg);
  return cg.build(`return (row) => {\n${cg.takeDeclarations()}return ${value};\n};`);
}

/** True when the value of the expression depends on nothing: no column, no clock, no randomness. */
export function isConstant(expr: Expr): boolean {
  if (expr.op === 'literal') return true;
  if (expr.op === 'column') return false;
  const def = functionById(expr.fn);
  return def?.foldable === true && expr.args.every(isConstant);
}

/** The value of an expression without columns. Throws what the evaluation throws (`/ by zero`, a failed cast). */
export function evalConstant(expr: Expr, options?: CodegenOptions): any {
  return compileAsIs(expr, options)({});
}

/** A call whose value depends on the session's time zone and that doesn't have it yet. */
export function dependsOnZone(call: CallExpr): boolean {
  if (!functionById(call.fn)?.zoned) return false;
  if (call.args.length > 0 && isZoneArgument(call.args[call.args.length - 1])) return false;
  if (call.fn === 'FROM_UNIXTIME' || call.fn === 'UNIX_TIMESTAMP' || call.args.length === 0) return true;
  return JSON.stringify([call.type, call.args.map((arg) => arg.type)]).includes('"TIMESTAMP_LTZ"');
}

/**
 * The expression with its constant parts computed. What has no literal form (arrays, maps, NaN) and what fails stays a
 * call, so that it fails when it is evaluated, if ever.
 */
export function foldConstants(expr: Expr, zoned: 'keep' | 'fold' = 'keep'): Expr {
  if (expr.op !== 'call') return expr;
  const args = expr.args.map((arg) => foldConstants(arg, zoned));
  const folded: Expr = args.every((arg, i) => arg === expr.args[i]) ? expr : { ...expr, args };
  if (!isConstant(folded)) return folded;
  const widened = widenedLiteral(folded as CallExpr);
  if (widened) return widened;
  // Its zone isn't known before withTimeZone.
  if (zoned === 'keep' && dependsOnZone(folded as CallExpr)) return folded;
  try {
    return literalOf(evalConstant(folded), folded.type) ?? folded;
  } catch {
    return folded;
  }
}

const INTEGER_WIDTHS = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];

/** `CAST(2 AS BIGINT)`, which comparisons with literals are full of: no code has to be made for it. */
function widenedLiteral({ fn, args: [arg], type }: CallExpr): LiteralExpr | undefined {
  if (fn !== 'CAST' || arg.op !== 'literal' || typeof arg.value !== 'number') return undefined;
  const [from, to] = [INTEGER_WIDTHS.indexOf(arg.type.kind), INTEGER_WIDTHS.indexOf(type.kind)];
  return from >= 0 && from <= to ? literalOf(arg.value, type) : undefined;
}

/** A literal with that in-memory value, or `undefined` when there is no literal for it. */
export function literalOf(value: unknown, type: LiteralExpr['type']): LiteralExpr | undefined {
  if (value === null) return { op: 'literal', value: null, type: { ...type, nullable: true } as LiteralExpr['type'] };
  const known = type.nullable ? ({ ...type, nullable: false } as LiteralExpr['type']) : type;
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0) ? { op: 'literal', value, type: known } : undefined;
  }
  if (typeof value === 'bigint') return { op: 'literal', value: String(value), encoding: 'bigint', type: known };
  if (typeof value === 'string' || typeof value === 'boolean') return { op: 'literal', value, type: known };
  if (value instanceof Uint8Array) {
    return { op: 'literal', value: Buffer.from(value).toString('base64'), encoding: 'base64', type: known };
  }
  return undefined;
}
