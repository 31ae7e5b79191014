/**
 * A change of the body alone: the coordinator that runs goes on with the new file, after a savepoint, on the runners that there are. Then
 * the pods' objects are brought to it; the coordinator that comes of that finds the job running, and the tasks go on meanwhile.
 *
 * What runs is read from the coordinator (`upgrade.id`, the hash of the file), not remembered: an operator that dies in between, or a spec
 * that is changed again, leads to the same end.
 */
import { parseDuration } from '../../runtime/time/duration.js';
import { fileHash, jobFile } from '../resources/deployed.js';
import { type Difference, isOfBody, sharesNothing } from './classify.js';
import type { Context, Look } from './context.js';

const NAME = 'upgrade';

/**
 * The job has gone on with the spec that is wanted, and its objects don't say so yet. Not before its tasks have come up, or failed to: a
 * coordinator that is replaced before that would find them half-way.
 */
export function hasGoneOn({ job, spec, deployed, view }: Look): boolean {
  const { id, pauseMs } = view?.upgrade ?? {};
  if (id === undefined || pauseMs === undefined || deployed === undefined) return false;
  return id === fileHash(job, spec) && id !== fileHash(job, deployed.spec);
}

/** The job goes on with the spec that is wanted, and its tasks have not come up yet. */
export function isGoingOn({ job, spec, view }: Look): boolean {
  const { id, pauseMs } = view?.upgrade ?? {};
  return id === fileHash(job, spec) && pauseMs === undefined && view?.state !== 'failed';
}

/** The job has gone on with a spec that was wanted once; what its objects say is wanted again. */
export function hasStrayed({ job, deployed, view }: Look): boolean {
  const id = view?.upgrade?.id;
  return id !== undefined && deployed !== undefined && id !== fileHash(job, deployed.spec);
}

export function goesInPlace({ spec, view, deployed, memory, generation }: Look, difference: Difference): boolean {
  return (
    spec.upgradeMode === 'savepoint' &&
    view?.state === 'running' &&
    deployed !== undefined &&
    isOfBody(difference) &&
    !sharesNothing(spec) &&
    memory.notInPlace !== generation
  );
}

/** Asks for it once. Returns what it waits for. */
export function changeInPlace(context: Context, look: Look): string {
  const { spec, generation, job, key, memory, status, deployed, view } = look;
  const operation = context.operations.get(key);
  if (operation?.state === 'running') return 'goes on with the new body after a savepoint';
  if (operation?.name === NAME && operation.state === 'failed' && operation.generation === generation) {
    // A savepoint that can't be taken now is tried again on the way that makes a new coordinator.
    memory.notInPlace = generation;
    context.operations.clear(key);
    return `can't go on in place: ${operation.error?.message}`;
  }
  context.operations.clear(key);
  // What a roll-back returns to, if it ran without failure.
  if (deployed && view?.restarts === 0) status.stable = { generation: deployed.generation, spec: deployed.spec };
  const body = {
    file: jobFile(job, spec),
    savepoint: `upgrade-g${generation}-${Math.floor(context.now() / 1000).toString(36)}`,
    id: fileHash(job, spec),
  };
  const timeoutMs = parseDuration(spec.deadlines.savepoint);
  context.operations.start(key, NAME, generation, () => context.coordinators.upgrade(job, body, timeoutMs));
  return 'takes a savepoint';
}

/** Notes in the status what the change in place has cost, and what a roll-back may begin with. */
export function noteGoneOn(context: Context, look: Look): void {
  const { status, view, generation, key } = look;
  context.operations.clear(key);
  const { location, pauseMs } = view?.upgrade ?? {};
  if (location !== undefined) {
    const time = new Date(context.now()).toISOString();
    status.lastSavepoint = { location, time, trigger: `upgrade-g${generation}` };
    if (status.stable) status.stable = { ...status.stable, snapshot: location };
  }
  if (status.change) {
    status.change = { ...status.change, step: 'switch', ...(pauseMs === undefined ? {} : { pauseMs }) };
  }
}
