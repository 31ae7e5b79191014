/** A changed job file in place: the tasks start anew on the same runners, with a savepoint between the two. */
import { unchangedNodes } from '../graph/unchanged.js';
import { type Manifest, savepointKey } from '../snapshot/manifest.js';
import { planHash } from '../task/control.js';
import { type ChangedFile, forgetChangedFile, keepChangedFile } from './changed-file.js';
import { checkpointContext, halt } from './checkpointing.js';
import type { ChangedPlan } from './contract.js';
import { deploy } from './deploy.js';
import type { JobRun } from './job-run.js';
import { checkState } from './state-check.js';

/** See `Coordinator.upgrade`. */
export async function upgradeInPlace(
  run: JobRun,
  next: ChangedPlan,
  change: ChangedFile,
): Promise<Manifest | undefined> {
  const { id, savepoint } = change;
  const { store, deployment } = run.options;
  if (planHash(next.plan) === planHash(run.options.plan)) {
    run.lastUpgrade = { pauseMs: 0, ...run.lastUpgrade, id };
    return undefined;
  }
  run.mustRun();
  const dropped = checkState({ plan: run.options.plan }, next.plan, next.allowDroppedState);
  // Less is left to write at the stop.
  await run.checkpoints.take(checkpointContext(run), { kind: 'checkpoint' });
  if (deployment !== undefined) await keepChangedFile(store, deployment, change);
  const before = run.current!;
  const start = performance.now();
  const manifest = await halt(run, savepoint).catch(async (error) => {
    if (deployment !== undefined) await forgetChangedFile(store, deployment).catch(() => {});
    throw error;
  });
  run.cancelTasks(true);
  run.current = undefined;
  const kept = unchangedNodes(run.options.plan, next.plan);
  const location = savepointKey(savepoint);
  run.lastUpgrade = { id, location };
  run.goOnWith(next);
  try {
    const how = { owners: before.owners, kept, after: before.attempt };
    await deploy(run, before.parallelism, manifest, before.places, how);
  } catch (error) {
    run.failed(error as Error);
  }
  const pauseMs = Math.round(performance.now() - start);
  run.lastUpgrade = { id, location, pauseMs };
  if (deployment !== undefined) await keepChangedFile(store, deployment, { ...change, pauseMs }).catch(() => {});
  run.options.log.info({ dropped, pauseMs }, `goes on with a changed plan, no rows for ${pauseMs} ms`);
  return manifest;
}
