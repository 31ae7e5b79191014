import { describe, expect, test } from '@jest/globals';
import { defineGraph, defineText } from './job-text.js';

describe('a graph body', () => {
  test('is a line of steps in the order of the list', async () => {
    const { plan } = await defineGraph(`
- { name: lines, source: { connector: filesystem, path: input.txt, format: raw } }
- { name: upper, map: "line => line.toUpperCase()" }
- { name: out, sink: { connector: filesystem, path: output.txt, format: raw } }`);
    expect(plan.nodes.map((n) => [n.id, n.spec.kind, n.inputs.map((i) => `${i.from} ${i.partitioning.kind}`)])).toEqual(
      [
        ['lines', 'source', []],
        ['upper', 'map', ['lines forward']],
        ['out', 'sink', ['upper forward']],
      ],
    );
    expect(plan.nodes[0].spec).toMatchObject({
      connector: 'filesystem',
      format: 'raw',
      options: { path: 'input.txt' },
      bounded: true,
      onError: { policy: 'fail' },
      columns: { untyped: true },
    });
    expect(plan.nodes[1].spec).toMatchObject({
      code: 'line => line.toUpperCase()',
      at: { file: 'job.yaml', line: 9, column: 30 },
    });
  });

  test('windows by key over event time', async () => {
    const { plan } = await defineGraph(`
- name: payments
  source:
    connector: filesystem
    path: in
    format: json
    schema: card STRING, amount DOUBLE, ts TIMESTAMP(3)
    time: ts
    delay: 5s
    idle: 1 min
- name: perCard
  window:
    key: card
    time: ts
    hop: { size: 1h, slide: 10 min }
    allowedLateness: 30s
    init: "() => 0"
    add: "(sum: number, p: { amount: number }) => sum + p.amount"
    result: "(sum, card, w) => ({ card, end: w.end, sum })"
- { name: out, sink: { connector: print } }`);
    const [source, window] = plan.nodes;
    expect(source.schema.fields.map((f) => f.name)).toEqual(['card', 'amount', 'ts']);
    expect(source.spec).toMatchObject({
      read: ['card', 'amount', 'ts'],
      watermark: { column: 'ts', delayMs: 5000, idleTimeoutMs: 60_000 },
    });
    expect(window.spec).toMatchObject({
      kind: 'windowAggregate',
      window: { kind: 'hop', sizeMs: 3_600_000, slideMs: 600_000, offsetMs: 0 },
      timeColumn: 'ts',
      allowedLatenessMs: 30_000,
      user: { key: '(row) => row.card', init: '() => 0', add: '(sum, p) => sum + p.amount' },
    });
    expect(window.inputs).toEqual([{ from: 'payments', partitioning: { kind: 'hashFn', code: '(row) => row.card' } }]);
  });

  test('takes the key from a keyBy, which is no step of its own', async () => {
    const { plan } = await defineGraph(`
- { name: in, source: { connector: datagen, schema: id BIGINT } }
- { name: byId, keyBy: "row => row.id % 10" }
- name: count
  process: { ttl: 1h, onRow: "(row, ctx) => { ctx.state.n = (ctx.state.n ?? 0) + 1; ctx.emit(ctx.state); }" }
- { name: out, sink: { connector: blackhole } }`);
    expect(plan.nodes.map((n) => n.id)).toEqual(['in', 'count', 'out']);
    expect(plan.nodes[1]).toMatchObject({
      spec: { kind: 'process', key: 'row => row.id % 10', ttlMs: 3_600_000 },
      inputs: [{ from: 'in', partitioning: { kind: 'hashFn', code: 'row => row.id % 10' } }],
    });
  });

  test('joins several inputs by a union, and branches by names', async () => {
    const { plan } = await defineGraph(`
- { name: a, source: { connector: datagen, schema: id BIGINT } }
- { name: b, source: { connector: datagen, schema: id BIGINT } }
- { name: even, from: [a, b], filter: "row => row.id % 2 === 0" }
- { name: odd, from: [a, b], filter: "row => row.id % 2 !== 0" }
- { name: all, union: [odd, even] }
- { name: out, sink: { connector: blackhole } }
- { name: out2, from: odd, sink: { connector: blackhole } }`);
    expect(plan.nodes.map((n) => [n.id, n.spec.kind, n.inputs.map((i) => i.from)])).toEqual([
      ['a', 'source', []],
      ['b', 'source', []],
      ['even.union', 'union', ['a', 'b']],
      ['even', 'filter', ['even.union']],
      ['odd.union', 'union', ['a', 'b']],
      ['odd', 'filter', ['odd.union']],
      ['all', 'union', ['odd', 'even']],
      ['out', 'sink', ['all']],
      ['out2', 'sink', ['odd']],
    ]);
    // A filter keeps its input's columns.
    expect(plan.nodes[3].schema.fields.map((f) => f.name)).toEqual(['id']);
  });

  test('may be wired by edges, in any order', async () => {
    const { plan } = await defineText(`
apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: test }
spec:
  graph:
    nodes:
      - { name: out, sink: { connector: blackhole } }
      - { name: double, map: "row => ({ id: row.id * 2 })" }
      - { name: in, source: { connector: datagen, schema: id BIGINT } }
    edges:
      - { from: in, to: double }
      - { from: double, to: out }
`);
    expect(plan.nodes.map((n) => n.id)).toEqual(['in', 'double', 'out']);
  });

  test('rebalances where the parallelism changes, and runs keyless windows in one place', async () => {
    const { plan } = await defineGraph(`
- { name: in, source: { connector: datagen, schema: id BIGINT } }
- { name: slow, parallelism: 4, map: "row => row" }
- { name: counted, window: { tumble: 1s, init: "() => 0", add: "n => n + 1", result: "n => ({ n })" } }
- { name: out, partition: rebalance, sink: { connector: blackhole } }`);
    expect(plan.nodes.map((n) => [n.id, n.parallelism, n.inputs[0]?.partitioning.kind])).toEqual([
      ['in', undefined, undefined],
      ['slow', 4, 'rebalance'],
      ['counted', 1, 'global'],
      ['out', undefined, 'rebalance'],
    ]);
  });

  test('gives a source whose event time is a function a step for it', async () => {
    const { plan } = await defineGraph(`
- { name: in, source: { connector: filesystem, path: x, format: json, time: "r => Date.parse(r.at)", delay: 1s } }
- { name: w, window: { key: k, time: "r => Date.parse(r.at)", session: 5s, init: "() => 0", add: "n => n + 1", merge: "(a, b) => a + b", result: "n => ({ n })" } }
- { name: out, sink: { connector: print } }`);
    expect(plan.nodes.map((n) => n.id)).toEqual(['in', 'in.time', 'w', 'out']);
    expect(plan.nodes[1].spec).toEqual({ kind: 'watermark', code: 'r => Date.parse(r.at)', delayMs: 1000 });
    expect(plan.nodes[2].spec).toMatchObject({
      timeCode: 'r => Date.parse(r.at)',
      window: { kind: 'session', gapMs: 5000 },
      user: { merge: '(a, b) => a + b' },
    });
  });

  test('flattens options, and sends dead letters to a sink', async () => {
    const { plan } = await defineGraph(`
- name: in
  source:
    connector: datagen
    rows-per-second: 5
    fields: { id: { kind: sequence, start: 1, end: 3 } }
    schema: id BIGINT
    onError: dead-letter
    deadLetter: { connector: filesystem, path: bad }
- { name: out, sink: { connector: print } }`);
    expect(plan.nodes[0].spec).toMatchObject({
      options: { 'rows-per-second': '5', 'fields.id.kind': 'sequence', 'fields.id.start': '1', 'fields.id.end': '3' },
      bounded: true,
      onError: { policy: 'dead-letter', options: { connector: 'filesystem', path: 'bad' } },
    });
  });
});
