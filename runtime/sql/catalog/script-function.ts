import type { DataType } from '../../record/types.js';
import type { CreateFunction, Span } from '../ast/index.js';

/** CREATE FUNCTION … LANGUAGE JAVASCRIPT, checked. */
export interface ScriptFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: DataType }[];
  readonly returns: DataType;
  /** The statements of its body. */
  readonly body: string;
  readonly statement: CreateFunction;
  readonly at: Span;
}
