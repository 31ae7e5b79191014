/** Random faults against the running main job, from a seed: kills of runners and of the coordinator, rescales. */
import { type MainJob, seeded } from './main-job.js';

export interface ChaosReport {
  readonly seed: number;
  readonly actions: string[];
  readonly missing: string[];
  readonly unexpected: string[];
  readonly expectedRows: number;
}

type Action = 'kill a runner' | 'kill the coordinator' | 'kill both' | 'rescale' | 'savepoint';

const ACTIONS: readonly (readonly [Action, weight: number])[] = [
  ['kill a runner', 5],
  ['kill the coordinator', 3],
  ['kill both', 1],
  ['rescale', 2],
  ['savepoint', 1],
];

/** Runs `rounds` faults while payments come in, then compares all output with the reference. */
export async function chaos(
  job: MainJob,
  options: { rounds: number; seed: number; runners: number; rowsPerRound: number; say?: (text: string) => void },
): Promise<ChaosReport> {
  const random = seeded(options.seed);
  const actions: string[] = [];
  const say = options.say ?? (() => {});
  const total = ACTIONS.reduce((sum, [, weight]) => sum + weight, 0);
  const pick = (): Action => {
    let at = random() * total;
    return ACTIONS.find(([, weight]) => (at -= weight) < 0)![0];
  };
  for (let round = 0; round < options.rounds; round++) {
    const producing = job.produce(options.rowsPerRound, 30);
    const action = pick();
    const runner = `runner-${Math.floor(random() * options.runners)}`;
    const parallelism = 1 + Math.floor(random() * 4);
    // A moment that has nothing to do with where the job is in its checkpoint.
    await new Promise((resolve) => setTimeout(resolve, random() * 700));
    const text =
      action === 'rescale' ? `rescale to ${parallelism}` : action === 'kill a runner' ? `kill ${runner}` : action;
    actions.push(text);
    say(`${round + 1}/${options.rounds}: ${text}`);
    if (action === 'kill a runner' || action === 'kill both') job.supervisor.kill(runner);
    if (action === 'kill the coordinator' || action === 'kill both') job.supervisor.kill('coordinator');
    // What is asked of a job that is restarting may be refused: that is no fault.
    if (action === 'rescale')
      await job.api('POST', '/api/v1/job/rescale', { parallelism }).catch((e) => say(`  ${e.message}`));
    if (action === 'savepoint') await job.api('POST', '/api/v1/job/savepoints', {}).catch((e) => say(`  ${e.message}`));
    await producing;
    if (random() < 0.6) await job.until('/api/v1/job', (j) => j.state === 'running', 60_000);
  }
  await job.until('/api/v1/job', (j) => j.state === 'running', 60_000);
  await job.closeWindows();
  const expected = job.expectedLines();
  const output = await job.outputLines(120_000);
  return { seed: options.seed, actions, expectedRows: expected.length, ...difference(expected, output) };
}

/** Differences of two multisets of lines. */
export function difference(
  expected: readonly string[],
  output: readonly string[],
): { missing: string[]; unexpected: string[] } {
  const counts = new Map<string, number>();
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of output) counts.set(line, (counts.get(line) ?? 0) - 1);
  const missing: string[] = [];
  const unexpected: string[] = [];
  for (const [line, n] of counts) {
    for (let i = 0; i < n; i++) missing.push(line);
    for (let i = 0; i > n; i--) unexpected.push(line);
  }
  return { missing, unexpected };
}
