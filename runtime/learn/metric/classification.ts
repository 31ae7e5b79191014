import type { Metric } from '../contracts.js';
import { TidewheelError } from '../errors.js';
import type { Label } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { ConfusionMatrix } from './confusion-matrix.js';

/** How the scores of classes become one: of one class, plain mean, from summed counts, or mean weighted by support. */
export type Average = 'binary' | 'macro' | 'micro' | 'weighted';

export interface ClassScoreParams {
  /** Default 'binary': the score of the class `posVal`. */
  average?: Average;
  /** The positive class (default true). */
  posVal?: Label;
}

/** Base of metrics over a confusion matrix; an empty denominator gives 0. Labels in, weights allowed. */
abstract class MatrixMetric implements Metric {
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'label';
  protected matrix = new ConfusionMatrix();

  update(yTrue: Label, yPred: Label, w = 1): void {
    this.matrix.update(yTrue, yPred, w);
  }

  revert(yTrue: Label, yPred: Label, w = 1): void {
    this.matrix.revert(yTrue, yPred, w);
  }

  /** The counts behind the score. */
  get confusion(): ConfusionMatrix {
    return this.matrix;
  }

  abstract get(): number;
  abstract toJSON(): LearnJson;
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** Share of rows whose class was predicted right. Source: scikit-learn's accuracy_score. */
export class Accuracy extends MatrixMetric {
  static readonly type = 'Accuracy';

  get(): number {
    return this.matrix.get();
  }

  toJSON(): LearnJson {
    return { type: Accuracy.type, version: 1, matrix: this.matrix.toJSON() };
  }

  static fromJSON(json: LearnJson): Accuracy {
    checkJson(json, Accuracy.type);
    const metric = new Accuracy();
    metric.matrix = ConfusionMatrix.fromJSON(json.matrix);
    return metric;
  }
}

/** Base of precision, recall and F scores, which differ in `score` only. */
abstract class ClassScore extends MatrixMetric {
  protected readonly average: Average;
  protected readonly posVal: Label;

  constructor(params: ClassScoreParams) {
    super();
    this.average = params.average ?? 'binary';
    this.posVal = params.posVal ?? true;
    if (!['binary', 'macro', 'micro', 'weighted'].includes(this.average)) {
      throw new TidewheelError('TW7101', `average must be binary, macro, micro or weighted, but is ${this.average}`);
    }
  }

  /** The score from weights of true positives, false positives and false negatives. */
  protected abstract score(tp: number, fp: number, fn: number): number;

  get(): number {
    const { matrix } = this;
    const scoreOf = (label: Label): number =>
      this.score(matrix.truePositives(label), matrix.falsePositives(label), matrix.falseNegatives(label));
    if (this.average === 'binary') return scoreOf(this.posVal);
    const { classes } = matrix;
    if (this.average === 'micro') {
      let fp = 0;
      let fn = 0;
      for (const label of classes) {
        fp += matrix.falsePositives(label);
        fn += matrix.falseNegatives(label);
      }
      return this.score(matrix.totalTruePositives, fp, fn);
    }
    let total = 0;
    for (const label of classes) {
      total += this.average === 'macro' ? scoreOf(label) : matrix.support(label) * scoreOf(label);
    }
    return ratio(total, this.average === 'macro' ? classes.length : matrix.totalWeight);
  }

  protected stateJson(): Omit<LearnJson, 'type' | 'version'> {
    return { params: { average: this.average, posVal: this.posVal }, matrix: this.matrix.toJSON() };
  }
}

/** Share of rows predicted as a class that are of it. Source: C. J. van Rijsbergen, "Information Retrieval", 1979. */
export class Precision extends ClassScore {
  static readonly type = 'Precision';

  constructor(params: ClassScoreParams = {}) {
    super(params);
  }

  protected score(tp: number, fp: number): number {
    return ratio(tp, tp + fp);
  }

  toJSON(): LearnJson {
    return { type: Precision.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): Precision {
    checkJson(json, Precision.type);
    const metric = new Precision(json.params);
    metric.matrix = ConfusionMatrix.fromJSON(json.matrix);
    return metric;
  }
}

/** Share of rows of a class that were predicted as it. Source: C. J. van Rijsbergen, "Information Retrieval", 1979. */
export class Recall extends ClassScore {
  static readonly type = 'Recall';

  constructor(params: ClassScoreParams = {}) {
    super(params);
  }

  protected score(tp: number, _fp: number, fn: number): number {
    return ratio(tp, tp + fn);
  }

  toJSON(): LearnJson {
    return { type: Recall.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): Recall {
    checkJson(json, Recall.type);
    const metric = new Recall(json.params);
    metric.matrix = ConfusionMatrix.fromJSON(json.matrix);
    return metric;
  }
}

export interface FBetaParams extends ClassScoreParams {
  /** Weight of recall against precision, above 0 (default 1: F1). */
  beta?: number;
}

/** Weighted harmonic mean of precision and recall. Source: C. J. van Rijsbergen, "Information Retrieval", 1979. */
export class FBeta extends ClassScore {
  static readonly type: string = 'FBeta';
  private readonly beta: number;

  constructor(params: FBetaParams = {}) {
    super(params);
    this.beta = params.beta ?? 1;
  }

  protected score(tp: number, fp: number, fn: number): number {
    const precision = ratio(tp, tp + fp);
    const recall = ratio(tp, tp + fn);
    const b2 = this.beta * this.beta;
    return ratio((1 + b2) * precision * recall, b2 * precision + recall);
  }

  toJSON(): LearnJson {
    const { params, matrix } = this.stateJson();
    return { type: FBeta.type, version: 1, params: { ...params, beta: this.beta }, matrix };
  }

  static fromJSON(json: LearnJson): FBeta {
    checkJson(json, FBeta.type);
    const metric = new FBeta(json.params);
    metric.matrix = ConfusionMatrix.fromJSON(json.matrix);
    return metric;
  }
}

/** {@link FBeta} with beta 1. Its JSON is that of FBeta. */
export class F1 extends FBeta {
  constructor(params: ClassScoreParams = {}) {
    super({ ...params, beta: 1 });
  }
}
