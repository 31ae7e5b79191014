/** Table functions that use or train models: which there are, and ML_DETECT_DRIFT. */
import { type DataType, typeToString } from '../../record/types.js';
import type { Call } from '../ast/index.js';
import { SqlError } from '../error.js';
import { evaluate } from './evaluate-function.js';
import type { BoundRelation } from './from.js';
import { detectAnomalies, learn } from './learn-function.js';
import { added, ModelCall, NUMBERS, outputs } from './model-call.js';
import { predict } from './predict-function.js';
import type { QueryBinder } from './query.js';

const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };

export { MODEL_FUNCTIONS } from './model-call.js';

export function bindModelFunction(binder: QueryBinder, name: string, call: Call): BoundRelation {
  const c = new ModelCall(binder, name, call);
  switch (name) {
    case 'ML_PREDICT':
      return predict(c, c.model(['tidewheel', 'oip']));
    case 'ML_EVALUATE':
      return evaluate(c);
    case 'ML_LEARN':
      return learn(c);
    case 'ML_DETECT_ANOMALIES':
      return detectAnomalies(c);
    default:
      return detectDrift(c);
  }
}

function detectDrift(c: ModelCall): BoundRelation {
  c.mustAppend();
  const column = c.column('ARGS')!;
  if (!NUMBERS.has(column.type.kind)) {
    throw new SqlError('TW2003', `ML_DETECT_DRIFT over ${typeToString(column.type)}`, c.at('ARGS'), {
      expected: 'a number',
    });
  }
  const { detector = 'ADWIN', 'rollback.name': rollBack, 'rollback.registry': registry, ...params } = c.config();
  const [name] = outputs(c, [{ name: 'drift_detector', type: STRING }]);
  const numbers = Object.entries(params).map(([key, value]) => [
    key,
    Number.isNaN(Number(value)) ? value : Number(value),
  ]);
  return added(c, [name], {
    step: 'drift',
    label: `DetectDrift(${detector})`,
    spec: {
      kind: 'other',
      transform: 'drift',
      column: column.name,
      detector: JSON.stringify({ ...Object.fromEntries(numbers), type: detector }),
      by: c.by,
      nameColumn: name.name,
      ...(rollBack ? { rollBack: { name: rollBack, options: registry ? { registry } : {} } } : {}),
    },
    reads: [column.name, ...c.by],
    by: c.by,
  });
}
