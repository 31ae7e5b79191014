/** A snapshot that is damaged or belongs to another job is refused, and the refusal says what is wrong. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalRun, runEmbedded } from '../../../cli/local/embedded.js';
import { loadJob } from '../../../runtime/job/index.js';
import { minioClient, type S3Location, sharedKafka, sharedMinio } from '../../harness/index.js';
import { MainJob } from './main-job.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let job: MainJob;
let s3: S3Location;
const open: { close(): Promise<void> }[] = [];

function newJob(storagePrefix?: string): MainJob {
  const made = new MainJob({ kafka: sharedKafka(), s3, seed: 7, partitions: 2, parallelism: 1, storagePrefix });
  open.push(made);
  return made;
}

async function run(of: MainJob, restoreFrom?: string): Promise<LocalRun> {
  const definition = await loadJob(of.file);
  const started = await runEmbedded(definition, { log: quiet, stateDir: of.stateDir, env: of.env, restoreFrom });
  open.unshift(started);
  return started;
}

/** How the job ends that can't start. */
async function refusal(of: MainJob, restoreFrom?: string): Promise<{ code?: string; message: string }> {
  const { coordinator } = await run(of, restoreFrom);
  expect(await coordinator.ended).toBe('failed');
  return coordinator.exceptions[0];
}

async function objects(prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const item of minioClient(s3).listObjectsV2(s3.bucket, `${job.name}/${prefix}`, true)) {
    if (item.name) names.push(item.name);
  }
  return names.sort();
}

/** Flips one bit in the middle of an object, or cuts it there. */
async function damage(name: string, how: 'flip' | 'cut'): Promise<void> {
  const client = minioClient(s3);
  const chunks: Buffer[] = [];
  for await (const chunk of await client.getObject(s3.bucket, name)) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const middle = bytes.length >> 1;
  bytes[middle] ^= 1;
  const damaged = how === 'flip' ? bytes : bytes.subarray(0, middle);
  await client.putObject(s3.bucket, name, damaged, damaged.length);
}

beforeEach(async () => {
  s3 = sharedMinio();
  job = newJob();
  await job.prepare();
  Object.assign(process.env, job.env);
  await job.produce(2000, 30);
  const first = await run(job);
  await until(first, () => first.coordinator.checkpoints.latest !== undefined && rowsIn(first) === 2000);
  await first.coordinator.stop('kept');
  await first.close();
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const rowsIn = (r: LocalRun) => [...r.coordinator.taskMetrics.values()].reduce((sum, m) => Math.max(sum, m.rowsIn), 0);

async function until({ coordinator }: LocalRun, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (coordinator.isOver || Date.now() > deadline)
      throw new Error(
        `${coordinator.state}: ${JSON.stringify([...coordinator.exceptions, ...coordinator.taskMetrics.values()])}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a job that was stopped with a checkpoint', () => {
  test('is not started from a manifest with another bit', async () => {
    const newest = (await objects('checkpoints/')).at(-1)!;
    await damage(newest, 'flip');
    const { code, message } = await refusal(job);
    expect(code).toBe('TW4001');
    expect(message).toContain(newest.slice(job.name.length + 1));
    expect(message).toContain('checksum');
  });

  test('is not started from a manifest that was cut short, but goes back to a savepoint that is whole', async () => {
    const newest = (await objects('checkpoints/')).at(-1)!;
    await damage(newest, 'cut');
    expect(await refusal(job)).toMatchObject({ code: 'TW4001', message: expect.stringContaining('cut short') });
    await run(job, 'savepoints/kept.json');
    await job.closeWindows();
    expect(await job.outputLines()).toEqual(job.expectedLines());
  });

  test('is not started from state with another bit', async () => {
    const segments = await objects('segments/');
    expect(segments.length).toBeGreaterThan(0);
    for (const segment of segments) await damage(segment, 'flip');
    const { code, message } = await refusal(job);
    expect(code).toBe('TW4001');
    expect(segments.some((s) => message.includes(s.slice(job.name.length + 1)))).toBe(true);
    expect(message).toMatch(/damaged.*checksum/);
  });

  test('is not started from a savepoint that is not there', async () => {
    const { code, message } = await refusal(job, 'savepoints/never-taken.json');
    expect(code).toBe('TW4101');
    expect(message).toContain('savepoints/never-taken.json');
  });

  test('does not give its state to another job that was pointed at the same folder', async () => {
    const other = newJob(job.name);
    await other.prepare();
    for (const restoreFrom of [undefined, 'savepoints/kept.json']) {
      const { code, message } = await refusal(other, restoreFrom);
      expect(code).toBe('TW4002');
      expect(message).toContain(`"${job.name}"`);
      expect(message).toContain(`"${other.name}"`);
    }
  });
});
