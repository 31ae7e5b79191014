/** Models of other tools in a job: their files named in SQL, rows in, and the answers that their own tool gave. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answersOf } from '../model/stored-models.js';
import { type Folder, folder, type Job, startJob } from './job.js';

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

type Value = number | string | boolean | Value[];

/** Row `i` of a stored tensor: a scalar, or a list. */
function rowOf(tensor: { shape: readonly number[]; data: readonly (number | string | boolean)[] }, i: number): Value {
  const width = tensor.shape.slice(1).reduce((a, b) => a * b, 1);
  const values = tensor.data.slice(i * width, (i + 1) * width);
  return width === 1 ? values[0] : [...values];
}

function close(seen: unknown, expected: Value): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(seen)).toBe(true);
    expected.forEach((value, i) => {
      close((seen as unknown[])[i], value);
    });
  } else if (typeof expected === 'number') expect(seen).toBeCloseTo(expected, 4);
  // Integers beyond 2^53 are stored as text.
  else expect(typeof seen === 'bigint' ? String(seen) : seen).toBe(expected);
}

const thirtyTwo = Array.from({ length: 32 }, (_, i) => `f${i}`);

test.each([
  ['keras-mlp', 'model.keras', 'x ARRAY<FLOAT>', 'score DOUBLE'],
  ['keras-functional', 'model.keras', 'a ARRAY<FLOAT>, b ARRAY<FLOAT>', 'risk FLOAT, class ARRAY<FLOAT>'],
  ['onnx-random-forest', 'model.onnx', 'X ARRAY<FLOAT>', 'label BIGINT, probabilities ARRAY<FLOAT>'],
  ['onnx-strings', 'model.onnx', 'country STRING, amount FLOAT', 'label STRING, probabilities ARRAY<DOUBLE>'],
  [
    'onnx-types',
    'model.onnx',
    'n ARRAY<BIGINT>, d ARRAY<DOUBLE>, flag ARRAY<BOOLEAN>',
    'product ARRAY<DOUBLE>, `sum` ARRAY<BIGINT>, unflag ARRAY<BOOLEAN>',
  ],
  ['onnx-small-mlp', 'model.onnx', thirtyTwo.map((name) => `${name} FLOAT`).join(', '), 'score FLOAT'],
])('%s', async (name, file, input, output) => {
  const answers = answersOf(name);
  const rows = Object.values(answers.inputs)[0].shape[0];
  const records = Array.from({ length: rows }, (_, i) => {
    const values = Object.entries(answers.inputs).map(([field, tensor]) => [field, rowOf(tensor, i)] as const);
    // A model of one input takes plain columns, too.
    const plain = name === 'onnx-small-mlp' ? (values[0][1] as number[]).map((v, k) => [`f${k}`, v] as const) : values;
    return { id: i, ...Object.fromEntries(plain) };
  });
  await at.write('rows.jsonl', records.map((r) => JSON.stringify(r)).join('\n'));
  const columns = Object.keys(records[0]).filter((c) => c !== 'id');
  job = await startJob(
    at,
    'default',
    `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: stored }
spec:
  restart: { kind: none }
  sql: |
    CREATE MODEL m INPUT (${input}) OUTPUT (${output}) WITH ('provider' = 'tidewheel', 'path' = '${join(process.cwd(), 'test/unit/model/data', name, file)}');
    CREATE TABLE t (id INT, ${input}) WITH ('connector' = 'filesystem', 'path' = 'rows.jsonl', 'format' = 'json');
    SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(${columns.join(', ')}));
`,
  );
  await job.until(rows);
  for (const { row } of job.rows) {
    for (const [field, tensor] of Object.entries(answers.outputs)) close(row[field], rowOf(tensor, row.id));
  }
});
