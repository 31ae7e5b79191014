import { requireParameter } from '../errors.js';
import { FeatureIndex, type FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { GaussianSource } from '../random/gaussian.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson, packFloats, unpackFloats } from '../state.js';
import { nameComponents } from './pca.js';

export interface GaussianRandomProjectionParams {
  /** Components (default 10). */
  nComponents?: number;
  /** Seed of the matrix (default 0). */
  seed?: number;
}

/**
 * Projects rows on random directions; distances are about kept. Learns nothing: the matrix is drawn when the first row tells
 * how many features there are, and features that turn up later don't count.
 *
 * Shapes: rows of n features in (a missing one counts as 0), `rp0`, … out (a vector for vectors). State: nComponents · n
 * numbers. Source: W. B. Johnson and J. Lindenstrauss, 1984; S. Dasgupta and A. Gupta, 1999. With the same seed the matrix is
 * scikit-learn's.
 */
export class GaussianRandomProjection extends RowTransformer {
  static readonly type = 'GaussianRandomProjection';
  private readonly nComponents: number;
  private readonly seed: number;
  private readonly outputIndex = new FeatureIndex();
  private matrix: Float64Array[] = [];

  constructor(params: GaussianRandomProjectionParams = {}) {
    super();
    const { nComponents = 10, seed = 0 } = params;
    requireParameter(
      Number.isInteger(nComponents) && nComponents >= 1,
      'nComponents',
      nComponents,
      'an integer above 0',
    );
    this.nComponents = nComponents;
    this.seed = seed;
  }

  override get output(): FeatureIndex {
    return this.outputIndex;
  }

  learnOne(_x: FeatureInput): void {}

  private draw(span: number): void {
    const source = new GaussianSource(MersenneTwister.numpy(this.seed), 'polar');
    const sigma = 1 / Math.sqrt(this.nComponents);
    this.matrix = Array.from({ length: this.nComponents }, () =>
      Float64Array.from({ length: span }, () => source.next(0, sigma)),
    );
    nameComponents(this.outputIndex, this.features.positional, 'rp', this.nComponents);
  }

  transformRow(row: FeatureRow): FeatureRow {
    if (this.matrix.length === 0) this.draw(row.span);
    const { out } = this;
    out.clear();
    for (let c = 0; c < this.nComponents; c++) {
      const direction = this.matrix[c];
      let sum = 0;
      for (let k = 0; k < row.size; k++) {
        if (row.indices[k] < direction.length) sum += direction[row.indices[k]] * row.values[k];
      }
      out.push(c, sum);
    }
    return out;
  }

  toJSON(): LearnJson {
    const { nComponents, seed } = this;
    return {
      type: GaussianRandomProjection.type,
      version: 1,
      params: { nComponents, seed },
      features: this.featuresJson(),
      positional: this.outputIndex.positional,
      matrix: this.matrix.map((direction) => packFloats(direction)),
    };
  }

  static fromJSON(json: LearnJson): GaussianRandomProjection {
    checkJson(json, GaussianRandomProjection.type);
    const projection = new GaussianRandomProjection(json.params);
    projection.restoreFeatures(json.features);
    projection.matrix = json.matrix.map((direction: any[]) => unpackFloats(direction));
    if (projection.matrix.length > 0)
      nameComponents(projection.outputIndex, json.positional, 'rp', projection.nComponents);
    return projection;
  }
}
