/** Brings the job's tasks up: an attempt begins here, whatever it is that led to it. */
import { planStages } from '../graph/stages.js';
import type { Manifest } from '../snapshot/manifest.js';
import { widthOf } from './deployment.js';
import type { JobRun } from './job-run.js';
import { assignGroups, placeSlots, rebalanceGroups, type ThreadPlace } from './placement.js';
import { slotDeployment } from './slot-deployment.js';

const DEPLOY_TIMEOUT_MS = 120_000;
/** Before a checkpoint all state is read that a restart has left as bytes: rows come out first. */
const FIRST_ROWS_MS = 3000;

export interface DeployHow {
  readonly owners?: readonly number[];
  /** Steps whose state may stay in memory. Default: all. */
  readonly kept?: readonly string[];
  /** Only what the sinks had still to commit is taken from the manifest. */
  readonly commitsOnly?: boolean;
  /** The attempt before, whose slots may have been told to read ahead. */
  readonly after?: number;
}

/** Resolves when all tasks run, with the state of `from`. `before`: where the slots were. Rejects when a task or runner fails meanwhile. */
export async function deploy(
  run: JobRun,
  parallelism: number,
  from: Manifest | undefined,
  before: readonly ThreadPlace[],
  how: DeployHow = {},
): Promise<void> {
  const { options } = run;
  const { owners, kept, after, commitsOnly = false } = how;
  run.setState('deploying');
  const attempt = run.nextAttempt();
  const { stages } = planStages(options.plan, parallelism);
  const places = placeSlots(
    parallelism,
    run.runners.ready.map((r) => r.id),
    before,
  );
  await run.runners.openThreads(places);
  const groupOwners =
    owners ?? (from ? rebalanceGroups(from.owners, parallelism) : assignGroups(options.maxParallelism, parallelism));
  const initial = await run.models.deploying(commitsOnly ? undefined : from);
  const { splits, noMore } = await run.splits.assign(
    (n) => widthOf(n, parallelism),
    commitsOnly ? undefined : from?.nodes,
  );
  const peers = run.runners.addresses(places);
  run.taskMetrics.clear();
  const current = run.deploymentOf({ attempt, parallelism, owners: groupOwners, places, stages });
  run.current = current;
  const restore = from && { key: manifestKey(from), id: from.id, commitsOnly };
  const spec = {
    attempt,
    parallelism,
    owners: groupOwners,
    peers,
    restore,
    kept,
    after,
    initial,
    noMoreSplits: noMore,
  };
  for (const [slot, place] of places.entries()) {
    run.order(place, { type: 'deploy', deployment: slotDeployment(options, spec, slot, splits) });
  }
  const late = `the tasks were not ready after ${DEPLOY_TIMEOUT_MS} ms`;
  const timer = setTimeout(() => current.fail(new Error(late)), DEPLOY_TIMEOUT_MS);
  await current.deployed.finally(() => clearTimeout(timer));
  run.parallelism = parallelism;
  current.tell({ type: 'start' });
  run.setState('running');
  run.schedule.succeeded();
  run.models.follow();
  run.schedule.next(run.checkpoints.history[0], FIRST_ROWS_MS);
  await watchSplits(run);
}

/** Key of a checkpoint's manifest. */
export function manifestKey(manifest: Manifest): string {
  return `checkpoints/${String(manifest.id).padStart(10, '0')}.json`;
}

/** Tells the tasks of this attempt of each split that comes up. */
export async function watchSplits(run: JobRun): Promise<void> {
  const attempt = run.current!.attempt;
  await run.splits.watch(
    (n) => widthOf(n, run.current!.parallelism),
    (node, subtask, splits) => {
      const { current } = run;
      if (current?.attempt === attempt)
        current.tellOne(subtask, { type: 'splits', node: node.id, splits, noMore: false });
    },
  );
}
