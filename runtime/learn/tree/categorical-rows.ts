import type { FeatureInput } from '../features/feature-index.js';
import { FeatureRow } from '../features/feature-row.js';
import { RowStep } from '../features/row-step.js';

/**
 * Base of learners that take numbers and categories: strings become codes, feature by feature, in the order first seen.
 * Gives rows as dense arrays with NaN for what is missing.
 */
export abstract class CategoricalRows extends RowStep {
  private readonly own = new FeatureRow();
  private dense = new Float64Array(16);
  private categories = new Map<number, Map<string, number>>();
  private declared: ReadonlySet<number> = new Set();
  private declaredFor = -1;

  /** `nominalAttributes`: features whose numbers are codes of categories. */
  constructor(protected readonly nominalAttributes: readonly string[]) {
    super();
  }

  override asRow(x: FeatureInput): FeatureRow {
    if (x instanceof FeatureRow) return x;
    this.features.encode(x, this.own, this.codeOf);
    return this.own;
  }

  private readonly codeOf = (feature: number, value: string): number => {
    let codes = this.categories.get(feature);
    if (!codes) {
      codes = new Map();
      this.categories.set(feature, codes);
    }
    let code = codes.get(value);
    if (code === undefined) {
      code = codes.size;
      codes.set(value, code);
    }
    return code;
  };

  isNominal(feature: number): boolean {
    if (this.categories.has(feature)) return true;
    if (this.nominalAttributes.length === 0) return false;
    if (this.declaredFor !== this.features.size) {
      this.declared = new Set(this.nominalAttributes.map((name) => this.features.find(name)));
      this.declaredFor = this.features.size;
    }
    return this.declared.has(feature);
  }

  /** The values of `row` by feature id. The row's own array when it is in order and complete, else a scratch array. */
  protected densify(row: FeatureRow): Float64Array {
    const { indices, values, size, span } = row;
    if (size === span) {
      let k = 0;
      while (k < size && indices[k] === k) k++;
      if (k === size) return values;
    }
    if (this.dense.length < span) this.dense = new Float64Array(span * 2);
    const { dense } = this;
    dense.fill(Number.NaN, 0, span);
    for (let k = 0; k < size; k++) dense[indices[k]] = values[k];
    return dense;
  }

  protected categoriesJson(): [number, string[]][] {
    return [...this.categories].map(([feature, codes]) => [feature, [...codes.keys()]]);
  }

  protected restoreCategories(json: [number, string[]][]): void {
    this.categories = new Map(
      json.map(([feature, values]) => [feature, new Map(values.map((value, code) => [value, code]))]),
    );
  }
}
