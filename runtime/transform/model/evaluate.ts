/**
 * `evaluate`: measures predictions against labels, for all rows or for each key, as rows of metrics; rows without label or
 * prediction don't count. With a guard it also judges the versions of a model by their labelled rows, and goes back; with `quality` it
 * reports them to the registry.
 */
import { Codegen, propertyKey } from '../../expr/codegen/codegen.js';
import type { EvaluateSpec } from '../../graph/model-steps.js';
import { confusionCells, create, type LearnJson, type Metric, restore } from '../../learn/index.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { stepError } from '../in-flight.js';
import { VersionGuard } from './guard.js';
import { KeptObjects } from './kept-objects.js';
import { type Said, update, valueReader } from './measured.js';
import { QualityReports } from './quality-reports.js';

class Measured {
  rows = 0;
  constructor(readonly metrics: ReadonlyMap<string, Metric>) {}

  static make(spec: EvaluateSpec): Measured {
    return new Measured(
      new Map(
        spec.metrics.map((name): [string, Metric] => [
          name,
          spec.window === undefined || /^Rolling/.test(name)
            ? create(spec.window === undefined ? name : { type: name, windowSize: spec.window })
            : create({ type: 'Rolling', metric: name, windowSize: spec.window }),
        ]),
      ),
    );
  }

  static restore(json: { rows: number; metrics: Record<string, LearnJson> }): Measured {
    const measured = new Measured(
      new Map(Object.entries(json.metrics).map(([name, m]) => [name, restore(m) as Metric])),
    );
    measured.rows = json.rows;
    return measured;
  }

  toJSON(): unknown {
    return { version: 1, rows: this.rows, metrics: Object.fromEntries(this.metrics) };
  }
}

export const evaluate: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as EvaluateSpec;
  try {
    Measured.make(spec);
  } catch (error) {
    throw stepError(error, ctx.node, 'TW7106');
  }
  const kept = new KeptObjects<Measured>(ctx, 'metrics', spec.by, (json) =>
    json === undefined ? Measured.make(spec) : Measured.restore(json as never),
  );
  const reader = (column: string | undefined) =>
    column === undefined ? undefined : valueReader(ctx.inputs[0], column);
  const labelOf = reader(spec.label)!;
  const saidIn = saidBy(reader(spec.prediction), reader(spec.probability));
  const guard = spec.guard && new VersionGuard(ctx, spec);
  const reports = spec.quality && new QualityReports(ctx, spec);
  const isBusy = () => guard?.busy === true || reports?.busy === true;
  const make = new Codegen().build<(by: readonly unknown[], result: unknown, count: number) => Row>(
    `return function measured(by, result, count) { return { ${[
      ...spec.by.map((name, i) => `${propertyKey(name)}: by[${i}]`),
      `${propertyKey(spec.resultColumn)}: result`,
      `${propertyKey(spec.countColumn)}: count`,
    ].join(', ')} }; };`,
  );
  /** Rows since the last row of metrics, by object: what is new at the end of the input. */
  const told = new WeakMap<Measured, number>();
  const untyped = ctx.node.schema.untyped === true;
  const tell = (parts: readonly unknown[], measured: Measured) => {
    told.set(measured, measured.rows);
    const values = new Map<string, number>();
    for (const [name, metric] of measured.metrics) {
      const value = metric.get() as unknown;
      if (typeof value === 'number') values.set(name, value);
      for (const [truth, said, n] of confusionCells(metric) ?? []) values.set(`${name}[${truth},${said}]`, n);
    }
    ctx.emit(make(parts, untyped ? Object.fromEntries(values) : values, measured.rows), INSERT);
  };

  return {
    open: async () => {
      await guard?.open();
      await reports?.open();
    },
    process(row) {
      const label = labelOf(row);
      const said = saidIn(row);
      if (label === null || said === undefined) return;
      const measured = kept.of(row);
      try {
        for (const metric of measured.metrics.values()) update(metric, label, said);
        guard?.add(row, label, said);
        reports?.add(row, label, said);
      } catch (error) {
        throw stepError(error, ctx.node, 'TW7102');
      }
      if (++measured.rows % spec.every === 0)
        tell(
          spec.by.map((name) => row[name]),
          measured,
        );
    },
    flush: () => {
      kept.flush();
      guard?.flush();
      reports?.flush();
    },
    endOfInput() {
      for (const { parts, object } of kept.all())
        if (object.rows > 0 && told.get(object) !== object.rows) tell(parts, object);
      kept.flush();
      reports?.endOfInput();
    },
    ...(guard || reports
      ? {
          busy: isBusy,
          blocked: isBusy,
          resume: () => {
            const [a, b] = [guard?.resume() === true, reports?.resume() === true];
            return a || b;
          },
          close: () => {
            guard?.close();
            reports?.close();
          },
        }
      : {}),
  };
};

type Read = (row: Row) => unknown;

/** What was predicted for a row; undefined: nothing. */
function saidBy(predictionOf: Read | undefined, probabilityOf: Read | undefined): (row: Row) => Said | undefined {
  return (row) => {
    const probability = probabilityOf?.(row) ?? null;
    const prediction = predictionOf?.(row) ?? null;
    if (probability === null && prediction === null) return undefined;
    return {
      prediction: prediction ?? Number(probability) > 0.5,
      probability: probability === null ? undefined : Number(probability),
    };
  };
}
