import { requireParameter, TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { RefreshingTransformer } from '../features/refreshing-transformer.js';
import { checkJson, type LearnJson } from '../state.js';
import { AnovaScore } from './anova-score.js';
import { ChiSquareScore } from './chi-square-score.js';
import type { FeatureScore, Score } from './feature-score.js';
import { MutualInformationScore } from './mutual-information-score.js';

const SCORES = { chi2: ChiSquareScore, f_classif: AnovaScore, mutual_info: MutualInformationScore } as const;

export interface SelectKBestParams {
  /** Features kept (default 10). */
  k?: number;
  /** Keep instead every feature whose p-value is below this ('chi2' and 'f_classif'). */
  alpha?: number;
  /** 'chi2': counts against classes; 'f_classif' (default): means of classes (ANOVA); 'mutual_info': of discrete values. */
  score?: keyof typeof SCORES;
  /** Rows between choices in a stream (default 100). */
  refreshEvery?: number;
}

/**
 * Keeps the features that tell most about the class, each judged by itself.
 *
 * Supervised. Shapes: rows of numbers and any labels in, fewer features out (vectors: NaN in their places). Before the first
 * choice all features pass. A row that lacks a feature counts as 0 for 'chi2' and 'mutual_info', and not at all for
 * 'f_classif'. Source: scikit-learn's SelectKBest and SelectFpr; of equal scores, the feature seen first is kept.
 */
export class SelectKBest extends RefreshingTransformer {
  static readonly type = 'SelectKBest';
  override readonly supervised = true;
  private readonly params: { k: number; alpha?: number; score: keyof typeof SCORES };
  private labels = new LabelIndex();
  private statistics: FeatureScore;
  private chosen: boolean[] = [];

  constructor(params: SelectKBestParams = {}) {
    super(params.refreshEvery);
    const { k = 10, alpha, score = 'f_classif' } = params;
    requireParameter(Number.isInteger(k) && k >= 1, 'k', k, 'an integer of at least 1');
    requireParameter(Object.hasOwn(SCORES, score), 'score', score, Object.keys(SCORES).join(', '));
    if (alpha !== undefined && score === 'mutual_info') {
      throw new TidewheelError('TW7101', 'mutual_info has no p-values: give k instead of alpha');
    }
    this.params = { k, alpha, score };
    this.statistics = new SCORES[score]();
  }

  learnOne(x: FeatureInput, y: Label): void {
    const row = this.asRow(x);
    this.statistics.learn(row, this.labels.idOf(y), (id) => this.features.nameOf(id));
    this.learned++;
  }

  /** Score and, where there is one, p-value of each feature, by name. */
  scores(): Record<string, Score> {
    return Object.fromEntries(
      Array.from({ length: this.statistics.span }, (_, id) => [this.features.nameOf(id), this.statistics.score(id)]),
    );
  }

  protected refresh(): void {
    const { k, alpha } = this.params;
    const all = Array.from({ length: this.statistics.span }, (_, id) => this.statistics.score(id));
    if (alpha !== undefined) {
      this.chosen = all.map(({ pValue }) => pValue !== undefined && pValue < alpha);
      return;
    }
    const value = (id: number): number => (Number.isNaN(all[id].score) ? Number.NEGATIVE_INFINITY : all[id].score);
    const best = all
      .map((_, id) => id)
      .sort((a, b) => value(b) - value(a) || a - b)
      .slice(0, k);
    this.chosen = new Array(all.length).fill(false);
    for (const id of best) this.chosen[id] = true;
  }

  transformRow(row: FeatureRow): FeatureRow {
    this.renewIfDue();
    const { out, chosen } = this;
    const all = this.refreshedAt === 0;
    out.clear();
    for (let k = 0; k < row.size; k++) {
      if (all || chosen[row.indices[k]]) out.push(row.indices[k], row.values[k]);
    }
    out.span = row.span;
    return out;
  }

  toJSON(): LearnJson {
    return {
      type: SelectKBest.type,
      version: 1,
      params: this.params,
      ...this.progressJson(),
      features: this.featuresJson(),
      labels: this.labels.toJSON(),
      statistics: this.statistics.toJSON(),
      chosen: [...this.chosen],
    };
  }

  static fromJSON(json: LearnJson): SelectKBest {
    checkJson(json, SelectKBest.type);
    const selector = new SelectKBest({ ...json.params, refreshEvery: json.refreshEvery });
    selector.restoreFeatures(json.features);
    selector.learned = json.learned;
    selector.refreshedAt = json.refreshedAt;
    selector.labels = LabelIndex.fromJSON(json.labels);
    selector.statistics = SCORES[selector.params.score].from(json.statistics);
    selector.chosen = [...json.chosen];
    return selector;
  }
}
