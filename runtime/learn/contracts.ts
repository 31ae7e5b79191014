/**
 * What learners, transforms, metrics and detectors promise. The verbs are River's: `learnOne` changes state,
 * `predictOne`, `transformOne` and `scoreOne` do not change any answer.
 */
import type { FeatureInput, Features, Vector } from './features/feature-index.js';
import type { Label } from './features/label-index.js';
import type { LearnJson } from './state.js';

/** Probability of each class; they sum to 1, or the map is empty when nothing has been learned. */
export type Probabilities = ReadonlyMap<Label, number>;

/** Anything that can be a step of a pipeline. */
export interface Estimator {
  toJSON(): LearnJson;
}

/** Learns classes from labelled rows. */
export interface Classifier extends Estimator {
  readonly kind: 'classifier';
  /** `w` is the weight of the row, above 0 (default 1). */
  learnOne(x: FeatureInput, y: Label, w?: number): void;
  /** The most probable class; undefined when no class is known yet. */
  predictOne(x: FeatureInput): Label | undefined;
  predictProbaOne(x: FeatureInput): Probabilities;
}

/** A classifier of two classes, false and true. */
export interface BinaryClassifier extends Classifier {
  /** Probability of `true`. The same number as `predictProbaOne(x).get(true)`, without building a map. */
  probabilityOne(x: FeatureInput): number;
}

/** Learns a number from rows. */
export interface Regressor extends Estimator {
  readonly kind: 'regressor';
  learnOne(x: FeatureInput, y: number, w?: number): void;
  predictOne(x: FeatureInput): number;
}

/** Assigns rows to groups without labels. */
export interface Clusterer extends Estimator {
  readonly kind: 'clusterer';
  learnOne(x: FeatureInput): void;
  /** Number of the cluster, from 0. */
  predictOne(x: FeatureInput): number;
}

/** Tells how unusual a row is. */
export interface AnomalyDetector extends Estimator {
  readonly kind: 'anomaly';
  learnOne(x: FeatureInput): void;
  /** 0 … 1, higher is more unusual. */
  scoreOne(x: FeatureInput): number;
}

/** Learns what users like. */
export interface Recommender extends Estimator {
  readonly kind: 'recommender';
  learnOne(user: Label, item: Label, y?: any): void;
}

export type Learner = Classifier | Regressor | Clusterer | AnomalyDetector;

/** Turns a row into another. Dictionaries give dictionaries, vectors give vectors. */
export interface Transformer extends Estimator {
  readonly kind: 'transformer';
  /** Whether `learnOne` needs the label (a target encoder does). */
  readonly supervised: boolean;
  learnOne(x: any, y?: any): void;
  transformOne(x: any): any;
}

/** A running measure of quality. */
export interface Metric extends Estimator {
  readonly kind: 'metric';
  readonly biggerIsBetter: boolean;
  /** What `yPred` has to be: the predicted class, the probabilities (or that of `true`), a number, or a list of items. */
  readonly wants: 'label' | 'probability' | 'number' | 'ranking';
  update(yTrue: any, yPred: any, w?: number): void;
  /** Takes an earlier `update` back. */
  revert(yTrue: any, yPred: any, w?: number): void;
  get(): number;
}

/** Watches one number per record for a change of its distribution. */
export interface DriftDetector extends Estimator {
  readonly kind: 'drift';
  /** Whether the newest value raised the alarm. The detector starts afresh with the value after it. */
  readonly driftDetected: boolean;
  /** Whether the newest value is in the warning zone; always false for detectors that have none. */
  readonly warningDetected: boolean;
  /** Returns `driftDetected`. */
  update(x: number): boolean;
}

export type { FeatureInput, Features, Label, Vector };
