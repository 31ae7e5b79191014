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
 * maxBuckets + 1 buckets of 2^i values each, so memory and a check cost O(log n). Between two checks values only wait; then all of
 * them go through the levels together, which leaves the same buckets as one after another. Source: A. Bifet and R. Gavaldà, "Learning
 * from time-changing data with adaptive windowing", SDM 2007; variance of merged buckets by B. Babcock and others, PODS 2003.
 */
export class ADWIN implements DriftDetector {
  static readonly type = 'ADWIN';
  readonly kind = 'drift';
  readonly warningDetected = false;
  private readonly params: Required<ADWINParams>;
  private readonly clock: number;
  /** Room of a level: its buckets, and those that come to it at once. */
  private readonly stride: number;
  private detected = false;
  private totals: Float64Array;
  private variances: Float64Array;
  /** Buckets in use at each level, oldest first within it; level 0 holds single values. */
  private used: number[] = [0];
  private windowTotal = 0;
  private windowVariance = 0;
  private windowWidth = 0;
  /** Values since the last check. */
  private readonly waiting: Float64Array;
  private waits = 0;
  private detections = 0;

  constructor(params: ADWINParams = {}) {
    const { delta = 0.002, clock = 32, maxBuckets = 5, minWindowLength = 5, gracePeriod = 10 } = params;
    requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
    requireParameter(Number.isInteger(clock) && clock > 0, 'clock', clock, 'an integer above 0');
    requireParameter(Number.isInteger(maxBuckets) && maxBuckets > 1, 'maxBuckets', maxBuckets, 'an integer above 1');
    this.params = { delta, clock, maxBuckets, minWindowLength, gracePeriod };
    this.clock = clock;
    this.stride = maxBuckets + 1 + clock;
    this.waiting = new Float64Array(clock);
    this.totals = new Float64Array(this.stride * 4);
    this.variances = new Float64Array(this.stride * 4);
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  /** Values in the window. */
  get width(): number {
    return this.windowWidth + this.waits;
  }

  /** Mean of the window; 0 when it is empty. */
  get estimation(): number {
    return this.width === 0 ? 0 : this.total / this.width;
  }

  /** Sum of the window. */
  get total(): number {
    let total = this.windowTotal;
    for (let i = 0; i < this.waits; i++) total += this.waiting[i];
    return total;
  }

  /** Sum of squared deviations in the window. */
  get variance(): number {
    return this.varianceWithWaiting();
  }

  /** Alarms since the detector was made. */
  get nDetections(): number {
    return this.detections;
  }

  update(x: number): boolean {
    if (this.detected) this.reset();
    this.waiting[this.waits++] = x;
    return this.waits === this.clock && this.check();
  }

  private check(): boolean {
    this.takeWaiting();
    this.detected = this.windowWidth > this.params.gracePeriod && this.shrink();
    if (this.detected) this.detections++;
    return this.detected;
  }

  private reset(): void {
    this.detected = false;
    this.used = [0];
    this.windowTotal = this.windowVariance = this.windowWidth = this.waits = 0;
  }

  /** Sum of squared deviations with the values that wait: about the window's mean first, then about the mean of all. */
  private varianceWithWaiting(): number {
    const { waiting, waits, windowWidth } = this;
    if (waits === 0) return this.windowVariance;
    const about = this.meanBefore();
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < waits; i++) {
      const gap = waiting[i] - about;
      sum += gap;
      squares += gap * gap;
    }
    return this.windowVariance + (squares - (sum * sum) / (windowWidth + waits));
  }

  private meanBefore(): number {
    return this.windowWidth === 0 ? this.waiting[0] : this.windowTotal / this.windowWidth;
  }

  /**
   * The values that wait become buckets of level 0. Of a level with more than maxBuckets the oldest merge two by two, as often as they
   * would have one value after another, and go up a level together.
   */
  private takeWaiting(): void {
    const { stride, used, waiting, waits } = this;
    const { maxBuckets } = this.params;
    const about = this.meanBefore();
    let total = this.windowTotal;
    let sum = 0;
    let squares = 0;
    let at = used[0];
    for (let i = 0; i < waits; i++) {
      const x = waiting[i];
      const gap = x - about;
      total += x;
      sum += gap;
      squares += gap * gap;
      this.totals[at] = x;
      this.variances[at++] = 0;
    }
    used[0] = at;
    this.windowTotal = total;
    this.windowWidth += waits;
    this.windowVariance += squares - (sum * sum) / this.windowWidth;
    this.waits = 0;
    let share = 1;
    let weight = 0.5;
    for (let level = 0; used[level] > maxBuckets; level++) {
      if (level + 1 === used.length) {
        used.push(0);
        this.makeRoom();
      }
      const { totals, variances } = this;
      const from = level * stride;
      const merges = (used[level] - maxBuckets + 1) >> 1;
      let to = from + stride + used[level + 1];
      let k = from;
      for (const end = from + 2 * merges; k < end; k += 2) {
        const a = totals[k];
        const b = totals[k + 1];
        const gap = a * share - b * share;
        totals[to] = a + b;
        variances[to++] = variances[k] + variances[k + 1] + weight * gap * gap;
      }
      used[level + 1] += merges;
      const rest = used[level] - 2 * merges;
      for (let i = 0; i < rest; i++) {
        totals[from + i] = totals[k + i];
        variances[from + i] = variances[k + i];
      }
      used[level] = rest;
      share *= 0.5;
      weight *= 2;
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

  /**
   * Whether the means on both sides of some cut differ by more than epsilon.
   *
   * |mean of the old part − mean of the new| = |off| · width / (n0 · n1), with off = sum of the old part − n0 · mean of the window, and
   * epsilon² ≥ 2 · variance · logTerm · (width − 2 · slack) / room, with room = (n0 − slack) · (n1 − slack) ≤ n0 · n1. So a cut needs
   * off² > bound · room. Of the cuts of a level, room is least at one of its ends: where the greatest off² of a level is not above that,
   * which is nearly always, none of its cuts is looked at.
   */
  private hasCut(): boolean {
    const { stride, used, totals } = this;
    const width = this.windowWidth;
    const logTerm = Math.log((2 * Math.log(width)) / this.params.delta);
    const variance = this.windowVariance / width;
    const mean = this.windowTotal / width;
    const slack = this.params.minWindowLength - 1;
    // A little less, for what was rounded.
    const bound = (0.999999 * 2 * variance * logTerm * (width - 2 * slack)) / (width * width);
    let n0 = 0;
    let off = 0;
    let values = 2 ** (used.length - 1);
    for (let level = used.length - 1; level >= 0; level--) {
      const from = level * stride;
      const count = level === 0 ? used[0] - 1 : used[level];
      const usual = mean * values;
      const before = off;
      let most = 0;
      for (let k = from; k < from + count; k++) {
        off += totals[k] - usual;
        const square = off * off;
        if (square > most) most = square;
      }
      const end = n0 + count * values;
      const first = (n0 + values - slack) * (width - n0 - values - slack);
      const last = (end - slack) * (width - end - slack);
      if (most > bound * Math.min(first, last) && this.cutIn(level, count, n0, before, logTerm, variance)) {
        return true;
      }
      n0 = end;
      values *= 0.5;
    }
    return false;
  }

  /** Looks at the cuts behind the first `count` buckets of a level; `n0` values with `off` lie before them. */
  private cutIn(level: number, count: number, n0: number, off: number, logTerm: number, variance: number): boolean {
    const { stride, totals, windowTotal } = this;
    const { minWindowLength } = this.params;
    const width = this.windowWidth;
    const mean = windowTotal / width;
    const values = 2 ** level;
    for (let k = level * stride; k < level * stride + count; k++) {
      n0 += values;
      off += totals[k] - mean * values;
      const n1 = width - n0;
      if (n1 < minWindowLength || n0 < minWindowLength) continue;
      const reciprocal = 1 / (n0 - minWindowLength + 1) + 1 / (n1 - minWindowLength + 1);
      const epsilon = Math.sqrt(2 * reciprocal * variance * logTerm) + (2 / 3) * logTerm * reciprocal;
      if (Math.abs(off) * (width / (n0 * n1)) > epsilon) return true;
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
      waiting: packFloats(this.waiting, this.waits),
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
    detector.waiting.set(unpackFloats(json.waiting));
    detector.waits = json.waiting.length;
    detector.detections = json.detections;
    return detector;
  }
}
