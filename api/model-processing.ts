/** What is done with requests before a model sees them, and with its answers: declared, and the same in a server and in a stream. */
import {
  anything,
  choice,
  type Filled,
  list,
  number,
  object,
  type Rule,
  required,
  text,
  type Written,
  withDefault,
} from './schema.js';

const name = (description: string) => text(description, { minLength: 1, maxLength: 253 });
const columns = (description: string) => required(list(description, name('Column.'), { minItems: 1, maxItems: 512 }));
const numbers = (description: string) => list(description, number('A number.'), { minItems: 1, maxItems: 512 });
const labels = (description: string) => list(description, name('Label.'), { minItems: 1, maxItems: 4096 });

/** Steps are objects with one field: the kind of step. */
function oneOf(kinds: readonly string[]): Rule[] {
  return [
    {
      cel: `[${kinds.map((kind) => `has(self.${kind})`).join(', ')}].filter(x, x).size() == 1`,
      message: `a step has exactly one of ${kinds.join(', ')}`,
      check: (step) => kinds.filter((kind) => step[kind] !== undefined).length === 1,
    },
  ];
}

const sameLength = (field: string): Rule => ({
  cel: `!has(self.${field}) || self.${field}.size() == self.columns.size()`,
  message: `${field} needs a number for each of columns`,
  field,
  check: (step) => step[field] === undefined || step[field].length === step.columns.length,
});

const before = object(
  'A step on columns: what a request has under a name, a value for each row.',
  {
    fill: object('Puts a number where a value is missing (null, NaN).', {
      columns: columns('Columns of numbers.'),
      value: withDefault(number('What stands for it.'), 0),
    }),
    scale: object(
      '(x − offset) / scale, column by column: standard scaling with means and deviations, min-max scaling with least values and ranges.',
      {
        columns: columns('Columns of numbers.'),
        offset: numbers('Default: 0.'),
        scale: numbers('Default: 1. Where it is 0, the column is only shifted.'),
      },
      [sameLength('offset'), sameLength('scale')],
    ),
    oneHot: object('A column of 0 and 1 for each value, `COLUMN=VALUE`, in place of the column.', {
      column: required(name('Column of texts.')),
      values: required(labels('Values, in the order of the columns. Others are 0 everywhere.')),
    }),
    pipeline: object('Transforms of the learning library: what a job or a batch fitted, as their JSON, or by name.', {
      steps: required(
        list(
          'Fitted ones as their JSON (`type`, `version`, …), others by name and parameters: `{type: FeatureHasher, nFeatures: 64}`.',
          anything<any>('A transform.'),
          { minItems: 1, maxItems: 64 },
        ),
      ),
      into: name('Input of the model that gets the vector, where the last transform gives one.'),
    }),
    assemble: object('Columns as one tensor of the model, a row of it for each row.', {
      columns: columns('Columns in the order of the tensor.'),
      into: required(name('Input of the model.')),
    }),
  },
  oneOf(['fill', 'scale', 'oneHot', 'pipeline', 'assemble']),
);

const of = required(name('Output of the model, or of a step before.'));
const as = name('Name of the result. Default: in place of it.');

const after = object(
  'A step on the outputs.',
  {
    softmax: object('Probabilities out of scores, over the last dimension.', { of, as }),
    sigmoid: object('1 / (1 + e^−x).', { of, as }),
    scale: object('x · factor + offset: back to the units of the label.', {
      of,
      as,
      factor: withDefault(number('Factor.'), 1),
      offset: withDefault(number('Offset.'), 0),
    }),
    argmax: object('Which of the last dimension is largest: its position, or its label.', {
      of,
      as: required(name('Name of the result.')),
      labels: labels('Labels by position.'),
    }),
    threshold: object('Whether a number is above a bound: true and false, or labels.', {
      of,
      as: required(name('Name of the result.')),
      above: withDefault(number('The bound.'), 0.5),
      labels: list('Labels for false and for true.', name('Label.'), { minItems: 2, maxItems: 2 }),
    }),
    labels: object('Labels in place of whole numbers.', {
      of,
      as,
      labels: required(labels('Labels by number.')),
    }),
    keep: object('Leaves out all other outputs.', { outputs: columns('Outputs that are answered.') }),
  },
  oneOf(['softmax', 'sigmoid', 'scale', 'argmax', 'threshold', 'labels', 'keep']),
);

export const modelProcessing = object(
  'What is done with the columns of a request before the model sees them, and with its outputs. Metadata of the model show the inputs and outputs that clients see.',
  {
    before: list('Steps in their order.', before, { maxItems: 64 }),
    after: list('Steps in their order.', after, { maxItems: 64 }),
    columnType: withDefault(choice('Datatype of the columns of numbers that clients send.', ['FP64', 'FP32']), 'FP64'),
  },
);

export type ModelProcessing = Filled<typeof modelProcessing>;
export type ModelProcessingWritten = Written<typeof modelProcessing>;
export type StepBefore = NonNullable<ModelProcessing['before']>[number];
export type StepAfter = NonNullable<ModelProcessing['after']>[number];
