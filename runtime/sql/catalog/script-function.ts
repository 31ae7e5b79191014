import type { DataType } from '../../record/types.js';
import type { CreateFunction, Span } from '../ast/index.js';

/** CREATE FUNCTION … LANGUAGE JAVASCRIPT or TYPESCRIPT, checked; the body has no types any more. */
export interface ScriptFunction {
  readonly name: string;
  readonly kind: 'scalar' | 'table' | 'aggregate';
  readonly parameters: readonly { readonly name: string; readonly type: DataType }[];
  /** Of one that returns a table: an ARRAY of ROWs. */
  readonly returns: DataType;
  /** The statements of its body. */
  readonly body: string;
  readonly statement: CreateFunction;
  readonly at: Span;
}
