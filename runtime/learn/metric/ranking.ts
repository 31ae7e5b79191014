/** Measures of lists of recommendations against the item that was chosen next. */
import type { Metric } from '../contracts.js';
import { checkJson, type LearnJson } from '../state.js';

abstract class RankingMetric implements Metric {
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'ranking';
  protected sum = 0;
  protected n = 0;

  /** What a list is worth that has the item at place `at` (from 0; −1: not at all). */
  protected abstract worth(at: number): number;

  private value(chosen: unknown, list: readonly unknown[]): number {
    // Lists that went through a column of texts hold texts.
    let at = list.indexOf(chosen);
    if (at < 0) at = list.indexOf(String(chosen));
    return this.worth(at);
  }

  update(chosen: unknown, list: readonly unknown[], w = 1): void {
    this.sum += w * this.value(chosen, list);
    this.n += w;
  }

  revert(chosen: unknown, list: readonly unknown[], w = 1): void {
    this.sum -= w * this.value(chosen, list);
    this.n -= w;
  }

  get(): number {
    return this.n === 0 ? 0 : this.sum / this.n;
  }

  toJSON(): LearnJson {
    const { type } = this.constructor as unknown as { type: string };
    return { type, version: 1, sum: this.sum, n: this.n };
  }

  protected restored(json: LearnJson, type: string): this {
    checkJson(json, type);
    this.sum = json.sum;
    this.n = json.n;
    return this;
  }
}

/** Share of the lists that have the item which was chosen next. */
export class HitRate extends RankingMetric {
  static readonly type = 'HitRate';

  protected override worth(at: number): number {
    return at < 0 ? 0 : 1;
  }

  static fromJSON(json: LearnJson): HitRate {
    return new HitRate().restored(json, HitRate.type);
  }
}

/** Mean of 1 / place of the item which was chosen next; 0 where it is not in the list. */
export class ReciprocalRank extends RankingMetric {
  static readonly type = 'ReciprocalRank';

  protected override worth(at: number): number {
    return at < 0 ? 0 : 1 / (at + 1);
  }

  static fromJSON(json: LearnJson): ReciprocalRank {
    return new ReciprocalRank().restored(json, ReciprocalRank.type);
  }
}
