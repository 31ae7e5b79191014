/** `windowAssign`: each row once for each window that its time falls into, with the window's bounds. Keeps nothing.
 * A row without a time is dropped and counted. */
import { Codegen, property } from '../expr/codegen/codegen.js';
import type { Window } from '../graph/plan.js';
import type { Row, RowKind } from '../record/types.js';
import type { Transform, TransformFactory } from './contract.js';
import { rowCode } from './entry-code.js';
import { type CutWindow, slicingOf } from './slices.js';

export interface WindowAssignSpec {
  readonly window: Window;
  /** Absent: processing time. */
  readonly timeColumn?: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly windowTime: string;
}

export const windowAssign: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as WindowAssignSpec;
  const slicing = slicingOf(spec.window as CutWindow);
  const cg = new Codegen({ now: ctx.now });
  const columns = new Map(ctx.inputs[0].fields.map((f) => [f.name, property('row', f.name)]));
  columns.set(spec.windowStart, 'start');
  columns.set(spec.windowEnd, 'end');
  columns.set(spec.windowTime, '(end - 1)');
  const emit = `${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, kind);`;
  const time = spec.timeColumn === undefined ? `${cg.bind(ctx.now, 'now')}()` : property('row', spec.timeColumn);
  const { sliceMs, offsetMs } = slicing;
  const start = cg.bind(slicing.windowStart, 'windowStart');
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function windowAssign(row, kind) {
    const ts = ${time};
    if (ts === null) { ${cg.bind(ctx.metrics, 'metrics')}.lateRows++; return; }
    let r = (ts - ${offsetMs}) % ${sliceMs}; if (r < 0) r += ${sliceMs};
    const slice = ts - r + ${sliceMs};
    ${
      slicing.single
        ? `const end = slice, start = ${start}(end); ${emit}`
        : `for (const end of ${cg.bind(slicing.windowEnds, 'windowEnds')}(slice)) { const start = ${start}(end); ${emit} }`
    }
  };`);
  return { process };
};
