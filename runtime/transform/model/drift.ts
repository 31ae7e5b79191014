/**
 * `drift`: of the input's rows those at which a detector of runtime/learn raised the alarm over one of their numbers. With `rollBack` an
 * alarm also promotes the version of a model again that was promoted before; one that is itself a way back is left as it is.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { DriftSpec } from '../../graph/model-steps.js';
import { create, type DriftDetector, restore, type Spec } from '../../learn/index.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { stepError } from '../in-flight.js';
import { KeptObjects } from './kept-objects.js';
import { valueReader } from './measured.js';
import { outputRow } from './output-row.js';
import { WayBack } from './way-back.js';

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
  const back = spec.rollBack && new WayBack(ctx, spec.rollBack);
  return {
    open: () => back?.open(),
    process(row) {
      const value = read(row);
      if (value === null) return;
      if (!kept.of(row).update(Number(value))) return;
      ctx.emit(alarm(row), INSERT);
      back?.go({ detector: name, column: spec.column });
    },
    flush: () => kept.flush(),
    ...(back
      ? { busy: () => back.busy, blocked: () => back.busy, resume: () => back.resume(), close: () => back.close() }
      : {}),
  };
};
