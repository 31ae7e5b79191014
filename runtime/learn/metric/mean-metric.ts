import type { Metric } from '../contracts.js';
import type { LearnJson } from '../state.js';

/** Base of metrics that are the weighted mean of a number per row; 0 before the first row. */
export abstract class MeanMetric implements Metric {
  readonly kind = 'metric';
  abstract readonly biggerIsBetter: boolean;
  abstract readonly wants: 'label' | 'probability' | 'number';
  private n = 0;
  private mean = 0;

  protected abstract evaluate(yTrue: any, yPred: any): number;

  update(yTrue: any, yPred: any, w = 1): void {
    this.n += w;
    this.mean += (w / this.n) * (this.evaluate(yTrue, yPred) - this.mean);
  }

  revert(yTrue: any, yPred: any, w = 1): void {
    this.n -= w;
    if (this.n <= 0) {
      this.n = 0;
      this.mean = 0;
      return;
    }
    this.mean -= (w / this.n) * (this.evaluate(yTrue, yPred) - this.mean);
  }

  get(): number {
    return this.mean;
  }

  abstract toJSON(): LearnJson;

  protected stateJson(): { n: number; mean: number } {
    return { n: this.n, mean: this.mean };
  }

  protected restoreState(json: LearnJson): this {
    this.n = json.n;
    this.mean = json.mean;
    return this;
  }
}
