import type { Features } from './feature-index.js';
import { FeatureIndex, type FeatureIndexJson, type FeatureInput, isVector, type Vector } from './feature-index.js';
import { FeatureRow } from './feature-row.js';

/**
 * Base of everything that reads numeric features by id. It owns a feature index until a pipeline binds it to the
 * index of the step before, so that a record is encoded once however many steps read it.
 */
export abstract class RowStep {
  protected features = new FeatureIndex();
  private bound = false;
  private readonly scratch = new FeatureRow();

  /** Shares the feature index of the step before. Call it before the first row, or right after a restore. */
  bind(features: FeatureIndex): void {
    this.features = features;
    this.bound = true;
  }

  /** The index that this step reads with. */
  get input(): FeatureIndex {
    return this.features;
  }

  /** `x` as a row of this step's index: itself when a pipeline has encoded it, else a scratch row that lives until the next call. */
  asRow(x: FeatureInput): FeatureRow {
    if (x instanceof FeatureRow) return x;
    this.features.encode(x, this.scratch);
    return this.scratch;
  }

  /** The index for the JSON of this step: undefined when it belongs to the pipeline. */
  protected featuresJson(): FeatureIndexJson | undefined {
    return this.bound ? undefined : this.features.toJSON();
  }

  protected restoreFeatures(json: FeatureIndexJson | undefined): void {
    if (json) this.features = FeatureIndex.fromJSON(json);
  }
}

/** Base of transforms from numeric row to numeric row. */
export abstract class RowTransformer extends RowStep {
  readonly kind = 'transformer';
  readonly supervised: boolean = false;
  protected readonly out = new FeatureRow();

  /** The index of the rows that come out; the input's, unless the transform makes other features. */
  get output(): FeatureIndex {
    return this.features;
  }

  abstract learnOne(x: FeatureInput, y?: any): void;

  /** The transformed row, valid until the next call. */
  abstract transformRow(row: FeatureRow): FeatureRow;

  /** The transformed dictionary, or vector (absent entries NaN). */
  transformOne(x: Features): Record<string, number>;
  transformOne(x: Vector): Float64Array;
  transformOne(x: FeatureInput): Record<string, number> | Float64Array;
  transformOne(x: FeatureInput): Record<string, number> | Float64Array {
    const decoded = this.output.decode(this.transformRow(this.asRow(x)));
    // Before the first row an index does not know what it holds: an empty vector gives an empty vector.
    return isVector(x) && !(decoded instanceof Float64Array) && Object.keys(decoded).length === 0
      ? new Float64Array(0)
      : decoded;
  }
}
