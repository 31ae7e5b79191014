import type { DriftDetector } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { checkJson, type LearnJson, packFloats, unpackFloats } from '../state.js';

export interface ADWINParams {
  /** Chance of a false alarm at one check, in (0, 1) (default 0.002). */
  delta?: number;
  /** Checks happen every `clock` values (default 32). */
  clock?: number;
  /** Buckets of one size before two of them merge (default 5). */
  maxBuckets?: number;
  /** Least values on each side of a cut (default 5). */
  minWindowLength?: number;
  /** Values before the first check (default 10). */
  gracePeriod?: number;
}

/**
 * Adaptive windowing: keeps as long a window as has one mean, and raises the alarm when it has to drop the old part.
 *
 * Takes any bounded number, such as 0 and 1 for right and wrong, or an error. Level i of the histogram has up to
 * maxBuckets + 1 buckets of 2^i values each, so memory and a check cost O(log n). Source: A. Bifet and R. Gavaldà, "Learning
 * from time-changing data with adaptive windowing", SDM 2007; variance of merged buckets by B. Babcock and others, PODS 2003.
 */
export class ADWIN implements DriftDetector {
  static readonly type = 'ADWIN';
  readonly kind = 'drift';
  readonly warningDetected = false;
  private readonly params: Required<ADWINParams>;
  private readonly stride: number;
  private detected = false;
  private totals: Float64Array;
  private variances: Float64Array;
  /** Buckets in use at each level; level 0 holds single values. */
  private used: number[] = [0];
  private windowTotal = 0;
  private windowVariance = 0;
  private windowWidth = 0;
  private ticks = 0;
  private detections = 0;

  constructor(params: ADWINParams = {}) {
    const { delta = 0.002, clock = 32, maxBuckets = 5, minWindowLength = 5, gracePeriod = 10 } = params;
    requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
    requireParameter(Number.isInteger(clock) && clock > 0, 'clock', clock, 'an integer above 0');
    requireParameter(Number.isInteger(maxBuckets) && maxBuckets > 1, 'maxBuckets', maxBuckets, 'an integer above 1');
    this.params = { delta, clock, maxBuckets, minWindowLength, gracePeriod };
    this.stride = maxBuckets + 1;
    this.totals = new Float64Array(this.stride * 4);
    this.variances = new Float64Array(this.stride * 4);
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  /** Values in the window. */
  get width(): number {
    return this.windowWidth;
  }

  /** Mean of the window; 0 when it is empty. */
  get estimation(): number {
    return this.windowWidth === 0 ? 0 : this.windowTotal / this.windowWidth;
  }

  /** Sum of the window. */
  get total(): number {
    return this.windowTotal;
  }

  /** Sum of squared deviations in the window. */
  get variance(): number {
    return this.windowVariance;
  }

  /** Alarms since the detector was made. */
  get nDetections(): number {
    return this.detections;
  }

  update(x: number): boolean {
    if (this.detected) this.reset();
    this.insert(x);
    this.detected =
      ++this.ticks % this.params.clock === 0 && this.windowWidth > this.params.gracePeriod && this.shrink();
    if (this.detected) this.detections++;
    return this.detected;
  }

  private reset(): void {
    this.used = [0];
    this.windowTotal = this.windowVariance = this.windowWidth = this.ticks = 0;
  }

  private insert(x: number): void {
    this.totals[this.used[0]] = x;
    this.variances[this.used[0]] = 0;
    this.used[0]++;
    this.windowWidth++;
    const width = this.windowWidth;
    if (width > 1) {
      const gap = x - this.windowTotal / (width - 1);
      this.windowVariance += ((width - 1) * gap * gap) / width;
    }
    this.windowTotal += x;
    if (this.used[0] > this.params.maxBuckets) this.mergeFullLevels();
  }

  /** Merges the two oldest buckets of each level that has one too many into a bucket of the next level. */
  private mergeFullLevels(): void {
    const { stride, used } = this;
    const { maxBuckets } = this.params;
    for (let level = 0; used[level] === maxBuckets + 1; level++) {
      if (level + 1 === used.length) {
        used.push(0);
        this.makeRoom();
      }
      const at = level * stride;
      const { totals, variances } = this;
      const values = 2 ** level;
      const gap = totals[at] / values - totals[at + 1] / values;
      const to = (level + 1) * stride + used[level + 1];
      totals[to] = totals[at] + totals[at + 1];
      variances[to] = variances[at] + variances[at + 1] + values * 0.5 * gap * gap;
      used[level + 1]++;
      totals.copyWithin(at, at + 2, at + used[level]);
      variances.copyWithin(at, at + 2, at + used[level]);
      used[level] -= 2;
    }
  }

  private makeRoom(): void {
    const needed = this.used.length * this.stride;
    if (needed <= this.totals.length) return;
    const grow = (values: Float64Array): Float64Array => {
      const grown = new Float64Array(needed * 2);
      grown.set(values);
      return grown;
    };
    this.totals = grow(this.totals);
    this.variances = grow(this.variances);
  }

  private dropOldest(): void {
    const { stride, used, totals, variances } = this;
    const level = used.length - 1;
    const at = level * stride;
    const values = 2 ** level;
    const total = totals[at];
    this.windowWidth -= values;
    this.windowTotal -= total;
    const width = this.windowWidth;
    const gap = total / values - this.windowTotal / width;
    this.windowVariance -= variances[at] + (values * width * gap * gap) / (values + width);
    totals.copyWithin(at, at + 1, at + used[level]);
    variances.copyWithin(at, at + 1, at + used[level]);
    if (--used[level] === 0) used.pop();
  }

  /** Drops old buckets while some cut shows two means; whether any was dropped. */
  private shrink(): boolean {
    let dropped = false;
    while (this.hasCut()) {
      dropped = true;
      this.dropOldest();
    }
    return dropped;
  }

  private hasCut(): boolean {
    const { stride, used, totals } = this;
    const { delta, minWindowLength } = this.params;
    const width = this.windowWidth;
    const logTerm = Math.log((2 * Math.log(width)) / delta);
    const variance = this.windowVariance / width;
    let n0 = 0;
    let n1 = width;
    let u0 = 0;
    let u1 = this.windowTotal;
    for (let level = used.length - 1; level >= 0; level--) {
      const values = 2 ** level;
      const at = level * stride;
      for (let k = 0; k < used[level]; k++) {
        n0 += values;
        n1 -= values;
        u0 += totals[at + k];
        u1 -= totals[at + k];
        if (level === 0 && k === used[0] - 1) return false;
        if (n1 < minWindowLength || n0 < minWindowLength) continue;
        const reciprocal = 1 / (n0 - minWindowLength + 1) + 1 / (n1 - minWindowLength + 1);
        const epsilon = Math.sqrt(2 * reciprocal * variance * logTerm) + (2 / 3) * logTerm * reciprocal;
        if (Math.abs(u0 / n0 - u1 / n1) > epsilon) return true;
      }
    }
    return false;
  }

  toJSON(): LearnJson {
    const { stride, used } = this;
    return {
      type: ADWIN.type,
      version: 1,
      params: this.params,
      detected: this.detected,
      levels: used.map((n, level) => ({
        totals: packFloats(this.totals.subarray(level * stride, level * stride + n)),
        variances: packFloats(this.variances.subarray(level * stride, level * stride + n)),
      })),
      total: this.windowTotal,
      variance: this.windowVariance,
      width: this.windowWidth,
      ticks: this.ticks,
      detections: this.detections,
    };
  }

  static fromJSON(json: LearnJson): ADWIN {
    checkJson(json, ADWIN.type);
    const detector = new ADWIN(json.params);
    detector.detected = json.detected;
    detector.used = json.levels.map((level: any) => level.totals.length);
    detector.makeRoom();
    json.levels.forEach((level: any, i: number) => {
      detector.totals.set(unpackFloats(level.totals), i * detector.stride);
      detector.variances.set(unpackFloats(level.variances), i * detector.stride);
    });
    detector.windowTotal = json.total;
    detector.windowVariance = json.variance;
    detector.windowWidth = json.width;
    detector.ticks = json.ticks;
    detector.detections = json.detections;
    return detector;
  }
}
