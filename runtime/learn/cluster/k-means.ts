import type { Clusterer } from '../contracts.js';
import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowStep } from '../features/row-step.js';
import { GaussianSource } from '../random/gaussian.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson } from '../state.js';

export interface KMeansParams {
  /** Clusters (default 5). */
  nClusters?: number;
  /** Share of the way that the nearest centre moves towards a row, in (0, 1] (default 0.5). */
  halflife?: number;
  /** Mean of the random start (default 0). */
  mu?: number;
  /** Standard deviation of the random start (default 1). */
  sigma?: number;
  /** Power of the distance (default 2, Euclidean). */
  p?: number;
  /** Seed of the random start (default 0). */
  seed?: number;
}

/**
 * Sequential k-means: the centre nearest to a row moves a share of the way towards it.
 *
 * Shapes: a row of numeric features (scale them first); a missing feature counts as 0. A feature that turns up later gets
 * random coordinates then. Source: J. MacQueen, "Some methods for classification and analysis of multivariate
 * observations", 1967, with exponential forgetting as in River. Errors: `TW7102` for strings and infinities.
 */
export class KMeans extends RowStep implements Clusterer {
  static readonly type = 'KMeans';
  readonly kind = 'clusterer';
  private readonly params: Required<KMeansParams>;
  private source: GaussianSource;
  private coordinates: GrowableFloats[];
  private span = 0;
  private point = new Float64Array(16);

  constructor(params: KMeansParams = {}) {
    super();
    const { nClusters = 5, halflife = 0.5, mu = 0, sigma = 1, p = 2, seed = 0 } = params;
    requireParameter(Number.isInteger(nClusters) && nClusters > 0, 'nClusters', nClusters, 'an integer above 0');
    requireParameter(halflife > 0 && halflife <= 1, 'halflife', halflife, 'above 0 and at most 1');
    this.params = { nClusters, halflife, mu, sigma, p, seed };
    this.source = new GaussianSource(MersenneTwister.python(seed), 'trigonometric');
    this.coordinates = Array.from({ length: nClusters }, () => new GrowableFloats());
  }

  /** The centres, by cluster and feature name. */
  get centers(): Record<string, number>[] {
    return this.coordinates.map((centre) =>
      Object.fromEntries(Array.from({ length: this.span }, (_, i) => [this.features.nameOf(i), centre.data[i]])),
    );
  }

  private nearest(row: FeatureRow): number {
    if (row.span > this.span) this.extend(row.span);
    const { coordinates, span, point } = this;
    const { p } = this.params;
    if (row.size < span) point.fill(0, 0, span);
    for (let k = 0; k < row.size; k++) point[row.indices[k]] = row.values[k];
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < coordinates.length; c++) {
      const centre = coordinates[c].data;
      let distance = 0;
      if (p === 2) {
        for (let i = 0; i < span; i++) distance += (centre[i] - point[i]) * (centre[i] - point[i]);
      } else {
        for (let i = 0; i < span; i++) distance += Math.abs(centre[i] - point[i]) ** p;
      }
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    return best;
  }

  /** Gives the features from `this.span` on random coordinates, centre by centre. */
  private extend(span: number): void {
    const { mu, sigma } = this.params;
    for (const centre of this.coordinates) {
      const data = centre.ensure(span);
      for (let i = this.span; i < span; i++) data[i] = this.source.next(mu, sigma);
    }
    this.span = span;
    if (this.point.length < span) this.point = new Float64Array(span * 2);
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const centre = this.coordinates[this.nearest(row)].data;
    const { halflife } = this.params;
    for (let k = 0; k < row.size; k++) centre[row.indices[k]] += halflife * (row.values[k] - centre[row.indices[k]]);
  }

  predictOne(x: FeatureInput): number {
    return this.nearest(this.asRow(x));
  }

  toJSON(): LearnJson {
    return {
      type: KMeans.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      source: this.source.toJSON(),
      span: this.span,
      coordinates: this.coordinates.map((centre) => centre.toJSON()),
    };
  }

  static fromJSON(json: LearnJson): KMeans {
    checkJson(json, KMeans.type);
    const model = new KMeans(json.params);
    model.restoreFeatures(json.features);
    model.source = GaussianSource.fromJSON(json.source);
    model.span = json.span;
    model.coordinates = json.coordinates.map((centre: never[]) => GrowableFloats.from(centre));
    model.point = new Float64Array(Math.max(16, model.span));
    return model;
  }
}
