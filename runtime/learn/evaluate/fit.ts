/**
 * Batch training of a learner or pipeline over rows that are all there: a part of them is held back, the rest is learnt as many times
 * as it makes the loss over the held-back rows lower.
 */

import { Pipeline } from '../compose/pipeline.js';
import { requireParameter } from '../errors.js';
import { type FitParams, type FitReport, NeuralNetwork } from '../neural/network.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import type { Restore } from '../state.js';

export interface LabelledRow {
  readonly x: any;
  readonly y: any;
}

export interface BatchFitParams extends FitParams {
  /** Share of the rows that is held back, from 0 to below 1 (default 0.2). */
  readonly validation?: number;
  /** Seed of the split and of the order of rows (default 42). */
  readonly seed?: number;
}

export interface BatchFit extends FitReport {
  /** The trained model: the one given, or (after an early stop) its state of the best epoch. */
  readonly model: any;
  /** Positions of the rows that were held back, ascending. */
  readonly held: readonly number[];
}

/** Loss where there are no rows to judge by. */
const FLOOR = 1e-7;

/**
 * Trains `model`. Transforms learn the training rows once, then the last step learns them in epochs, each in another order; the same
 * seed gives the same model. A network has TensorFlow attached and is trained by `fitDataset`. Classifiers are judged by log loss,
 * regressions by squared error, others are learnt `epochs` times. Throws `TW7101`, `TW7102`.
 */
export async function fitRows(
  model: any,
  rows: readonly LabelledRow[],
  params: BatchFitParams,
  restore: Restore,
): Promise<BatchFit> {
  const { validation = 0.2, seed = 42, epochs = 20, patience = 3 } = params;
  requireParameter(validation >= 0 && validation < 1, 'validation', validation, 'a share from 0 to below 1');
  const twister = MersenneTwister.python(seed);
  const order = shuffled(
    rows.map((_, i) => i),
    twister,
  );
  const held = order.slice(0, Math.floor(rows.length * validation)).sort((a, b) => a - b);
  const isHeld = new Set(held);
  const train = rows.filter((_, i) => !isHeld.has(i));
  const judge = held.map((i) => rows[i]);
  const pipeline = model instanceof Pipeline ? model : new Pipeline(model);
  for (const { x, y } of train) pipeline.learnTransforms(x, y);
  const last: any = pipeline.model;
  if (last instanceof NeuralNetwork) {
    return { ...(await last.fit(train, judge, { epochs, patience }, (x) => pipeline.prepare(x))), model, held };
  }
  const losses: number[] = [];
  let best = { epoch: 0, loss: Number.POSITIVE_INFINITY, json: '' };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const { x, y } of shuffled([...train], twister)) last.learnOne(pipeline.prepare(x), y);
    const loss = lossOver(model, judge);
    losses.push(loss);
    if (Number.isNaN(loss)) {
      best = { epoch, loss, json: '' };
    } else if (loss < best.loss) {
      best = { epoch, loss, json: JSON.stringify(model) };
    } else if (epoch - best.epoch >= patience) break;
  }
  const kept = best.epoch < losses.length && best.json !== '' ? restore(JSON.parse(best.json)) : model;
  return { epochs: losses.length, best: best.epoch, losses, model: kept, held };
}

function shuffled<T>(values: T[], twister: MersenneTwister): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = twister.below(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

function lossOver(model: any, rows: readonly LabelledRow[]): number {
  if (rows.length === 0 || (model.kind !== 'classifier' && model.kind !== 'regressor')) return Number.NaN;
  let sum = 0;
  for (const { x, y } of rows) {
    if (model.kind === 'regressor') sum += (model.predictOne(x) - y) ** 2;
    else sum -= Math.log(Math.max(model.predictProbaOne(x).get(y) ?? 0, FLOOR));
  }
  return sum / rows.length;
}
