/** `state`: what a checkpoint costs where one key in a hundred has changed since the last one. */
import { MainThreadTimes } from '../measure/thread-time.js';
import type { Suite } from '../suite.js';
import { type CountingJob, countingJob } from './counting-job.js';
import { filled, nextCheckpoints, segmentBytes } from './filled.js';
import { LiveJob } from './live-job.js';

const INTERVAL_S = 3;
/** Enough that what was superseded has to be compacted meanwhile. */
const MEASURED = 20;
const TARGET_PERCENT = 3;
const TARGET_PAUSE_MS = 100;

export const state: Suite = {
  describe: 'checkpoints of 5 M keys, one in a hundred changed: upload and pause',
  names: () => ['heap'],
  events: 5_000_000,
  repeat: 1,
  run: async ({ events: keys, slots, report }) => {
    const job: CountingJob = {
      keys,
      textLength: 60,
      changesPerS: Math.round(keys / 100 / INTERVAL_S),
      checkpointEvery: `${INTERVAL_S}s`,
      printOneIn: 10,
    };
    const live = await LiveJob.start({ sql: countingJob(job), runners: 0, slots });
    // One slot's data is in the main thread.
    const times = new MainThreadTimes(live.pid);
    try {
      await filled(live, job);
      const fullBytes = await segmentBytes(live);
      const fromMs = performance.now();
      const measured = await nextCheckpoints(live, MEASURED);
      const uploaded = measured.reduce((sum, { bytes }) => sum + bytes, 0) / measured.length;
      const figure = { query: `state/${keys / 1e6} M keys`, engine: 'tidewheel' };
      report.figure({ ...figure, measure: 'full size', value: fullBytes / 2 ** 20, unit: 'MiB' });
      report.figure({
        ...figure,
        ...{ measure: 'upload of a checkpoint', value: (uploaded / fullBytes) * 100, unit: '% of the full size' },
        target: { most: TARGET_PERCENT },
      });
      const largest = Math.max(...measured.map(({ bytes }) => bytes));
      report.figure({
        ...{ ...figure, measure: 'upload, largest', value: (largest / fullBytes) * 100, unit: '% of the full size' },
      });
      report.figure({
        ...figure,
        ...{ measure: 'longest cut', value: Math.max(...measured.map((c) => c.syncMs)), unit: 'ms' },
        target: { most: TARGET_PAUSE_MS },
      });
      const gaps = live.gaps(fromMs, performance.now());
      const longest = gaps.reduce((a, b) => (b.toMs - b.fromMs > a.toMs - a.fromMs ? b : a));
      report.figure({
        ...figure,
        ...{ measure: 'longest time without output', value: longest.toMs - longest.fromMs, unit: 'ms' },
        target: { most: TARGET_PAUSE_MS },
      });
      if (slots > 1) return;
      const { waitMs } = times.between(longest.fromMs, longest.toMs);
      report.figure({ ...{ ...figure, measure: 'of that, without a core', value: waitMs, unit: 'ms' } });
      // What is left of the longest one where nobody else wants the cores.
      const most = Math.max(...gaps.map((gap) => times.between(gap.fromMs, gap.toMs).cpuMs));
      report.figure({
        ...{ ...figure, measure: 'most processor time without output', value: most, unit: 'ms' },
        target: { most: TARGET_PAUSE_MS },
      });
    } finally {
      times.stop();
      await live.stop();
    }
  },
};
