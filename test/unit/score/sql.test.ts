/** Functions of models in SQL: what is planned, and what is said, where, about what is wrong. */
import { describe, expect, test } from '@jest/globals';
import type { PlanNode } from '../../../runtime/graph/plan.js';
import { compileSql, SqlError } from '../../../runtime/sql/index.js';

const options = {
  mode: 'streaming' as const,
  connectors: {
    filesystem: { source: { options: { path: {}, format: {} }, bounded: () => true } },
    upsert: { source: { options: {}, bounded: () => false, changelog: 'upsert' as const } },
  },
  formats: { json: { options: {} } },
};

const BEFORE = [
  "CREATE TABLE t (id INT, a DOUBLE, b DOUBLE, prediction STRING, label BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');",
  "CREATE TABLE u (id INT, a DOUBLE, b DOUBLE, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert');",
  "CREATE MODEL m INPUT (x DOUBLE, y DOUBLE) OUTPUT (prediction DOUBLE) WITH ('provider' = 'tidewheel', 'registry' = './r');",
  `CREATE MODEL l INPUT (x DOUBLE) OUTPUT (probability DOUBLE) WITH ('provider' = 'learner', 'pipeline' = '["LogisticRegression"]');`,
].join('\n');

const plan = (sql: string): readonly PlanNode[] => compileSql(`${BEFORE}\n${sql}`, options).plan.nodes;

/** The step of a model in the plan of a query. */
const step = (sql: string): PlanNode => plan(sql).find((n) => n.spec.kind === 'other' && n.name.includes('('))!;

function problem(sql: string): string {
  try {
    compileSql(`${BEFORE}\n${sql}`, options);
  } catch (error) {
    if (error instanceof SqlError) return `${error.line - 4}:${error.column} ${error.code} ${error.message}`;
    throw error;
  }
  return 'fine';
}

describe('ML_PREDICT', () => {
  test('reads its columns by position; a name that is taken gets a number', () => {
    const node = step('SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(b, a))');
    expect(node.spec).toMatchObject({
      transform: 'score',
      options: { name: 'm', registry: './r' },
      inputs: [
        { field: 'x', column: 'b' },
        { field: 'y', column: 'a' },
      ],
      outputs: [{ field: 'prediction', column: 'prediction0' }],
    });
    expect(node.schema.fields.map((f) => f.name)).toEqual(['id', 'a', 'b', 'prediction', 'label', 'prediction0']);
  });

  test('means the same by name, within TABLE(…), and over a query', () => {
    const short = step('SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b))').spec;
    expect(step('SELECT * FROM ML_PREDICT(ARGS => DESCRIPTOR(a, b), MODEL => MODEL m, INPUT => TABLE t)').spec).toEqual(
      short,
    );
    expect(step('SELECT * FROM TABLE(ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b)))').spec).toEqual(short);
    expect(step('SELECT * FROM ML_PREDICT((SELECT * FROM t), MODEL m, DESCRIPTOR(a, b))').spec).toEqual(short);
  });

  test('CONFIG takes the place of the model’s options', () => {
    expect(
      step("SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b), MAP['registry', './s', 'async', 'true'])")
        .spec,
    ).toMatchObject({
      options: { registry: './s', async: 'true' },
    });
  });

  test('conditions on the input go below it, those on the score stay above; an unused score is not asked for', () => {
    const nodes = plan(
      'SELECT id FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b)) WHERE id > 5 AND prediction0 > 0.5',
    );
    const at = nodes.findIndex((n) => n.name === 'Score(m)');
    expect(
      nodes.slice(0, at).some((n) => JSON.stringify(n.spec).includes('"id"') && JSON.stringify(n.spec).includes('">"')),
    ).toBe(true);
    expect(nodes.slice(at + 1).some((n) => JSON.stringify(n.spec).includes('prediction0'))).toBe(true);
    expect(
      plan('SELECT id FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b))').some((n) => n.name === 'Score(m)'),
    ).toBe(false);
  });

  test('over rows that can be taken back meets them by their key', () => {
    const node = step('SELECT * FROM ML_PREDICT(TABLE u, MODEL m, DESCRIPTOR(a, b))');
    expect(node.spec).toMatchObject({ key: ['id'] });
    expect(node.inputs[0].partitioning).toEqual({ kind: 'hash', keys: ['id'] });
    expect(node).toMatchObject({ updating: true, upsertKey: ['id'] });
  });
});

describe('what is wrong is said with its place', () => {
  test.each([
    ['SELECT * FROM ML_PREDICT(TABLE t, MODEL n, DESCRIPTOR(a, b))', "1:41 TW2002 unknown model 'n'"],
    [
      'SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a))',
      "1:44 TW2003 1 column for model 'm'; expected 2: x DOUBLE, y DOUBLE",
    ],
    ['SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, c))', "1:58 TW2002 unknown column 'c'"],
    [
      'SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, prediction))',
      "1:58 TW2003 column 'prediction' is STRING; expected DOUBLE for y of model 'm'",
    ],
    [
      'SELECT * FROM ML_PREDICT(TABLE t, MODEL l, DESCRIPTOR(a))',
      "1:35 TW2004 ML_PREDICT of a model with provider 'learner'; expected 'provider' = 'tidewheel' or 'provider' = 'oip'",
    ],
    [
      "SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b), MAP['batchrows', '5'])",
      "1:62 TW2006 provider 'tidewheel' has no option 'batchrows'",
    ],
    [
      'SELECT * FROM ML_PREDICT(TABLE (SELECT COUNT(*) AS a, SUM(b) AS b FROM t GROUP BY id), MODEL m, DESCRIPTOR(a, b), MAP[a, b])',
      /^1:11\d TW2002 /,
    ],
    [
      "CREATE MODEL n INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'tidewheels')",
      "1:51 TW2006 unknown provider 'tidewheels'; expected 'tidewheel', 'oip', 'learner'",
    ],
    [
      "CREATE MODEL n INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'oip')",
      "1:14 TW2006 provider 'oip' needs the option 'endpoint'",
    ],
    [
      "CREATE MODEL n INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'oip', 'endpoint' = 'http://x', 'timeout' = 'soon')",
      "1:96 TW2006 option 'timeout' is 'soon'; expected a duration like '30s'",
    ],
    [
      "CREATE MODEL n OUTPUT (b INT) WITH ('provider' = 'tidewheel')",
      "1:1 TW2004 model 'n' has no INPUT; expected INPUT (a DOUBLE, …)",
    ],
    [
      "CREATE MODEL m INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'tidewheel')",
      "1:14 TW2002 model 'm' is there already (line 3); expected another name, or IF NOT EXISTS",
    ],
    ['DROP MODEL n', "1:12 TW2002 unknown model 'n'"],
    [
      'SELECT * FROM ML_LEARN(TABLE u, MODEL l, DESCRIPTOR(id), DESCRIPTOR(a))',
      /^1:15 TW2005 ML_LEARN over rows that are updated or deleted/,
    ],
    [
      'SELECT * FROM ML_DETECT_DRIFT(TABLE t, DESCRIPTOR(prediction))',
      '1:40 TW2003 ML_DETECT_DRIFT over STRING; expected a number',
    ],
    [
      'SELECT * FROM ML_EVALUATE(INPUT => TABLE t, LABEL => DESCRIPTOR(label))',
      /^1:15 TW2003 ML_EVALUATE needs a model, or columns with what was predicted/,
    ],
    [
      "SELECT * FROM ML_EVALUATE(INPUT => TABLE t, LABEL => DESCRIPTOR(label), PREDICTION => DESCRIPTOR(label), CONFIG => MAP['evry', '5'])",
      /^1:1\d\d TW2006 ML_EVALUATE has no option 'evry'/,
    ],
  ])('%s', (sql, expected) => {
    if (typeof expected === 'string') expect(problem(`${sql};`)).toBe(expected);
    else expect(problem(`${sql};`)).toMatch(expected);
  });
});
