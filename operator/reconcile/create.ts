import { TidewheelError } from '../../api/index.js';
import { type Beginning, runnerPodsOf } from '../resources/deployed.js';
import { shortHash } from '../resources/names.js';
import { placeOf } from '../resources/store-place.js';
import { applyPods, applySurroundings } from './apply.js';
import { beginChange } from './change.js';
import { type Again, type Context, type Look, SOON_MS } from './context.js';

/** First start: everything the job needs, all at once. */
export async function create(context: Context, look: Look): Promise<Again> {
  const { spec, generation } = look;
  const beginning = beginningOf(context, look);
  const isUp = spec.state === 'running';
  const message = `starts with parallelism ${spec.parallelism} on ${runnerPodsOf(spec)} runner(s)`;
  const { change } = look.status;
  const isAgain = change?.kind === 'start' && change.generation === generation && !change.completedAt;
  if (isUp) beginChange(context, look, 'start', 'pods', message);
  // A start that broke off half-way goes on under its number: pods made already stay.
  if (!isAgain || look.status.attempt === undefined) look.status.attempt = (look.status.attempt ?? 0) + 1;
  if (beginning?.from !== undefined) look.status.restoredFrom = beginning.from;
  // A pod whose Secret isn't there yet waits much longer for it than making it takes.
  await applySurroundings(context, look, spec);
  await applyPods(context, look, spec, { isUp, generation, beginning, attempt: look.status.attempt ?? 1 });
  return SOON_MS;
}

/**
 * What `restore` says, for a first start and for one where it changed. Throws TW4101 while a snapshot that is named is not there.
 */
export function beginningOf(context: Context, look: Look): Beginning | undefined {
  const { restore } = look.spec;
  let from = restore.from;
  let store: string | undefined;
  if (restore.snapshotRef !== undefined) {
    const snapshot = context.snapshots.get(`${look.job.metadata.namespace}/${restore.snapshotRef}`);
    from = snapshot?.status?.location;
    if (from === undefined) {
      const why = snapshot ? `is ${snapshot.status?.phase ?? 'Pending'}` : 'is not there';
      throw new TidewheelError('TW4101', `StreamSnapshot ${restore.snapshotRef} of spec.restore ${why}`, {
        retryable: true,
      });
    }
    // Its own snapshots are where its state is.
    if (snapshot?.status?.store !== placeOf(look.job)) store = snapshot?.status?.store;
  }
  if (from === undefined) return undefined;
  const id = `restore-${shortHash([look.job.metadata.uid, from, ...(store === undefined ? [] : [store])])}`;
  return { id, from, ...(store === undefined ? {} : { store }) };
}
