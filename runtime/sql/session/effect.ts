import type { DescribeJob, Show, StopJob } from '../ast/index.js';
import type { Output } from '../plan/relation.js';

/** What a statement does beside changing the catalog and the settings. */
export type Effect =
  | { readonly kind: 'done' }
  /** SHOW, DESCRIBE, SET without a value: rows to show. NULL is null. */
  | {
      readonly kind: 'listing';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  /** SHOW CREATE, EXPLAIN: a text of several lines. */
  | { readonly kind: 'text'; readonly text: string }
  /** SHOW JOBS, DESCRIBE JOB, STOP JOB: about jobs, of which whoever runs them knows. */
  | { readonly kind: 'jobs'; readonly statement: Show | DescribeJob | StopJob }
  /** INSERT and the like, and a SELECT that stands alone: something to run. */
  | { readonly kind: 'job'; readonly what: 'insert' | 'select'; readonly outputs: readonly Output[] };

export const DONE: Effect = { kind: 'done' };

export function listing(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Effect {
  return { kind: 'listing', columns, rows };
}
