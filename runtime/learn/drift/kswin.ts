import type { DriftDetector } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { kolmogorovSmirnov } from '../numeric/kolmogorov-smirnov.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson } from '../state.js';

export interface KSWINParams {
  /** Significance level of the test, in [0, 1] (default 0.005). */
  alpha?: number;
  /** Values in the window (default 100). */
  windowSize?: number;
  /** Values in each of the two samples that are compared (default 30, at most half of the window). */
  statSize?: number;
  /** Seed of the draws from the older part (default 0). */
  seed?: number;
}

/**
 * Kolmogorov-Smirnov windowing: compares the newest `statSize` values with a random sample of the older ones, at every
 * value once the window is full.
 *
 * Source: C. Raab, M. Heusinger and F.-M. Schleif, "Reactive soft prototype computing for concept drift streams",
 * Neurocomputing 416, 2020. The p-value is exact. O(window) memory, O(statSize log statSize) an update.
 */
export class KSWIN implements DriftDetector {
  static readonly type = 'KSWIN';
  readonly kind = 'drift';
  readonly warningDetected = false;
  private readonly params: Required<KSWINParams>;
  private readonly older: number[];
  private detected = false;
  private window: number[] = [];
  private twister: MersenneTwister;
  /** p-value of the newest test; 0 before the first. */
  pValue = 0;

  constructor(params: KSWINParams = {}) {
    const { alpha = 0.005, windowSize = 100, statSize = 30, seed = 0 } = params;
    requireParameter(alpha >= 0 && alpha <= 1, 'alpha', alpha, 'between 0 and 1');
    requireParameter(Number.isInteger(statSize) && statSize > 0, 'statSize', statSize, 'an integer above 0');
    requireParameter(
      Number.isInteger(windowSize) && windowSize >= 2 * statSize,
      'windowSize',
      windowSize,
      'an integer of at least twice statSize',
    );
    this.params = { alpha, windowSize, statSize, seed };
    this.older = Array.from({ length: windowSize - statSize }, (_, i) => i);
    this.twister = MersenneTwister.python(seed);
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  update(x: number): boolean {
    const { alpha, windowSize, statSize, seed } = this.params;
    if (this.detected) {
      this.window = [];
      this.pValue = 0;
      this.twister = MersenneTwister.python(seed);
    }
    const { window } = this;
    window.push(x);
    if (window.length > windowSize) window.shift();
    this.detected = false;
    if (window.length < windowSize) return false;
    const drawn = Float64Array.from(this.twister.sample(this.older, statSize), (i) => window[i]);
    const newest = Float64Array.from(window.slice(windowSize - statSize));
    const { statistic, pValue } = kolmogorovSmirnov(drawn, newest);
    this.pValue = pValue;
    this.detected = pValue <= alpha && statistic > 0.1;
    return this.detected;
  }

  toJSON(): LearnJson {
    const { params, detected, pValue } = this;
    const twister = this.twister.toJSON();
    return { type: KSWIN.type, version: 1, params, detected, pValue, window: [...this.window], twister };
  }

  static fromJSON(json: LearnJson): KSWIN {
    checkJson(json, KSWIN.type);
    const detector = new KSWIN(json.params);
    detector.detected = json.detected;
    detector.pValue = json.pValue;
    detector.window = [...json.window];
    detector.twister = MersenneTwister.fromJSON(json.twister);
    return detector;
  }
}
