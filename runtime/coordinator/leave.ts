/** A runner with slots is asked to end: they move to others, or stop where nothing has to be read again. */
import { halt } from './checkpointing.js';
import type { JobRun } from './job-run.js';
import { rescaleInPlace } from './rescale.js';

/**
 * How long the slots work on where nobody is there to take them over. A successor often starts only when the runner is gone, but the one
 * of a pod that is deleted by force starts at once, and the kubelet leaves the process two seconds.
 */
const WORK_ON_MS = 1000;

/** Resolves when the runner may end. Rejects when its slots can't be moved away. */
export async function leave(run: JobRun): Promise<void> {
  const { runners, conditions } = run;
  if (run.state !== 'running') return;
  await conditions.until(() => runners.ready.length > 0 || run.state !== 'running', WORK_ON_MS);
  if (run.state !== 'running') return;
  if (runners.ready.length > 0) {
    await rescaleInPlace(run, run.parallelism);
    return;
  }
  // What has no successor stops at a barrier, with everything before it committed: nothing is repeated.
  await halt(run).catch(({ message }: Error) => {
    run.options.log.warn({ error: message }, 'the last runner ends without a checkpoint');
  });
}
