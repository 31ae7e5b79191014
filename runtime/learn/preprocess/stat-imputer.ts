import { TidewheelError } from '../errors.js';
import type { Features, FeatureValue } from '../features/feature-index.js';
import { asFeatures, categoryOf } from '../features/row-emitter.js';
import { P2Quantile } from '../numeric/p2-quantile.js';
import { checkJson, type LearnJson } from '../state.js';

/** What stands in for a missing value. */
export type Imputation = 'mean' | 'median' | 'mode' | 'min' | 'max' | 'previous' | { readonly constant: FeatureValue };

export interface StatImputerParams {
  /** What stands in, by feature. */
  imputers?: Readonly<Record<string, Imputation>>;
  /** What stands in for all other features seen before (default: their missing values stay missing). */
  default?: Imputation;
}

interface Running {
  readonly imputation: Imputation;
  n: number;
  mean: number;
  readonly median: P2Quantile;
  readonly counts: Map<FeatureValue, number>;
  least: number;
  most: number;
  previous: FeatureValue;
}

/**
 * Fills in missing values (`null`, `undefined`, NaN) by a running statistic of the feature.
 *
 * Shapes: a dictionary in and out; the features named in `imputers` come out even if they were absent. 'mode' keeps a count of
 * each value; 'median' is a running estimate (`numeric/p2-quantile.ts`). A value stays missing while its feature was never seen.
 * Source: River's StatImputer, scikit-learn's SimpleImputer. Errors: `TW7102` for a string where the statistic
 * needs numbers.
 */
export class StatImputer {
  static readonly type = 'StatImputer';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly params: StatImputerParams;
  private readonly running = new Map<string, Running>();

  constructor(params: StatImputerParams = {}) {
    this.params = { imputers: params.imputers ?? {}, default: params.default };
    for (const [feature, imputation] of Object.entries(this.params.imputers ?? {})) this.start(feature, imputation);
  }

  private start(feature: string, imputation: Imputation): Running {
    const running: Running = {
      imputation,
      n: 0,
      mean: 0,
      median: new P2Quantile(0.5),
      counts: new Map(),
      least: Number.POSITIVE_INFINITY,
      most: Number.NEGATIVE_INFINITY,
      previous: null,
    };
    this.running.set(feature, running);
    return running;
  }

  learnOne(x: Features): void {
    const features = asFeatures(x);
    for (const feature in features) {
      const value = features[feature];
      if (missing(value)) continue;
      const running =
        this.running.get(feature) ?? (this.params.default ? this.start(feature, this.params.default) : undefined);
      if (running) update(running, feature, value);
    }
  }

  transformOne(x: Features): Record<string, FeatureValue> {
    const filled: Record<string, FeatureValue> = { ...asFeatures(x) };
    for (const [feature, running] of this.running) {
      if (missing(filled[feature])) {
        const value = statistic(running);
        if (value !== undefined) filled[feature] = value;
      }
    }
    return filled;
  }

  toJSON(): LearnJson {
    return {
      type: StatImputer.type,
      version: 1,
      params: this.params,
      running: [...this.running].map(([feature, r]) => ({
        feature,
        imputation: r.imputation,
        n: r.n,
        mean: r.mean,
        median: r.median.toJSON(),
        counts: [...r.counts],
        least: r.n > 0 ? r.least : null,
        most: r.n > 0 ? r.most : null,
        previous: r.previous,
      })),
    };
  }

  static fromJSON(json: LearnJson): StatImputer {
    checkJson(json, StatImputer.type);
    const imputer = new StatImputer(json.params);
    for (const { feature, imputation, n, mean, median, counts, least, most, previous } of json.running) {
      imputer.running.set(feature, {
        imputation,
        n,
        mean,
        median: P2Quantile.from(median),
        counts: new Map(counts),
        least: least ?? Number.POSITIVE_INFINITY,
        most: most ?? Number.NEGATIVE_INFINITY,
        previous,
      });
    }
    return imputer;
  }
}

function missing(value: FeatureValue): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

function update(running: Running, feature: string, value: FeatureValue): void {
  const { imputation } = running;
  if (typeof imputation === 'object') return;
  running.n++;
  if (imputation === 'mode') {
    const category = categoryOf(value);
    running.counts.set(category, (running.counts.get(category) ?? 0) + 1);
    return;
  }
  if (imputation === 'previous') {
    running.previous = categoryOf(value);
    return;
  }
  const number = Number(value);
  if (typeof value === 'string' || Number.isNaN(number)) {
    running.n--;
    throw new TidewheelError(
      'TW7102',
      `feature ${feature} holds ${JSON.stringify(value)}, but its ${imputation} needs numbers: impute it by 'mode'`,
    );
  }
  if (imputation === 'mean') running.mean += (1 / running.n) * (number - running.mean);
  else if (imputation === 'median') running.median.update(number);
  else if (imputation === 'min') running.least = Math.min(running.least, number);
  else running.most = Math.max(running.most, number);
}

function statistic(running: Running): FeatureValue {
  const { imputation } = running;
  if (typeof imputation === 'object') return imputation.constant;
  if (running.n === 0) return undefined;
  switch (imputation) {
    case 'mean':
      return running.mean;
    case 'median':
      return running.median.get();
    case 'min':
      return running.least;
    case 'max':
      return running.most;
    case 'previous':
      return running.previous;
    case 'mode': {
      let best: FeatureValue;
      let most = 0;
      for (const [value, count] of running.counts) {
        if (count > most) {
          most = count;
          best = value;
        }
      }
      return best;
    }
  }
}
