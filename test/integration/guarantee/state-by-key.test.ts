/**
 * State of many keys, which a restart reads only as rows ask for it: rows that come while most of it is still bytes find what was there,
 * and a death before it is all read loses nothing of it. A join of each row with a table of all keys, and the first row of each key.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { FileJob } from './file-job.js';

const KEYS = 60_000;
/** Rows of a phase, the last of which have new keys. */
const PHASE = 2000;
const NEW = 100;
const PHASES = 6;

const table = (folder: string, name: string, columns: string) =>
  `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${join(folder, name)}', 'format' = 'json', 'source.monitor-interval' = '100ms');`;

const job = (folder: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: by-key }
spec:
  parallelism: 2
  maxParallelism: 64
  checkpoint: { interval: 300ms, minPause: 10ms, tolerableFailures: 1000 }
  sql: |
    ${table(folder, 'names', 'k BIGINT, name STRING')}
    ${table(folder, 'facts', 'id BIGINT, k BIGINT, at AS PROCTIME()')}
    ${table(folder, 'joined', 'id BIGINT, k BIGINT, name STRING')}
    ${table(folder, 'firsts', 'id BIGINT, k BIGINT')}
    BEGIN STATEMENT SET;
    INSERT INTO joined SELECT id, facts.k, name FROM facts JOIN names ON facts.k = names.k;
    INSERT INTO firsts SELECT id, k FROM (SELECT id, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at) AS n FROM facts) WHERE n = 1;
    END;
`;

let running: FileJob | undefined;

afterEach(async () => {
  await running?.remove();
  running = undefined;
});

/** Keys that were seen before, spread over all of them, and some new ones. */
const fact = (id: number) => {
  if (id < KEYS) return { id, k: id };
  const [phase, i] = [Math.floor((id - KEYS) / PHASE), (id - KEYS) % PHASE];
  return { id, k: i < PHASE - NEW ? (id * 7919) % KEYS : KEYS + phase * NEW + (i - (PHASE - NEW)) };
};
const facts = (from: number, count: number) => Array.from({ length: count }, (_, i) => fact(from + i));

test('rows find what was there before a death, and a key that was seen stays seen', async () => {
  running = await FileJob.create('by-key', job);
  const names = Array.from({ length: KEYS + NEW * PHASES }, (_, k) => ({ k, name: `name ${k}` }));
  await running.write('names', '0.json', names);
  await running.write('facts', 'all.json', facts(0, KEYS));
  await running.start();
  await running.committed('joined', KEYS);
  await running.committed('firsts', KEYS);

  const deaths = [
    ['runner-0'],
    ['runner-0', 'runner-1'],
    ['runner-1'],
    ['coordinator', 'runner-0'],
    ['runner-1'],
    [],
  ] as const;
  for (const [phase, dying] of deaths.entries()) {
    for (const process of dying) running.kill(process);
    // They are there as soon as the job starts again. One of two deaths comes while state is still read.
    await running.write('facts', `${phase}.json`, facts(KEYS + phase * PHASE, PHASE));
    if (phase === 2) await running.ask('/api/v1/job/rescale', { parallelism: 3 });
    if (phase === 4) await running.ask('/api/v1/job/rescale', { parallelism: 1 });
    if (phase % 2 === 0) await running.committed('joined', KEYS + (phase + 1) * PHASE);
  }
  const rows = KEYS + PHASES * PHASE;
  await running.committed('joined', rows);
  await running.committed('firsts', KEYS + PHASES * NEW);

  const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
  const all = facts(0, rows);
  expect((await running.written('joined')).sort(byId)).toEqual(all.map(({ id, k }) => ({ id, k, name: `name ${k}` })));
  const seen = new Set<number>();
  const first = all.filter(({ k }) => !seen.has(k) && seen.add(k));
  expect((await running.written('firsts')).sort(byId)).toEqual(first);
});
