import type { Span } from './span.js';

/** `'it''s'`, `U&'\00e9'` or `$$ … $$`, decoded. */
export interface StringLiteral {
  readonly kind: 'StringLiteral';
  readonly value: string;
  readonly span: Span;
}

/** `X'0aff'`: upper-case hexadecimal digits, an even number of them. */
export interface BinaryLiteral {
  readonly kind: 'BinaryLiteral';
  readonly hex: string;
  readonly span: Span;
}

/**
 * A number as it was written, so that no digit is lost. `integer` is `12`, `decimal` is `1.50` or `.5`,
 * `approximate` has an exponent (`1e3`) and means DOUBLE. Never signed: a sign is a `Unary`.
 */
export interface NumberLiteral {
  readonly kind: 'NumberLiteral';
  readonly form: 'integer' | 'decimal' | 'approximate';
  readonly text: string;
  readonly span: Span;
}

export interface BooleanLiteral {
  readonly kind: 'BooleanLiteral';
  readonly value: boolean;
  readonly span: Span;
}

export interface NullLiteral {
  readonly kind: 'NullLiteral';
  readonly span: Span;
}

/** `DATE '2024-01-31'`, `TIME '10:00:00'`, `TIMESTAMP '…'`, `TIMESTAMP WITH LOCAL TIME ZONE '…'`; the text is not checked here. */
export interface DatetimeLiteral {
  readonly kind: 'DatetimeLiteral';
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';
  readonly text: string;
  readonly span: Span;
}

/** Units of intervals, in the singular; plural spellings (`SECONDS`) are folded. */
export type IntervalUnit = 'YEAR' | 'QUARTER' | 'MONTH' | 'WEEK' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND';

/** Units of EXTRACT, FLOOR … TO, TIMESTAMPADD and TIMESTAMPDIFF. */
export type TimeUnit =
  | IntervalUnit
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND'
  | 'DOW'
  | 'DOY'
  | 'ISODOW'
  | 'ISOYEAR'
  | 'EPOCH'
  | 'DECADE'
  | 'CENTURY'
  | 'MILLENNIUM';

/** `DAY(2) TO SECOND(3)`: precision of the leading field, fractional precision of a trailing SECOND. */
export interface IntervalQualifier {
  readonly kind: 'IntervalQualifier';
  readonly from: IntervalUnit;
  readonly to?: IntervalUnit;
  readonly precision?: number;
  readonly fraction?: number;
  readonly span: Span;
}

/** `INTERVAL '1 10:00' DAY TO MINUTE`; `negative` is the sign in front of the string, a sign inside it stays in `text`. */
export interface IntervalLiteral {
  readonly kind: 'IntervalLiteral';
  readonly negative: boolean;
  readonly text: string;
  readonly qualifier: IntervalQualifier;
  readonly span: Span;
}

export type Literal =
  | StringLiteral
  | BinaryLiteral
  | NumberLiteral
  | BooleanLiteral
  | NullLiteral
  | DatetimeLiteral
  | IntervalLiteral;
