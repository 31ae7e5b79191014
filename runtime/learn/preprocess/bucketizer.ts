import { TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { binOf } from '../numeric/bin-of.js';
import { checkJson, type LearnJson } from '../state.js';

export interface BucketizerParams {
  /** Ascending inner edges of each feature, by name; a feature that is not named passes as it is. */
  splits: Readonly<Record<string, readonly number[]>>;
}

/**
 * The number of the bucket that a value falls in: 0 below the first edge, n at or above the last of n edges; an edge
 * belongs to the bucket above it. Learns nothing. Source: NumPy's digitize; Flink ML's Bucketizer, with open ends.
 * Errors: `TW7101` for edges that don't ascend.
 */
export class Bucketizer extends RowTransformer {
  static readonly type = 'Bucketizer';
  private readonly splits: Readonly<Record<string, readonly number[]>>;
  private edges: (readonly number[] | undefined)[] = [];

  constructor(params: BucketizerParams) {
    super();
    this.splits = params.splits ?? {};
    for (const [feature, edges] of Object.entries(this.splits)) {
      if (!edges.every((edge, i) => i === 0 || edge > edges[i - 1])) {
        throw new TidewheelError('TW7101', `the edges of ${feature} must ascend: ${edges.join(', ')}`);
      }
    }
  }

  learnOne(_x: FeatureInput): void {}

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    while (this.edges.length < row.span) {
      const name = this.features.nameOf(this.edges.length);
      this.edges.push(Object.hasOwn(this.splits, name) ? this.splits[name] : undefined);
    }
    out.shapeLike(row);
    for (let k = 0; k < row.size; k++) {
      const edges = this.edges[row.indices[k]];
      out.values[k] = edges ? binOf(edges, row.values[k]) : row.values[k];
    }
    return out;
  }

  toJSON(): LearnJson {
    return { type: Bucketizer.type, version: 1, params: { splits: this.splits }, features: this.featuresJson() };
  }

  static fromJSON(json: LearnJson): Bucketizer {
    checkJson(json, Bucketizer.type);
    const bucketizer = new Bucketizer(json.params);
    bucketizer.restoreFeatures(json.features);
    return bucketizer;
  }
}
