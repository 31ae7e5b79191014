/** What was learnt, measured and watched survives a crash and another parallelism: the same answers afterwards, bit for bit. */
import { describe, expect, test } from '@jest/globals';
import { createPipeline, type Spec } from '../../../runtime/learn/index.js';
import type { Row } from '../../../runtime/record/types.js';
import { compileSql } from '../../../runtime/sql/index.js';
import { type Checkpoint, PlanRun } from '../transform/plan-run.js';

const known = {
  mode: 'streaming' as const,
  connectors: { filesystem: { source: { options: { path: {}, format: {} }, bounded: () => true } } },
  formats: { json: { options: {} } },
};

const TABLE = `CREATE TABLE t (id INT, k INT, x DOUBLE, y DOUBLE, label BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');`;

const rows: Row[] = Array.from({ length: 600 }, (_, i) => {
  const x = ((i * 7919) % 1000) / 1000;
  const y = ((i * 104_729) % 997) / 997;
  return { id: i, k: i % 5, x, y, label: x > y };
});

/** Runs a query over the rows without an incident. */
async function straight(sql: string, input: readonly Row[]): Promise<Row[]> {
  const { plan } = compileSql(`${TABLE}\n${sql}`, known);
  const source = plan.nodes.find((n) => n.spec.kind === 'source')!.id;
  const out: Row[] = [];
  const run = await PlanRun.start({
    plan,
    parallelism: 1,
    batch: false,
    collect: (row) => void out.push(row),
    now: () => 0,
  });
  for (const row of input) run.row(source, row, 0);
  run.end(source);
  return out;
}

/** Crashes behind row 300: what came out since the checkpoint at row 250 is void, its rows come again, at another parallelism. */
async function crashed(sql: string, input: readonly Row[], parallelisms: readonly [number, number]): Promise<Row[]> {
  const { plan } = compileSql(`${TABLE}\n${sql}`, known);
  const source = plan.nodes.find((n) => n.spec.kind === 'source')!.id;
  const out: Row[] = [];
  const start = (parallelism: number, from?: Checkpoint) =>
    PlanRun.start({ plan, parallelism, batch: false, collect: (row) => void out.push(row), now: () => 0 }, from);
  const first = await start(parallelisms[0]);
  for (const row of input.slice(0, 100)) first.row(source, row, 0);
  let checkpoint = await first.checkpoint();
  for (const row of input.slice(100, 250)) first.row(source, row, 0);
  checkpoint = await first.checkpoint(checkpoint);
  const committed = out.length;
  for (const row of input.slice(250, 300)) first.row(source, row, 0);
  out.length = committed;
  const second = await start(parallelisms[1], checkpoint);
  for (const row of input.slice(250)) second.row(source, row, 0);
  second.end(source);
  return out;
}

const sorted = (all: readonly Row[]) => all.map((r) => JSON.stringify(r)).sort();

const PIPELINES: Record<string, readonly Spec[]> = {
  'logistic regression': ['StandardScaler', 'LogisticRegression'],
  FTRL: ['MinMaxScaler', { type: 'LogisticRegression', optimizer: { type: 'FTRLProximal' } }],
  'Gaussian naive Bayes': ['GaussianNB'],
  'a Hoeffding tree': [{ type: 'HoeffdingTreeClassifier', gracePeriod: 20 }],
  'an adaptive random forest': [{ type: 'ARFClassifier', nModels: 3, seed: 7 }],
};

describe('a learner survives a crash and another parallelism', () => {
  for (const [name, pipeline] of Object.entries(PIPELINES)) {
    test(name, async () => {
      const sql = `CREATE MODEL m INPUT (x DOUBLE, y DOUBLE) OUTPUT (probability DOUBLE) WITH ('provider' = 'learner', 'pipeline' = '${JSON.stringify(pipeline)}');
SELECT id, probability FROM ML_LEARN(TABLE t PARTITION BY k, MODEL m, DESCRIPTOR(label), DESCRIPTOR(x, y));`;
      const out = await crashed(sql, rows, [2, 3]);
      const byHand = Array.from({ length: 5 }, () => createPipeline(pipeline));
      const expected = new Map(
        rows.map(({ id, k, x, y, label }) => {
          const all = byHand[k].predictProbaOne({ x, y });
          const probability = all.size === 0 ? null : (all.get(true) ?? 0);
          byHand[k].learnOne({ x, y }, label);
          return [id, probability];
        }),
      );
      expect(out).toHaveLength(rows.length);
      for (const row of out) expect([row.id, row.probability]).toEqual([row.id, expected.get(row.id)]);
    });
  }

  test('and so do the rows that wait for their labels', async () => {
    const input: Row[] = [];
    rows.forEach((row, i) => {
      input.push({ ...row, label: null });
      if (i >= 120) input.push({ ...rows[i - 120], x: null, y: null });
    });
    const sql = `CREATE MODEL m INPUT (x DOUBLE, y DOUBLE) OUTPUT (probability DOUBLE) WITH ('provider' = 'learner', 'pipeline' = '["LogisticRegression"]');
SELECT id, label, probability FROM ML_LEARN(INPUT => TABLE t PARTITION BY k, MODEL => MODEL m, LABEL => DESCRIPTOR(label), ARGS => DESCRIPTOR(x, y), KEY => DESCRIPTOR(id));`;
    const expected = await straight(sql, input);
    expect(sorted(await crashed(sql, input, [3, 2]))).toEqual(sorted(expected));
    expect(expected.filter((r) => r.label !== null)).toHaveLength(480);
  });
});

describe('networks, recommenders and learners that watch themselves survive', () => {
  const NETWORK = JSON.stringify([
    'StandardScaler',
    {
      type: 'NetworkClassifier',
      inputShape: [2],
      layers: [
        { type: 'Dense', units: 6, activation: 'relu' },
        { type: 'Dropout', rate: 0.3 },
        { type: 'Dense', units: 1, activation: 'sigmoid' },
      ],
      optimizer: { type: 'Adam', lr: 0.05 },
      batchSize: 16,
      seed: 3,
    },
  ]);
  const model = (pipeline: string, output: string, more = '') =>
    `CREATE MODEL m INPUT (x DOUBLE, y DOUBLE) OUTPUT (${output}) WITH ('provider' = 'learner', 'pipeline' = '${pipeline}'${more});`;
  const turned = rows.map((r, i) => ({ ...r, label: i < 320 ? r.label : !r.label }));

  test.each([
    [
      'a network for each key, in the middle of a batch',
      `${model(NETWORK, 'probability DOUBLE')}
SELECT id, probability FROM ML_LEARN(TABLE t PARTITION BY k, MODEL m, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
    ],
    [
      'a learner that begins again when its errors change',
      `${model('["StandardScaler", "LogisticRegression"]', 'probability DOUBLE', ", 'drift.detector' = 'DDM', 'drift.action' = 'retrain', 'drift.window' = '40'")}
SELECT id, probability FROM ML_LEARN(TABLE t, MODEL m, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
    ],
    [
      'matrix factorisation',
      `${model('{"type": "BiasedMF", "negatives": 2, "seed": 5}', 'prediction DOUBLE, recommended ARRAY<STRING>', ", 'top-n' = '3'")}
SELECT id, prediction, recommended FROM ML_LEARN(INPUT => TABLE (SELECT id, k, MOD(id * 7, 13) AS item FROM t), MODEL => MODEL m, ARGS => DESCRIPTOR(k, item));`,
    ],
    [
      'co-occurrence',
      `${model('{"type": "Swing", "minUserBehavior": 1}', 'recommended ARRAY<STRING>', ", 'top-n' = '3'")}
SELECT id, recommended FROM ML_LEARN(INPUT => TABLE (SELECT id, MOD(id, 50) AS u, MOD(id * 7, 13) AS item FROM t), MODEL => MODEL m, ARGS => DESCRIPTOR(u, item));`,
    ],
  ])('%s', async (_name, sql) => {
    const expected = await straight(sql, turned);
    const out = await crashed(sql, turned, [2, 3]);
    expect(sorted(out)).toEqual(sorted(expected));
    expect(expected).toHaveLength(600);
    expect(new Set(expected.map((r) => JSON.stringify(r.probability ?? r.recommended))).size).toBeGreaterThan(5);
  });
});

describe('metrics and detectors survive too', () => {
  test('the rows of metrics are those of a run without a crash', async () => {
    const sql = `SELECT k, result['Accuracy'] AS a, result['ROCAUC'] AS auc, labelled
FROM ML_EVALUATE(INPUT => TABLE (SELECT k, label, x - y + 0.5 AS p FROM t) PARTITION BY k, LABEL => DESCRIPTOR(label), PROBABILITY => DESCRIPTOR(p), CONFIG => MAP['metrics', 'Accuracy, ROCAUC', 'window', '40', 'every', '30']);`;
    const expected = await straight(sql, rows);
    expect(sorted(await crashed(sql, rows, [2, 3]))).toEqual(sorted(expected));
    expect(expected).toHaveLength(20);
  });

  test('alarms come at the same rows', async () => {
    const moved = rows.map((r, i) => ({ ...r, x: i < 330 ? r.x : r.x + 2 }));
    for (const detector of ['ADWIN', 'PageHinkley', 'KSWIN']) {
      const sql = `SELECT id FROM ML_DETECT_DRIFT(TABLE t, DESCRIPTOR(x), MAP['detector', '${detector}']);`;
      const expected = await straight(sql, moved);
      expect(await crashed(sql, moved, [1, 2])).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    }
  });
});
