/**
 * Prequential evaluation (test, then train) with labels that come later than the record.
 *
 * `ask` predicts and remembers the record; `answer` joins its label by key: the prediction made back then is scored, and
 * the model learns the record. A record whose label has not come `horizonMs` after it is forgotten and counted. Time is
 * whatever the caller's records say: nothing reads a clock.
 *
 * Source: A. P. Dawid, "Present position and potential developments: some personal views: statistical theory: the
 * prequential approach", JRSS A 147, 1984; delays as in River's `progressive_val_score`.
 */
import type { DriftDetector, Metric } from '../contracts.js';
import { requireParameter, TidewheelError } from '../errors.js';
import { checkJson, type LearnJson, packNumber, type Restore, unpackNumber } from '../state.js';
import { packRecord, unpackRecord } from './record-json.js';

export interface PrequentialParams {
  /** Classifier, regressor, anomaly detector (its score is measured by metrics of probabilities), or a pipeline that ends in one. */
  model: any;
  /** Measured by name, e.g. `{ auc: new RollingROCAUC() }`. */
  metrics: Record<string, Metric>;
  /**
   * Told the error of each answered prediction: 1 or 0 for classes (wrong or right), the absolute error for numbers, the score
   * itself for anomalies. Which of them raised the alarm: see `alarms`.
   */
  detectors?: Record<string, DriftDetector>;
  /** How long a record waits for its label (default: for ever). */
  horizonMs?: number;
  /** Whether the model learns on `answer` (default true). */
  learn?: boolean;
}

interface Pending {
  readonly x: any;
  readonly timeMs: number;
  readonly prediction: unknown;
  readonly probabilities: unknown;
}

const NONE: readonly string[] = [];

export class Prequential {
  static readonly type = 'Prequential';
  readonly model: any;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly detectors: Readonly<Record<string, DriftDetector>>;
  /** Names of the detectors that raised the alarm at the newest answer. */
  alarms: readonly string[] = NONE;
  private readonly horizonMs: number;
  private readonly learn: boolean;
  private readonly wantsProbability: boolean;
  private readonly pending = new Map<string | number, Pending>();
  private answers = 0;
  private forgotten = 0;
  private unknown = 0;

  constructor(params: PrequentialParams) {
    this.model = params.model;
    this.metrics = params.metrics;
    this.detectors = params.detectors ?? {};
    this.horizonMs = params.horizonMs ?? Number.POSITIVE_INFINITY;
    this.learn = params.learn ?? true;
    requireParameter(this.horizonMs > 0, 'horizonMs', this.horizonMs, 'above 0');
    this.wantsProbability = Object.values(this.metrics).some(({ wants }) => wants === 'probability');
  }

  /**
   * Predicts for the record `x` of time `timeMs` and keeps it under `key`. A second record of the same key replaces the
   * first, which counts as forgotten. Returns the prediction.
   */
  ask(key: string | number, timeMs: number, x: any): any {
    const anomaly = this.model.kind === 'anomaly';
    const prediction = anomaly ? this.model.scoreOne(x) : this.model.predictOne(x);
    let probabilities: unknown;
    if (this.wantsProbability) probabilities = anomaly ? prediction : this.model.predictProbaOne(x);
    if (this.pending.delete(key)) this.forgotten++;
    this.pending.set(key, { x, timeMs, prediction, probabilities });
    return prediction;
  }

  /** The label of the record `key` has come. False when no such record waits (never asked, answered, or forgotten). */
  answer(key: string | number, y: any): boolean {
    const waiting = this.pending.get(key);
    if (!waiting) {
      this.unknown++;
      return false;
    }
    this.pending.delete(key);
    this.answers++;
    const known =
      waiting.probabilities instanceof Map ? waiting.probabilities.size > 0 : waiting.prediction !== undefined;
    if (known) {
      for (const metric of Object.values(this.metrics)) {
        metric.update(y, metric.wants === 'probability' ? waiting.probabilities : waiting.prediction);
      }
    }
    this.alarms = known ? this.watch(y, waiting.prediction) : NONE;
    if (this.learn) this.model.learnOne(waiting.x, y);
    return true;
  }

  private watch(y: any, prediction: any): readonly string[] {
    let alarms: string[] | undefined;
    for (const [name, detector] of Object.entries(this.detectors)) {
      let error: number;
      if (this.model.kind === 'anomaly') error = prediction;
      else error = this.model.kind === 'regressor' ? Math.abs(prediction - y) : prediction === y ? 0 : 1;
      if (detector.update(error)) alarms = [...(alarms ?? []), name];
    }
    return alarms ?? NONE;
  }

  /** Forgets records older than the horizon at `nowMs`; returns how many. Call it as time goes on (at each watermark). */
  advance(nowMs: number): number {
    if (this.horizonMs === Number.POSITIVE_INFINITY) return 0;
    let dropped = 0;
    for (const [key, { timeMs }] of this.pending) {
      if (timeMs + this.horizonMs < nowMs) {
        this.pending.delete(key);
        dropped++;
      }
    }
    this.forgotten += dropped;
    return dropped;
  }

  /** Value of each metric, and the fate of the records so far. */
  report(): { metrics: Record<string, number>; answers: number; waiting: number; forgotten: number; unknown: number } {
    const metrics = Object.fromEntries(Object.entries(this.metrics).map(([name, metric]) => [name, metric.get()]));
    const { answers, forgotten, unknown } = this;
    return { metrics, answers, waiting: this.pending.size, forgotten, unknown };
  }

  toJSON(): LearnJson {
    const { learn, answers, forgotten, unknown } = this;
    return {
      type: Prequential.type,
      version: 1,
      learn,
      horizonMs: packNumber(this.horizonMs),
      model: this.model.toJSON(),
      metrics: Object.fromEntries(Object.entries(this.metrics).map(([name, metric]) => [name, metric.toJSON()])),
      detectors: Object.fromEntries(
        Object.entries(this.detectors).map(([name, detector]) => [name, detector.toJSON()]),
      ),
      alarms: [...this.alarms],
      pending: [...this.pending].map(([key, { x, timeMs, prediction, probabilities }]) => ({
        key,
        timeMs,
        x: packRecord(x),
        prediction,
        probabilities: probabilities instanceof Map ? [...probabilities] : probabilities,
      })),
      answers,
      forgotten,
      unknown,
    };
  }

  static fromJSON(json: LearnJson, restore: Restore): Prequential {
    checkJson(json, Prequential.type);
    const restored = (states: Record<string, LearnJson>): any =>
      Object.fromEntries(Object.entries(states).map(([name, state]) => [name, restore(state)]));
    const horizonMs = unpackNumber(json.horizonMs);
    const evaluator = new Prequential({
      model: restore(json.model),
      metrics: restored(json.metrics),
      detectors: restored(json.detectors),
      horizonMs,
      learn: json.learn,
    });
    evaluator.alarms = json.alarms;
    for (const { key, timeMs, x, prediction, probabilities } of json.pending) {
      evaluator.pending.set(key, {
        timeMs,
        x: unpackRecord(x),
        prediction,
        probabilities: Array.isArray(probabilities) ? new Map(probabilities) : probabilities,
      });
    }
    evaluator.answers = json.answers;
    evaluator.forgotten = json.forgotten;
    evaluator.unknown = json.unknown;
    return evaluator;
  }
}

/**
 * Runs `rows` through a {@link Prequential} in order, each label `delay` rows after its record (default: at once), and
 * returns it. Labels still out at the end come then.
 */
export function progressiveValidation(
  rows: Iterable<{ x: any; y: any }>,
  params: PrequentialParams & { delay?: number },
): Prequential {
  const { delay = 0, ...rest } = params;
  if (!Number.isInteger(delay) || delay < 0) {
    throw new TidewheelError('TW7101', `delay must be a number of rows of at least 0, but is ${delay}`);
  }
  const evaluator = new Prequential(rest);
  const labels: unknown[] = [];
  let answered = 0;
  for (const { x, y } of rows) {
    const now = labels.length;
    while (answered + delay <= now && answered < now) {
      evaluator.answer(answered, labels[answered]);
      labels[answered++] = undefined;
    }
    evaluator.ask(now, now, x);
    labels.push(y);
  }
  for (; answered < labels.length; answered++) evaluator.answer(answered, labels[answered]);
  return evaluator;
}
