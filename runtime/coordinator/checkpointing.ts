/** Drives the checkpoints of a running job: the periodic ones, the one at which everything stops, and the last one. */
import type { Manifest } from '../snapshot/manifest.js';
import { collectGarbage } from '../snapshot/retention.js';
import type { CheckpointContext } from './checkpoints.js';
import type { JobRun } from './job-run.js';
import { tellStandbys } from './standby.js';

/** Says that everything up to the final checkpoint `id` is committed. */
export const finishedKey = (id: number) => `finished/${id}`;

/** What a checkpoint of the attempt that runs is taken with. */
export function checkpointContext(run: JobRun): CheckpointContext {
  const d = run.current!;
  return {
    job: run.options.job,
    attempt: d.attempt,
    parallelism: d.parallelism,
    maxParallelism: run.options.maxParallelism,
    owners: d.owners,
    plan: run.options.plan,
    tasks: d.tasks,
    trigger: (id, stop, drain) => {
      const changes = run.models.changes();
      const more = { ...(drain ? { drain } : {}), ...(changes ? { changes } : {}) };
      d.tell({ type: 'barrier', barrier: { type: 'barrier', id, stop, ...more } });
    },
    abandon: (id) => run.current?.tell({ type: 'abandon', checkpoint: id }),
    complete: (id) => {
      if (run.checkpoints.latest) run.models.completed(run.checkpoints.latest);
      run.current?.complete(id);
    },
  };
}

/** The checkpoint that is due. One that fails is tried again at the next date, until there were too many. */
export async function periodicCheckpoint(run: JobRun): Promise<void> {
  if (run.state !== 'running') return;
  try {
    await run.checkpoints.take(checkpointContext(run), { kind: 'checkpoint' });
    run.schedule.succeeded();
    if (run.checkpoints.latest) void run.merging.run(run.checkpoints.latest);
    tellStandbys(run);
    void collect(run);
  } catch (error) {
    const { message } = error as Error;
    const { failures, tooMany } = run.schedule.failed();
    run.options.log.warn({ error: message, failures }, 'a checkpoint failed');
    if (run.state === 'running' && tooMany) {
      run.failed(new Error(`${failures} checkpoints failed in a row: ${message}`));
    }
  } finally {
    if (run.state === 'running') run.schedule.next(run.checkpoints.history[0]);
  }
}

/** Deletes what no retained checkpoint names. */
export async function collect(run: JobRun): Promise<void> {
  try {
    const { store, checkpoint } = run.options;
    await collectGarbage(store, checkpoint.retained, run.merging.unnamed);
  } catch (error) {
    run.options.log.warn({ error: (error as Error).message }, "old checkpoints can't be deleted now");
  }
}

/**
 * Stops all tasks at a barrier with everything committed. Rejects when that can't be done; tasks that wait behind a barrier which never
 * became a checkpoint don't go on by themselves, so the job restarts from its last one then.
 */
export async function halt(run: JobRun, savepoint?: string, drain = false): Promise<Manifest> {
  run.mustRun();
  run.setState('stopping');
  run.schedule.stop();
  try {
    const manifest = await run.checkpoints.take(checkpointContext(run), { kind: 'stop', savepoint, drain });
    await allCommitted(run, manifest.id);
    return manifest;
  } catch (error) {
    if (run.state === 'stopping') run.failed(error as Error);
    throw error;
  }
}

/** All input is read and worked off: one last checkpoint commits what is left, and the job is done. */
export function maybeFinish(run: JobRun): void {
  const { current } = run;
  if (!current || run.state !== 'running') return;
  if (!current.isFinished) return;
  void run
    .enqueue(async () => {
      if (run.current !== current || run.state !== 'running') return;
      run.schedule.stop();
      const manifest = await run.checkpoints.take(checkpointContext(run), { kind: 'checkpoint', final: true });
      await allCommitted(run, manifest.id);
      await run.options.store.put(finishedKey(manifest.id), Buffer.from('{}\n'));
      run.cancelTasks(false);
      run.finish('finished');
    })
    .catch((error) => run.failed(error as Error));
}

/** Every slot has made visible what checkpoint `id` holds. Rejects when the job fails first. */
async function allCommitted(run: JobRun, id: number): Promise<void> {
  const d = run.current!;
  await run.conditions.until(() => d.isCommitted(id) || run.current !== d, run.options.checkpoint.timeoutMs);
  if (!d.isCommitted(id)) throw new Error(`the sinks did not commit checkpoint ${id}`);
}
