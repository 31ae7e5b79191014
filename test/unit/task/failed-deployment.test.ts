/** A deployment that fails leaves nothing open: runners live on, and a job may fail to start again and again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { coordinatorOptions } from '../../../runtime/coordinator/from-job.js';
import { slotDeployment } from '../../../runtime/coordinator/slot-deployment.js';
import { loadJob } from '../../../runtime/job/index.js';
import type { Registry } from '../../../runtime/task/environment.js';
import { Slot, type SlotReport } from '../../../runtime/task/slot.js';
import { registry } from '../../../runtime/worker/registry.js';

const log = pino({ level: 'silent' });
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-failed-deployment-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What was opened and not closed yet. */
function watched(open: Set<string>, broken: (name: string) => boolean): Registry {
  const closing = <T extends { close(): Promise<void> }>(name: string, made: T): T => {
    open.add(name);
    const close = made.close.bind(made);
    made.close = () => {
      open.delete(name);
      return close();
    };
    return made;
  };
  return {
    ...registry,
    async source(name) {
      const source = await registry.source(name);
      return { ...source, createReader: (ctx) => closing(name, source.createReader(ctx)) };
    },
    async sink(name) {
      if (broken(`${name} made`)) throw new Error(`no ${name}`);
      const sink = await registry.sink(name);
      const createWriter: typeof sink.createWriter = (ctx) => {
        const writer = closing(name, sink.createWriter(ctx));
        if (broken(`${name} opened`)) writer.open = () => Promise.reject(new Error(`${name} can't be opened`));
        return writer;
      };
      return { ...sink, createWriter };
    },
  };
}

test.each([
  ['print opened', "print can't be opened"],
  ['print made', 'no print'],
])('%s', async (what, message) => {
  const open = new Set<string>();
  const reports: SlotReport[] = [];
  let tell = () => {};
  const broken = watched(open, (name) => name === what);
  const slot = new Slot({
    job: 'copies',
    registry: broken,
    log,
    report: (report) => {
      reports.push(report);
      tell();
    },
    resolve: (text) => text,
  });
  const port = await slot.listen('127.0.0.1');
  writeFileSync(
    join(dir, 'job.sql'),
    `CREATE TABLE a (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '5');
     CREATE TABLE b (id BIGINT, n BIGINT) WITH ('connector' = 'print');
     INSERT INTO b SELECT id, COUNT(*) FROM a GROUP BY id;`,
  );
  const job = await loadJob(join(dir, 'job.sql'));
  const options = await coordinatorOptions(job, {
    ...{ registry, resolve: (text: string) => text, log, expectedRunners: 1, defaultStateDir: dir },
    startAgainWhenFinished: true,
  });
  const owners = new Array(options.maxParallelism).fill(0);
  const shared = { attempt: 1, parallelism: 2, owners, peers: [`127.0.0.1:${port}`, ''], noMoreSplits: [] };
  const failed = new Promise<void>((resolve) => {
    tell = () => reports.some((r) => r.type === 'failed') && resolve();
  });
  slot.handle({ type: 'deploy', deployment: slotDeployment(options, shared as never, 0, new Map()) });
  await failed;
  expect(reports.find((r) => r.type === 'failed')).toMatchObject({ error: { message } });
  await slot.close();
  expect([...open]).toEqual([]);
});
