import type { DriftDetector } from '../contracts.js';
import { checkJson, type LearnJson, packNumber, unpackNumber } from '../state.js';

export interface DDMParams {
  /** Values before the first warning or alarm (default 30). */
  warmStart?: number;
  /** Standard deviations above the best error rate for a warning (default 2). */
  warningThreshold?: number;
  /** Standard deviations above the best error rate for an alarm (default 3). */
  driftThreshold?: number;
}

/**
 * Drift detection method: watches the error rate of a classifier (1 wrong, 0 right) against the best rate so far.
 *
 * Source: J. Gama, P. Medas, G. Castillo and P. Rodrigues, "Learning with drift detection", SBIA 2004. Constant memory.
 */
export class DDM implements DriftDetector {
  static readonly type = 'DDM';
  readonly kind = 'drift';
  private readonly params: Required<DDMParams>;
  private readonly warmStart: number;
  private detected = false;
  private warned = false;
  private n = 0;
  private rate = 0;
  private bestRate = 0;
  private bestDeviation = 0;
  private bestSum = Number.POSITIVE_INFINITY;
  /** Of the best rate: what a warning and an alarm lie above. */
  private warningAt = Number.POSITIVE_INFINITY;
  private driftAt = Number.POSITIVE_INFINITY;

  constructor(params: DDMParams = {}) {
    const { warmStart = 30, warningThreshold = 2, driftThreshold = 3 } = params;
    this.params = { warmStart, warningThreshold, driftThreshold };
    this.warmStart = warmStart;
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  get warningDetected(): boolean {
    return this.warned;
  }

  /** `x` is 1 (or true) for a wrong prediction, 0 for a right one. */
  update(x: number | boolean): boolean {
    if (this.detected) this.reset();
    const n = ++this.n;
    const rate = this.rate + (1 / n) * (+x - this.rate);
    this.rate = rate;
    if (n <= this.warmStart) return false;
    const deviation = Math.sqrt((rate * (1 - rate)) / n);
    const sum = rate + deviation;
    if (sum <= this.bestSum) this.setBest(rate, deviation, sum);
    this.warned = sum > this.warningAt;
    if (sum > this.driftAt) {
      this.warned = false;
      this.detected = true;
      return true;
    }
    return false;
  }

  private setBest(rate: number, deviation: number, sum: number): void {
    this.bestRate = rate;
    this.bestDeviation = deviation;
    this.bestSum = sum;
    this.setLimits();
  }

  private setLimits(): void {
    const { warningThreshold, driftThreshold } = this.params;
    this.warningAt = this.bestRate + warningThreshold * this.bestDeviation;
    this.driftAt = this.bestRate + driftThreshold * this.bestDeviation;
  }

  private reset(): void {
    this.detected = this.warned = false;
    this.n = this.rate = this.bestRate = this.bestDeviation = 0;
    this.bestSum = this.warningAt = this.driftAt = Number.POSITIVE_INFINITY;
  }

  toJSON(): LearnJson {
    const { params, detected, warned, n, rate, bestRate, bestDeviation } = this;
    const bestSum = packNumber(this.bestSum);
    return { type: DDM.type, version: 1, params, detected, warned, n, rate, bestRate, bestDeviation, bestSum };
  }

  static fromJSON(json: LearnJson): DDM {
    checkJson(json, DDM.type);
    const detector = new DDM(json.params);
    const { detected, warned, n, rate, bestRate, bestDeviation } = json;
    Object.assign(detector, { detected, warned, n, rate, bestRate, bestDeviation });
    detector.bestSum = unpackNumber(json.bestSum);
    if (Number.isFinite(detector.bestSum)) detector.setLimits();
    return detector;
  }
}
