import type { FeatureRow } from '../features/feature-row.js';
import type { FeatureScore, Score } from './feature-score.js';

/**
 * Mutual information between the values of a feature and the class, in nats. For features with few different values: each
 * value is counted; put a KBinsDiscretizer before continuous ones. Source: C. E. Shannon, 1948; scikit-learn's
 * mutual_info_classif with discrete features.
 */
export class MutualInformationScore implements FeatureScore {
  private classCounts: number[] = [];
  /** For each feature and each value but 0: how often in each class. Rows without the feature count as 0. */
  private tables: Map<number, number[]>[] = [];

  get span(): number {
    return this.tables.length;
  }

  learn(row: FeatureRow, classId: number): void {
    while (this.classCounts.length <= classId) this.classCounts.push(0);
    while (this.tables.length < row.span) this.tables.push(new Map());
    this.classCounts[classId]++;
    for (let k = 0; k < row.size; k++) {
      const value = row.values[k];
      if (value === 0) continue;
      const table = this.tables[row.indices[k]];
      let counts = table.get(value);
      if (!counts) {
        counts = [];
        table.set(value, counts);
      }
      while (counts.length <= classId) counts.push(0);
      counts[classId]++;
    }
  }

  score(feature: number): Score {
    const rows = this.classCounts.reduce((sum, count) => sum + count, 0);
    const zeros = [...this.classCounts];
    let information = 0;
    const add = (counts: readonly number[]): void => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      counts.forEach((count, c) => {
        if (count > 0) information += (count / rows) * Math.log((count * rows) / (total * this.classCounts[c]));
      });
    };
    for (const counts of this.tables[feature].values()) {
      for (let c = 0; c < counts.length; c++) zeros[c] -= counts[c];
      add(counts);
    }
    add(zeros);
    return { score: Math.max(0, information) };
  }

  toJSON(): any {
    return { classCounts: [...this.classCounts], tables: this.tables.map((table) => [...table]) };
  }

  static from(json: any): MutualInformationScore {
    const score = new MutualInformationScore();
    score.classCounts = [...json.classCounts];
    score.tables = json.tables.map(
      (table: [number, number[]][]) => new Map(table.map(([value, counts]) => [value, [...counts]])),
    );
    return score;
  }
}
