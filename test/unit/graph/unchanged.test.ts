import { expect, test } from '@jest/globals';
import { unchangedNodes } from '../../../runtime/graph/unchanged.js';
import { compile, PAYMENTS } from '../sql/planning.js';

const A = "CREATE TABLE a (card STRING, n BIGINT) WITH ('connector' = 'print');\n";
const plan = (sql: string) => compile(PAYMENTS + A + sql).plan;
const counted = (inner: string, outer: string) =>
  `INSERT INTO a SELECT card, n FROM (SELECT card, COUNT(*) AS n FROM payments ${inner} GROUP BY card) ${outer}`;
const keptAggregates = (before: string, after: string) => {
  const next = plan(after);
  const kept = unchangedNodes(plan(before), next);
  return next.nodes.filter((n) => n.spec.kind === 'groupAggregate' && kept.includes(n.id)).length;
};

test('all steps of the same plan are unchanged', () => {
  const same = plan(counted('', ''));
  expect(unchangedNodes(same, plan(counted('', '')))).toEqual(same.nodes.map((n) => n.id));
});

test('a filter behind an aggregate leaves it as it is', () => {
  expect(keptAggregates(counted('', ''), counted('', 'WHERE n > 1'))).toBe(1);
});

test('an aggregate over other columns is another one', () => {
  const sum = counted('', '').replace('COUNT(*)', 'CAST(SUM(amount) AS BIGINT)');
  expect(keptAggregates(counted('', ''), sum)).toBe(0);
});
