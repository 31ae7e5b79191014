/** A runner is asked to end where no other is: what it did stands in a checkpoint, and a successor repeats nothing of it. */
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

// Checkpoints by itself: none within the time of the test.
const JOB = `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: copies }
spec:
  checkpoint: { interval: 1h }
  sql: |
    CREATE TABLE o (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
    CREATE TABLE c (id BIGINT) WITH ('connector' = 'blackhole');
    INSERT INTO c SELECT id FROM o;
`;

const log = pino({ level: 'silent' });
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-leave-'));
  writeFileSync(join(dir, 'job.yaml'), JOB);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function start(coordinator: Coordinator): { runner: Runner; ended: Promise<string> } {
  const runner = new Runner({
    id: 'runner-0',
    job: 'copies',
    bindHost: '127.0.0.1',
    host: '127.0.0.1',
    inProcess: true,
    log,
    connect: async () => {
      const [mine, theirs] = linkPair<CoordinatorMessage, RunnerMessage>();
      coordinator.runners.accept(theirs);
      return mine;
    },
  });
  return { runner, ended: runner.run() };
}

test('the only runner works on for a moment, stops at a barrier and ends; its successor goes on behind it', async () => {
  const options = await coordinatorOptions(await loadJob(join(dir, 'job.yaml')), {
    registry,
    resolve: (text) => text,
    log,
    expectedRunners: 1,
    defaultStateDir: dir,
  });
  const coordinator = await Coordinator.create(options);
  coordinator.start();
  const first = start(coordinator);
  await until(() => coordinator.state === 'running');

  first.runner.drain();
  await first.ended;
  const [last] = coordinator.checkpoints.history;
  expect([last.kind, last.status]).toEqual(['stop', 'complete']);
  await until(() => coordinator.state === 'restarting');

  const second = start(coordinator);
  await until(() => coordinator.state === 'running');
  expect(coordinator.checkpoints.latest!.id).toBe(last.id);
  // From that checkpoint, not from the beginning.
  const splits = Object.values(coordinator.checkpoints.latest!.nodes).flatMap((node) => node.splits ?? []);
  expect(JSON.stringify(splits)).toMatch(/[1-9]\d\d/);

  await coordinator.cancel();
  await second.runner.stop();
  coordinator.close();
}, 30_000);
