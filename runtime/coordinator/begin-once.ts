/**
 * How the state of a deployment begins, done once for each id: a coordinator that is started again under the same id goes on from
 * the checkpoints made since, not from the beginning again.
 *
 * To begin from a snapshot means to make it the job's newest checkpoint; to begin without state, to forget the checkpoints.
 * Savepoints are kept either way.
 */
import {
  listCheckpoints,
  type Manifest,
  type NodeSnapshot,
  readManifest,
  writeManifest,
} from '../snapshot/manifest.js';
import type { ObjectStore } from '../snapshot/store.js';

export interface Beginning {
  readonly id: string;
  /** Key of the snapshot, e.g. `savepoints/NAME.json`; undefined: no state. */
  readonly from?: string;
  /** Store of the job whose snapshot it is, if that is another one: what it names is copied. */
  readonly store?: ObjectStore;
}

/** Resolves with whether something was done. Rejects when the snapshot is missing or damaged; nothing is changed then. */
export async function beginOnce(store: ObjectStore, job: string, beginning: Beginning): Promise<boolean> {
  const marker = `beginnings/${beginning.id}`;
  if ((await store.list(marker)).includes(marker)) return false;
  const checkpoints = await listCheckpoints(store);
  if (beginning.from === undefined) await store.delete(checkpoints.map((c) => c.key));
  else {
    const manifest = beginning.store
      ? await copySnapshot(beginning.store, store, beginning.from, beginning.id)
      : await readManifest(store, beginning.from);
    const last = checkpoints.length === 0 ? 0 : checkpoints[checkpoints.length - 1].id;
    await writeManifest(store, { ...manifest, job, kind: 'checkpoint', id: Math.max(last, manifest.id) + 1 });
  }
  await store.put(marker, Buffer.from(JSON.stringify({ atMs: Date.now(), from: beginning.from })));
  return true;
}

/**
 * Copies the state that a snapshot of another job names; resolves with a manifest that names the copies. What sinks had still to
 * commit stays with the other job: it is the one that commits it.
 */
async function copySnapshot(from: ObjectStore, to: ObjectStore, key: string, id: string): Promise<Manifest> {
  const manifest = await readManifest(from, key);
  const copies = new Map<string, string>();
  const nodes: Record<string, NodeSnapshot> = {};
  for (const [name, node] of Object.entries(manifest.nodes)) {
    const { committables: _c, sinkStates: _s, ...kept } = node;
    if (!kept.keyed) {
      nodes[name] = kept;
      continue;
    }
    const segments = [];
    for (const segment of kept.keyed.segments) {
      let copy = copies.get(segment.key);
      if (copy === undefined) {
        // Segments of both jobs may have the same names.
        copy = segment.key.replace(/(\.seg)?$/, `-${id}$1`);
        await to.put(copy, await from.get(segment.key));
        copies.set(segment.key, copy);
      }
      segments.push({ ...segment, key: copy });
    }
    nodes[name] = { ...kept, keyed: { ...kept.keyed, segments } };
  }
  return { ...manifest, nodes };
}
