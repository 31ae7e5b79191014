import { expect, test } from '@jest/globals';
import type { GroupAggregateSpec, Plan, PlanNode, WindowAggregateSpec } from '../../../runtime/graph/plan.js';
import { planStages } from '../../../runtime/graph/stages.js';
import { twoPhase } from '../../../runtime/graph/two-phase.js';

const BIGINT = { kind: 'BIGINT', nullable: false } as const;
const column = (name: string) => ({ op: 'column', name, type: BIGINT }) as const;
const source: PlanNode = {
  id: 's',
  name: 's',
  spec: { kind: 'union' },
  inputs: [],
  schema: {
    fields: [
      { name: 'k', type: BIGINT },
      { name: 'ts', type: BIGINT },
    ],
  },
  updating: false,
};

function plan(change: Partial<WindowAggregateSpec> = {}, updating = false): Plan {
  const spec: WindowAggregateSpec = {
    kind: 'windowAggregate',
    window: { kind: 'tumble', sizeMs: 1000, offsetMs: 0 },
    timeColumn: 'ts',
    keys: [{ name: 'k', expr: column('k') }],
    aggregates: [{ fn: 'COUNT', args: [], distinct: false, name: 'n', type: BIGINT }],
    phase: 'single',
    ...change,
  };
  const window: PlanNode = {
    id: 'w',
    name: 'w',
    spec,
    inputs: [{ from: 's', partitioning: { kind: 'hash', keys: ['k'] } }],
    schema: {
      fields: [
        { name: 'k', type: BIGINT },
        { name: 'n', type: BIGINT },
      ],
    },
    updating: false,
  };
  return { version: 1, nodes: [{ ...source, updating }, window] };
}

const ids = (p: Plan) => p.nodes.map((n) => n.id);

test('a window behind an exchange gets a phase before it; the stateful node keeps its id', () => {
  expect(ids(twoPhase(plan()))).toEqual(['s', 'w/local', 'w']);
});

test('not where the order of rows matters, rows are taken back, or sessions have no fixed slices', () => {
  const whole = ['s', 'w'];
  expect(ids(twoPhase(plan({}, true)))).toEqual(whole);
  expect(ids(twoPhase(plan({ window: { kind: 'session', gapMs: 5 } })))).toEqual(whole);
  expect(ids(twoPhase(plan({ timeColumn: undefined })))).toEqual(whole);
  const first = { fn: 'FIRST_VALUE', args: [column('ts')], distinct: false, name: 'f', type: BIGINT };
  expect(ids(twoPhase(plan({ aggregates: [first] })))).toEqual(whole);
});

test('one slot has no exchange and no second phase', () => {
  expect(planStages(plan(), 1).stages).toHaveLength(1);
  expect([...planStages(plan(), 1).nodes.keys()]).toEqual(['s', 'w']);
  expect(planStages(plan(), 2).stages.map((s) => s.nodes.map((n) => n.id))).toEqual([['s', 'w/local'], ['w']]);
});

function grouped(change: Partial<GroupAggregateSpec> = {}, updating = false, key = 'k'): Plan {
  const keys = [{ name: key, expr: column('k') }];
  const aggregates = [{ fn: 'COUNT', args: [], distinct: false, name: 'n', type: BIGINT }];
  const groups: PlanNode = {
    id: 'g',
    name: 'g',
    spec: { kind: 'groupAggregate', keys, aggregates, finalOnly: false, ...change },
    inputs: [{ from: 's', partitioning: { kind: 'hash', keys: ['k'] } }],
    schema: {
      fields: [
        { name: key, type: BIGINT },
        { name: 'n', type: BIGINT },
      ],
    },
    updating: true,
  };
  return { version: 1, nodes: [{ ...source, updating }, groups] };
}

test('groups over rows that are only added are aggregated before the exchange, too', () => {
  expect(ids(twoPhase(grouped()))).toEqual(['s', 'g/local', 'g']);
  expect(ids(twoPhase(grouped({}, true)))).toEqual(['s', 'g']);
  const aggregate = { args: [column('ts')], distinct: false, name: 'n', type: BIGINT };
  expect(ids(twoPhase(grouped({ aggregates: [{ ...aggregate, fn: 'COUNT', distinct: true }] })))).toEqual(['s', 'g']);
  expect(ids(twoPhase(grouped({ aggregates: [{ ...aggregate, fn: 'LAST_VALUE' }] })))).toEqual(['s', 'g']);
});

test('a key that is called as an accumulator is not taken for one', () => {
  const { schema } = twoPhase(grouped()).nodes[1];
  const accumulator = schema.fields[1].name;
  expect(schema.fields[0].name).toBe('k');
  expect(ids(twoPhase(grouped({}, false, accumulator)))).toEqual(['s', 'g']);
});
