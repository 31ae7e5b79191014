/** `rescale`: two slots become three while the data goes on, and how long nothing comes out. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Suite, SuiteOptions } from '../suite.js';
import { type CountingJob, countingJob } from './counting-job.js';
import { filled, nextCheckpoints, segmentBytes } from './filled.js';
import { LiveJob } from './live-job.js';

interface Case extends CountingJob {
  readonly targetS: number;
}

const SHARED = { changesPerS: 10_000, checkpointEvery: '5s', printOneIn: 5 };
const CASES: Readonly<Record<string, Case>> = {
  '100MB': { ...SHARED, keys: 900_000, textLength: 100, targetS: 0.3 },
  '1GB': { ...SHARED, keys: 3_800_000, textLength: 250, targetS: 1 },
};

/** What is printed before and after must be of the steady job. */
const STEADY_MS = 2000;

export const rescale: Suite = {
  describe: 'rescale 2 → 3 with 100 MB and 1 GB of state: longest time without output',
  names: () => Object.keys(CASES),
  events: 0,
  repeat: 1,
  run: async (options) => {
    for (const name of options.names) await measure(name, options);
  },
};

async function measure(name: string, { report, repeat }: SuiteOptions): Promise<void> {
  const job = CASES[name];
  const live = await LiveJob.start({ sql: countingJob(job), runners: 2, slots: 2 });
  try {
    await filled(live, job);
    const figure = { query: `rescale/${name}`, engine: 'tidewheel' };
    report.figure({ ...figure, measure: 'state', value: (await segmentBytes(live)) / 1e6, unit: 'MB' });
    let [silenceMs, pauseMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < repeat; i++) {
      if (i > 0) await live.call('POST', '/api/v1/job/rescale', { parallelism: 2 });
      await nextCheckpoints(live, 1);
      await delay(STEADY_MS);
      const fromMs = performance.now();
      const answer = await live.call<{ pauseMs: number }>('POST', '/api/v1/job/rescale', { parallelism: 3 });
      pauseMs = Math.min(pauseMs, answer.pauseMs);
      await delay(STEADY_MS);
      silenceMs = Math.min(silenceMs, live.longestSilenceMs(fromMs, performance.now()));
    }
    report.figure({
      ...{ ...figure, measure: 'longest time without output', value: silenceMs / 1000, unit: 's' },
      target: { most: job.targetS },
    });
    report.figure({ ...figure, measure: 'no task worked', value: pauseMs / 1000, unit: 's' });
  } finally {
    await live.stop();
  }
}
