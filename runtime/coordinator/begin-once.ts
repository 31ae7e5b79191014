/**
 * How the state of a deployment begins, done once for each id: a coordinator that is started again under the same id goes on from
 * the checkpoints made since, not from the beginning again.
 *
 * To begin from a snapshot means to make it the job's newest checkpoint; to begin without state, to forget the checkpoints.
 * Savepoints are kept either way.
 */
import { listCheckpoints, readManifest, writeManifest } from '../snapshot/manifest.js';
import type { ObjectStore } from '../snapshot/store.js';

export interface Beginning {
  readonly id: string;
  /** Key of the snapshot, e.g. `savepoints/NAME.json`; undefined: no state. */
  readonly from?: string;
}

/** Resolves with whether something was done. Rejects when the snapshot is missing or damaged; nothing is changed then. */
export async function beginOnce(store: ObjectStore, job: string, beginning: Beginning): Promise<boolean> {
  const marker = `beginnings/${beginning.id}`;
  if ((await store.list(marker)).includes(marker)) return false;
  const checkpoints = await listCheckpoints(store);
  if (beginning.from === undefined) await store.delete(checkpoints.map((c) => c.key));
  else {
    const manifest = await readManifest(store, beginning.from);
    const last = checkpoints.length === 0 ? 0 : checkpoints[checkpoints.length - 1].id;
    await writeManifest(store, { ...manifest, job, kind: 'checkpoint', id: Math.max(last, manifest.id) + 1 });
  }
  await store.put(marker, Buffer.from(JSON.stringify({ atMs: Date.now(), from: beginning.from })));
  return true;
}
