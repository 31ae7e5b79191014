import type { Row } from '../../record/types.js';
import type { Json } from '../../source/contract.js';
import type { Answers } from './loaded-version.js';

/** What answers the rows of a `score` step. */
export interface Scorer {
  readonly batchRows: number;
  /** Calls under way at most. */
  readonly maxCalls: number;
  open(): Promise<void>;
  score(rows: readonly Row[], signal: AbortSignal): Answers | Promise<Answers>;
  prepare?(change: Json): Promise<void>;
  change?(change: Json): void;
  snapshot?(): Json | undefined;
  close(): Promise<void> | void;
}
