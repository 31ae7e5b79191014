/** Which objects a job no longer needs: checkpoints beyond the newest few, and segments that no manifest names. */
import { listCheckpoints, type Manifest, readManifest } from './manifest.js';
import type { ObjectStore } from './store.js';

/**
 * Deletes checkpoints but the newest `retain`, then segments that no kept checkpoint and no savepoint names and that are older
 * than the oldest kept one (newer ones may belong to a checkpoint in progress), nor are among `unnamed`. Returns what was deleted.
 */
export async function collectGarbage(
  store: ObjectStore,
  retain: number,
  unnamed: ReadonlySet<string> = new Set(),
): Promise<{ deleted: string[] }> {
  const checkpoints = await listCheckpoints(store);
  const kept = checkpoints.slice(-Math.max(1, retain));
  const dropped = checkpoints.slice(0, -Math.max(1, retain));
  if (dropped.length === 0) return { deleted: [] };
  const savepoints = (await store.list('savepoints/')).filter((k) => k.endsWith('.json'));
  const named = new Set<string>(unnamed);
  for (const key of [...kept.map((k) => k.key), ...savepoints]) {
    for (const segment of segmentsOf(await readManifest(store, key))) named.add(segment);
  }
  const oldest = kept[0].id;
  const segments = (await store.list('segments/')).filter((key) => !named.has(key) && checkpointOf(key) <= oldest);
  // Manifests first: a manifest must never name a segment that is gone.
  const manifests = dropped.map((d) => d.key);
  await store.delete(manifests);
  await store.delete(segments);
  return { deleted: [...manifests, ...segments] };
}

/** `part`: number of the segment among those of the task at that checkpoint. */
export function segmentKey(node: string, checkpoint: number, attempt: number, subtask: number, part = 0): string {
  const task = part === 0 ? `${subtask}` : `${subtask}.${part}`;
  return `segments/${encodeURIComponent(node)}/${String(checkpoint).padStart(10, '0')}-${attempt}-${task}.seg`;
}

function checkpointOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1).split('-')[0]);
}

function segmentsOf(manifest: Manifest): string[] {
  return Object.values(manifest.nodes).flatMap((n) => n.keyed?.segments.map((s) => s.key) ?? []);
}
