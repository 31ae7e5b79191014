import type { ModelOptions, ModelProvider } from '../../graph/model-steps.js';
import type { Field } from '../../record/types.js';
import type { CreateModel, Span } from '../ast/index.js';

/** CREATE MODEL, checked: a known provider with options it knows. */
export interface Model {
  readonly name: string;
  readonly input: readonly Field[];
  readonly output: readonly Field[];
  readonly provider: ModelProvider;
  /** Everything of WITH but the provider. */
  readonly options: ModelOptions;
  /** As written: for DESCRIBE and SHOW CREATE. */
  readonly statement: CreateModel;
  readonly at: Span;
}
