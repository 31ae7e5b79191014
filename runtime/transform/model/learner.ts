/** One learner of a `learn` step with what it counts: its quality for the gate, that of the version it would replace, its errors. */
import type { LearnSpec, PublishSpec } from '../../graph/model-steps.js';
import {
  create,
  createPipeline,
  type DriftDetector,
  type LearnJson,
  type Metric,
  networksOf,
  restore,
  type Spec,
} from '../../learn/index.js';

/** What a learner says of a record before it learns it. */
export interface Prediction {
  readonly [field: string]: unknown;
}

/** A record for a learner: features by name, or the vector that the one column is. */
export type LearnRecord = Record<string, unknown> | readonly unknown[];

/** Makes a model ready for rows: gives networks their TensorFlow. */
export type Ready = (model: unknown) => void;

/** The model that a step's pipeline names. Throws TW7101, TW7106. */
export function makeModel(pipeline: string): any {
  const written = JSON.parse(pipeline) as Spec | readonly Spec[];
  return Array.isArray(written) ? createPipeline(written) : create(written as Spec);
}

interface SavedLearner {
  readonly version: number;
  readonly model: LearnJson;
  readonly labelled: number;
  readonly quality?: LearnJson;
  readonly detector?: LearnJson;
  readonly recent?: [LearnRecord, unknown][];
  readonly alarms?: number;
}

export class StreamLearner {
  labelled = 0;
  /** Alarms of its detector so far. */
  alarms = 0;
  /** Of the predictions made before learning, over the gate's window. */
  quality: Metric | undefined;
  private detector: DriftDetector | undefined;
  /** The latest labelled rows, for training again. */
  private recent: [LearnRecord, unknown][] = [];

  private constructor(
    public model: any,
    private readonly spec: LearnSpec,
    private readonly ready: Ready,
  ) {
    ready(model);
    if (spec.publish) this.quality = gateMetric(spec.publish);
    if (spec.onDrift?.detector) this.detector = detectorOf(spec.onDrift.detector);
  }

  static make(spec: LearnSpec, ready: Ready): StreamLearner {
    return new StreamLearner(makeModel(spec.pipeline), spec, ready);
  }

  static restore(spec: LearnSpec, json: SavedLearner, ready: Ready): StreamLearner {
    const learner = new StreamLearner(restore(json.model), spec, ready);
    learner.labelled = json.labelled;
    if (json.quality && learner.quality) learner.quality = restore(json.quality) as Metric;
    if (json.detector && learner.detector) learner.detector = restore(json.detector) as DriftDetector;
    learner.recent = json.recent ?? [];
    learner.alarms = json.alarms ?? 0;
    return learner;
  }

  toJSON(): unknown {
    return {
      version: 1,
      model: this.model,
      labelled: this.labelled,
      ...(this.quality ? { quality: this.quality } : {}),
      ...(this.spec.onDrift ? { detector: this.detector, recent: this.recent, alarms: this.alarms } : {}),
    };
  }

  predict(x: LearnRecord): Prediction {
    return predictWith(this.model, x, this.spec.topN);
  }

  /** Scores what was predicted for the record, then learns it. True: its errors raised the alarm, and it has begun again. */
  learn(x: LearnRecord, label: unknown, predicted: Prediction): boolean {
    this.labelled++;
    this.judge(x, label, predicted);
    teach(this.model, x, label);
    return this.spec.onDrift !== undefined && this.watch(x, label, predicted);
  }

  /** Counts what was predicted for a record towards the quality that the gate looks at. */
  judge(x: LearnRecord, label: unknown, predicted: Prediction): void {
    if (this.quality) measure(this.quality, this.measuredLabel(x, label), predicted);
  }

  /** Recommendations are measured by the item that was chosen. */
  private measuredLabel(x: LearnRecord, label: unknown): unknown {
    return this.quality!.wants === 'ranking' ? Object.values(x)[1] : label;
  }

  private watch(x: LearnRecord, label: unknown, predicted: Prediction): boolean {
    const { action, window } = this.spec.onDrift!;
    if (action === 'retrain') {
      this.recent.push([x, label]);
      if (this.recent.length > window) this.recent.shift();
    }
    const error = this.detector && errorOf(label, predicted);
    if (error === undefined || !this.detector!.update(error)) return false;
    this.beginAgain();
    return true;
  }

  /** A fresh model; one that has learnt the latest rows where they are kept. */
  beginAgain(): void {
    this.alarms++;
    this.model = makeModel(this.spec.pipeline);
    this.ready(this.model);
    for (const [row, y] of this.recent) teach(this.model, row, y);
  }
}

function teach(model: any, x: any, label: unknown): void {
  if (model.kind === 'anomaly' || model.kind === 'clusterer') model.learnOne(x);
  else if (model.kind === 'recommender') {
    const [user, item] = Object.values(x);
    model.learnOne(user, item, label ?? undefined);
  } else model.learnOne(x, label);
}

/** Throws TW7101, TW7106. */
export function detectorOf(written: string): DriftDetector {
  return create(JSON.parse(written) as Spec);
}

/** 1 for a wrong class and 0 for the right one; the size of the error of a number; undefined where nothing was said. */
function errorOf(label: unknown, predicted: Prediction): number | undefined {
  const said = predicted.label ?? predicted.prediction;
  if (said === undefined || said === null) return undefined;
  return typeof said === 'number' && typeof label === 'number' && predicted.label === undefined
    ? Math.abs(said - label)
    : said === label || Number(said) === Number(label)
      ? 0
      : 1;
}

export function gateMetric(publish: PublishSpec): Metric {
  return create({ type: 'Rolling', metric: publish.metric, windowSize: publish.window });
}

/** Whether the pipeline of a step has networks, which need TensorFlow. */
export function hasNetworks(model: unknown): boolean {
  return networksOf(model).length > 0;
}

/**
 * `label`/`prediction`, `probability` (of true, or of the label), `score`, `cluster`: as learners in a registry answer. `topN`: so many
 * items of a recommender.
 */
export function predictWith(model: any, x: any, topN?: number): Prediction {
  switch (model.kind) {
    case 'anomaly': {
      const score = model.scoreOne(x);
      return { score, prediction: score };
    }
    case 'clusterer': {
      const cluster = model.predictOne(x);
      return { cluster, prediction: cluster };
    }
    case 'regressor':
      return { prediction: model.predictOne(x) };
    case 'recommender': {
      const [user, item] = Object.values(x);
      // First of all: to ask about an item is to name it, and it could be recommended for that.
      const recommended =
        topN === undefined ? undefined : model.recommend(user, topN).map((r: { item: unknown }) => r.item);
      const asked = model.predictOne && item !== undefined && item !== null;
      return { recommended, prediction: asked ? model.predictOne(user, item) : undefined };
    }
    default: {
      const probabilities: ReadonlyMap<unknown, number> = model.predictProbaOne(x);
      let label: unknown;
      let best = Number.NEGATIVE_INFINITY;
      for (const [value, p] of probabilities) {
        if (p > best) [label, best] = [value, p];
      }
      // Of two classes false and true the probability is that of true, even while only false is known.
      const probability =
        typeof label === 'boolean' ? (probabilities.get(true) ?? 0) : label === undefined ? undefined : best;
      return { label, prediction: label, probability, probabilities };
    }
  }
}

/** Before a class is known there is nothing to measure. */
export function measure(metric: Metric, label: unknown, predicted: Prediction): void {
  const said =
    metric.wants === 'ranking'
      ? predicted.recommended
      : metric.wants === 'probability'
        ? (predicted.probabilities ?? predicted.score ?? predicted.probability)
        : (predicted.label ?? predicted.prediction);
  if (said === undefined || said === null || (said instanceof Map && said.size === 0)) return;
  metric.update(label, said);
}
