/** Ctrl-C of `tidewheel run` takes a savepoint; `--restore` goes on from it, exactly, also when a process dies right after. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { addressFile } from '../../../cli/local/api-client.js';
import { sharedKafka, sharedMinio } from '../../harness/index.js';
import { CliRun } from './cli-run.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;
let running: CliRun | undefined;

afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.exit;
  await job?.close();
  job = running = undefined;
});

function run(job: MainJob, ...more: string[]): CliRun {
  running = new CliRun(['run', job.file, '--state-dir', job.stateDir, ...more], job.env);
  return running;
}

/** Waits until the job, found by its address file, is as wanted. */
async function until(job: MainJob, run: CliRun, want: (view: any) => boolean): Promise<any> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    try {
      const { httpPort } = JSON.parse(await readFile(addressFile(job.stateDir, job.name), 'utf8'));
      const view = await (await fetch(`http://127.0.0.1:${httpPort}/api/v1/job`)).json();
      if (want(view)) return view;
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the job did not come to what was wanted:\n${run.output}`);
}

describe.each([
  ['in one process', []],
  ['with two runners', ['--runners', '2']],
])('%s', (_, how) => {
  test('Ctrl-C, then --restore: exact', async () => {
    job = new MainJob({ kafka: sharedKafka(), s3: sharedMinio(), seed: 8 });
    await job.prepare();
    await job.produce(5000, 40);
    const first = run(job, ...how);
    await until(job, first, (view) => view.rowsOut > 0 && view.lastCheckpoint);
    await job.produce(5000, 40);
    first.kill('SIGINT');
    expect(await first.exit).toBe(0);
    const [, location] = /--restore (savepoints\/[\w.-]+\.json)/.exec(first.output) ?? [];
    expect(first.output).toContain('--restore savepoints/');

    await job.produce(5000, 40);
    const second = run(job, ...how, '--restore', location);
    await job.closeWindows();
    expect(await job.outputLines()).toEqual(job.expectedLines());
    await until(job, second, (view) => view.state === 'running');
    second.kill('SIGINT');
    expect(await second.exit).toBe(0);
  });
});

test('a job that is restored and loses both processes before its first checkpoint begins with the savepoint again', async () => {
  const options = { kafka: sharedKafka(), s3: sharedMinio(), seed: 9 };
  job = new MainJob({ ...options, checkpointInterval: '1h' });
  await job.start();
  await job.produce(5000, 40);
  await job.until('/api/v1/job', (view) => view.rowsIn === 5000);
  const { location } = await job.api('POST', '/api/v1/job/savepoints', { name: 'chosen' });
  await job.supervisor.stop();
  // From here on the savepoint is the only snapshot: without it the job would begin with nothing.
  await job.restart({ restoreFrom: location });
  await job.until('/api/v1/job', (view) => view.state === 'running');
  job.supervisor.kill('coordinator');
  job.supervisor.kill('runner-0');
  job.supervisor.kill('runner-1');
  await job.produce(5000, 40);
  await job.until('/api/v1/job', (view) => view.state === 'running' && view.rowsIn > 0);
  await job.closeWindows();
  await job.until('/api/v1/job', (view) => view.lag === 0 && view.rowsOut > 0);
  // Rows become visible with a checkpoint.
  await job.api('POST', '/api/v1/job/savepoints', { name: 'visible' });
  expect(await job.outputLines()).toEqual(job.expectedLines());
});
