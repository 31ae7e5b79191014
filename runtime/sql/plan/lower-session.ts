/**
 * Rows with the SESSION window that they are in, where no GROUP BY takes the window in: the rows of each session are collected, and go out
 * one by one when it is complete.
 */
import type { AggregateCall, Expr } from '../../expr/ir.js';
import type { DataType } from '../../record/types.js';
import { origin, project, uniqueNames } from './build.js';
import { column } from './expression.js';
import type { AggregateRelation, Relation, UnnestRelation, WindowAssignRelation } from './relation.js';

/** The same rows by steps that are there. */
export function sessionRows(assign: WindowAssignRelation): Relation {
  const { input, partitionBy, names } = assign;
  const from = origin(assign);
  const [rows, ...keys] = uniqueNames(
    ['$rows', ...partitionBy.map((_, i) => `$part${i}`)],
    assign.fields.map((f) => f.name),
  );
  const row: DataType = { kind: 'ROW', fields: input.fields, nullable: false };
  const value: Expr = { op: 'call', fn: 'ROW', args: input.fields.map(column), type: row };
  const list: DataType = { kind: 'ARRAY', element: row, nullable: true };
  const call: AggregateCall = { fn: 'ARRAY_AGG', args: [value], distinct: false, name: rows, type: list };
  const field = (name: string) => assign.fields.find((f) => f.name === name)!;
  const grouped: AggregateRelation = {
    kind: 'aggregate',
    input: assign,
    keys: [
      ...partitionBy.map((name, i) => ({ name: keys[i], column: name })),
      ...names.map((name) => ({ name, column: name })),
    ],
    aggregates: [call],
    fields: [
      ...partitionBy.map((name, i) => ({ name: keys[i], type: field(name).type })),
      ...names.map(field),
      { name: rows, type: list },
    ],
    ...from,
  };
  const apart: UnnestRelation = {
    kind: 'unnest',
    input: grouped,
    value: column({ name: rows, type: list }),
    columns: input.fields,
    outer: false,
    fields: [...grouped.fields, ...input.fields],
    ...from,
  };
  return project(
    apart,
    assign.fields.map((f) => ({ name: f.name, expr: column(f) })),
    from,
  );
}
