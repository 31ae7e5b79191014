/** Learning in a job: test, then train; labels that come later; metrics, drift and anomalies as rows; the gate of publishing. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, createPipeline, fitRows, restore, type Spec } from '../../../runtime/learn/index.js';
import { type Folder, folder, type Job, line, startJob } from './job.js';

let at: Folder;
let job: Job | undefined;

beforeEach(async () => {
  at = await folder();
});

afterEach(async () => {
  await job?.close();
  job = undefined;
  await at.remove();
});

const yaml = (name: string, sql: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: ${name} }
spec:
  restart: { kind: none }
  checkpoint: { interval: 100ms, minPause: 10ms }
  sql: |
${sql.replace(/^/gm, '    ')}
`;

/** Points whose class is x > y, with a number that is the same in every run. */
const points = Array.from({ length: 400 }, (_, i) => {
  const x = ((i * 7919) % 1000) / 1000;
  const y = ((i * 104_729) % 997) / 997;
  return { id: i, x, y, label: x > y };
});

const SOURCE = `CREATE TABLE points (id INT, x DOUBLE, y DOUBLE, label BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'points.jsonl', 'format' = 'json');`;
const LEARNER = `CREATE MODEL above INPUT (x DOUBLE, y DOUBLE) OUTPUT (label BOOLEAN, probability DOUBLE)
  WITH ('provider' = 'learner', 'pipeline' = '["StandardScaler", "LogisticRegression"]'`;

const lines = (rows: readonly unknown[]) => rows.map((r) => JSON.stringify(r)).join('\n');

describe('ML_LEARN', () => {
  test('predicts each row before it learns it: as the pipeline does by hand', async () => {
    await at.write('points.jsonl', lines(points));
    job = await startJob(
      at,
      'default',
      yaml(
        'learn',
        `${SOURCE}\n${LEARNER});\nSELECT id, probability FROM ML_LEARN(TABLE points, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
      ),
    );
    await job.until(points.length);
    const byHand = createPipeline(['StandardScaler', 'LogisticRegression']);
    const expected = points.map(({ id, x, y, label }) => {
      const probability = byHand.probabilityOne({ x, y });
      byHand.learnOne({ x, y }, label);
      return { id, probability };
    });
    expect(job.rows.map((r) => r.row)).toEqual(expected);
  });

  test('a learner for each value of PARTITION BY', async () => {
    await at.write('points.jsonl', lines(points));
    job = await startJob(
      at,
      'default',
      yaml(
        'keyed',
        `${SOURCE}\n${LEARNER});
CREATE VIEW p AS SELECT *, MOD(id, 3) AS k FROM points;
SELECT id, probability FROM ML_LEARN(TABLE p PARTITION BY k, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
      ),
    );
    await job.until(points.length);
    const byHand = [0, 1, 2].map(() => createPipeline(['StandardScaler', 'LogisticRegression']));
    for (const { row } of job.rows) {
      const { x, y, label } = points[row.id];
      expect(row.probability).toBe(byHand[row.id % 3].probabilityOne({ x, y }));
      byHand[row.id % 3].learnOne({ x, y }, label);
    }
  });

  test('a label that comes later is learnt for the row that waited, and goes out with what was predicted then', async () => {
    const records = points.slice(0, 100).map((p) => ({ ...p, label: null }));
    const labels = points.slice(0, 90).map(({ id, label }) => ({ id, x: null, y: null, label }));
    await at.write(
      'points.jsonl',
      lines([...records.slice(0, 60), ...labels.slice(0, 50), ...records.slice(60), ...labels.slice(50)]),
    );
    job = await startJob(
      at,
      'default',
      yaml(
        'late',
        `${SOURCE}\n${LEARNER});
SELECT id, x, label0 AS said, label, probability FROM ML_LEARN(INPUT => TABLE points, MODEL => MODEL above, LABEL => DESCRIPTOR(label), ARGS => DESCRIPTOR(x, y), KEY => DESCRIPTOR(id));`,
      ),
    );
    await job.until(190);
    const rows = job.rows.map((r) => r.row);
    const first = rows.filter((r) => r.label === null);
    const second = rows.filter((r) => r.label !== null);
    expect(first.map((r) => r.id)).toEqual(points.slice(0, 100).map((p) => p.id));
    expect(second.map((r) => r.id)).toEqual(points.slice(0, 90).map((p) => p.id));
    for (const r of second) {
      expect(r).toEqual({ ...first.find((f) => f.id === r.id), label: points[r.id].label });
    }
    // By hand: 60 are asked, 50 of them learnt, 40 are asked.
    const byHand = createPipeline(['StandardScaler', 'LogisticRegression']);
    for (const { x, y, label } of points.slice(0, 50)) byHand.learnOne({ x, y }, label);
    expect(first[60].probability).toBe(byHand.probabilityOne({ x: points[60].x, y: points[60].y }));
  });

  test('a pipeline that can’t be made fails the job when it starts, and says which step and name', async () => {
    await at.write('points.jsonl', lines(points));
    const sql = `${SOURCE}\n${LEARNER.replace('LogisticRegression', 'LogisticRegresion')});\nSELECT id FROM ML_LEARN(TABLE points, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));`;
    job = await startJob(at, 'default', yaml('wrong', sql));
    await expect(job.until(1)).rejects.toThrow(/step "Learn\(above\)": nothing is called LogisticRegresion/);
  });
});

describe('measuring', () => {
  test('ML_EVALUATE over what was predicted, in rows of metrics', async () => {
    await at.write('points.jsonl', lines(points));
    job = await startJob(
      at,
      'default',
      yaml(
        'evaluate',
        `${SOURCE}\n${LEARNER});
CREATE VIEW learnt AS SELECT * FROM ML_LEARN(TABLE points, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));
SELECT result['Accuracy'] AS accuracy, result['LogLoss'] AS loss, labelled FROM ML_EVALUATE(INPUT => TABLE learnt, LABEL => DESCRIPTOR(label), PREDICTION => DESCRIPTOR(label0), PROBABILITY => DESCRIPTOR(probability), CONFIG => MAP['metrics', 'Accuracy, LogLoss', 'every', '150']);`,
      ),
    );
    await job.until(3);
    const byHand = createPipeline(['StandardScaler', 'LogisticRegression']);
    const [accuracy, loss] = [create('Accuracy'), create('LogLoss')];
    const expected: unknown[] = [];
    points.forEach(({ x, y, label }, i) => {
      const p = byHand.probabilityOne({ x, y });
      accuracy.update(label, p > 0.5);
      loss.update(label, p);
      byHand.learnOne({ x, y }, label);
      if ([150, 300, 400].includes(i + 1))
        expected.push({ accuracy: accuracy.get(), loss: loss.get(), labelled: i + 1 });
    });
    expect(job.rows.map((r) => r.row)).toEqual(expected);
    expect((expected[2] as { accuracy: number }).accuracy).toBeGreaterThan(0.85);
  });

  test('ML_EVALUATE reports the quality of each version to the registry', async () => {
    // Version a is right for the rows whose id is no multiple of 4, version b is always right.
    const rows = points.map((p) => {
      const isB = p.id >= 200;
      return { ...p, version: isB ? 'b' : 'a', said: isB || p.id % 4 !== 0 ? p.label : !p.label };
    });
    await at.write('said.jsonl', lines(rows));
    job = await startJob(
      at,
      'default',
      yaml(
        'report',
        `CREATE TABLE said (id INT, label BOOLEAN, said BOOLEAN, version STRING) WITH ('connector' = 'filesystem', 'path' = 'said.jsonl', 'format' = 'json');
SELECT labelled FROM ML_EVALUATE(INPUT => TABLE said, LABEL => DESCRIPTOR(label), PREDICTION => DESCRIPTOR(said),
  CONFIG => MAP['metrics', 'Accuracy, F1', 'window', '80', 'quality.name', 'above', 'quality.every', '70', 'quality.source', 'job a']);`,
      ),
    );
    await job.until(1);
    await job.run.coordinator.ended;
    const [a] = await at.registry.quality('above', 'a');
    const [b] = await at.registry.quality('above', 'b');
    // Also the rows behind the last 70: at the end of the input.
    expect(a).toMatchObject({ version: 'a', source: 'job a', samples: 200, window: 80 });
    expect(a.metrics.Accuracy).toEqual({ value: 0.75, biggerIsBetter: true });
    expect(b.metrics).toMatchObject({ Accuracy: { value: 1 }, F1: { value: 1 } });
    expect(await at.registry.quality('above', 'c')).toEqual([]);
  });

  test('ML_DETECT_DRIFT gives the rows at which the detector raised the alarm', async () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => ({
      id: i,
      v: (i < 500 ? 0 : 3) + ((i * 7919) % 1000) / 1000,
    }));
    await at.write('numbers.jsonl', lines(numbers));
    job = await startJob(
      at,
      'default',
      yaml(
        'drift',
        `CREATE TABLE numbers (id INT, v DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'numbers.jsonl', 'format' = 'json');
SELECT id, drift_detector FROM ML_DETECT_DRIFT(TABLE numbers, DESCRIPTOR(v), MAP['detector', 'ADWIN', 'delta', '0.002']);`,
      ),
    );
    await job.until(1);
    await job.run.coordinator.ended;
    const detector = create({ type: 'ADWIN', delta: 0.002 });
    const expected = numbers.flatMap(({ id, v }) => (detector.update(v) ? [{ id, drift_detector: 'ADWIN' }] : []));
    expect(job.rows.map((r) => r.row)).toEqual(expected);
    expect(expected[0].id).toBeGreaterThan(500);
    expect(expected[0].id).toBeLessThan(600);
  });

  test('ML_DETECT_ANOMALIES scores rows by how unusual they are', async () => {
    const values = Array.from({ length: 1200 }, (_, i) => ({
      id: i,
      v: 0.3 + ((i * 7919) % 100) / 1000,
      w: 0.6 + ((i * 331) % 90) / 900,
    }));
    for (const i of [900, 1000, 1100]) values[i] = { id: i, v: 0.99, w: 0.01 };
    await at.write('values.jsonl', lines(values));
    job = await startJob(
      at,
      'default',
      yaml(
        'anomalies',
        `CREATE TABLE vals (id INT, v DOUBLE, w DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'values.jsonl', 'format' = 'json');
SELECT id, anomaly_score, is_anomaly FROM ML_DETECT_ANOMALIES(TABLE vals, DESCRIPTOR(v, w), MAP['threshold', '0.97']);`,
      ),
    );
    await job.until(1200);
    const late = job.rows.map((r) => r.row).slice(800);
    const planted = late.filter((r) => [900, 1000, 1100].includes(r.id));
    const usual = late.filter((r) => ![900, 1000, 1100].includes(r.id)).map((r) => r.anomaly_score);
    expect(Math.min(...planted.map((r) => r.anomaly_score))).toBeGreaterThan(
      usual.reduce((a, b) => a + b, 0) / usual.length,
    );
  });
});

describe('ML_DETECT_ANOMALIES OVER', () => {
  const values = Array.from({ length: 900 }, (_, i) => ({
    id: i,
    k: i % 3,
    t: 1000 * (i - (i % 7)) + 10 * (i % 7),
    v: i % 300 === 299 ? 0.99 : 0.3 + ((i * 7919) % 100) / 1000,
  }));
  // As they come: seven at a time the wrong way round.
  const mixed = Array.from({ length: 900 }, (_, i) => values[Math.min(899, i - (i % 7) + 6 - (i % 7))]).filter(
    (row, i, all) => all.indexOf(row) === i,
  );
  const source = `CREATE TABLE vals (id INT, k INT, t BIGINT, v DOUBLE, ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'values.jsonl', 'format' = 'json');`;
  const pipeline = ['MinMaxScaler', { type: 'HalfSpaceTrees', nTrees: 5, height: 5, windowSize: 30, seed: 1 }];

  test('a detector for each partition, in the order of time, beside other functions of the window', async () => {
    await at.write('values.jsonl', lines(mixed));
    job = await startJob(
      at,
      'default',
      yaml(
        'over',
        `${source}
SELECT id, a.anomaly_score AS score, a.is_anomaly AS odd, n FROM (SELECT id,
  ML_DETECT_ANOMALIES(v, v * 2, MAP['threshold', '0.6', 'pipeline', '${JSON.stringify(pipeline)}']) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a,
  COUNT(*) OVER (PARTITION BY k ORDER BY ts) AS n FROM vals);`,
      ),
    );
    await job.until(mixed.length);
    const byHand = [0, 1, 2].map(() => createPipeline(pipeline as never));
    const counts = [0, 0, 0];
    const expected = [...mixed]
      .sort((a, b) => a.t - b.t)
      .map(({ id, k, v }) => {
        const score = byHand[k].scoreOne({ v, w: v * 2 });
        byHand[k].learnOne({ v, w: v * 2 });
        return { id, score, odd: score > 0.6, n: ++counts[k] };
      });
    const byId = (rows: any[]) => [...rows].sort((a, b) => a.id - b.id);
    expect(byId(job.rows.map((r) => r.row))).toEqual(byId(expected));
    expect(expected.some((r) => r.odd)).toBe(true);
  });

  test.each([
    ['ML_DETECT_ANOMALIES(v) OVER (PARTITION BY k)', /needs ORDER BY in OVER/],
    ['ML_DETECT_ANOMALIES() OVER (ORDER BY ts)', /looks at numbers/],
    ["ML_DETECT_ANOMALIES(v, MAP['treshold', '1']) OVER (ORDER BY ts)", /no option 'treshold'/],
    ['ML_DETECT_ANOMALIES(v) OVER (ORDER BY ts ROWS BETWEEN 5 PRECEDING AND CURRENT ROW)', /bounded frame/],
  ])('%s is refused', async (call, why) => {
    await at.write('values.jsonl', lines(mixed.slice(0, 1)));
    await expect(startJob(at, 'default', yaml('wrong', `${source}\nSELECT ${call} AS a FROM vals;`))).rejects.toThrow(
      why,
    );
  });
});

describe('publishing what was learnt', () => {
  test('a version that passes the gate is pushed and promoted; its answers are the learner’s', async () => {
    await at.write('points.jsonl', lines(points));
    job = await startJob(
      at,
      'default',
      yaml(
        'publish',
        `${SOURCE}\n${LEARNER}, 'registry' = './models-store', 'publish.name' = 'published', 'publish.every' = '100',
  'publish.metric' = 'Accuracy', 'publish.window' = '100', 'publish.threshold' = '0.85', 'publish.margin' = '0.0');
SELECT id FROM ML_LEARN(TABLE points, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
      ),
    );
    await job.until(points.length);
    expect(await job.run.coordinator.ended).toBe('finished');
    const versions = await at.registry.list('published');
    expect(versions.length).toBeGreaterThan(0);
    const last = versions[versions.length - 1];
    expect(await at.registry.promoted('published')).toMatchObject({ version: last.version });
    const model = await at.registry.open('published', last.version);
    const byHand = createPipeline(['StandardScaler', 'LogisticRegression']);
    for (const { x, y, label } of points.slice(0, Number(last.labels!.rows))) byHand.learnOne({ x, y }, label);
    expect(model.predictRow!({ x: 0.3, y: 0.7 })).toMatchObject({
      probability: byHand.probabilityOne({ x: 0.3, y: 0.7 }),
    });
    expect(Number(last.labels!.quality)).toBeGreaterThanOrEqual(0.85);
  });
});

describe('batch training', () => {
  test('the rows held back go out with what the trained model says, which is published through the gate', async () => {
    await at.write('points.jsonl', lines(points));
    job = await startJob(
      at,
      'default',
      yaml(
        'fit',
        `${SOURCE}\n${LEARNER}, 'fit.epochs' = '10', 'fit.validation' = '0.25',
  'registry' = './models-store', 'publish.name' = 'fitted', 'publish.threshold' = '0.9');
SELECT id, label, label0 AS said, probability FROM ML_LEARN(TABLE points, MODEL above, DESCRIPTOR(label), DESCRIPTOR(x, y));`,
      ),
    );
    await job.until(100);
    expect(await job.run.coordinator.ended).toBe('finished');
    const byHand = await fitRows(
      createPipeline(['StandardScaler', 'LogisticRegression']),
      points.map(({ x, y, label }) => ({ x: { x, y }, y: label })),
      { epochs: 10, patience: 3, validation: 0.25 },
      restore,
    );
    const rows = job.rows.map((r) => r.row);
    expect(rows.map((r) => r.id)).toEqual(byHand.held);
    for (const r of rows)
      expect(r.probability).toBe(byHand.model.probabilityOne({ x: points[r.id].x, y: points[r.id].y }));
    const [version] = await at.registry.list('fitted');
    const right = rows.filter((r) => r.said === r.label).length / rows.length;
    expect(Number(version.labels!.quality)).toBe(right);
    expect(right).toBeGreaterThan(0.9);
  });
});

describe('recommendations', () => {
  test('are what the recommender said before the choice was learnt, and HitRate measures them', async () => {
    const choices = Array.from({ length: 300 }, (_, i) => ({
      u: `u${i % 20}`,
      item: `i${(i % 2) * 5 + ((i * 7 + Math.floor(i / 20)) % 5)}`,
    }));
    await at.write('choices.jsonl', lines(choices));
    job = await startJob(
      at,
      'default',
      yaml(
        'recommend',
        `CREATE TABLE choices (u STRING, item STRING) WITH ('connector' = 'filesystem', 'path' = 'choices.jsonl', 'format' = 'json');
CREATE MODEL r INPUT (customer STRING, product STRING) OUTPUT (recommended ARRAY<STRING>)
  WITH ('provider' = 'learner', 'pipeline' = '{"type": "BiasedMF", "negatives": 2}', 'top-n' = '4');
CREATE VIEW learnt AS SELECT * FROM ML_LEARN(INPUT => TABLE choices, MODEL => MODEL r, ARGS => DESCRIPTOR(u, item));
SELECT result['HitRate'] AS hits, result['ReciprocalRank'] AS places, labelled FROM ML_EVALUATE(INPUT => TABLE learnt, LABEL => DESCRIPTOR(item), PREDICTION => DESCRIPTOR(recommended), CONFIG => MAP['metrics', 'HitRate, ReciprocalRank', 'every', '300']);`,
      ),
    );
    await job.until(1);
    const byHand = create({ type: 'BiasedMF', negatives: 2 });
    let hits = 0;
    let places = 0;
    for (const { u, item } of choices) {
      const place = byHand.recommend(u, 4).findIndex((r: { item: string }) => r.item === item);
      if (place >= 0) hits++;
      if (place >= 0) places += 1 / (place + 1);
      byHand.learnOne(u, item);
    }
    expect(job.rows[0].row).toEqual({ hits: hits / 300, places: places / 300, labelled: 300 });
    expect(hits).toBeGreaterThan(0);
  });
});

test('a recommender passes a gate by its hits, and is asked from the registry', async () => {
  const choices = Array.from({ length: 400 }, (_, i) => ({
    u: `u${i % 20}`,
    item: `i${(i % 2) * 20 + ((i * 7 + Math.floor(i / 20)) % 20)}`,
  }));
  await at.write('choices.jsonl', lines(choices));
  const pipeline = { type: 'Swing', minUserBehavior: 1 };
  job = await startJob(
    at,
    'default',
    yaml(
      'publish-recommender',
      `CREATE TABLE choices (u STRING, item STRING) WITH ('connector' = 'filesystem', 'path' = 'choices.jsonl', 'format' = 'json');
CREATE MODEL r INPUT (customer STRING, product STRING) OUTPUT (recommended ARRAY<STRING>)
  WITH ('provider' = 'learner', 'pipeline' = '${JSON.stringify(pipeline)}', 'top-n' = '4', 'registry' = './models-store',
  'publish.name' = 'next', 'publish.every' = '200', 'publish.metric' = 'HitRate', 'publish.threshold' = '0.1', 'publish.margin' = '-1');
SELECT u FROM ML_LEARN(INPUT => TABLE choices, MODEL => MODEL r, ARGS => DESCRIPTOR(u, item));`,
    ),
  );
  await job.until(400);
  expect(await job.run.coordinator.ended).toBe('finished');
  const { version } = (await at.registry.promoted('next'))!;
  expect(version).toBe('2');
  const model = await at.registry.open('next', version);
  const byHand = create(pipeline);
  for (const { u, item } of choices) byHand.learnOne(u, item);
  expect(model.predictRow!({ customer: 'u3' }).recommended).toEqual(
    byHand.recommend('u3', 10).map((r: { item: string }) => r.item),
  );
});

describe('alarms act', () => {
  test('a learner whose errors change begins again, and is right sooner than one that goes on', async () => {
    const turned = [...points, ...points].map((p, i) => ({ ...p, id: i, label: i < 400 ? p.label : !p.label }));
    await at.write('points.jsonl', lines(turned));
    const learner = (name: string, more: string) =>
      `${LEARNER.replace('above', name).replace('"LogisticRegression"', '{"type": "LogisticRegression", "optimizer": {"type": "AdaGrad", "lr": 0.3}}')}${more});`;
    job = await startJob(
      at,
      'default',
      yaml(
        'resets',
        `${SOURCE}\n${learner('plain', '')}\n${learner('watched', `, 'drift.detector' = '{"type": "DDM"}'`)}
SELECT w.id, w.label, p.label0 AS plain, w.label0 AS watched FROM
  ML_LEARN(TABLE points, MODEL plain, DESCRIPTOR(label), DESCRIPTOR(x, y)) AS p
  JOIN ML_LEARN(TABLE points, MODEL watched, DESCRIPTOR(label), DESCRIPTOR(x, y)) AS w ON p.id = w.id;`,
      ),
    );
    await job.until(800);
    const late = job.rows.map((r) => r.row).filter((r) => r.id >= 500);
    const right = (name: string) => late.filter((r) => r[name] === r.label).length / late.length;
    expect(right('watched')).toBeGreaterThan(0.85);
    expect(right('watched')).toBeGreaterThan(right('plain') + 0.1);
  });

  test('alarms of a drift step have a learner trained again with the latest rows', async () => {
    const turned = [...points, ...points].map((p, i) => ({
      ...p,
      id: i,
      label: i < 400 ? p.label : !p.label,
      v: i < 420 ? 0 : 9,
    }));
    await at.write('points.jsonl', lines(turned));
    job = await startJob(
      at,
      'signalled',
      `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: signalled }
spec:
  restart: { kind: none }
  graph:
    nodes:
      - { name: in, source: { connector: filesystem, path: points.jsonl, format: json } }
      - { name: moved, drift: { column: v, detector: { type: PageHinkley, threshold: 20 } } }
      - { name: rows, union: [in, moved] }
      - name: learnt
        learn:
          pipeline: [StandardScaler, { type: LogisticRegression, optimizer: { type: AdaGrad, lr: 0.3 } }]
          inputs: x DOUBLE, y DOUBLE
          outputs: probability DOUBLE
          label: label
          onDrift: { signal: drift_detector, action: retrain, window: 25 }
      - { name: out, sink: { connector: collect, name: signalled } }
`,
    );
    expect(await job.run.coordinator.ended).toBe('finished');
    const rows = job.rows.map((r) => r.row);
    // The alarm itself is nothing to learn or to answer.
    expect(rows).toHaveLength(800);
    const spec: Spec[] = ['StandardScaler', { type: 'LogisticRegression', optimizer: { type: 'AdaGrad', lr: 0.3 } }];
    const detector = create({ type: 'PageHinkley', threshold: 20 });
    let byHand = createPipeline(spec);
    const alarms = turned.filter(({ v }) => detector.update(v)).map(({ id }) => id);
    expect(alarms).toHaveLength(1);
    let restarted: number | undefined;
    for (const { id, x, y, label, probability } of rows) {
      // The alarm takes a way of its own to the learner: some rows may overtake it, or it them.
      if (restarted === undefined && byHand.probabilityOne({ x, y }) !== probability) {
        restarted = id;
        byHand = createPipeline(spec);
        for (const row of turned.slice(id - 25, id)) byHand.learnOne({ x: row.x, y: row.y }, row.label);
      }
      expect([id, probability]).toEqual([id, byHand.probabilityOne({ x, y })]);
      byHand.learnOne({ x, y }, label);
    }
    expect(restarted).toBeDefined();
  });

  test('the drift step goes back to the version that was promoted before, once', async () => {
    for (const weight of [1, 2]) await at.registry.push('line', line(weight, 0));
    await at.registry.promote('line', '1');
    await at.registry.promote('line', '2');
    const numbers = Array.from({ length: 1500 }, (_, i) => ({
      id: i,
      v: Math.floor(i / 500) * 3 + ((i * 7919) % 1000) / 1000,
    }));
    await at.write('numbers.jsonl', lines(numbers));
    job = await startJob(
      at,
      'default',
      yaml(
        'back',
        `CREATE TABLE numbers (id INT, v DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'numbers.jsonl', 'format' = 'json');
SELECT id FROM ML_DETECT_DRIFT(TABLE numbers, DESCRIPTOR(v), MAP['detector', 'ADWIN', 'rollback.name', 'line', 'rollback.registry', './models-store']);`,
      ),
    );
    await job.until(2);
    expect(await job.run.coordinator.ended).toBe('finished');
    expect(await at.registry.promoted('line')).toMatchObject({ version: '1', previous: '2' });
  });
});

describe('in the graph body', () => {
  test('learn, score, evaluate and drift are steps', async () => {
    await at.write('points.jsonl', lines(points));
    const [[, bytes]] = line(2, 1);
    await at.write('line.json', Buffer.from(bytes).toString());
    job = await startJob(
      at,
      'graph-models',
      `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: graph }
spec:
  restart: { kind: none }
  graph:
    nodes:
      - { name: in, source: { connector: filesystem, path: points.jsonl, format: json } }
      - { name: scored, score: { path: line.json, inputs: x DOUBLE, outputs: prediction DOUBLE, versionColumn: v } }
      - name: learnt
        learn:
          pipeline: [StandardScaler, { type: LogisticRegression, optimizer: { type: AdaGrad, lr: 0.1 } }]
          inputs: x DOUBLE, y DOUBLE
          outputs: probability DOUBLE
          label: label
      - name: quality
        from: learnt
        evaluate:
          label: label
          probability: probability
          metrics: [ROCAUC, Accuracy]
          every: 200
          quality: { model: line, versionColumn: v, source: graph }
      - { name: moved, from: scored, drift: { column: prediction, detector: { type: ADWIN, delta: 0.01 } } }
      - { name: all, union: [learnt, quality, moved] }
      - { name: out, sink: { connector: collect, name: graph-models } }
`,
    );
    await job.until(402);
    await job.run.coordinator.ended;
    const rows = job.rows.map((r) => r.row);
    const byHand = createPipeline([
      'StandardScaler',
      { type: 'LogisticRegression', optimizer: { type: 'AdaGrad', lr: 0.1 } },
    ]);
    const learnt = rows.filter((r) => 'probability' in r);
    expect(learnt).toHaveLength(400);
    for (const r of learnt) {
      expect(r).toMatchObject({ prediction: 2 * r.x + 1, v: expect.stringMatching(/^[0-9a-f]{12}$/) });
      expect(r.probability).toBe(byHand.probabilityOne({ x: r.x, y: r.y }));
      byHand.learnOne({ x: r.x, y: r.y }, r.label);
    }
    const quality = rows.filter((r) => 'result' in r);
    expect(quality.map((r) => r.labelled)).toEqual([200, 400]);
    expect(quality[1].result.ROCAUC).toBeGreaterThan(0.9);
    const [report] = await at.registry.quality('line', rows[0].v);
    expect(report).toMatchObject({ source: 'graph', samples: 400 });
    expect(report.metrics.ROCAUC).toEqual({ value: quality[1].result.ROCAUC, biggerIsBetter: true });
  });
});
