import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RefreshingTransformer } from '../features/refreshing-transformer.js';
import { binOf } from '../numeric/bin-of.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson, packFloats, unpackFloats } from '../state.js';

export interface KBinsDiscretizerParams {
  /** Bins of each feature (default 5). */
  nBins?: number;
  /** 'quantile' (default): as many values in each bin; 'uniform': bins of the same width. */
  strategy?: 'quantile' | 'uniform';
  /** Values of each feature that are kept (default 10000): exact up to so many rows, a uniform sample beyond. */
  sampleSize?: number;
  /** Rows between new edges in a stream (default 100). */
  refreshEvery?: number;
  /** Seed of the sample (default 0). */
  seed?: number;
}

/**
 * The number of the bin, 0 … nBins − 1, that a value falls in, with bins made from the data. Bins narrower than 1e-8 are
 * joined to their neighbours, a feature with one value has one bin.
 *
 * State: `sampleSize` values a feature. Source: scikit-learn's KBinsDiscretizer with ordinal codes and linear quantiles; J. S.
 * Vitter, "Random sampling with a reservoir", ACM TOMS 11(1), 1985. Before anything is learned all values are in bin 0.
 */
export class KBinsDiscretizer extends RefreshingTransformer {
  static readonly type = 'KBinsDiscretizer';
  private readonly params: { nBins: number; strategy: 'quantile' | 'uniform'; sampleSize: number; seed: number };
  private twister: MersenneTwister;
  private samples: number[][] = [];
  private seen: number[] = [];
  private edges: Float64Array[] = [];

  constructor(params: KBinsDiscretizerParams = {}) {
    super(params.refreshEvery);
    const { nBins = 5, strategy = 'quantile', sampleSize = 10_000, seed = 0 } = params;
    requireParameter(Number.isInteger(nBins) && nBins >= 2, 'nBins', nBins, 'an integer of at least 2');
    requireParameter(['quantile', 'uniform'].includes(strategy), 'strategy', strategy, "'quantile' or 'uniform'");
    this.params = { nBins, strategy, sampleSize, seed };
    this.twister = MersenneTwister.python(seed);
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const { sampleSize } = this.params;
    while (this.samples.length < row.span) {
      this.samples.push([]);
      this.seen.push(0);
    }
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const sample = this.samples[i];
      const seen = ++this.seen[i];
      if (sample.length < sampleSize) sample.push(row.values[k]);
      else {
        const place = Math.floor(this.twister.random() * seen);
        if (place < sampleSize) sample[place] = row.values[k];
      }
    }
    this.learned++;
  }

  protected refresh(): void {
    this.edges = this.samples.map((sample) => this.edgesOf(Float64Array.from(sample).sort()));
  }

  /** The edges between bins of ascending `values`. */
  private edgesOf(values: Float64Array): Float64Array {
    const { nBins, strategy } = this.params;
    const n = values.length;
    const least = values[0];
    const most = values[n - 1];
    if (n === 0 || least === most) return new Float64Array(0);
    const all: number[] = [];
    for (let b = 0; b <= nBins; b++) {
      if (strategy === 'uniform') {
        all.push(b === nBins ? most : least + b * ((most - least) / nBins));
        continue;
      }
      const at = (b / nBins) * (n - 1);
      const below = Math.floor(at);
      const above = Math.min(n - 1, below + 1);
      all.push(values[below] + (values[above] - values[below]) * (at - below));
    }
    const wide = strategy === 'uniform' ? all : all.filter((edge, b) => b === 0 || edge - all[b - 1] > 1e-8);
    return Float64Array.from(wide.slice(1, -1));
  }

  transformRow(row: FeatureRow): FeatureRow {
    this.renewIfDue();
    const { out, edges } = this;
    out.shapeLike(row);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      out.values[k] = i < edges.length ? binOf(edges[i], row.values[k]) : 0;
    }
    return out;
  }

  toJSON(): LearnJson {
    return {
      type: KBinsDiscretizer.type,
      version: 1,
      params: this.params,
      ...this.progressJson(),
      features: this.featuresJson(),
      twister: this.twister.toJSON(),
      samples: this.samples.map((sample) => packFloats(sample)),
      seen: [...this.seen],
      edges: this.edges.map((edges) => packFloats(edges)),
    };
  }

  static fromJSON(json: LearnJson): KBinsDiscretizer {
    checkJson(json, KBinsDiscretizer.type);
    const discretizer = new KBinsDiscretizer({ ...json.params, refreshEvery: json.refreshEvery });
    discretizer.restoreFeatures(json.features);
    discretizer.learned = json.learned;
    discretizer.refreshedAt = json.refreshedAt;
    discretizer.twister = MersenneTwister.fromJSON(json.twister);
    discretizer.samples = json.samples.map((sample: any[]) => [...unpackFloats(sample)]);
    discretizer.seen = [...json.seen];
    discretizer.edges = json.edges.map((edges: any[]) => unpackFloats(edges));
    return discretizer;
  }
}
