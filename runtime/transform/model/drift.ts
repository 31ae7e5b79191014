/** `drift`: of the input's rows those at which a detector of runtime/learn raised the alarm over one of their numbers. */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { DriftSpec } from '../../graph/model-steps.js';
import { create, type DriftDetector, restore, type Spec } from '../../learn/index.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { stepError } from '../in-flight.js';
import { KeptObjects } from './kept-objects.js';
import { valueReader } from './measured.js';
import { outputRow } from './output-row.js';

export const drift: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as DriftSpec;
  const written = JSON.parse(spec.detector) as Spec;
  const name = typeof written === 'string' ? written : written.type;
  const make = (): DriftDetector => {
    try {
      return create(written);
    } catch (error) {
      throw stepError(error, ctx.node, 'TW7106');
    }
  };
  make();
  const read = valueReader(ctx.inputs[0], spec.column);
  const kept = new KeptObjects<DriftDetector>(ctx, 'detectors', spec.by, (json) =>
    json === undefined ? make() : (restore(json as never) as DriftDetector),
  );
  const alarm = new Codegen().build<(row: Row) => Row>(
    `return function alarm(row) { return ${outputRow(ctx.node.schema, new Map([[spec.nameColumn, JSON.stringify(name)]]))}; };`,
  );
  return {
    process(row) {
      const value = read(row);
      if (value === null) return;
      if (kept.of(row).update(Number(value))) ctx.emit(alarm(row), INSERT);
    },
    flush: () => kept.flush(),
  };
};
