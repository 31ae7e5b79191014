/** Runners without a slot follow the checkpoints, so that one of them goes on in a moment where another dies. */
import { stateBytes } from '../snapshot/manifest.js';
import { manifestKey } from './deploy.js';
import type { JobRun } from './job-run.js';
import { readBeside } from './read-ahead.js';

/** Tells them of the latest checkpoint. One that still reads an earlier one is left to it. State on disk is not held twice. */
export function tellStandbys(run: JobRun): void {
  const { current, options, following } = run;
  const { latest } = run.checkpoints;
  if (!current || !latest || options.stateDisk) return;
  const standbys = run.runners.ready.flatMap(({ id }) => (current.uses(id) ? [] : [id]));
  if (standbys.length === 0) return;
  const from = { store: options.storeSpec, key: manifestKey(latest) };
  for (const { place, order } of readBeside(current, standbys, from, stateBytes(latest))) {
    const at = `${place.runner}/${place.thread}`;
    if (following.has(at)) continue;
    following.add(at);
    run.order(place, order);
  }
}
