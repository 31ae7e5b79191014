/**
 * From a bound expression to JavaScript text.
 *
 * A strict call over nullable arguments becomes `(t = a) === null || (u = b) === null ? null : t + u`: each argument is
 * evaluated once, arguments that can't be NULL are not checked. In a condition (filter, AND, CASE) the three-valued logic
 * is gone: generateCondition asks only whether the value is TRUE, or only whether it is FALSE.
 */
import type { DataType } from '../../record/types.js';
import type { EmitCall, FunctionDef } from '../functions/definition.js';
import { functionById } from '../functions/index.js';
import type { CallExpr, Expr, LiteralExpr } from '../ir.js';
import { type Codegen, property } from './codegen.js';

/** Where columns are found: the variable of a row, or the code of each column by name. */
export type RowCode = string | ((column: string) => string);

function columnCode(row: RowCode, name: string): string {
  return typeof row === 'string' ? property(row, name) : row(name);
}

/** The code of the value of `expr` for the row in variable `row`. */
export function generate(expr: Expr, row: RowCode, cg: Codegen): string {
  switch (expr.op) {
    case 'column':
      return columnCode(row, expr.name);
    case 'literal':
      return literalCode(expr, cg);
    default:
      return generateCall(expr, row, cg);
  }
}

/** Code that is `true` exactly when the BOOLEAN `expr` is TRUE (`wanted` false: exactly when it is FALSE). */
export function generateCondition(expr: Expr, row: RowCode, cg: Codegen, wanted = true): string {
  if (expr.op === 'literal') return String(expr.value === wanted);
  if (expr.op === 'column') {
    const code = columnCode(row, expr.name);
    if (expr.type.nullable) return `(${code} === ${wanted})`;
    return wanted ? code : `!${code}`;
  }
  const target = prepare(expr);
  const { def, call } = target;
  if (def.condition) {
    const special = def.condition(lazyArguments(call, row, cg), emitCall(target, row, cg), wanted);
    if (special !== undefined) return special;
  }
  if (def.nulls === 'strict') {
    if (hasNullLiteral(call)) return 'false';
    const { checks, atoms } = strictArguments(call, def, row, cg);
    const value = def.emit(atoms, emitCall(target, row, cg));
    const test = def.mayBeNull(call) ? `${value} === ${wanted}` : wanted ? value : `!${value}`;
    return checks.length === 0 ? `(${test})` : `(${checks.map((c) => `${c} !== null`).join(' && ')} && ${test})`;
  }
  const value = generateCall(expr, row, cg);
  if (expr.type.nullable) return `(${value} === ${wanted})`;
  return wanted ? value : `!${value}`;
}

interface Prepared {
  readonly def: FunctionDef;
  /** Without the time zone. */
  readonly call: CallExpr;
  readonly zone: string;
}

/** The entry of a call, and its session time zone (see withTimeZone). */
function prepare(call: CallExpr): Prepared {
  const def = functionById(call.fn);
  if (!def) throw new Error(`no function with id ${call.fn}`);
  const last = call.args[call.args.length - 1];
  if (!def.zoned || !last || !isZoneArgument(last)) return { def, call, zone: 'UTC' };
  return { def, call: { ...call, args: call.args.slice(0, -1) }, zone: String((last as LiteralExpr).value) };
}

function generateCall(expr: CallExpr, row: RowCode, cg: Codegen): string {
  const target = prepare(expr);
  const { def, call } = target;
  const context = emitCall(target, row, cg);
  if (def.nulls === 'custom') return def.emit(lazyArguments(call, row, cg), context);
  if (hasNullLiteral(call)) return 'null';
  const { checks, atoms } = strictArguments(call, def, row, cg);
  const value = def.emit(atoms, context);
  return checks.length === 0 ? value : `(${checks.map((c) => `${c} === null`).join(' || ')} ? null : ${value})`;
}

/**
 * The code of the arguments, generated when it is asked for: an entry that wants an argument only as a condition doesn't
 * pay for its value, and nested CASEs don't double at each level.
 */
function lazyArguments(call: CallExpr, row: RowCode, cg: Codegen): string[] {
  const codes: string[] = [];
  call.args.forEach((arg, i) => {
    let code: string | undefined;
    Object.defineProperty(codes, i, { enumerable: true, get: () => (code ??= generate(arg, row, cg)) });
  });
  return codes;
}

/** Assignments whose value being `null` makes the whole NULL, and the code of the value after they weren't. */
interface Parts {
  readonly checks: string[];
  readonly value: string;
}

/** Strict calls inside strict calls share one list of checks: `a * 2 + b` is NULL when a or b is. */
function nullableParts(expr: Expr, row: RowCode, cg: Codegen): Parts {
  if (!expr.type.nullable || expr.op === 'literal') return { checks: [], value: generate(expr, row, cg) };
  if (expr.op === 'call' && expr.args.some((arg) => arg.type.nullable)) {
    const target = prepare(expr);
    const { def, call } = target;
    if (def.nulls === 'strict' && !def.mayBeNull(call) && !hasNullLiteral(call)) {
      const { checks, atoms } = strictArguments(call, def, row, cg);
      return { checks, value: def.emit(atoms, emitCall(target, row, cg)) };
    }
  }
  const temp = cg.temp();
  return { checks: [`(${temp} = ${generate(expr, row, cg)})`], value: temp };
}

function hasNullLiteral(call: CallExpr): boolean {
  return call.args.some((arg) => arg.op === 'literal' && arg.value === null);
}

/**
 * Null checks and the code to use after them. An argument that the entry wants to repeat is put into a temporary together
 * with the first check; code after the checks sees it.
 */
function strictArguments(
  call: CallExpr,
  def: FunctionDef,
  row: RowCode,
  cg: Codegen,
): { checks: string[]; atoms: string[] } {
  const checks: string[] = [];
  const atoms: string[] = [];
  for (const arg of call.args) {
    const parts = nullableParts(arg, row, cg);
    checks.push(...parts.checks);
    if (def.atoms && !/^(?:[\w$.]+|"[^"\\]*")$/.test(parts.value)) {
      const temp = cg.temp();
      // Never null itself: the check only carries the assignment.
      checks.push(`(${temp} = ${parts.value})`);
      atoms.push(temp);
    } else atoms.push(parts.value);
  }
  return { checks, atoms };
}

function emitCall({ call, zone }: Prepared, row: RowCode, cg: Codegen): EmitCall {
  return {
    cg,
    zone,
    call,
    type: call.type,
    types: call.args.map((arg): DataType => arg.type),
    fn: (fn, ...args) => `${cg.bind(fn, fn.name || 'f')}(${args.join(', ')})`,
    literal: (index) => {
      const arg = call.args[index];
      return arg?.op === 'literal' ? literalValue(arg) : undefined;
    },
    condition: (index, wanted) => generateCondition(call.args[index], row, cg, wanted),
  };
}

/** A zone argument is a literal of type ANY, which no SQL text can write. */
export function isZoneArgument(expr: Expr): boolean {
  return expr.op === 'literal' && expr.type.kind === 'ANY';
}

/** The in-memory value of a literal. */
export function literalValue(literal: LiteralExpr): unknown {
  if (literal.value === null) return null;
  if (literal.encoding === 'bigint') return BigInt(literal.value as string);
  if (literal.encoding === 'base64') return new Uint8Array(Buffer.from(literal.value as string, 'base64'));
  return literal.value;
}

function literalCode(literal: LiteralExpr, cg: Codegen): string {
  const value = literalValue(literal);
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : value})` : String(value);
    case 'bigint':
      return value < 0n ? `(${value}n)` : `${value}n`;
    case 'boolean':
      return String(value);
    default:
      return value === null ? 'null' : cg.bind(value, 'literal');
  }
}
