/** After a failure: the tasks that are left stop, and all start again from the last checkpoint, unless no restart is left. */
import { latestManifest, type Manifest } from '../snapshot/manifest.js';
import { deploy, manifestKey } from './deploy.js';
import type { Deployment } from './deployment.js';
import type { JobRun } from './job-run.js';
import { readAhead } from './read-ahead.js';
import { undoRestore } from './restore.js';

/** How long after the loss of a connection that of a process is waited for. */
const LOSS_SEEN_MS = 200;
const REPLACEMENT_MS = 700;
const RUNNERS_MS = 120_000;

/** A task, a runner or a step of the coordinator failed. What fails while a restart is due already is of no interest. */
export function recover(run: JobRun, error: Error, runner?: string): void {
  if (run.isOver || run.restartPending || run.isClosed) return;
  const lost = run.current;
  const delayMs = run.failures.add(error, {
    attempt: lost?.attempt ?? 0,
    runner,
    checkpoint: run.checkpoints.latest?.id ?? 0,
  });
  run.schedule.stop();
  run.restartPending = true;
  run.cancelTasks(false);
  run.current = undefined;
  run.checkpoints.giveUp('the job failed');
  lost?.fail(error);
  run.conditions.check();
  if (delayMs === undefined) {
    giveUp(run);
    return;
  }
  run.options.log.warn({ error: error.message, delayMs }, 'the job failed and restarts from its last checkpoint');
  run.setState('restarting');
  run.restarts++;
  void run
    .enqueue(() => redeploy(run, lost, delayMs, (error as { code?: string }).code))
    .catch((again) => run.failed(again as Error));
}

/** What can't be started from is the job's newest checkpoint no more. */
function giveUp(run: JobRun): void {
  const { untried, options } = run;
  const undone = untried ? undoRestore(options.store, untried) : undefined;
  if (!undone) run.finish('failed');
  else
    undone
      .catch(({ message }) => options.log.warn({ error: message }, 'the copy of the refused snapshot stays'))
      .finally(() => run.finish('failed'));
}

async function redeploy(
  run: JobRun,
  lost: Deployment | undefined,
  delayMs: number,
  code: string | undefined,
): Promise<void> {
  if (run.isOver) return;
  run.restartPending = false;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const { runners, conditions, checkpoints, options } = run;
  const wanted = Math.max(1, run.expectedRunners);
  // A task sees that a connection is gone before the coordinator sees that the process at its other end is.
  const someLeft = () => runners.ready.length < wanted || lost?.places.some((p) => !runners.get(p.runner));
  if (code === 'TW5102') await conditions.until(() => someLeft() === true, LOSS_SEEN_MS);
  // A manifest that the store holds up may still come to be: what starts now must not start before it.
  await checkpoints.settled();
  const latest = (await latestManifest(options.store, options.job)) ?? checkpoints.latest;
  checkpoints.startFrom(latest);
  // A lost runner's successor is usually there in a moment; if not, the others take over.
  if (runners.ready.length < wanted) startReading(run, lost, latest);
  await conditions.until(() => runners.ready.length >= wanted, options.replacementMs ?? REPLACEMENT_MS);
  await conditions.until(() => runners.ready.length > 0, RUNNERS_MS);
  if (run.isOver) return;
  const how = { owners: lost?.owners, after: lost?.attempt };
  await deploy(run, lost?.parallelism ?? run.parallelism, latest, lost?.places ?? [], how);
}

/** The slots that are left read their part of the state while the lost runner's successor starts. */
function startReading(run: JobRun, lost: Deployment | undefined, latest: Manifest | undefined): void {
  // State on disk is not held twice.
  if (!lost || !latest || run.options.stateDisk) return;
  const from = { store: run.options.storeSpec, key: manifestKey(latest) };
  const isThere = (runner: string) => run.runners.ready.some((r) => r.id === runner);
  for (const { place, order } of readAhead(lost, isThere, from)) run.order(place, order);
}
