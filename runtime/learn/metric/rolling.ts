import type { Metric } from '../contracts.js';
import { requireParameter } from '../errors.js';
import type { Label } from '../features/label-index.js';
import { checkJson, type LearnJson, type Restore } from '../state.js';

export interface RollingParams {
  metric: Metric;
  /** Rows that count (default 1000). */
  windowSize?: number;
}

/**
 * A metric over the newest `windowSize` rows: what is older is taken back. For gates that ask how good a model is now.
 * Predictions are kept, so memory is one prediction a row. Source: River's utils.Rolling.
 */
export class Rolling implements Metric {
  static readonly type = 'Rolling';
  readonly kind = 'metric';
  private readonly metric: Metric;
  private readonly windowSize: number;
  private window: [yTrue: any, yPred: any, w: number][] = [];
  private oldest = 0;

  constructor(params: RollingParams) {
    this.metric = params.metric;
    this.windowSize = params.windowSize ?? 1000;
    requireParameter(
      Number.isInteger(this.windowSize) && this.windowSize > 0,
      'windowSize',
      this.windowSize,
      'an integer above 0',
    );
    requireParameter(this.metric?.kind === 'metric', 'metric', this.metric, 'a metric');
  }

  get biggerIsBetter(): boolean {
    return this.metric.biggerIsBetter;
  }

  get wants(): Metric['wants'] {
    return this.metric.wants;
  }

  update(yTrue: any, yPred: any, w = 1): void {
    this.metric.update(yTrue, yPred, w);
    if (this.window.length < this.windowSize) {
      this.window.push([yTrue, yPred, w]);
      return;
    }
    this.metric.revert(...this.window[this.oldest]);
    this.window[this.oldest] = [yTrue, yPred, w];
    this.oldest = (this.oldest + 1) % this.windowSize;
  }

  /** Takes the row back that was added last, if it is this one; does nothing otherwise. */
  revert(yTrue: any, yPred: any, w = 1): void {
    const rows = this.inOrder();
    const [lastTrue, lastPred, lastW] = rows.at(-1) ?? [];
    if (lastTrue !== yTrue || lastPred !== yPred || lastW !== w) return;
    this.metric.revert(yTrue, yPred, w);
    this.window = rows.slice(0, -1);
    this.oldest = 0;
  }

  get(): number {
    return this.metric.get();
  }

  private inOrder(): [any, any, number][] {
    return [...this.window.slice(this.oldest), ...this.window.slice(0, this.oldest)];
  }

  toJSON(): LearnJson {
    return {
      type: Rolling.type,
      version: 1,
      windowSize: this.windowSize,
      metric: this.metric.toJSON(),
      window: this.inOrder().map(([yTrue, yPred, w]) => [yTrue, yPred instanceof Map ? { map: [...yPred] } : yPred, w]),
    };
  }

  static fromJSON(json: LearnJson, restore: Restore): Rolling {
    checkJson(json, Rolling.type);
    const rolling = new Rolling({ metric: restore(json.metric), windowSize: json.windowSize });
    rolling.window = json.window.map(([yTrue, yPred, w]: [any, any, number]) => [
      yTrue,
      yPred?.map ? new Map<Label, number>(yPred.map) : yPred,
      w,
    ]);
    return rolling;
  }
}
