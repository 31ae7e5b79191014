/** A change of the parallelism, or of the runners, in place: stops at a barrier, moves the key groups that must move, goes on. */
import type { Manifest } from '../snapshot/manifest.js';
import { checkpointContext, collect, halt } from './checkpointing.js';
import type { RescaleResult } from './contract.js';
import { deploy, manifestKey } from './deploy.js';
import type { Deployment } from './deployment.js';
import type { JobRun } from './job-run.js';
import { placeSlots, rebalanceGroups, type ThreadPlace } from './placement.js';
import { readMoving } from './read-ahead.js';

const PRELOAD_MS = 60_000;

/** Resolves when all tasks run on the runners that are ready. Rejects while the job goes on as it was, or restarts. */
export async function rescaleInPlace(run: JobRun, parallelism: number): Promise<RescaleResult> {
  run.mustRun();
  const before = run.current!;
  run.schedule.stop();
  // Threads first, so that opening them is no part of the pause.
  const places = placeSlots(
    parallelism,
    run.runners.ready.map((r) => r.id),
    before.places,
  );
  await run.runners.openThreads(places);
  // A checkpoint beforehand: what moves is read from it while the data goes on, and less is left to write at the stop.
  const owners = rebalanceGroups(before.owners, parallelism);
  const ahead = await run.checkpoints.take(checkpointContext(run), { kind: 'checkpoint' });
  await preload(run, ahead, places, before, owners);
  const start = performance.now();
  const manifest = await halt(run);
  run.cancelTasks(true);
  // What the old tasks report from here on, e.g. lost connections among them, is of no interest.
  run.current = undefined;
  try {
    await deploy(run, parallelism, manifest, before.places, { owners, after: before.attempt });
  } catch (error) {
    run.failed(error as Error);
    throw error;
  }
  const moved = owners.filter((o, g) => o !== before.owners[g]).length;
  const result: RescaleResult = {
    from: before.parallelism,
    to: parallelism,
    pauseMs: Math.round(performance.now() - start),
    movedGroups: moved,
    restoredBytes: run.current!.restoredBytes,
  };
  run.lastRescale = result;
  run.options.log.info({ ...result }, `rescaled ${result.from} → ${result.to}, no rows for ${result.pauseMs} ms`);
  void collect(run);
  return result;
}

/** Lets each slot read the key groups that it will get. Gives up after a while: it only saves time. */
async function preload(
  run: JobRun,
  manifest: Manifest,
  places: readonly ThreadPlace[],
  before: Deployment,
  owners: readonly number[],
): Promise<void> {
  const from = {
    store: run.options.storeSpec,
    key: manifestKey(manifest),
    stateDisk: run.options.stateDisk,
  };
  const orders = readMoving(before, { places, owners }, from);
  run.preloading = new Set(orders.map(({ place }) => `${place.runner}/${place.thread}`));
  for (const { place, order } of orders) run.order(place, order);
  await run.conditions.until(() => run.preloading.size === 0 || run.current !== before, PRELOAD_MS);
  if (run.current !== before) throw new Error('the job failed while it was to be rescaled');
}
