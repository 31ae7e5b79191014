/** Runners without a slot follow the checkpoints, so that one of them goes on in a moment where another dies. */
import { stateBytes } from '../snapshot/manifest.js';
import { manifestKey } from './deploy.js';
import type { JobRun } from './job-run.js';
import { readBeside } from './read-ahead.js';
import type { RunnerInfo } from './runners.js';

/** A runner that has joined for a rescale is told so within that time, and has other things to read. */
const SETTLED_MS = 1000;

/** A runner has joined: it is told of the latest checkpoint, should it be there to stand by. */
export function tellStandbysSoon(run: JobRun): void {
  const tell = () => run.enqueue(() => tellStandbys(run));
  setTimeout(() => void tell(), SETTLED_MS + 10).unref();
}

/** Tells them of the latest checkpoint. One that still reads an earlier one is left to it. State on disk is not held twice. */
export function tellStandbys(run: JobRun): void {
  const { current, options, following } = run;
  const { latest } = run.checkpoints;
  if (run.isClosed || run.state !== 'running' || !current || !latest || options.stateDisk) return;
  const nowMs = Date.now();
  const standsBy = ({ id, joinedMs }: RunnerInfo) => nowMs - joinedMs >= SETTLED_MS && !current.uses(id);
  const standbys = run.runners.ready.filter(standsBy).map(({ id }) => id);
  if (standbys.length === 0) return;
  const from = { store: options.storeSpec, key: manifestKey(latest) };
  for (const { place, order } of readBeside(current, standbys, from, stateBytes(latest))) {
    const at = `${place.runner}/${place.thread}`;
    if (following.has(at)) continue;
    following.add(at);
    run.order(place, order);
  }
}
