import type { Metric } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import { type ProbabilityInput, probabilityOf } from './probability-of.js';
import { exactRocAuc } from './roc-auc.js';

export interface RollingROCAUCParams {
  /** Rows in the window (default 1000). */
  windowSize?: number;
}

/**
 * Area under the ROC curve of the newest `windowSize` rows. `update` is O(1), `get` sorts the window.
 *
 * Source: D. Brzezinski and J. Stefanowski, "Prequential AUC: properties of the area under the ROC curve for data streams
 * with concept drift", KAIS 52, 2017. Ties between a true and a false row count half (River rounds that half down, so it
 * reads slightly lower when scores tie).
 */
export class RollingROCAUC implements Metric {
  static readonly type = 'RollingROCAUC';
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'probability';
  private readonly labels: Uint8Array;
  private readonly scores: Float64Array;
  private size = 0;
  private next = 0;

  constructor(params: RollingROCAUCParams = {}) {
    const windowSize = params.windowSize ?? 1000;
    requireParameter(Number.isInteger(windowSize) && windowSize > 0, 'windowSize', windowSize, 'an integer above 0');
    this.labels = new Uint8Array(windowSize);
    this.scores = new Float64Array(windowSize);
  }

  update(yTrue: boolean | number, yPred: ProbabilityInput): void {
    this.labels[this.next] = yTrue ? 1 : 0;
    this.scores[this.next] = probabilityOf(yPred);
    this.next = (this.next + 1) % this.scores.length;
    if (this.size < this.scores.length) this.size++;
  }

  /** Forgets the oldest row of the window that is equal to this one; does nothing when there is none. */
  revert(yTrue: boolean | number, yPred: ProbabilityInput): void {
    const label = yTrue ? 1 : 0;
    const score = probabilityOf(yPred);
    const rows = this.rows();
    const at = rows.scores.findIndex((seen, i) => seen === score && rows.labels[i] === label);
    if (at < 0) return;
    rows.scores.splice(at, 1);
    rows.labels.splice(at, 1);
    this.fill(rows.labels, rows.scores);
  }

  get(): number {
    return exactRocAuc(this.labels.subarray(0, this.size), this.scores.subarray(0, this.size));
  }

  /** The window, oldest first. */
  private rows(): { labels: number[]; scores: number[] } {
    const capacity = this.scores.length;
    const first = this.size < capacity ? 0 : this.next;
    const at = (i: number): number => (first + i) % capacity;
    return {
      labels: Array.from({ length: this.size }, (_, i) => this.labels[at(i)]),
      scores: Array.from({ length: this.size }, (_, i) => this.scores[at(i)]),
    };
  }

  private fill(labels: readonly number[], scores: readonly number[]): void {
    this.labels.set(labels);
    this.scores.set(scores);
    this.size = scores.length;
    this.next = this.size % this.scores.length;
  }

  toJSON(): LearnJson {
    return { type: RollingROCAUC.type, version: 1, params: { windowSize: this.scores.length }, ...this.rows() };
  }

  static fromJSON(json: LearnJson): RollingROCAUC {
    checkJson(json, RollingROCAUC.type);
    const metric = new RollingROCAUC(json.params);
    metric.fill(json.labels, json.scores);
    return metric;
  }
}
