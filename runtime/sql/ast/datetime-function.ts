import type { Expression } from './expression.js';
import type { TimeUnit } from './literal.js';
import type { Span } from './span.js';

/** `EXTRACT(unit FROM x)`. */
export interface Extract {
  readonly kind: 'Extract';
  readonly unit: TimeUnit;
  readonly value: Expression;
  readonly span: Span;
}

/** `FLOOR(x TO unit)` or `CEIL(x TO unit)`; the numeric FLOOR(x) is a `Call`. */
export interface DatetimeRound {
  readonly kind: 'DatetimeRound';
  readonly op: 'FLOOR' | 'CEIL';
  readonly value: Expression;
  readonly unit: TimeUnit;
  readonly span: Span;
}

/** `TIMESTAMPADD(unit, count, t)`. */
export interface TimestampAdd {
  readonly kind: 'TimestampAdd';
  readonly unit: TimeUnit;
  readonly count: Expression;
  readonly value: Expression;
  readonly span: Span;
}

/** `TIMESTAMPDIFF(unit, from, to)`: `to − from` in whole units. */
export interface TimestampDiff {
  readonly kind: 'TimestampDiff';
  readonly unit: TimeUnit;
  readonly from: Expression;
  readonly to: Expression;
  readonly span: Span;
}

/** Datetime functions whose call has a syntax of its own. */
export type DatetimeFunction = Extract | DatetimeRound | TimestampAdd | TimestampDiff;
