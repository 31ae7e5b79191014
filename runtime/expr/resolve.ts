/**
 * What the binder asks: which function a name and arguments mean. What a user got wrong is a value, never an exception.
 *
 * Special syntax is a call too. The binder writes it so:
 *   a BETWEEN b AND c → 'BETWEEN' (a, b, c); a IN (b, c) → 'IN' (a, b, c); NOT IN, NOT LIKE, … → 'NOT' (…);
 *   CASE WHEN c THEN v ELSE e END → 'CASE' (c, v, e), always with the last value (a NULL literal when there is no ELSE);
 *   −a → 'NEGATE' (a); POSITION(a IN b) → 'POSITION' (a, b); SUBSTRING(a FROM b FOR c) → 'SUBSTRING' (a, b, c);
 *   TRIM(LEADING a FROM b) → 'TRIM' ('LEADING', a, b); OVERLAY(a PLACING b FROM c FOR d) → 'OVERLAY' (a, b, c, d);
 *   EXTRACT(unit FROM a) → 'EXTRACT' ('unit', a); FLOOR(a TO unit) → 'FLOOR' (a, 'unit'), CEIL alike;
 *   TIMESTAMPADD(unit, n, a) → 'TIMESTAMPADD' ('unit', n, a), TIMESTAMPDIFF alike; units are upper-case text literals;
 *   a[i] → 'ITEM' (a, i); row.f → 'FIELD' (row, 'f'); ARRAY[…] → 'ARRAY' (…), MAP[…] → 'MAP' (…), ROW(…) → 'ROW' (…).
 *   JSON_VALUE → (json, path, 'NULL'|'ERROR'|'DEFAULT' on empty, its default, the same on error, its default), the type by
 *   `returning`; JSON_QUERY → (json, path, 'WITHOUT'|'CONDITIONAL'|'UNCONDITIONAL', behaviour on empty, on error);
 *   JSON_EXISTS → (json, path, behaviour on error); JSON_OBJECT → ('NULL'|'ABSENT', key, value, …); JSON_ARRAY alike.
 * CAST and TRY_CAST go through resolveCast.
 */
import type { DataType } from '../record/types.js';
import { castProblem } from './casts/allowed.js';
import { dependsOnZone } from './codegen/compile.js';
import { functionByName, functionNames } from './functions/index.js';
import type { CallExpr, Expr } from './ir.js';
import { castExpr, sameType, withNullable } from './typing.js';

export interface ResolveError {
  readonly error: string;
  /** Names that may have been meant, nearest first. */
  readonly suggestions: readonly string[];
}

export interface ResolveOptions {
  /** JSON_VALUE(… RETURNING type). */
  readonly returning?: DataType;
}

/** The call of a function with casts put where its signature wants other types. */
export function resolveFunction(
  name: string,
  args: readonly Expr[],
  options: ResolveOptions = {},
): { expr: CallExpr } | ResolveError {
  const def = functionByName(name);
  if (!def) {
    const suggestions = nearest(
      name.toUpperCase(),
      functionNames().filter((known) => /^\w+$/.test(known)),
    );
    return { error: `unknown function ${name}`, suggestions };
  }
  const signature = def.infer(
    args.map((arg) => arg.type),
    args,
  );
  if (typeof signature === 'string') return { error: signature, suggestions: [] };
  const cast: Expr[] = [];
  for (let i = 0; i < args.length; i++) {
    const result = resolveCast(args[i], signature.argTypes[i] ?? args[i].type);
    if ('error' in result) return { error: `${name}: argument ${i + 1}: ${result.error}`, suggestions: [] };
    cast.push(result.expr);
  }
  let type = signature.type;
  if (options.returning) type = withNullable(options.returning, type.nullable);
  if (def.id === 'JSON_VALUE') {
    for (const i of [3, 5]) if (cast[i]) cast[i] = jsonDefault(cast[i], type);
  }
  return { expr: { op: 'call', fn: def.id, args: cast, type } };
}

/** A DEFAULT of JSON_VALUE as what it returns; TRUE and FALSE as JSON writes them. */
function jsonDefault(expr: Expr, type: DataType): Expr {
  const cast = castExpr(expr, type);
  if (expr.type.kind !== 'BOOLEAN' || type.kind !== 'VARCHAR') return cast;
  return { op: 'call', fn: 'LOWER', args: [cast], type: withNullable(type, expr.type.nullable) };
}

/** CAST (or TRY_CAST) as an expression. A cast to the same type is the expression itself. */
export function resolveCast(
  expr: Expr,
  type: DataType,
  mode: 'CAST' | 'TRY_CAST' = 'CAST',
): { expr: Expr } | ResolveError {
  const problem = castProblem(expr.type, type);
  if (problem) return { error: problem, suggestions: [] };
  if (sameType(expr.type, type) || (expr.op === 'literal' && expr.value === null))
    return { expr: castExpr(expr, type) };
  if (mode === 'CAST') return { expr: castExpr(expr, type) };
  return { expr: { op: 'call', fn: mode, args: [expr], type: withNullable(type, true) } };
}

/**
 * The expression with the session's time zone given to each call that depends on it. The binder does this once for each
 * finished expression; without it the zone is UTC.
 */
export function withTimeZone<T extends Expr>(expr: T, zone: string): T {
  if (expr.op !== 'call' || zone === 'UTC') return expr;
  const args = expr.args.map((arg) => withTimeZone(arg, zone));
  if (dependsOnZone(expr)) {
    args.push({ op: 'literal', value: zone, type: { kind: 'ANY', nullable: false } });
  }
  return { ...expr, args } as T;
}

/** Names at a small edit distance, nearest first. */
export function nearest(name: string, known: readonly string[], limit = 3): string[] {
  const scored = known.map((candidate) => ({ candidate, distance: distance(name, candidate) }));
  const worst = Math.max(1, Math.floor(name.length / 3));
  return scored
    .filter((entry) => entry.distance <= worst)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map((entry) => entry.candidate);
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
