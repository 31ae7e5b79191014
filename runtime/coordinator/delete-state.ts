/** Removing what a job has in its store. */
import { TidewheelError } from '../../api/errors.js';
import { readManifest } from '../snapshot/manifest.js';
import type { ObjectStore } from '../snapshot/store.js';

const SAVEPOINT = /^savepoints\/[A-Za-z0-9][A-Za-z0-9._-]*\.json$/;

/** Deletes a savepoint. Segments that only it named go with the next clean-up after a checkpoint. */
export async function deleteSavepoint(store: ObjectStore, location: string): Promise<void> {
  if (!SAVEPOINT.test(location)) throw new TidewheelError('TW1004', `'${location}' is not the location of a savepoint`);
  await store.delete([location]);
}

/** Deletes all that a job that is over has in its store, but for the savepoint `keep`. Resolves with the number of objects. */
export async function deleteState(store: ObjectStore, keep?: string): Promise<number> {
  const kept = new Set<string>();
  if (keep !== undefined) {
    const manifest = await readManifest(store, keep);
    kept.add(keep);
    for (const node of Object.values(manifest.nodes)) for (const s of node.keyed?.segments ?? []) kept.add(s.key);
  }
  let count = 0;
  // Manifests first: one must never name a segment that is gone.
  for (const prefix of ['checkpoints/', 'savepoints/', 'segments/', 'beginnings/', 'changed-files/', 'epochs/']) {
    const keys = (await store.list(prefix)).filter((key) => !kept.has(key));
    await store.delete(keys);
    count += keys.length;
  }
  return count;
}
