import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowStep } from '../features/row-step.js';
import { AdaGrad, type Optimizer, type OptimizerSpec, optimizerOf, restoreOptimizer, SGD } from '../optim/index.js';
import type { Loss } from '../optim/loss.js';
import { checkRate, type LearningRate, rateAt } from '../optim/scheduler.js';
import { type LearnJson, packNumber, unpackNumber } from '../state.js';

/** Parameters shared by {@link LinearRegression} and {@link LogisticRegression}; names as in River. */
export interface LinearModelParams {
  /** How weights move (default SGD with lr 0.01). The intercept always moves by plain gradient descent. */
  optimizer?: OptimizerSpec;
  /** Ridge penalty on weights (default 0). */
  l2?: number;
  /** Lasso penalty on weights, by cumulative clipping (default 0). Not together with l2. */
  l1?: number;
  interceptInit?: number;
  interceptLr?: LearningRate;
  /** The derivative of the loss is clipped to ± this (default 1e12). */
  clipGradient?: number;
}

/**
 * Base of linear models trained by stochastic gradients on p = w·x + b.
 *
 * Lasso follows Y. Tsuruoka, J. Tsujii and S. Ananiadou, "Stochastic gradient descent training for L1-regularized
 * log-linear models with cumulative penalty", ACL 2009.
 */
export abstract class LinearModel extends RowStep {
  protected optimizer: Optimizer;
  protected weightsById = new GrowableFloats();
  protected intercept: number;
  private readonly interceptLr: LearningRate;
  private readonly l1: number;
  private readonly l2: number;
  private readonly interceptInit: number;
  private readonly clipGradient: number;
  private readonly gradient = new FeatureRow();
  private maxCumulativeL1 = 0;
  private cumulativeL1 = new GrowableFloats();

  constructor(
    params: LinearModelParams,
    protected readonly loss: Loss,
  ) {
    super();
    this.optimizer = optimizerOf(params.optimizer);
    this.l1 = params.l1 ?? 0;
    this.l2 = params.l2 ?? 0;
    this.interceptInit = params.interceptInit ?? 0;
    this.interceptLr = checkRate(params.interceptLr ?? 0.01, 'interceptLr');
    this.clipGradient = params.clipGradient ?? 1e12;
    this.intercept = this.interceptInit;
    requireParameter(this.l1 >= 0, 'l1', this.l1, 'at least 0');
    requireParameter(this.l2 >= 0, 'l2', this.l2, 'at least 0');
    requireParameter(this.l1 === 0 || this.l2 === 0, 'l2', this.l2, '0 when l1 is given');
  }

  /** The learned weight of each feature, by name. */
  get weights(): Record<string, number> {
    const { features, weightsById } = this;
    const named: Record<string, number> = {};
    for (let id = 0; id < weightsById.length; id++) named[features.nameOf(id)] = weightsById.data[id];
    return named;
  }

  /** w·x + b. */
  protected raw(row: FeatureRow): number {
    const w = this.weightsById.ensure(row.span);
    const { indices, values, size } = row;
    let sum = 0;
    for (let k = 0; k < size; k++) sum += w[indices[k]] * values[k];
    return sum + this.intercept;
  }

  protected learn(x: FeatureInput, y: number, w: number): void {
    const row = this.asRow(x);
    let slope = this.loss.gradient(y, this.raw(row)) * w;
    if (slope > this.clipGradient) slope = this.clipGradient;
    else if (slope < -this.clipGradient) slope = -this.clipGradient;
    const { optimizer, l2 } = this;
    this.intercept -= rateAt(this.interceptLr, optimizer.nIterations) * slope;
    if (l2 === 0 && (optimizer instanceof SGD || optimizer instanceof AdaGrad))
      optimizer.stepScaled(this.weightsById, row, slope);
    else optimizer.step(this.weightsById, this.gradientOf(row, slope));
    if (this.l1 !== 0) this.clipByL1(row);
  }

  /** `slope` times the row, and the pull of the ridge penalty. */
  private gradientOf(row: FeatureRow, slope: number): FeatureRow {
    const { gradient, l2 } = this;
    gradient.shapeLike(row);
    const { values, indices, size } = row;
    const g = gradient.values;
    const weights = this.weightsById.ensure(row.span);
    for (let k = 0; k < size; k++) g[k] = values[k] * slope + l2 * weights[indices[k]];
    return gradient;
  }

  private clipByL1(row: FeatureRow): void {
    this.maxCumulativeL1 += this.l1 * this.optimizer.learningRate;
    const most = this.maxCumulativeL1;
    const w = this.weightsById.ensure(row.span);
    const applied = this.cumulativeL1.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const before = w[i];
      if (before > 0) w[i] = Math.max(0, before - (most + applied[i]));
      else if (before < 0) w[i] = Math.min(0, before + (most - applied[i]));
      applied[i] += w[i] - before;
    }
  }

  protected stateJson(): Omit<LearnJson, 'type' | 'version'> {
    const { l1, l2, interceptInit, interceptLr, clipGradient } = this;
    return {
      params: { l1, l2, interceptInit, interceptLr, clipGradient },
      features: this.featuresJson(),
      optimizer: this.optimizer.toJSON(),
      intercept: packNumber(this.intercept),
      weights: this.weightsById.toJSON(),
      maxCumulativeL1: this.maxCumulativeL1,
      cumulativeL1: this.cumulativeL1.toJSON(),
    };
  }

  protected restoreState(json: LearnJson): void {
    this.restoreFeatures(json.features);
    this.optimizer = restoreOptimizer(json.optimizer);
    this.intercept = unpackNumber(json.intercept);
    this.weightsById = GrowableFloats.from(json.weights);
    this.maxCumulativeL1 = json.maxCumulativeL1;
    this.cumulativeL1 = GrowableFloats.from(json.cumulativeL1);
  }
}
