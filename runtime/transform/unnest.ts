/**
 * `unnest`: each row with every element of a collection of it, or as often as a number of it says. `outer`: a row without elements
 * goes on once, with NULLs.
 */
import { Codegen, property } from '../expr/codegen/codegen.js';
import { generate, generateCondition } from '../expr/codegen/generate.js';
import type { Expr } from '../expr/ir.js';
import type { Row, RowKind } from '../record/types.js';
import type { Transform, TransformFactory } from './contract.js';
import { rowCode } from './entry-code.js';

export interface UnnestSpec {
  readonly value: Expr;
  /** Columns made of an element: a ROW's fields, key and value of a map, or the element itself. */
  readonly columns: readonly string[];
  /** Column with the element's place, from 1. */
  readonly ordinality?: string;
  readonly outer: boolean;
  /** Which elements count, over all columns. */
  readonly condition?: Expr;
}

export const unnest: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as UnnestSpec;
  const cg = new Codegen({ now: ctx.now });
  const value = generate(spec.value, 'row', cg);
  const { type } = spec.value;
  const ofInput = ctx.inputs[0].fields.map((f): [string, string] => [f.name, property('row', f.name)]);
  const emit = (codes: readonly string[], ordinal: string) => {
    const columns = new Map(ofInput);
    spec.columns.forEach((name, i) => columns.set(name, codes[i]));
    if (spec.ordinality !== undefined) columns.set(spec.ordinality, ordinal);
    const send = `${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, kind);`;
    if (!spec.condition || ordinal === 'null') return send;
    return `if (${generateCondition(spec.condition, (name) => columns.get(name)!, cg)}) { any = true; ${send} }`;
  };
  const nulls = spec.columns.map(() => 'null');
  const empty = spec.outer ? emit(nulls, 'null') : '';
  const element = type.kind === 'ARRAY' || type.kind === 'MULTISET' ? type.element : undefined;
  /** The columns of the element in variable `el`. */
  const one = (): string =>
    element?.kind === 'ROW'
      ? `if (el === null) { ${emit(nulls, 'n')} } else { ${emit(
          element.fields.map((f) => property('el', f.name)),
          'n',
        )} }`
      : emit(['el'], 'n');
  const repeated = type.kind === 'BIGINT';
  const loop = repeated
    ? `for (let i = 0; i < all; i++) { ${emit([], 'n')} }`
    : type.kind === 'ARRAY'
      ? `for (let i = 0; i < all.length; i++) { const el = all[i]; n = i + 1; ${one()} }`
      : type.kind === 'MULTISET'
        ? `for (const [el, times] of all) for (let i = 0; i < times; i++) { n++; ${one()} }`
        : `for (const [key, of] of all) { n++; ${emit(['key', 'of'], 'n')} }`;
  const size = repeated ? 'all' : type.kind === 'ARRAY' ? 'all.length' : 'all.size';
  const declared = cg.takeDeclarations();
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function unnest(row, kind) {
    ${declared}
    const all = ${value};
    if (all === null || ${size} === 0) { ${empty} return; }
    let n = 0;
    let any = false;
    ${loop}
    ${spec.condition ? `if (!any) { ${empty} }` : ''}
  };`);
  return { process };
};
