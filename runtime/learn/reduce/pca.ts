import { requireParameter } from '../errors.js';
import { FeatureIndex, type FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RefreshingTransformer } from '../features/refreshing-transformer.js';
import { symmetricEigen } from '../numeric/symmetric-eigen.js';
import { checkJson, type LearnJson, packFloats, unpackFloats } from '../state.js';

export interface PCAParams {
  /** Components kept (default 2). */
  nComponents?: number;
  /** Divide each component by its standard deviation (default false). */
  whiten?: boolean;
  /** Rows between new components in a stream (default 100). */
  refreshEvery?: number;
}

/**
 * Principal components of running means and covariances.
 *
 * Shapes: rows of n features in (a missing one counts as 0), `pc0`, `pc1`, … out (a vector of components for vectors).
 * State: n² / 2 numbers; new components cost O(n³). Before anything is learned components are 0. Source: K. Pearson, "On lines
 * and planes of closest fit", 1901; signs as scikit-learn's PCA. The meaning of a component moves whenever components are
 * made anew, so give a learner behind it time, or fit once and stop learning.
 */
export class PCA extends RefreshingTransformer {
  static readonly type = 'PCA';
  private readonly params: { nComponents: number; whiten: boolean };
  private readonly outputIndex = new FeatureIndex();
  private span = 0;
  private means = new Float64Array(0);
  /** Sums of products of deviations, span × span, row by row. */
  private products: Float64Array = new Float64Array(0);
  private deviations = new Float64Array(0);
  private components: Float64Array[] = [];
  private variances: Float64Array = new Float64Array(0);
  private centre: Float64Array = new Float64Array(0);
  private totalVariance = 0;

  constructor(params: PCAParams = {}) {
    super(params.refreshEvery);
    const { nComponents = 2, whiten = false } = params;
    requireParameter(
      Number.isInteger(nComponents) && nComponents >= 1,
      'nComponents',
      nComponents,
      'an integer above 0',
    );
    this.params = { nComponents, whiten };
  }

  override get output(): FeatureIndex {
    return this.outputIndex;
  }

  /** Variance along each component, in the square of the features' unit. */
  get explainedVariance(): Float64Array {
    return this.variances;
  }

  /** Share of each component in the variance of all features. */
  get explainedVarianceRatio(): Float64Array {
    return this.variances.map((variance) => variance / this.totalVariance);
  }

  private widen(span: number): void {
    const means = new Float64Array(span);
    means.set(this.means);
    const products = new Float64Array(span * span);
    for (let i = 0; i < this.span; i++) {
      products.set(this.products.subarray(i * this.span, (i + 1) * this.span), i * span);
    }
    this.means = means;
    this.products = products;
    this.deviations = new Float64Array(span);
    this.span = span;
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    if (row.span > this.span) this.widen(row.span);
    const { span, means, products, deviations } = this;
    const n = ++this.learned;
    for (let i = 0; i < span; i++) deviations[i] = -means[i];
    for (let k = 0; k < row.size; k++) deviations[row.indices[k]] += row.values[k];
    const share = (n - 1) / n;
    for (let i = 0; i < span; i++) {
      const scaled = deviations[i] * share;
      for (let j = i; j < span; j++) products[i * span + j] += scaled * deviations[j];
    }
    for (let i = 0; i < span; i++) means[i] += deviations[i] / n;
  }

  protected refresh(): void {
    const { span, products } = this;
    const covariance = new Float64Array(span * span);
    const divisor = Math.max(1, this.learned - 1);
    for (let i = 0; i < span; i++) {
      for (let j = i; j < span; j++) {
        const value = products[i * span + j] / divisor;
        covariance[i * span + j] = value;
        covariance[j * span + i] = value;
      }
    }
    this.totalVariance = 0;
    for (let i = 0; i < span; i++) this.totalVariance += covariance[i * span + i];
    const { values, vectors } = symmetricEigen(covariance, span);
    this.components = vectors.slice(0, this.params.nComponents);
    this.variances = values.slice(0, this.params.nComponents);
    this.centre = this.means.slice();
  }

  transformRow(row: FeatureRow): FeatureRow {
    this.renewIfDue();
    const { out, centre } = this;
    const { nComponents, whiten } = this.params;
    if (this.outputIndex.size === 0) nameComponents(this.outputIndex, this.features.positional, 'pc', nComponents);
    out.clear();
    for (let c = 0; c < nComponents; c++) {
      const component = this.components[c];
      let sum = 0;
      if (component) {
        for (let i = 0; i < component.length; i++) sum -= component[i] * centre[i];
        for (let k = 0; k < row.size; k++) {
          if (row.indices[k] < component.length) sum += component[row.indices[k]] * row.values[k];
        }
        if (whiten) sum = this.variances[c] > 0 ? sum / Math.sqrt(this.variances[c]) : 0;
      }
      out.push(c, sum);
    }
    return out;
  }

  toJSON(): LearnJson {
    return {
      type: PCA.type,
      version: 1,
      params: this.params,
      ...this.progressJson(),
      features: this.featuresJson(),
      output: this.outputIndex.toJSON(),
      means: packFloats(this.means),
      products: packFloats(this.products),
      components: this.components.map((component) => packFloats(component)),
      variances: packFloats(this.variances),
      centre: packFloats(this.centre),
      totalVariance: this.totalVariance,
    };
  }

  static fromJSON(json: LearnJson): PCA {
    checkJson(json, PCA.type);
    const pca = new PCA({ ...json.params, refreshEvery: json.refreshEvery });
    pca.restoreFeatures(json.features);
    pca.learned = json.learned;
    pca.refreshedAt = json.refreshedAt;
    if (json.output.kind !== 'unset') {
      nameComponents(pca.outputIndex, json.output.kind === 'positional', 'pc', pca.params.nComponents);
    }
    pca.widen(json.means.length);
    pca.means.set(unpackFloats(json.means));
    pca.products = unpackFloats(json.products);
    pca.components = json.components.map((component: any[]) => unpackFloats(component));
    pca.variances = unpackFloats(json.variances);
    pca.centre = unpackFloats(json.centre);
    pca.totalVariance = json.totalVariance;
    return pca;
  }
}

/** Gives the features 0 … n − 1 of `index` their names: positions for vectors, `pc0`, … for dictionaries. */
export function nameComponents(index: FeatureIndex, positional: boolean, prefix: string, n: number): void {
  if (positional) index.ensurePositions(n);
  else for (let c = 0; c < n; c++) index.idOf(`${prefix}${c}`);
}
