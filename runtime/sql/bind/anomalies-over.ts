/**
 * `ML_DETECT_ANOMALIES(a, b [, MAP[…]]) OVER (PARTITION BY k ORDER BY ts)`: each row with how unusual it is among those before it, as a
 * ROW of `anomaly_score` and `is_anomaly`. Rows of a partition are put in order by an OVER of their numbers, then learnt, a detector a partition.
 */
import type { Expr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';
import type { Expression } from '../ast/index.js';
import { SqlError } from '../error.js';
import { type Origin, project } from '../plan/build.js';
import { columns } from '../plan/expression.js';
import type { OverCall, Relation, SortKey, StepRelation } from '../plan/relation.js';
import type { ExpressionBinder, OverNode } from './expression.js';
import { ANOMALY_PIPELINE, learnStep } from './learn-function.js';
import { NUMBERS } from './model-call.js';

export const ANOMALIES = 'ML_DETECT_ANOMALIES';

const DOUBLE: DataType = { kind: 'DOUBLE', nullable: true };
const BOOLEAN: DataType = { kind: 'BOOLEAN', nullable: true };
const BIGINT: DataType = { kind: 'BIGINT', nullable: false };
const RESULT: DataType = {
  kind: 'ROW',
  fields: [
    { name: 'anomaly_score', type: DOUBLE },
    { name: 'is_anomaly', type: BOOLEAN },
  ],
  nullable: false,
};

function literal(value: string): Expr {
  return { op: 'literal', value, type: { kind: 'CHAR', length: [...value].length, nullable: false } };
}

/** The call, with pipeline and threshold as its last arguments. */
export function anomaliesCall(node: OverNode, binder: ExpressionBinder): Omit<OverCall, 'name'> {
  const nodes = [...(node.args as Expression[])];
  const last = nodes.at(-1);
  const config: Record<string, string> = {};
  if (last?.kind === 'MapConstructor') {
    nodes.pop();
    const items = last.items.map((item) => {
      const bound = binder.bind(item);
      if (bound.op !== 'literal' || bound.value === null) {
        throw new SqlError('TW2003', `the options of ${ANOMALIES} are constants`, item.span, {
          expected: "MAP['threshold', '0.9']",
        });
      }
      return String(bound.value);
    });
    for (let i = 0; i < items.length; i += 2) config[items[i].toLowerCase()] = items[i + 1];
  }
  const { pipeline = JSON.stringify(ANOMALY_PIPELINE), threshold = '0.9', ...rest } = config;
  for (const name of Object.keys(rest)) {
    throw new SqlError('TW2006', `${ANOMALIES} has no option '${name}'`, node.span, {
      name,
      known: ['pipeline', 'threshold'],
    });
  }
  if (!Number.isFinite(Number(threshold))) {
    throw new SqlError('TW2006', `option 'threshold' is '${threshold}'`, node.span, { expected: 'a number' });
  }
  const values = nodes.map((arg) => binder.bind(arg));
  const wrong = values.findIndex((value) => !NUMBERS.has(value.type.kind));
  if (values.length === 0 || wrong >= 0) {
    throw new SqlError('TW2003', `${ANOMALIES} OVER looks at numbers`, nodes[wrong]?.span ?? node.span, {
      expected: `${ANOMALIES}(cpu, memory) OVER (…)`,
    });
  }
  learnStep(node.span, pipeline, [], [], { by: [] });
  return { fn: ANOMALIES, args: [...values, literal(pipeline), literal(threshold)], distinct: false, type: RESULT };
}

interface Window {
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
}

/** `input` with the column of the call. `nameOf` gives an argument as a column of `input`. */
export function detectOver(
  input: Relation,
  call: OverCall,
  window: Window,
  nameOf: (arg: Expr) => string,
  origin: Origin,
): Relation {
  const args = call.args.slice(0, -2);
  const [pipeline, threshold] = call.args.slice(-2).map((arg) => String((arg as { value: unknown }).value));
  const names = args.map(nameOf);
  const number: Field = { name: `${call.name}n`, type: BIGINT };
  const ordered: Relation = {
    kind: 'over',
    input,
    ...window,
    frame: { unit: 'rows' },
    calls: [{ fn: 'ROW_NUMBER', args: [], distinct: false, name: number.name, type: BIGINT }],
    fields: [...input.fields, number],
    ...origin,
  };
  const [score, anomaly]: Field[] = [
    { name: `${call.name}s`, type: DOUBLE },
    { name: `${call.name}a`, type: BOOLEAN },
  ];
  const by = [...window.partitionBy];
  const step: StepRelation = {
    kind: 'step',
    step: 'learn',
    label: 'DetectAnomalies',
    input: ordered,
    keepsInput: true,
    pure: false,
    by,
    spec: learnStep(
      { line: 1, column: 1 } as never,
      pipeline,
      names.map((name, i) => ({ field: name, column: name, type: args[i].type })),
      [{ field: 'score', column: score.name, type: DOUBLE }],
      { by, threshold: Number(threshold), anomalyColumn: anomaly.name },
    ),
    // The number is what keeps the rows in order: read, so that its OVER stays.
    reads: [...new Set([...names, ...by, number.name])],
    added: [score, anomaly],
    fields: [...ordered.fields, score, anomaly],
    ...origin,
  };
  const result: Expr = {
    op: 'call',
    fn: 'ROW',
    args: [
      { op: 'column', name: score.name, type: score.type },
      { op: 'column', name: anomaly.name, type: anomaly.type },
    ],
    type: RESULT,
  };
  return project(step, [...columns(input.fields), { name: call.name, expr: result }], origin);
}
