import type { Expression } from './expression.js';
import type { Span } from './span.js';

/** `POSITION(needle IN haystack [FROM start])`. */
export interface Position {
  readonly kind: 'Position';
  readonly needle: Expression;
  readonly haystack: Expression;
  readonly from?: Expression;
  readonly span: Span;
}

/** `TRIM([BOTH | LEADING | TRAILING] [characters] FROM value)` or `TRIM(value)`; no `characters` means a space. */
export interface Trim {
  readonly kind: 'Trim';
  readonly side: 'BOTH' | 'LEADING' | 'TRAILING';
  readonly characters?: Expression;
  readonly value: Expression;
  readonly span: Span;
}

/** `OVERLAY(value PLACING replacement FROM start [FOR length])`. */
export interface Overlay {
  readonly kind: 'Overlay';
  readonly value: Expression;
  readonly replacement: Expression;
  readonly start: Expression;
  readonly length?: Expression;
  readonly span: Span;
}

/** String functions whose call has a syntax of its own. */
export type StringFunction = Position | Trim | Overlay;
