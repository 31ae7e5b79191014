/** ML_PREDICT. */
import type { DataType } from '../../record/types.js';
import type { Model } from '../catalog/model.js';
import { SqlError } from '../error.js';
import type { BoundRelation } from './from.js';
import { added, type ModelCall, outputs } from './model-call.js';

const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };

export function predict(c: ModelCall, model: Model): BoundRelation {
  const inputs = c.modelInputs(model);
  const options = c.options(model);
  const version = options['version-column'];
  const made = outputs(c, [...model.output, ...(version ? [{ name: version, type: STRING }] : [])]);
  const traits = c.binder.env.traits.of(c.input.relation);
  const key = traits.updating ? [...traits.keys].sort((a, b) => a.length - b.length)[0] : undefined;
  if (traits.updating && !key) {
    throw new SqlError(
      'TW2004',
      'ML_PREDICT over rows that can be taken back, with nothing to tell them by',
      c.at('INPUT'),
      {
        expected: 'a PRIMARY KEY of the table, or a GROUP BY: a deletion must carry the score that its insertion had',
      },
    );
  }
  return added(c, made, {
    step: 'score',
    label: `Score(${model.name})`,
    pure: true,
    spec: {
      kind: 'other',
      transform: 'score',
      provider: model.provider as 'tidewheel' | 'oip',
      options,
      inputs,
      outputs: model.output.map((f, i) => ({ field: f.name, column: made[i].name, type: f.type })),
      ...(version ? { versionColumn: made[model.output.length].name } : {}),
      ...(key ? { key } : {}),
    },
    reads: [...inputs.map((i) => i.column), ...(key ?? [])],
    by: key,
  });
}
