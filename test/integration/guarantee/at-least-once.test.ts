/** At least once: after the loss of a runner and of the coordinator nothing is missing. Rows may come twice. */
import { afterEach, expect, test } from '@jest/globals';
import { sharedKafka, sharedMinio } from '../../harness/index.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

/** `card window_end sum count max` → the window, and what was counted in it. */
function parse(line: string): { window: string; sum: number; count: number } {
  const parts = line.split(' ');
  return { window: parts.slice(0, -3).join(' '), sum: Number(parts.at(-3)), count: Number(parts.at(-2)) };
}

test('a runner and the coordinator killed: every window is there, with at least every row', async () => {
  job = new MainJob({ kafka: sharedKafka(), s3: sharedMinio(), seed: 6, guarantee: 'at-least-once' });
  await job.start();
  await job.produce(10_000, 60);
  await job.until('/api/v1/job', (j) => j.rowsOut > 0 && j.lastCheckpoint !== undefined);
  job.supervisor.kill('runner-0');
  await job.produce(10_000, 60);
  await job.until('/api/v1/job', (j) => j.restarts >= 1 && j.state === 'running');
  job.supervisor.kill('runner-1');
  job.supervisor.kill('coordinator');
  await job.produce(10_000, 60);
  await job.until('/api/v1/job', (j) => j.state === 'running');
  await job.closeWindows();

  const expected = job.expectedLines().map(parse);
  const wanted = new Map(expected.map((e) => [e.window, e]));
  // Doubles may come before the last window does: read until every window is there.
  const deadline = Date.now() + 40_000;
  let missing: typeof expected;
  do {
    const best = new Map<string, { sum: number; count: number }>();
    for (const row of (await job.outputLines()).map(parse)) {
      // A row that nobody paid for is no double.
      expect(wanted.has(row.window)).toBe(true);
      const known = best.get(row.window);
      if (!known || known.count < row.count) best.set(row.window, row);
    }
    missing = expected.filter((e) => {
      const row = best.get(e.window);
      return !row || row.count < e.count || row.sum < e.sum;
    });
  } while (missing.length > 0 && Date.now() < deadline);
  expect(missing).toEqual([]);
});
