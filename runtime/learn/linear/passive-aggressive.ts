import { requireParameter } from '../errors.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowStep } from '../features/row-step.js';
import { type LearnJson, packNumber, unpackNumber } from '../state.js';

/** Parameters of both passive-aggressive learners. */
export interface PassiveAggressiveParams {
  /** Aggressiveness, above 0 (default 1): how far one row may move the model. */
  C?: number;
  /** 0: PA, no limit; 1 (default): PA-I, step limited by C; 2: PA-II, step damped by C. */
  mode?: 0 | 1 | 2;
  learnIntercept?: boolean;
}

/**
 * Base of passive-aggressive learners: no change when the loss is 0, else the smallest step that makes it 0 (limited by
 * `mode`). Source: K. Crammer, O. Dekel, J. Keshet, S. Shalev-Shwartz and Y. Singer, "Online passive-aggressive
 * algorithms", JMLR 7, 2006.
 */
export abstract class PassiveAggressive extends RowStep {
  protected readonly C: number;
  protected readonly mode: 0 | 1 | 2;
  protected readonly learnIntercept: boolean;
  private weights = new GrowableFloats();
  private intercept = 0;

  constructor(params: PassiveAggressiveParams) {
    super();
    this.C = params.C ?? 1;
    this.mode = params.mode ?? 1;
    this.learnIntercept = params.learnIntercept ?? true;
    requireParameter(this.C > 0, 'C', this.C, 'above 0');
    requireParameter([0, 1, 2].includes(this.mode), 'mode', this.mode, '0, 1 or 2');
  }

  protected raw(row: FeatureRow): number {
    const w = this.weights.ensure(row.span);
    let sum = 0;
    for (let k = 0; k < row.size; k++) sum += w[row.indices[k]] * row.values[k];
    return sum + this.intercept;
  }

  /** Moves the model by the step for `loss`, in the direction `sign`. */
  protected move(row: FeatureRow, loss: number, sign: number): void {
    const { indices, values, size } = row;
    let square = 0;
    for (let k = 0; k < size; k++) square += values[k] * values[k];
    let tau = 0;
    if (this.mode === 2) tau = loss / (square + 0.5 / this.C);
    else if (square > 0) tau = this.mode === 1 ? Math.min(this.C, loss / square) : loss / square;
    const step = tau * sign;
    const w = this.weights.ensure(row.span);
    for (let k = 0; k < size; k++) w[indices[k]] += step * values[k];
    if (this.learnIntercept) this.intercept += step;
  }

  protected stateJson(): Omit<LearnJson, 'type' | 'version'> {
    return {
      features: this.featuresJson(),
      weights: this.weights.toJSON(),
      intercept: packNumber(this.intercept),
    };
  }

  protected restoreState(json: LearnJson): void {
    this.restoreFeatures(json.features);
    this.weights = GrowableFloats.from(json.weights);
    this.intercept = unpackNumber(json.intercept);
  }
}
