import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadJob, referenceResolver } from '../../../runtime/job/index.js';
import { problemsOf } from './job-text.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-job-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

const SQL = `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
CREATE TABLE out (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out SELECT n FROM numbers;
`;

describe('a .sql file', () => {
  test('is a job named after the file, with the settings that it makes', async () => {
    const job = await loadJob(
      file(
        'My Numbers.sql',
        `SET 'parallelism.default' = '2';
SET 'execution.runtime-mode' = 'batch';
SET 'execution.checkpointing.interval' = '1 min';
SET 'execution.checkpointing.mode' = 'AT_LEAST_ONCE';
SET 'table.local-time-zone' = 'Europe/Berlin';
SET 'table.exec.state.ttl' = '1 h';
${SQL}`,
      ),
    );
    expect(job).toMatchObject({
      name: 'my-numbers',
      baseDir: dir,
      warnings: [],
      spec: {
        parallelism: 2,
        mode: 'batch',
        checkpoint: { interval: '1 min', guarantee: 'at-least-once' },
        timeZone: 'Europe/Berlin',
        stateTtl: '1 h',
      },
    });
    expect(job.plan.nodes.map((n) => n.spec.kind)).toEqual(['source', 'sink']);
  });

  test('gives way to the command line', async () => {
    const job = await loadJob(file('a.sql', `SET 'parallelism.default' = '2';\n${SQL}`), {
      overrides: { parallelism: 3 },
    });
    expect(job.spec.parallelism).toBe(3);
  });

  test('has its mistakes at their places', async () => {
    const path = file('a.sql', `SET 'parallelism.default' = 'two';\n${SQL}`);
    expect(await problemsOf(loadJob(path))).toEqual([
      `${path}:1:1: TW1004: 'parallelism' must be a whole number from 1 to 32768, not 'two'`,
    ]);
    const other = file('b.sql', SQL.replace('SELECT n', 'SELECT m'));
    expect((await problemsOf(loadJob(other)))[0]).toMatch(`${other}:3:24: TW2002: `);
    const empty = file('c.sql', '-- nothing\n');
    expect((await problemsOf(loadJob(empty)))[0]).toMatch('the script computes nothing');
  });
});

describe('a .yaml file', () => {
  const yaml = (sql: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata:
  name: numbers
spec:
  sql: |
${sql.replace(/^(?=.)/gm, '    ')}`;

  test('with SQL is a job', async () => {
    const job = await loadJob(file('a.yaml', yaml(SQL)));
    expect(job.name).toBe('numbers');
    expect(job.plan.nodes).toHaveLength(2);
  });

  test('has mistakes of its SQL at their places in the file', async () => {
    const path = file('a.yaml', yaml(SQL.replace('FROM numbers', 'FROM numbrs')));
    expect(await problemsOf(loadJob(path))).toEqual([
      expect.stringMatching(/a\.yaml:9:35: TW2002: .*'numbrs'.* Did you mean 'numbers'\?$/),
    ]);
    const broken = file('b.yaml', yaml(SQL.replace('INSERT INTO out', 'INSERT INTU out')));
    expect(await problemsOf(loadJob(broken))).toEqual([expect.stringMatching(/b\.yaml:9:12: TW2001: /)]);
  });

  test('warns of settings that belong to the spec', async () => {
    const job = await loadJob(file('a.yaml', yaml(`SET 'parallelism.default' = '2';\n${SQL}`)));
    expect(job.spec.parallelism).toBe(1);
    expect(job.warnings).toEqual([
      expect.objectContaining({
        message: "SET 'parallelism.default' has no effect here",
        hint: 'Set spec.parallelism',
      }),
    ]);
  });

  test('may hold other kinds beside the one StreamJob', async () => {
    const job = await loadJob(file('a.yaml', `kind: ConfigMap\n---\n${yaml(SQL)}\n---\n`));
    expect(job.name).toBe('numbers');
  });

  test.each([
    ['two jobs', `${yaml(SQL)}\n---\n${yaml(SQL)}`, 'TW1007', '2 StreamJobs in one file'],
    ['another kind', 'kind: StreamJobs', 'TW1007', "kind 'StreamJobs' is not a StreamJob"],
    ['nothing', '', 'TW1007', 'the file is empty'],
  ])('with %s is refused', async (_what, text, code, message) => {
    await expect(loadJob(file('a.yaml', text))).rejects.toMatchObject({ code, message });
  });
});

test('files that are not jobs are refused', async () => {
  await expect(loadJob(join(dir, 'none.yaml'))).rejects.toMatchObject({ code: 'TW1001' });
  await expect(loadJob(file('a.txt', 'x'))).rejects.toMatchObject({ code: 'TW1008' });
});

test('references are looked up in the environment and in mounted secrets, and only when asked', () => {
  const resolve = referenceResolver({ env: { HOST: 'kafka' }, secretsDir: dir });
  expect(resolve('${env:HOST}:9092')).toBe('kafka:9092');
  expect(() => resolve('${env:PORT}')).toThrow('${env:PORT}: the environment variable is not set');
  expect(() => resolve('${secret:../x}')).toThrow('not a reference to a key of a Secret');
  expect(() => resolve('${secret:minio/key}')).toThrow('the Secret or its key is not there');
  expect(resolve('plain $text {x}')).toBe('plain $text {x}');
});
