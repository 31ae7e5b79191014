/**
 * Starting from a chosen snapshot means making it the job's newest checkpoint. From there on nothing is special: a restart before the
 * next checkpoint, or a coordinator that takes over, begins with the newest checkpoint as ever.
 */
import {
  checkpointKey,
  latestManifest,
  listCheckpoints,
  type Manifest,
  readManifest,
  writeManifest,
} from '../snapshot/manifest.js';
import type { ObjectStore } from '../snapshot/store.js';

export interface RestoreStart {
  /** To start from. */
  readonly manifest: Manifest;
  /** It was written just now. */
  readonly isNew: boolean;
}

/**
 * Finds the manifest to start from, or writes it. `again`: also when the newest checkpoint comes from this snapshot already, which
 * otherwise is gone on with. Rejects when the snapshot is missing, damaged or of another job; nothing is changed then.
 */
export async function restoreOnce(store: ObjectStore, job: string, key: string, again: boolean): Promise<RestoreStart> {
  const from = await readManifest(store, key, job);
  if (!again) {
    // A newest checkpoint that can't be used is no reason not to go back to an older snapshot: that is what one does then.
    const latest = await latestManifest(store, job).catch(() => undefined);
    if (latest?.restoredFrom === key) return { manifest: latest, isNew: false };
  }
  const last = (await listCheckpoints(store)).at(-1)?.id ?? 0;
  const manifest: Manifest = {
    ...from,
    kind: 'checkpoint',
    id: Math.max(last, from.id) + 1,
    createdAtMs: Date.now(),
    restoredFrom: key,
  };
  await writeManifest(store, manifest);
  return { manifest, isNew: true };
}

/** No task could use what restoreOnce() wrote: the job's newest checkpoint is the one before again. */
export async function undoRestore(store: ObjectStore, { id }: Manifest): Promise<void> {
  await store.delete([checkpointKey(id)]);
}
