import type { Span } from './span.js';

/** One name, without its backticks. Names are case-sensitive, quoted or not, as in Flink. */
export interface Identifier {
  readonly kind: 'Identifier';
  readonly name: string;
  readonly span: Span;
}

/** `catalog.database.object`, as many parts as were written, at least one. */
export interface QualifiedName {
  readonly kind: 'QualifiedName';
  readonly parts: readonly Identifier[];
  readonly span: Span;
}
