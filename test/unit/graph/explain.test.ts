import { describe, expect, test } from '@jest/globals';
import { explain, explainPlan } from '../../../runtime/graph/explain.js';
import { compile, PAYMENTS } from '../sql/planning.js';

const SQL = `${PAYMENTS} CREATE TABLE alerts (card STRING, spent DOUBLE) WITH ('connector' = 'print');
  INSERT INTO alerts SELECT card, SUM(amount) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  WHERE amount > 0 GROUP BY card, window_start, window_end`;
const { plan } = compile(SQL);

describe('explain', () => {
  test('as text: chains with parallelism, exchanges, what was pushed down', () => {
    expect(explainPlan(plan, 4, 'text')).toBe(`Chain 1, parallelism 4
  Source: payments  [source:payments]
      connector: kafka, json
      columns read: card, amount, ts (3 of 4)
      watermark: ts: ts - INTERVAL '5' SECOND
  Calc  [alerts/calc1]
      where: amount > 0
  LocalTumbleWindow(card)  [alerts/window1/local]
      window: TUMBLE of 10 s on event time ts
      phase: local
      key: card
      aggregates: SUM(amount) AS $agg0

Chain 2, parallelism 4
  ← hash(card) from alerts/window1/local
  TumbleWindow(card)  [alerts/window1]
      window: TUMBLE of 10 s on event time ts
      phase: global
      key: card
      aggregates: SUM(amount) AS $agg0
  Calc  [alerts/calc2]
      columns: card, $agg0 AS spent
  Sink: alerts  [sink:alerts]
      connector: print
`);
  });

  test('one subtask needs no exchange', () => {
    expect(explain(plan, 1)).toMatchObject({ chains: [{ chain: 1, parallelism: 1 }], exchanges: [] });
  });

  test('as JSON: changes, keys and columns', () => {
    const grouped = compile(`${PAYMENTS} SELECT card, COUNT(*) AS n FROM payments GROUP BY card`).plan;
    const explained = JSON.parse(explainPlan(grouped, 2, 'json'));
    expect(explained.exchanges).toEqual([
      { from: 'collect/aggregate1/local', to: 'collect/aggregate1', input: 0, partitioning: 'hash(card)' },
      { from: 'collect/calc1', to: 'sink:collect', input: 0, partitioning: 'global' },
    ]);
    expect(explained.chains[1].nodes[1]).toMatchObject({
      id: 'collect/calc1',
      output: 'changelog',
      upsertKey: ['card'],
      columns: 'card STRING, n BIGINT NOT NULL',
      chainedTo: ['collect/aggregate1'],
    });
  });

  test('as Mermaid: special characters are written as entities', () => {
    const drawn = explainPlan(plan, 2, 'mermaid');
    // The local phase stands between the two lines.
    const lines = drawn.split('\n').filter((line) => !line.includes('LocalTumbleWindow'));
    expect(lines.slice(0, 5)).toEqual([
      'flowchart LR',
      '  subgraph chain1["chain 1, parallelism 2"]',
      '    n0["Source: payments<br/>connector: kafka, json<br/>columns read: card, amount, ts #40;3 of 4#41;<br/>watermark: ts: ts - INTERVAL \'5\' SECOND"]',
      '    n1["Calc<br/>where: amount #62; 0"]',
      '    n0 --> n1',
    ]);
    expect(drawn).toContain('  n2 -->|"hash#40;card#41;"| n3');
  });

  test('joins and ranks show their options', () => {
    const sql = `${PAYMENTS} SELECT card, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY card ORDER BY amount DESC) AS n
      FROM payments) WHERE n <= 3`;
    const [, rank] = explain(compile(sql).plan, 2).chains;
    expect(rank.nodes[0].details).toEqual([
      { label: 'partitionBy', text: 'card' },
      { label: 'orderBy', text: 'amount DESC' },
      { label: 'from', text: '1' },
      { label: 'to', text: '3' },
    ]);
  });
});
