/**
 * `toChangelog`: each change as a row of its own, with the code of its kind in a column; `fromChangelog`: each row as the change that
 * its code names. Both keep nothing.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import type { FromChangelogSpec, ToChangelogSpec } from '../../graph/changelog-steps.js';
import { INSERT, type Row, type RowKind } from '../../record/types.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';

/** A row whose code names no change: the table that it belongs to is unknown from then on. */
export class ChangeCodeError extends Error {
  readonly code = 'TW5006';
  override name = 'ChangeCodeError';
}

export const toChangelog: TransformFactory = (ctx): Transform => {
  const { column, codes, rowtime } = ctx.node.spec as unknown as ToChangelogSpec;
  const cg = new Codegen({ now: ctx.now });
  const columns = columnsOfInput(ctx, rowtime).set(column, 'code');
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function toChangelog(row, kind) {
    const code = ${cg.bind(codes, 'codes')}[kind];
    if (code !== null) ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, ${INSERT});
  };`);
  return { process };
};

export const fromChangelog: TransformFactory = (ctx): Transform => {
  const { column, kinds, rowtime } = ctx.node.spec as unknown as FromChangelogSpec;
  const known = new Map<string, RowKind>(Object.entries(kinds));
  const unknown = (code: string | null): never => {
    const found = code === null ? 'NULL for the code of a change' : `'${code}', which is the code of no change`;
    throw new ChangeCodeError(`column ${column} has ${found}; codes are ${[...known.keys()].join(', ')}`);
  };
  const cg = new Codegen({ now: ctx.now });
  const code = property('row', column);
  const process = cg.build<(row: Row) => void>(`return function fromChangelog(row) {
    const kind = ${cg.bind(known, 'known')}.get(${code});
    if (kind === undefined) ${cg.bind(unknown, 'unknown')}(${code});
    ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columnsOfInput(ctx, rowtime))}, kind);
  };`);
  return { process };
};

function columnsOfInput(ctx: TransformContext, rowtime: ToChangelogSpec['rowtime']): Map<string, string> {
  const columns = new Map(ctx.inputs[0].fields.map((f) => [f.name, property('row', f.name)]));
  return rowtime ? columns.set(rowtime.name, property('row', rowtime.column)) : columns;
}
