/** `recovery`: `kill -9` of one of two runners, and how long until every task prints again. */
import type { Suite, SuiteOptions } from '../suite.js';
import { type CountingJob, countingJob } from './counting-job.js';
import { filled, nextCheckpoints, segmentBytes } from './filled.js';
import { LiveJob } from './live-job.js';

const JOB: CountingJob = { keys: 900_000, textLength: 100, changesPerS: 5000, checkpointEvery: '1s', printOneIn: 5 };
const TARGET_S = 1;

export const recovery: Suite = {
  describe: 'kill -9 of one of two runners with 100 MB of state: time to output of all tasks again',
  names: () => ['kill', 'kill-standby'],
  events: JOB.keys,
  repeat: 3,
  run: async (options) => {
    for (const name of options.names) await measure(name === 'kill-standby' ? 1 : 0, options);
  },
};

async function measure(standby: number, { events: keys, repeat, report }: SuiteOptions): Promise<void> {
  const job = { ...JOB, keys };
  const live = await LiveJob.start({ sql: countingJob(job), runners: 2, slots: 2, standby });
  try {
    await filled(live, job);
    const figure = { query: `recovery/kill -9${standby > 0 ? ', a standby' : ''}`, engine: 'tidewheel' };
    report.figure({ ...figure, measure: 'state', value: (await segmentBytes(live)) / 1e6, unit: 'MB' });
    const pauses: number[] = [];
    for (let i = 0; i < repeat; i++) {
      // Between two checkpoints, as deaths mostly come.
      await nextCheckpoints(live, 2);
      const victim = (await live.runners()).find(({ slots }) => slots.length > 0)!;
      const killedMs = performance.now();
      process.kill(victim.pid, 'SIGKILL');
      // What was on its way out of the pipe when it died is no output again: the restarted tasks' comes after their deployment.
      const restarted = await restartedAtMs(live, victim.pid);
      await live.until('output of both tasks', () => live.firstAfter(restarted).size === 2, 60_000);
      pauses.push(Math.max(...live.firstAfter(restarted).values()) - killedMs);
      await live.until('all runners', async () => (await live.runners()).length === 2 + standby);
    }
    const seconds = pauses.map((ms) => ms / 1000).sort((a, b) => a - b);
    const middle = seconds[Math.floor(seconds.length / 2)];
    report.figure({
      ...figure,
      measure: 'output again, median',
      value: middle,
      unit: 's',
      target: { most: TARGET_S },
    });
    report.figure({ ...figure, measure: 'output again, longest', value: seconds.at(-1)!, unit: 's' });
  } finally {
    await live.stop();
  }
}

/** When the coordinator is seen to be past the loss of that process: it is restarting, or runs another attempt. */
async function restartedAtMs(live: LiveJob, lost: number): Promise<number> {
  let atMs = 0;
  await live.until('the loss is noticed', async () => {
    const asked = performance.now();
    const runners = await live.runners();
    atMs = asked;
    return runners.every((runner) => runner.pid !== lost);
  });
  return atMs;
}
