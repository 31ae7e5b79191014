/** What a learning step of the plan says, from the options of a learner. */
import type { LearnSpec, ModelColumn, ModelOptions, PublishSpec } from '../../graph/model-steps.js';
import type { Span } from '../ast/index.js';
import { SqlError } from '../error.js';

export function learnStep(
  at: Span,
  pipeline: string,
  inputs: readonly ModelColumn[],
  outputs: readonly ModelColumn[],
  rest: Pick<LearnSpec, 'by'> & Partial<LearnSpec>,
): LearnSpec {
  try {
    JSON.parse(pipeline);
  } catch (cause) {
    throw new SqlError('TW2006', `the pipeline is no JSON: ${(cause as Error).message}`, at, {
      expected: `JSON like ["StandardScaler", "LogisticRegression"]`,
      cause,
    });
  }
  return { kind: 'other', transform: 'learn', pipeline, inputs, outputs, ...rest };
}

/** The `publish.*` options; the registry's go with them. */
export function publishOf(options: ModelOptions): PublishSpec {
  const registry = Object.entries(options).filter(([key]) => key === 'registry' || key.startsWith('s3.'));
  const threshold = options['publish.threshold'];
  const margin = options['publish.margin'];
  return {
    name: options['publish.name'],
    options: Object.fromEntries(registry),
    every: Number(options['publish.every'] ?? 10_000),
    metric: options['publish.metric'] ?? 'Accuracy',
    window: Number(options['publish.window'] ?? 1000),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    ...(margin === undefined ? {} : { margin: Number(margin) }),
    promote: options['publish.promote']?.toLowerCase() !== 'false',
  };
}
