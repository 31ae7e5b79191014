/** A coordinator that is there before the one it follows has ended: what that one completes meanwhile is not lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pino from 'pino';
import { Coordinator } from '../../../runtime/coordinator/coordinator.js';
import { coordinatorOptions } from '../../../runtime/coordinator/from-job.js';
import { loadJob } from '../../../runtime/job/index.js';
import { type CoordinatorMessage, linkPair, type RunnerMessage } from '../../../runtime/task/control.js';
import { registry } from '../../../runtime/worker/registry.js';
import { Runner } from '../../../runtime/worker/runner.js';

const JOB = `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: counts }
spec:
  checkpoint: { interval: 200ms }
  sql: |
    CREATE TABLE o (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
    CREATE TABLE c (id BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
    INSERT INTO c SELECT id, COUNT(*) FROM o GROUP BY id;
`;

const log = pino({ level: 'silent' });
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-take-over-'));
  writeFileSync(join(dir, 'job.yaml'), JOB);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function coordinator(): Promise<Coordinator> {
  const options = await coordinatorOptions(await loadJob(join(dir, 'job.yaml')), {
    registry,
    resolve: (text) => text,
    log,
    expectedRunners: 1,
    defaultStateDir: dir,
    startAgainWhenFinished: true,
  });
  return Coordinator.create(options);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const segmentsOf = (c: Coordinator) =>
  Object.values(c.checkpoints.latest!.nodes).flatMap(({ keyed }) => keyed?.segments.map(({ key }) => key) ?? []);

/** A runner that finds whoever leads when it looks. */
function runnerOf(leader: () => Coordinator): Runner {
  return new Runner({
    id: 'runner-0',
    job: 'counts',
    bindHost: '127.0.0.1',
    host: '127.0.0.1',
    inProcess: true,
    log,
    connect: async () => {
      const [mine, theirs] = linkPair<CoordinatorMessage, RunnerMessage>();
      leader().runners.accept(theirs);
      return mine;
    },
  });
}

test('segments of checkpoints that were completed while both were there stay in the snapshot', async () => {
  const first = await coordinator();
  let leader = first;
  const runner = runnerOf(() => leader);
  first.start();
  void runner.run();
  await until(() => (first.checkpoints.latest?.id ?? 0) >= 1);

  const second = await coordinator();
  second.start();
  await until(() => second.checkpoints.latest !== undefined);
  const read = second.checkpoints.latest!.id;
  await until(() => first.checkpoints.latest!.id >= read + 2);
  leader = second;
  const before = first.checkpoints.latest!;
  const segments = segmentsOf(first);
  first.close();

  await until(() => second.checkpoints.latest!.id > before.id);
  expect(second.state).toBe('running');
  expect(second.restarts).toBe(0);
  expect(segmentsOf(second)).toEqual(expect.arrayContaining(segments));
  expect(segments.length).toBeGreaterThanOrEqual(3);

  await second.cancel();
  await runner.stop();
  second.close();
}, 30_000);

test('a job that was being stopped when its coordinator died goes on from its last checkpoint', async () => {
  const first = await coordinator();
  let leader = first;
  const runner = runnerOf(() => leader);
  first.start();
  void runner.run();
  await until(() => first.state === 'running' && (first.checkpoints.latest?.id ?? 0) >= 1);
  const stopped = first.checkpoints.latest!.id + 100;
  // The barrier is out, and nobody is left to wait for it.
  first.deployment!.tell({ type: 'barrier', barrier: { type: 'barrier', id: stopped, stop: true } });

  const second = await coordinator();
  leader = second;
  second.start();
  first.close();
  await until(() => second.state === 'running');
  const found = second.checkpoints.latest!.id;
  await until(() => second.checkpoints.latest!.id > found);
  expect(second.restarts).toBe(0);

  await second.cancel();
  await runner.stop();
  second.close();
}, 30_000);
