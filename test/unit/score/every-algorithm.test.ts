/** Each learner, transform, metric and detector that there is does its work in a job, named in SQL as the docs say. */
import { describe, expect, test } from '@jest/globals';
import { CATALOG, type Spec } from '../../../runtime/learn/index.js';
import type { Row } from '../../../runtime/record/types.js';
import { compileSql } from '../../../runtime/sql/index.js';
import { PlanRun } from '../transform/plan-run.js';

const known = {
  mode: 'streaming' as const,
  connectors: { filesystem: { source: { options: { path: {}, format: {} }, bounded: () => true } } },
  formats: { json: { options: {} } },
};

/** A grey PNG of one pixel, 0x80. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

const WORDS = ['late data', 'early rivers', 'late rivers run', '河流 很 长'];
const rows: Row[] = Array.from({ length: 120 }, (_, i) => {
  const x = ((i * 7919) % 1000) / 1000;
  const y = ((i * 104_729) % 997) / 997;
  return {
    id: i,
    x,
    y,
    colour: ['red', 'green', 'blue'][i % 3],
    words: WORDS[i % 4],
    image: PNG,
    label: x > y,
    n: x + y,
    item: `i${(i * 5) % 31}`,
    u: `u${i % 9}`,
  };
});

const TABLE = `CREATE TABLE t (id INT, x DOUBLE, y DOUBLE, colour STRING, words STRING, image STRING, label BOOLEAN, n DOUBLE, item STRING, u STRING)
  WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');`;

async function run(sql: string): Promise<Row[]> {
  const { plan } = compileSql(`${TABLE}\n${sql}`, known);
  const source = plan.nodes.find((n) => n.spec.kind === 'source')!.id;
  const out: Row[] = [];
  const job = await PlanRun.start({
    plan,
    parallelism: 1,
    batch: false,
    collect: (row) => void out.push(row),
    now: () => 0,
  });
  for (const row of rows) job.row(source, row, 0);
  job.end(source);
  return out;
}

async function learn(
  pipeline: Spec | readonly Spec[],
  inputs: string,
  output: string,
  label: string | undefined,
  more = '',
): Promise<unknown[]> {
  const columns = inputs.split(', ').map((c) => c.split(' ')[0]);
  const said = output.split(' ')[0];
  const out = await run(`CREATE MODEL m INPUT (${inputs}) OUTPUT (${output})
  WITH ('provider' = 'learner', 'pipeline' = '${JSON.stringify(pipeline)}'${more});
SELECT ${said} AS said FROM ML_LEARN(INPUT => TABLE t, MODEL => MODEL m,
  ${label ? `LABEL => DESCRIPTOR(${label}), ` : ''}ARGS => DESCRIPTOR(${columns.join(', ')}));`);
  expect(out).toHaveLength(rows.length);
  return out.slice(-30).map((row) => row.said);
}

const LAYERS = { inputShape: [2], batchSize: 8 };
const NUMBERS = 'x DOUBLE, y DOUBLE';

describe('learners', () => {
  const SPECIAL: Record<string, [params: object, output: string, label?: string]> = {
    LinearRegression: [{}, 'prediction DOUBLE', 'n'],
    PARegressor: [{}, 'prediction DOUBLE', 'n'],
    NetworkRegressor: [{ ...LAYERS, layers: [{ type: 'Dense', units: 1 }] }, 'prediction DOUBLE', 'n'],
    NetworkClassifier: [
      { ...LAYERS, layers: [{ type: 'Dense', units: 1, activation: 'sigmoid' }] },
      'probability DOUBLE',
      'label',
    ],
    KMeans: [{}, 'cluster INT'],
    HalfSpaceTrees: [{ windowSize: 20 }, 'score DOUBLE'],
    HoeffdingTreeClassifier: [{ gracePeriod: 10 }, 'probability DOUBLE', 'label'],
  };
  test.each(CATALOG.learners)('%s', async (type) => {
    const [params, output, label] = SPECIAL[type] ?? [{}, 'probability DOUBLE', 'label'];
    const supervised = SPECIAL[type] ? label : 'label';
    const said = await learn({ type, ...params }, NUMBERS, output, supervised);
    expect(said.every((value) => typeof value === 'number')).toBe(true);
    expect(new Set(said).size).toBeGreaterThan(1);
  });
});

describe('transforms in front of a learner', () => {
  const ONE: Record<string, [params: object, inputs: string, before?: readonly Spec[]]> = {
    OneHotEncoder: [{}, 'colour STRING'],
    OrdinalEncoder: [{}, 'colour STRING'],
    TargetEncoder: [{ on: ['colour'] }, 'colour STRING'],
    FeatureHasher: [{ nFeatures: 16 }, 'colour STRING, words STRING'],
    Bucketizer: [{ splits: { x: [0.3, 0.6], y: [0.5] } }, NUMBERS],
    VectorAssembler: [{ inputs: ['x', 'y'] }, NUMBERS],
    BagOfWords: [{ on: 'words' }, 'words STRING'],
    CountVectorizer: [{ on: 'words' }, 'words STRING'],
    TFIDF: [{ on: 'words', method: 'segment' }, 'words STRING'],
    TokenSequence: [{ on: 'words', length: 4, maxTokens: 20 }, 'words STRING'],
    SelectKBest: [{ k: 1 }, NUMBERS],
    PCA: [{ nComponents: 1 }, NUMBERS],
    GaussianRandomProjection: [{ nComponents: 2 }, NUMBERS],
    Select: [{ keys: ['x'] }, NUMBERS],
    Discard: [{ keys: ['y'] }, NUMBERS],
    ImageResizer: [{ height: 2, width: 2 }, 'image STRING', [{ type: 'ImageDecoder', on: 'image', channels: 1 }]],
    ImageNormalizer: [{}, 'image STRING', [{ type: 'ImageDecoder', on: 'image', channels: 1 }]],
    ImageDecoder: [{ on: 'image', channels: 1 }, 'image STRING'],
  };
  test.each(CATALOG.transformers)('%s', async (type) => {
    const [params, inputs, before = []] = ONE[type] ?? [{}, NUMBERS];
    const behind: readonly Spec[] = type === 'ImageResizer' || type === 'ImageDecoder' ? ['ImageNormalizer'] : [];
    const pipeline = [...before, { type, ...params }, ...behind, 'LogisticRegression'];
    const said = await learn(pipeline, inputs, 'probability DOUBLE', 'label');
    expect(said.every((value) => typeof value === 'number' && value > 0 && value < 1)).toBe(true);
  });

  test('TransformerUnion', async () => {
    const union = {
      type: 'TransformerUnion',
      parts: [
        { type: 'Select', keys: ['x', 'y'] },
        { type: 'BagOfWords', on: 'words' },
      ],
    };
    const said = await learn(
      [union, 'LogisticRegression'] as never,
      `${NUMBERS}, words STRING`,
      'probability DOUBLE',
      'label',
    );
    expect(new Set(said).size).toBeGreaterThan(4);
  });
});

describe('recommenders', () => {
  test.each(CATALOG.recommenders)('%s', async (type) => {
    const params = type === 'Swing' ? { minUserBehavior: 1 } : { negatives: 1 };
    const said = await learn(
      { type, ...params },
      'u STRING, item STRING',
      'recommended ARRAY<STRING>',
      undefined,
      ", 'top-n' = '3'",
    );
    expect(said.some((list) => (list as string[]).length > 0)).toBe(true);
  });
});

describe('metrics', () => {
  const NUMERIC = ['MAE', 'MSE', 'RMSE', 'R2'];
  const LISTS = ['HitRate', 'ReciprocalRank'];
  const PROBABILITIES = ['LogLoss', 'CrossEntropy', 'ROCAUC', 'RollingROCAUC', 'ExactROCAUC'];
  test.each(CATALOG.metrics)('%s', async (name) => {
    const [label, said] = NUMERIC.includes(name)
      ? ['n', 'x']
      : LISTS.includes(name)
        ? ['item', "ARRAY['i1', 'i2']"]
        : ['label', PROBABILITIES.includes(name) ? 'x' : 'x > 0.5'];
    const as = PROBABILITIES.includes(name) ? 'PROBABILITY' : 'PREDICTION';
    const out =
      await run(`SELECT result['${name}'] AS m, labelled FROM ML_EVALUATE(INPUT => TABLE (SELECT ${label} AS l, ${said} AS p FROM t),
      LABEL => DESCRIPTOR(l), ${as} => DESCRIPTOR(p), CONFIG => MAP['metrics', '${name}', 'every', '1000']);`);
    expect(out).toHaveLength(1);
    expect(out[0].labelled).toBe(rows.length);
    expect(typeof out[0].m).toBe('number');
  });
});

describe('detectors', () => {
  test.each(CATALOG.driftDetectors)('%s', async (name) => {
    const out =
      await run(`SELECT id, drift_detector FROM ML_DETECT_DRIFT(TABLE (SELECT id, CASE WHEN id < 60 THEN 0 ELSE 1 END AS e FROM t),
      DESCRIPTOR(e), MAP['detector', '${name}'${name === 'PageHinkley' ? ", 'threshold', '5'" : ''}${name === 'KSWIN' ? ", 'windowsize', '40', 'statsize', '15'" : ''}]);`);
    expect(out.length).toBeGreaterThan(0);
    expect(out[0].drift_detector).toBe(name);
    expect(out[0].id).toBeGreaterThanOrEqual(60);
  });
});

test('a confusion matrix has a value for each pair of classes', async () => {
  const out =
    await run(`SELECT result['ConfusionMatrix[true,false]'] AS missed, result['ConfusionMatrix[false,true]'] AS wrong FROM
    ML_EVALUATE(INPUT => TABLE (SELECT label, x > 0.5 AS p FROM t), LABEL => DESCRIPTOR(label), PREDICTION => DESCRIPTOR(p), CONFIG => MAP['metrics', 'ConfusionMatrix', 'window', '100', 'every', '1000']);`);
  const latest = rows.slice(-100);
  expect(out).toEqual([
    {
      missed: latest.filter((r) => r.label && r.x <= 0.5).length,
      wrong: latest.filter((r) => !r.label && r.x > 0.5).length,
    },
  ]);
});
