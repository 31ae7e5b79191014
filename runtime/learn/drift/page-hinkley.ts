import type { DriftDetector } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { checkJson, type LearnJson, packNumber, unpackNumber } from '../state.js';

export interface PageHinkleyParams {
  /** Values before the first alarm (default 30). */
  minInstances?: number;
  /** Change that is tolerated, in the unit of the values (default 0.005). */
  delta?: number;
  /** Alarm level of the accumulated change (default 50). */
  threshold?: number;
  /** Forgetting factor of the sums (default 0.9999). */
  alpha?: number;
  /** Which change counts (default 'both'). */
  mode?: 'up' | 'down' | 'both';
}

/**
 * Page-Hinkley test: alarm when the deviations from the running mean add up beyond a threshold.
 *
 * Source: E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954; D. V. Hinkley, 1971. Constant memory.
 */
export class PageHinkley implements DriftDetector {
  static readonly type = 'PageHinkley';
  readonly kind = 'drift';
  readonly warningDetected = false;
  private readonly params: Required<PageHinkleyParams>;
  private detected = false;
  private n = 0;
  private mean = 0;
  private sumIncrease = 0;
  private sumDecrease = 0;
  private minIncrease = Number.POSITIVE_INFINITY;
  private maxDecrease = -1;

  constructor(params: PageHinkleyParams = {}) {
    const { minInstances = 30, delta = 0.005, threshold = 50, alpha = 1 - 0.0001, mode = 'both' } = params;
    requireParameter(['up', 'down', 'both'].includes(mode), 'mode', mode, "'up', 'down' or 'both'");
    this.params = { minInstances, delta, threshold, alpha, mode };
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  update(x: number): boolean {
    if (this.detected) this.reset();
    const { minInstances, delta, threshold, alpha, mode } = this.params;
    this.n++;
    this.mean += (1 / this.n) * (x - this.mean);
    const deviation = x - this.mean;
    this.sumIncrease = alpha * this.sumIncrease + deviation - delta;
    this.sumDecrease = alpha * this.sumDecrease + deviation + delta;
    if (this.sumIncrease < this.minIncrease) this.minIncrease = this.sumIncrease;
    if (this.sumDecrease > this.maxDecrease) this.maxDecrease = this.sumDecrease;
    if (this.n >= minInstances) {
      const up = mode !== 'down' && this.sumIncrease - this.minIncrease > threshold;
      const down = mode !== 'up' && this.maxDecrease - this.sumDecrease > threshold;
      this.detected = up || down;
    }
    return this.detected;
  }

  private reset(): void {
    this.detected = false;
    this.n = this.mean = this.sumIncrease = this.sumDecrease = 0;
    this.minIncrease = Number.POSITIVE_INFINITY;
    this.maxDecrease = -1;
  }

  toJSON(): LearnJson {
    const { params, detected, n, mean, sumIncrease, sumDecrease, maxDecrease } = this;
    const minIncrease = packNumber(this.minIncrease);
    return {
      type: PageHinkley.type,
      version: 1,
      params,
      detected,
      n,
      mean,
      sumIncrease,
      sumDecrease,
      minIncrease,
      maxDecrease,
    };
  }

  static fromJSON(json: LearnJson): PageHinkley {
    checkJson(json, PageHinkley.type);
    const detector = new PageHinkley(json.params);
    const { detected, n, mean, sumIncrease, sumDecrease, maxDecrease } = json;
    Object.assign(detector, { detected, n, mean, sumIncrease, sumDecrease, maxDecrease });
    detector.minIncrease = unpackNumber(json.minIncrease);
    return detector;
  }
}
