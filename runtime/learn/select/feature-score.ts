import type { FeatureRow } from '../features/feature-row.js';

/** How much a feature tells about the class; the chance of as much by accident, where it is known. NaN: undefined. */
export interface Score {
  readonly score: number;
  readonly pValue?: number;
}

/** Running statistics from which each feature's score is worked out. */
export interface FeatureScore {
  /** Features seen: ids 0 … span − 1. */
  readonly span: number;
  learn(row: FeatureRow, classId: number, nameOf: (id: number) => string): void;
  score(feature: number): Score;
  toJSON(): any;
}
