/**
 * Two-phase window aggregation: before an exchange, each task aggregates what it has, so that a row an open slice and key crosses the
 * exchange rather than each row, and a key that is much more frequent than others doesn't pin one slot.
 *
 * Done where a job runs with more than one slot. The phase before the exchange keeps no state (it sends what it holds before each
 * barrier), so the plan's state does not depend on the parallelism.
 */
import { compileAggregates } from '../expr/index.js';
import type { DataType, Field } from '../record/types.js';
import type { Plan, PlanNode, WindowAggregateSpec } from './plan.js';

/** Column of the slice's end in rows between the phases. */
export const SLICE_COLUMN = '$slice';

const BIGINT = { kind: 'BIGINT', nullable: false } as const;

/** Results that depend on the order of rows, or whose accumulators are as large as the rows. */
const ONE_PHASE = new Set([
  'FIRST_VALUE',
  'LAST_VALUE',
  'LISTAGG',
  'ARRAY_AGG',
  'COLLECT',
  'JSON_ARRAYAGG',
  'JSON_OBJECTAGG',
  'PERCENTILE',
]);

export function twoPhase(plan: Plan): Plan {
  const byId = new Map(plan.nodes.map((n) => [n.id, n]));
  const nodes = plan.nodes.flatMap((node) => {
    const input = node.inputs.length === 1 ? byId.get(node.inputs[0].from) : undefined;
    return input && splits(node, input) ? split(node, node.spec as WindowAggregateSpec) : [node];
  });
  return { ...plan, nodes };
}

function splits(node: PlanNode, input: PlanNode): boolean {
  const { spec } = node;
  if (spec.kind !== 'windowAggregate' || spec.phase !== 'single' || spec.user || spec.timeColumn === undefined)
    return false;
  if (spec.window.kind === 'session' || spec.window.kind === 'attached' || input.updating || spec.allowedLatenessMs)
    return false;
  if (node.inputs[0].partitioning.kind !== 'hash') return false;
  return spec.aggregates.every((a) => !a.distinct && !ONE_PHASE.has(a.fn));
}

function split(node: PlanNode, spec: WindowAggregateSpec): PlanNode[] {
  const keys: Field[] = spec.keys.map((k) => ({ name: k.name, type: k.expr.type }));
  const accumulators = compileAggregates(spec.aggregates, { retract: false }).accFields.map(
    (f): Field => ({
      name: f.name,
      type: f.type === 'ANY' ? { kind: 'ANY', nullable: true } : ({ ...f.type, nullable: true } as DataType),
    }),
  );
  const local: PlanNode = {
    id: `${node.id}/local`,
    name: `Local${node.name}`,
    spec: { ...spec, phase: 'local' },
    inputs: [{ from: node.inputs[0].from, partitioning: { kind: 'forward' } }],
    schema: { fields: [...keys, ...accumulators, { name: SLICE_COLUMN, type: BIGINT }] },
    updating: false,
  };
  const global: PlanNode = {
    ...node,
    spec: {
      ...spec,
      phase: 'global',
      keys: keys.map((k) => ({ name: k.name, expr: { op: 'column', name: k.name, type: k.type } })),
    },
    inputs: [{ from: local.id, partitioning: { kind: 'hash', keys: keys.map((k) => k.name) } }],
  };
  return [local, global];
}
