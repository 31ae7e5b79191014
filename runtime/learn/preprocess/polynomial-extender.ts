import { requireParameter } from '../errors.js';
import { FeatureIndex, type FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

export interface PolynomialExtenderParams {
  /** Greatest number of factors in a product (default 2). */
  degree?: number;
  /** Only products of different features: interactions (default false). */
  interactionOnly?: boolean;
  /** Add a feature `bias` that is always 1 (default false). */
  includeBias?: boolean;
}

/**
 * Adds products of features: `a`, `b` become `a`, `b`, `a*a`, `a*b`, `b*b` (named in the order of their names).
 *
 * Shapes: n features in, about n^degree / degree! out, always named. Learns nothing. Source: River's PolynomialExtender,
 * scikit-learn's PolynomialFeatures. Errors: `TW7102` for strings and infinities.
 */
export class PolynomialExtender extends RowTransformer {
  static readonly type = 'PolynomialExtender';
  private readonly params: Required<PolynomialExtenderParams>;
  private readonly products = new FeatureIndex();
  /** Ids of products by the ids of their factors, so that names are built once. */
  private readonly known = new Map<number, number | Map<number, any>>();
  private readonly factors: number[] = [];

  constructor(params: PolynomialExtenderParams = {}) {
    super();
    const { degree = 2, interactionOnly = false, includeBias = false } = params;
    requireParameter(Number.isInteger(degree) && degree >= 1, 'degree', degree, 'an integer of at least 1');
    this.params = { degree, interactionOnly, includeBias };
  }

  override get output(): FeatureIndex {
    return this.products;
  }

  learnOne(_x: FeatureInput): void {}

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    out.clear();
    for (let size = 1; size <= this.params.degree; size++) this.multiply(row, 0, size, 1, this.known);
    if (this.params.includeBias) out.push(this.products.idOf('bias'), 1);
    out.span = this.products.size;
    return out;
  }

  /** All products with `left` more factors from place `from` on. */
  private multiply(row: FeatureRow, from: number, left: number, product: number, level: Map<number, any>): void {
    for (let k = from; k < row.size; k++) {
      const feature = row.indices[k];
      const value = product * row.values[k];
      this.factors.push(feature);
      if (left === 1) {
        // Even keys are finished products, odd keys lead to longer ones.
        let id = level.get(feature * 2);
        if (id === undefined) {
          id = this.products.idOf(this.nameOf(this.factors));
          level.set(feature * 2, id);
        }
        this.out.push(id, value);
      } else {
        let next = level.get(feature * 2 + 1);
        if (next === undefined) {
          next = new Map();
          level.set(feature * 2 + 1, next);
        }
        this.multiply(row, this.params.interactionOnly ? k + 1 : k, left - 1, value, next);
      }
      this.factors.pop();
    }
  }

  private nameOf(factors: readonly number[]): string {
    const names = factors.map((feature) => this.features.nameOf(feature));
    return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join('*');
  }

  toJSON(): LearnJson {
    return {
      type: PolynomialExtender.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      products: this.products.names,
    };
  }

  static fromJSON(json: LearnJson): PolynomialExtender {
    checkJson(json, PolynomialExtender.type);
    const extender = new PolynomialExtender(json.params);
    extender.restoreFeatures(json.features);
    for (const name of json.products) extender.products.idOf(name);
    return extender;
  }
}
