/**
 * Two-phase aggregation, of windows and of groups: before an exchange, each task aggregates what it has, so that a row an open slice
 * and key (a group: one every few milliseconds) crosses the exchange rather than each row, and a key that is much more frequent than
 * others doesn't pin one slot.
 *
 * Done where a job runs with more than one slot. The phase before the exchange keeps no state (it sends what it holds before each
 * barrier), so the plan's state does not depend on the parallelism.
 */
import { compileAggregates } from '../expr/index.js';
import type { AggregateCall, NamedExpr } from '../expr/ir.js';
import type { DataType, Field } from '../record/types.js';
import type { GroupAggregateSpec, Plan, PlanNode, WindowAggregateSpec } from './plan.js';

/** Column of the slice's end in rows between the phases of a window. */
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
    if (!input || input.updating || node.eachChange) return [node];
    const { spec } = node;
    if (spec.kind === 'windowAggregate' && splitsWindow(node, spec)) return split(node, spec, [slice]);
    if (spec.kind === 'groupAggregate' && splitsGroup(node, spec)) return split(node, spec, []);
    return [node];
  });
  return { ...plan, nodes };
}

const slice: Field = { name: SLICE_COLUMN, type: BIGINT };

function splitsWindow(node: PlanNode, spec: WindowAggregateSpec): boolean {
  if (spec.phase !== 'single' || spec.user || spec.timeColumn === undefined) return false;
  if (spec.window.kind === 'session' || spec.window.kind === 'attached' || spec.allowedLatenessMs) return false;
  return node.inputs[0].partitioning.kind === 'hash' && spec.aggregates.every(merges);
}

/** What scripts define is left as it is: a group may live for ever, and how much its accumulators hold is theirs to know. */
function splitsGroup(node: PlanNode, spec: GroupAggregateSpec): boolean {
  const { kind } = node.inputs[0].partitioning;
  if (spec.phase !== undefined || (kind !== 'hash' && kind !== 'global')) return false;
  return spec.aggregates.every((a) => merges(a) && a.fn !== '$JSAGG');
}

function merges(call: AggregateCall): boolean {
  return !call.distinct && !ONE_PHASE.has(call.fn);
}

function split(node: PlanNode, spec: WindowAggregateSpec | GroupAggregateSpec, extra: readonly Field[]): PlanNode[] {
  const keys: Field[] = spec.keys.map((k) => ({ name: k.name, type: k.expr.type }));
  const accumulators = compileAggregates(spec.aggregates, { retract: false }).accFields.map(
    (f): Field => ({
      name: f.name,
      type: f.type === 'ANY' ? { kind: 'ANY', nullable: true } : ({ ...f.type, nullable: true } as DataType),
    }),
  );
  // Keys go by their own names, which may be those of accumulators.
  if (keys.some((k) => accumulators.some((a) => a.name === k.name) || k.name === SLICE_COLUMN)) return [node];
  const { partitioning } = node.inputs[0];
  const local: PlanNode = {
    id: `${node.id}/local`,
    name: `Local${node.name}`,
    spec: { ...spec, phase: 'local' },
    inputs: [{ from: node.inputs[0].from, partitioning: { kind: 'forward' } }],
    schema: { fields: [...keys, ...accumulators, ...extra] },
    updating: false,
  };
  const global: PlanNode = {
    ...node,
    spec: {
      ...spec,
      phase: 'global',
      keys: keys.map((k): NamedExpr => ({ name: k.name, expr: { op: 'column', name: k.name, type: k.type } })),
    },
    inputs: [
      {
        from: local.id,
        partitioning: partitioning.kind === 'global' ? partitioning : { kind: 'hash', keys: keys.map((k) => k.name) },
      },
    ],
  };
  return [local, global];
}
