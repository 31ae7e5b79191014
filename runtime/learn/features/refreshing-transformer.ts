import { requireParameter } from '../errors.js';
import type { FeatureInput } from './feature-index.js';
import { RowTransformer } from './row-step.js';

/**
 * Base of transforms whose answer is worked out from their statistics in one go (components, bin edges, chosen features).
 *
 * In a stream that happens when something is transformed and at least `refreshEvery` rows were learned since the last
 * time. `fit` learns a whole batch and works it out at the end.
 */
export abstract class RefreshingTransformer extends RowTransformer {
  protected readonly refreshEvery: number;
  protected learned = 0;
  protected refreshedAt = 0;

  constructor(refreshEvery: number | undefined) {
    super();
    this.refreshEvery = refreshEvery ?? 100;
    requireParameter(this.refreshEvery >= 1, 'refreshEvery', refreshEvery, 'at least 1');
  }

  /** Learns all of `rows` (and their labels, where the transform is supervised), so that the next rows are transformed by all. */
  fit(rows: Iterable<FeatureInput>, labels?: Iterable<any>): this {
    const label = labels?.[Symbol.iterator]();
    for (const x of rows) this.learnOne(x, label?.next().value);
    this.renew();
    return this;
  }

  protected abstract refresh(): void;

  protected renew(): void {
    this.refresh();
    this.refreshedAt = this.learned;
  }

  protected renewIfDue(): void {
    if (this.learned > 0 && (this.refreshedAt === 0 || this.learned - this.refreshedAt >= this.refreshEvery))
      this.renew();
  }

  protected progressJson(): { refreshEvery: number; learned: number; refreshedAt: number } {
    const { refreshEvery, learned, refreshedAt } = this;
    return { refreshEvery, learned, refreshedAt };
  }
}
