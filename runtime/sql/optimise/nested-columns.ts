/** Which fields of ROW columns a query reads, so that decoders need not make the others. */
import type { Expr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';

/** What is read of a column: all of it, or these fields, each alike. */
export type Usage = true | Map<string, Usage>;

/** Adds what an expression reads to the usage by column. */
export function addUsage(expr: Expr, into: Map<string, Usage>): void {
  const path = pathOf(expr);
  if (path) markUsed(path, into);
  else if (expr.op === 'call') for (const arg of expr.args) addUsage(arg, into);
}

/** `bid.price` is the path [bid, price]; undefined for anything but fields of a column. */
export function pathOf(expr: Expr): string[] | undefined {
  if (expr.op === 'column') return [expr.name];
  if (expr.op !== 'call' || expr.fn !== 'FIELD') return undefined;
  const [row, name] = expr.args;
  const path = pathOf(row);
  return path && name.op === 'literal' && typeof name.value === 'string' ? [...path, name.value] : undefined;
}

function markUsed(path: readonly string[], into: Map<string, Usage>): void {
  let level = into;
  for (let i = 0; i < path.length; i++) {
    const before = level.get(path[i]);
    if (before === true) return;
    if (i === path.length - 1) {
      level.set(path[i], true);
      return;
    }
    const next = before ?? new Map<string, Usage>();
    level.set(path[i], next);
    level = next;
  }
}

/** The field with only what is used of its ROWs. */
export function narrowField(field: Field, usage: Usage | undefined): Field {
  return { name: field.name, type: narrowType(field.type, usage) };
}

function narrowType(type: DataType, usage: Usage | undefined): DataType {
  if (type.kind !== 'ROW' || usage === undefined || usage === true) return type;
  const fields = type.fields.filter((f) => usage.has(f.name)).map((f) => narrowField(f, usage.get(f.name)));
  return { ...type, fields };
}
