/** One learner of a `learn` step with what it counts: its quality for the gate, and that of the version it would replace. */
import type { LearnSpec, PublishSpec } from '../../graph/model-steps.js';
import { create, createPipeline, type LearnJson, type Metric, restore, type Spec } from '../../learn/index.js';

/** What a learner says of a record before it learns it. */
export interface Prediction {
  readonly [field: string]: unknown;
}

export class StreamLearner {
  labelled = 0;
  /** Of the predictions made before learning, over the gate's window. */
  quality: Metric | undefined;

  constructor(
    readonly model: any,
    publish: PublishSpec | undefined,
  ) {
    if (publish) this.quality = gateMetric(publish);
  }

  static make(spec: LearnSpec): StreamLearner {
    const written = JSON.parse(spec.pipeline) as Spec | readonly Spec[];
    return new StreamLearner(Array.isArray(written) ? createPipeline(written) : create(written as Spec), spec.publish);
  }

  static restore(spec: LearnSpec, json: { version: number; model: LearnJson; labelled: number; quality?: LearnJson }) {
    const learner = new StreamLearner(restore(json.model), spec.publish);
    learner.labelled = json.labelled;
    if (json.quality && learner.quality) learner.quality = restore(json.quality) as Metric;
    return learner;
  }

  toJSON(): unknown {
    return {
      version: 1,
      model: this.model,
      labelled: this.labelled,
      ...(this.quality ? { quality: this.quality } : {}),
    };
  }

  predict(x: Record<string, unknown>): Prediction {
    return predictWith(this.model, x);
  }

  /** Scores what was predicted for the record, then learns it. */
  learn(x: Record<string, unknown>, label: unknown, predicted: Prediction): void {
    this.labelled++;
    if (this.quality) measure(this.quality, label, predicted);
    const { model } = this;
    if (model.kind === 'anomaly' || model.kind === 'clusterer') model.learnOne(x);
    else model.learnOne(x, label);
  }
}

export function gateMetric(publish: PublishSpec): Metric {
  return create({ type: 'Rolling', metric: publish.metric, windowSize: publish.window });
}

/** `label`/`prediction`, `probability` (of true, or of the label), `score`, `cluster`: as learners in a registry answer. */
export function predictWith(model: any, x: Record<string, unknown>): Prediction {
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
    metric.wants === 'probability'
      ? (predicted.probabilities ?? predicted.score ?? predicted.probability)
      : (predicted.label ?? predicted.prediction);
  if (said === undefined || said === null || (said instanceof Map && said.size === 0)) return;
  metric.update(label, said);
}
