/**
 * A predicate that is asked while the record is still being read: as soon as all values that it needs are there, so that
 * rows that aren't wanted are never made.
 */
import type { Codegen } from '../expr/codegen/codegen.js';
import { compilePredicate } from '../expr/codegen/compile.js';
import { generateCondition } from '../expr/codegen/generate.js';
import type { Expr } from '../expr/ir.js';
import type { Row } from '../record/types.js';
import { propertyKey } from './row-maker.js';

/** Thrown out of readers when the record's row is not wanted. */
export const FILTERED = Symbol('filtered');

/** The path of a value: a column, or a field within ROW columns. */
export type Path = readonly string[];

/** Paths as names of a flat row. No column's name can be mistaken for one, because the expression knows only these. */
function nameOf(path: Path): string {
  return path.join('\u0000');
}

function pathOf(expr: Expr): string[] | undefined {
  if (expr.op === 'column') return [expr.name];
  if (expr.op !== 'call' || expr.fn !== 'FIELD') return undefined;
  const [row, field] = expr.args;
  const outer = row.type.kind === 'ROW' && field.op === 'literal' ? pathOf(row) : undefined;
  return outer && [...outer, String((field as { value: unknown }).value)];
}

export class RecordFilter {
  /** What the predicate needs, each path once. */
  readonly paths: readonly Path[];
  private readonly expr: Expr;
  private readonly test: (row: Row) => boolean;
  private readonly row: Row = {};
  private readonly seen: Uint8Array;
  private left = 0;

  constructor(filter: Expr) {
    const paths = new Map<string, Path>();
    const flatten = (expr: Expr): Expr => {
      const path = pathOf(expr);
      if (path) {
        paths.set(nameOf(path), path);
        return { op: 'column', name: nameOf(path), type: { ...expr.type, nullable: true } };
      }
      return expr.op === 'call' ? { ...expr, args: expr.args.map(flatten) } : expr;
    };
    this.expr = flatten(filter);
    this.paths = [...paths.values()];
    this.test = compilePredicate(this.expr);
    this.seen = new Uint8Array(this.paths.length);
  }

  /** Index of a path, or −1 when the predicate doesn't need it. */
  indexOf(path: Path): number {
    return this.paths.findIndex((p) => nameOf(p) === nameOf(path));
  }

  /** A new record: everything is NULL until it is offered. */
  begin(): void {
    this.seen.fill(0);
    this.left = this.paths.length;
    for (const path of this.paths) this.row[nameOf(path)] = null;
  }

  /** A value that was read. Throws FILTERED when it is the last one needed and the row is not wanted. */
  offer(index: number, value: unknown): void {
    this.row[nameOf(this.paths[index])] = value;
    if (this.seen[index] !== 0) return;
    this.seen[index] = 1;
    if (--this.left === 0 && !this.test(this.row)) throw FILTERED;
  }

  /** Whether the row is wanted, from the values of its columns. */
  accepts(valueOfColumn: (name: string) => any): boolean {
    for (const path of this.paths) {
      let value = valueOfColumn(path[0]);
      for (let i = 1; i < path.length && value !== null; i++) value = value[path[i]];
      this.row[nameOf(path)] = value;
    }
    return this.test(this.row);
  }

  /** Generated statement that returns `result` when the row is not wanted; `values` are the codes of the paths' values. */
  code(values: readonly string[], result: string, cg: Codegen): string {
    const row = cg.fresh('filter');
    const members = this.paths.map((path, i) => `${propertyKey(nameOf(path))}: ${values[i]}`);
    return `const ${row} = {${members.join(', ')}}; if (!${generateCondition(this.expr, row, cg)}) return ${result};`;
  }
}
