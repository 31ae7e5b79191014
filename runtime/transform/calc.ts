/** Filter, then projection, compiled into one function that the chain inlines. */
import { Codegen } from '../expr/codegen/codegen.js';
import { generateProjection } from '../expr/codegen/compile.js';
import { generateCondition } from '../expr/codegen/generate.js';
import type { CalcSpec } from '../graph/plan.js';
import type { TransformFactory } from './contract.js';

export const calc: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as CalcSpec;
  const place = { watermark: ctx.restoredWatermark };
  const asks = JSON.stringify([spec.filter, spec.project]).includes('"CURRENT_WATERMARK"');
  const cg = new Codegen({ watermark: () => place.watermark });
  const emit = cg.bind(ctx.emit, 'emit');
  const condition = spec.filter ? generateCondition(spec.filter, 'row', cg) : undefined;
  const beforeFilter = cg.takeDeclarations();
  const value = spec.project ? generateProjection(spec.project, 'row', cg) : 'row';
  const beforeRow = cg.takeDeclarations();
  const process = cg.build(`return (row, kind) => {
    ${beforeFilter}
    ${condition ? `if (!(${condition})) return;` : ''}
    ${beforeRow}
    ${emit}(${value}, kind);
  };`) as (row: unknown, kind: number) => void;
  if (!asks) return { process };
  const onWatermark = (timestamp: number) => {
    place.watermark = timestamp;
    return timestamp;
  };
  return { process, onWatermark };
};
