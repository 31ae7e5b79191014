/**
 * `learn`: trains a pipeline of runtime/learn on the rows, one for all of them or one for each key; each row goes on with what was
 * predicted before it was learnt (test, then train).
 *
 * A label that comes later: with `rowKey`, a row without label is predicted, goes out, and waits in state; the row that brings the
 * label under the same key is not a record of its own: the one that waited is learnt, and goes out again with its first prediction
 * and the label. Who measures quality looks at rows with labels alone. Rows whose label doesn't come within the horizon are
 * forgotten and counted as late.
 *
 * All of it (learners, waiting rows) is keyed state: it survives crashes and moves with its keys when the job is rescaled.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { LearnSpec, ModelColumn } from '../../graph/model-steps.js';
import { loadLibraries, networkAttacher } from '../../learn/index.js';
import { detach } from '../../record/batch-codec.js';
import { keyGroupOf } from '../../record/hash.js';
import { INSERT, type Row } from '../../record/types.js';
import type { KeyedTable } from '../../state/keyed-table.js';
import { hashKey, mapKeyOf } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { stepError } from '../in-flight.js';
import { TimerHeap } from '../timer-heap.js';
import { BatchTraining } from './batch-training.js';
import { compileRecord, plainValue } from './columns.js';
import { KeptObjects } from './kept-objects.js';
import {
  detectorOf,
  hasNetworks,
  type LearnRecord,
  makeModel,
  type Prediction,
  type Ready,
  StreamLearner,
} from './learner.js';
import { valueReader } from './measured.js';
import { detachedRow, outputRow } from './output-row.js';
import { Publisher } from './publish.js';

export const learn: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as LearnSpec;
  // A pipeline that can't be made is found when the job starts, not at the first row.
  const sample = checked(ctx, spec);
  let ready: Ready = () => {};
  const learners = new KeptObjects<StreamLearner>(ctx, 'learners', spec.by, (json) =>
    json === undefined ? StreamLearner.make(spec, ready) : StreamLearner.restore(spec, json as never, ready),
  );
  const record = compileRecord(spec.inputs);
  const labelOf = spec.label === undefined ? undefined : valueReader(ctx.inputs[0], spec.label);
  const made = compileOutput(ctx, spec);
  const waiting = spec.rowKey === undefined ? undefined : new WaitingRows(ctx, spec);
  const publisher = spec.publish && new Publisher(ctx, spec.publish);
  const fit = spec.fit && new BatchTraining(ctx, spec, { learners, record, labelOf, made, publisher });

  const signal = spec.onDrift?.signal;
  const tellRestart = ({ alarms, labelled }: StreamLearner) => {
    const fields = { step: ctx.node.id, labelled, alarms, action: spec.onDrift!.action };
    ctx.log.warn(fields, 'drift: a learner begins again');
  };
  const learnt = (learner: StreamLearner, x: LearnRecord, label: unknown, predicted: Prediction) => {
    publisher?.compare(x, label);
    if (learner.learn(x, label, predicted)) tellRestart(learner);
    publisher?.due(learner);
  };

  const process = (row: Row) => {
    const learner = learners.of(row);
    if (signal !== undefined && (row[signal] ?? null) !== null) {
      learner.beginAgain();
      tellRestart(learner);
      return;
    }
    const label = labelOf?.(row) ?? null;
    if (label !== null && waiting) {
      const first = waiting.take(row);
      if (first) {
        learnt(learner, record(first.row), label, first.prediction);
        ctx.emit(made({ ...first.row, [spec.label!]: row[spec.label!] }, first.prediction), INSERT);
        return;
      }
    }
    const x = record(row);
    const predicted = learner.predict(x);
    ctx.emit(made(row, predicted), INSERT);
    if (!labelOf) {
      // Recommenders need no label to be measured by.
      if (sample.kind === 'recommender') learnt(learner, x, undefined, predicted);
      else learner.learn(x, undefined, predicted);
    } else if (label !== null) learnt(learner, x, label, predicted);
    else waiting?.keep(row, predicted);
  };

  return {
    open: async () => {
      await loadLibraries(sample);
      if (hasNetworks(sample)) {
        const { trainingTensorFlow } = await ctx.models.library();
        try {
          ready = await networkAttacher(await trainingTensorFlow(), sample);
        } catch (error) {
          throw stepError(error, ctx.node, 'TW7101');
        }
      }
      waiting?.open();
      await publisher?.open();
    },
    process(row) {
      try {
        if (fit) fit.gather(row);
        else process(row);
      } catch (error) {
        throw stepError(error, ctx.node, 'TW7102');
      }
    },
    flush: () => learners.flush(),
    onWatermark(timestamp) {
      if (spec.timeColumn !== undefined) waiting?.expire(timestamp);
      return timestamp;
    },
    onProcessingTime(nowMs) {
      if (spec.timeColumn === undefined) waiting?.expire(nowMs);
    },
    ...(fit ? { endOfInput: () => fit.begin() } : {}),
    ...(publisher || fit
      ? {
          blocked: () => publisher?.busy === true || fit?.busy === true,
          busy: () => publisher?.busy === true || fit?.busy === true,
          resume: () => {
            const trained = fit?.resume() === true;
            return publisher?.resume() === true || trained;
          },
          close: () => publisher?.close(),
        }
      : {}),
  };
};

function checked(ctx: TransformContext, spec: LearnSpec): any {
  try {
    if (spec.onDrift?.detector) detectorOf(spec.onDrift.detector);
    return makeModel(spec.pipeline);
  } catch (error) {
    throw stepError(error, ctx.node, 'TW7106');
  }
}

function compileOutput(ctx: TransformContext, spec: LearnSpec): (row: Row, predicted: Prediction) => Row {
  const columns = new Map(
    spec.outputs.map((o, i): [string, string] => [
      o.column,
      `plain(predicted[${JSON.stringify(o.field)}], types[${i}])`,
    ]),
  );
  if (spec.anomalyColumn) columns.set(spec.anomalyColumn, `predicted.score > ${Number(spec.threshold)}`);
  const make = new Codegen().build<
    (row: Row, predicted: Prediction, types: readonly ModelColumn['type'][], plain: typeof plainValue) => Row
  >(`return function learnt(row, predicted, types, plain) { return ${outputRow(ctx.node.schema, columns)}; };`);
  const types = spec.outputs.map((o) => o.type);
  return (row, predicted) => make(row, predicted, types, plainValue);
}

interface Waiting {
  readonly row: Row;
  readonly prediction: Prediction;
}

const ANY = { kind: 'ANY', nullable: true } as const;

/** Rows without label, by the learner's key and their own. */
class WaitingRows {
  private readonly table: KeyedTable;
  private readonly timers = new TimerHeap();

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: LearnSpec,
  ) {
    this.table = ctx.state.keyedTable({
      name: 'waiting',
      keys: [...spec.by, spec.rowKey!].map((_, i) => ({ name: `k${i}`, type: ANY })),
      values: [
        { name: 'row', type: ANY },
        { name: 'p', type: ANY },
        { name: 't', type: ANY },
      ],
      groupKeys: spec.by.length,
    });
  }

  open(): void {
    for (const entry of this.table.entries()) this.arm(this.table.group(entry), this.table.mapKey(entry), entry.t);
  }

  private arm(group: number, key: unknown, time: number): void {
    const { horizonMs } = this.spec;
    if (horizonMs === undefined) return;
    this.timers.push({ time: time + horizonMs, group, key });
    if (this.spec.timeColumn === undefined) this.ctx.schedule(time + horizonMs);
  }

  private place(row: Row): { group: number; parts: unknown[]; key: unknown } {
    const by = this.spec.by.map((name) => row[name]);
    const parts = [...by, row[this.spec.rowKey!]];
    return { group: keyGroupOf(hashKey(by), this.ctx.maxParallelism), parts, key: mapKeyOf(parts) };
  }

  keep(row: Row, prediction: Prediction): void {
    const { group, parts, key } = this.place(row);
    // Maps are no plain data: probabilities are kept as pairs.
    const { probabilities, ...plain } = prediction;
    const p = probabilities instanceof Map ? { ...plain, pairs: [...probabilities] } : plain;
    const t = this.spec.timeColumn === undefined ? this.ctx.now() : Number(row[this.spec.timeColumn]);
    if (this.table.get(group, key)) this.table.delete(group, key);
    const entry: Record<string, unknown> = {};
    parts.forEach((part, i) => {
      entry[`k${i}`] = detach(part);
    });
    this.table.add(group, detach(key), { ...entry, row: detachedRow(row), p, t, _e: 0 } as never);
    this.arm(group, detach(key), t);
  }

  take(row: Row): Waiting | undefined {
    const { group, key } = this.place(row);
    const entry = this.table.get(group, key);
    if (!entry) return undefined;
    this.table.delete(group, key);
    const { pairs, ...plain } = entry.p;
    return { row: entry.row, prediction: pairs ? { ...plain, probabilities: new Map(pairs) } : plain };
  }

  expire(nowMs: number): void {
    const horizonMs = this.spec.horizonMs ?? 0;
    for (let timer = this.timers.peek(); timer && timer.time < nowMs; timer = this.timers.peek()) {
      this.timers.pop();
      const entry = this.table.get(timer.group, timer.key);
      // Another row may have come under the key since.
      if (!entry || entry.t + horizonMs !== timer.time) continue;
      this.table.delete(timer.group, timer.key);
      this.ctx.metrics.lateRows++;
    }
  }
}
