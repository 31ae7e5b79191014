/** How a coordinator begins: it finds the job running and goes on with it, or starts it from its newest checkpoint. */
import { planStages } from '../graph/stages.js';
import { latestManifest, type Manifest, readManifest, savepointKey } from '../snapshot/manifest.js';
import { type FoundSlot, findRunning, standsStill } from './adoption.js';
import { changedFile } from './changed-file.js';
import { finishedKey, maybeFinish } from './checkpointing.js';
import type { UpgradeResult } from './contract.js';
import { deploy, watchSplits } from './deploy.js';
import type { JobRun } from './job-run.js';
import { restoreOnce } from './restore.js';
import { checkState } from './state-check.js';

/** How long a new coordinator waits for the runners of a job that was running. */
const ADOPTION_MS = 3000;
const FIRST_RUNNERS_MS = 30_000;

export async function begin(run: JobRun): Promise<void> {
  const change = await goOnWithChange(run);
  await find(run);
  if (!change) return;
  const { atMs, pauseMs = Math.max(0, Date.now() - atMs), ...upgrade } = change;
  run.lastUpgrade = { ...upgrade, pauseMs };
}

/** What the job goes on with in place of the file that this coordinator was started with, if a predecessor changed it. */
async function goOnWithChange(run: JobRun): Promise<(UpgradeResult & { readonly atMs: number }) | undefined> {
  const { store, deployment, compile, job, log } = run.options;
  const change = deployment === undefined ? undefined : await changedFile(store, deployment);
  if (!change || !compile) return undefined;
  const { id, savepoint, pauseMs, file } = change;
  const location = savepointKey(savepoint);
  const { createdAtMs: atMs } = await readManifest(store, location, job);
  run.goOnWith(await compile(file));
  run.lastUpgrade = { id, location };
  log.info({ job, savepoint: location }, 'goes on with the file that the coordinator before had changed to');
  return { id, location, pauseMs, atMs };
}

async function find(run: JobRun): Promise<void> {
  const { options } = run;
  let latest = options.restore
    ? await restored(run, options.restore.from, options.restore.again)
    : await latestManifest(options.store, options.job);
  run.checkpoints.startFrom(latest);
  await run.conditions.until(() => run.runners.list.length > 0, FIRST_RUNNERS_MS);
  if (run.epoch > 1) {
    // Some coordinator led before: the job may be running, on any of the runners.
    const isIdle = () =>
      run.runners.list.length >= run.expectedRunners && run.runners.list.every((r) => r.running.length === 0);
    const running = () => findRunning(run.runners.list, options.plan);
    const isClear = () => running() !== undefined || isIdle() || standsStill(run.runners.list);
    await run.conditions.until(isClear, ADOPTION_MS);
    const found = running();
    // The one before may have completed checkpoints until its runners came here: what those hold is in no later one.
    latest =
      options.restore && !found
        ? await restored(run, options.restore.from, false)
        : await latestManifest(options.store, options.job);
    run.checkpoints.startFrom(latest);
    if (found) {
      await adopt(run, found);
      return;
    }
    if (!isIdle())
      options.log.warn({ job: options.job }, 'the job is not running whole: it restarts from its last checkpoint');
  }
  await run.conditions.until(() => run.runners.ready.length >= run.expectedRunners, FIRST_RUNNERS_MS);
  const from = latest;
  if (from && options.parallelism === 0) run.parallelism = from.parallelism;
  const dropped = from ? checkState(from, options.plan, options.allowDroppedState) : [];
  if (dropped.length > 0) options.log.warn({ dropped }, 'state is left behind');
  const again = from?.final === true && options.startAgainWhenFinished === true && !options.restore?.again;
  // What a finished job had committed is committed: its output may be gone since, and is nobody's business any more.
  const settled = again && (await options.store.list('finished/')).includes(finishedKey(from.id));
  await deploy(run, run.parallelism, settled ? undefined : from, [], { commitsOnly: again });
}

async function restored(run: JobRun, from: string, again: boolean): Promise<Manifest> {
  const { store, job } = run.options;
  const { manifest, isNew } = await restoreOnce(store, job, from, again);
  if (isNew) run.untried = manifest;
  return manifest;
}

async function adopt(run: JobRun, found: readonly FoundSlot[]): Promise<void> {
  const { options, checkpoints } = run;
  const first = found[0].slot;
  const { stages } = planStages(options.plan, first.parallelism);
  run.parallelism = first.parallelism;
  const seen = Math.max(...found.map((f) => f.slot.checkpoint));
  checkpoints.startFrom(checkpoints.latest, seen);
  run.current = run.deploymentOf({
    attempt: first.attempt,
    parallelism: first.parallelism,
    owners: first.owners,
    places: found.map((f) => f.place),
    stages,
    finished: found.flatMap((f) => f.slot.finished),
  });
  options.log.info({ job: options.job, attempt: first.attempt }, 'found the job running; goes on with it');
  // Checkpoints that the old coordinator had begun are given up; its last complete one is told again.
  const latest = checkpoints.latest?.id ?? 0;
  for (let id = latest + 1; id <= seen; id++) run.current.tell({ type: 'abandon', checkpoint: id });
  if (checkpoints.latest) run.current.complete(latest);
  run.setState('running');
  run.models.adopted(checkpoints.latest);
  run.models.follow();
  run.schedule.next(checkpoints.history[0]);
  await watchSplits(run);
  maybeFinish(run);
}
