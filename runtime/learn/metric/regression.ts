import type { Metric } from '../contracts.js';
import { checkJson, type LearnJson } from '../state.js';
import { MeanMetric } from './mean-metric.js';

abstract class ErrorMetric extends MeanMetric {
  readonly biggerIsBetter = false;
  readonly wants = 'number';
}

/** Mean absolute error, in the target's unit. */
export class MAE extends ErrorMetric {
  static readonly type = 'MAE';

  protected evaluate(yTrue: number, yPred: number): number {
    return Math.abs(yTrue - yPred);
  }

  toJSON(): LearnJson {
    return { type: MAE.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): MAE {
    checkJson(json, MAE.type);
    return new MAE().restoreState(json);
  }
}

/** Mean squared error, in the square of the target's unit. */
export class MSE extends ErrorMetric {
  static readonly type: string = 'MSE';

  protected evaluate(yTrue: number, yPred: number): number {
    return (yTrue - yPred) * (yTrue - yPred);
  }

  toJSON(): LearnJson {
    return { type: MSE.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): MSE {
    checkJson(json, MSE.type);
    return new MSE().restoreState(json);
  }
}

/** Root of the mean squared error, in the target's unit. */
export class RMSE extends MSE {
  static override readonly type = 'RMSE';

  override get(): number {
    return Math.sqrt(super.get());
  }

  override toJSON(): LearnJson {
    return { type: RMSE.type, version: 1, ...this.stateJson() };
  }

  static override fromJSON(json: LearnJson): RMSE {
    checkJson(json, RMSE.type);
    return new RMSE().restoreState(json);
  }
}

/**
 * Coefficient of determination: 1 is perfect, 0 as good as the mean of the targets, below 0 worse than it. 0 before the
 * second row, and while all targets are equal. Source: S. Wright, "Correlation and causation", 1921; running sums as in River.
 */
export class R2 implements Metric {
  static readonly type = 'R2';
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'number';
  private n = 0;
  private mean = 0;
  private squares = 0;
  private residuals = 0;

  update(yTrue: number, yPred: number, w = 1): void {
    this.n += w;
    const before = this.mean;
    this.mean += (w / this.n) * (yTrue - before);
    this.squares += w * (yTrue - before) * (yTrue - this.mean);
    this.residuals += w * (yTrue - yPred) * (yTrue - yPred);
  }

  revert(yTrue: number, yPred: number, w = 1): void {
    this.n -= w;
    if (this.n <= 0) {
      this.n = this.mean = this.squares = this.residuals = 0;
      return;
    }
    const before = this.mean;
    this.mean -= (w / this.n) * (yTrue - before);
    this.squares -= w * (yTrue - before) * (yTrue - this.mean);
    this.residuals -= w * (yTrue - yPred) * (yTrue - yPred);
  }

  get(): number {
    return this.n > 1 && this.squares !== 0 ? 1 - this.residuals / this.squares : 0;
  }

  toJSON(): LearnJson {
    const { n, mean, squares, residuals } = this;
    return { type: R2.type, version: 1, n, mean, squares, residuals };
  }

  static fromJSON(json: LearnJson): R2 {
    checkJson(json, R2.type);
    const { n, mean, squares, residuals } = json;
    return Object.assign(new R2(), { n, mean, squares, residuals });
  }
}
