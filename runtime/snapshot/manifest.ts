/**
 * A manifest says what a snapshot consists of. It is written last and once: a snapshot without its manifest doesn't exist.
 */
import { createHash } from 'node:crypto';
import type { Plan } from '../graph/plan.js';
import type { Field } from '../record/types.js';
import type { Json, Split } from '../source/contract.js';
import { CorruptSnapshotError, parseGroups, type SegmentRef } from './segment.js';
import { ObjectMissingError, type ObjectStore } from './store.js';

/** A table of keyed state as its bytes are laid out. A restored table must have the same layout. */
export interface TableLayout {
  readonly name: string;
  readonly keys: readonly Field[];
  readonly values: readonly Field[];
  /** Entries live under a namespace (a window's end) as well as a key. */
  readonly namespaced: boolean;
  /** Several entries a key, each with a number. */
  readonly bucketed?: boolean;
  /** Of a bucketed table whose rows only come: it is kept as bytes. Its records are the same. */
  readonly appended?: boolean;
  /** Parts of the key that decide the key group; absent: all. */
  readonly groupKeys?: number;
}

export interface KeyedSnapshot {
  readonly tables: readonly TableLayout[];
  /** In order of their checkpoints. */
  readonly segments: readonly SegmentRef[];
  /** Per key group: blocks of checkpoints before this id are superseded. */
  readonly since: readonly number[];
}

/** A split with the watermark it had reached (null: none yet). */
export interface SplitSnapshot extends Split {
  readonly watermark: number | null;
  readonly finished?: boolean;
}

export interface NodeSnapshot {
  readonly keyed?: KeyedSnapshot;
  readonly splits?: readonly SplitSnapshot[];
  /** Sinks: what commits when the checkpoint is complete, of all subtasks. */
  readonly committables?: readonly Json[];
  readonly sinkStates?: readonly Json[];
  /** Operator state, a value a subtask. */
  readonly operator?: readonly Json[];
  /** The lowest watermark of the node's subtasks at the barrier. */
  readonly watermark?: number | null;
}

export interface Manifest {
  readonly version: 1;
  readonly job: string;
  readonly id: number;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly attempt: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Key group → subtask at the barrier. */
  readonly owners: readonly number[];
  readonly createdAtMs: number;
  /** The input had ended: nothing is left to do. */
  readonly final: boolean;
  /** Key of the snapshot that the job was told to start from, if it was. */
  readonly restoredFrom?: string;
  readonly plan: Plan;
  readonly nodes: Readonly<Record<string, NodeSnapshot>>;
  /** Whether the committables are known to be committed can't be known here: committing again is harmless. */
}

/** Bytes of keyed state that a snapshot names. */
export function stateBytes(manifest: Manifest): number {
  const sizes = new Map<string, number>();
  for (const node of Object.values(manifest.nodes))
    for (const s of node.keyed?.segments ?? []) sizes.set(s.key, s.bytes);
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

export const checkpointKey = (id: number) => `checkpoints/${String(id).padStart(10, '0')}.json`;
export const savepointKey = (name: string) => `savepoints/${name}.json`;

/** A snapshot is whole, and of another job. */
export class OtherJobError extends Error {
  readonly code = 'TW4002';
}

function encode(manifest: Manifest): Buffer {
  const body = JSON.stringify(manifest);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`{"sha256":"${sha256}","manifest":${body}}\n`);
}

/** Writes a manifest. Throws ObjectExistsError when another coordinator has written this checkpoint already. */
export async function writeManifest(store: ObjectStore, manifest: Manifest, savepoint?: string): Promise<string> {
  const key = savepoint === undefined ? checkpointKey(manifest.id) : savepointKey(savepoint);
  await store.put(key, encode(manifest), { ifAbsent: true });
  return key;
}

/** Reads and checks a manifest. `job`: refuses that of another job. */
export async function readManifest(store: ObjectStore, key: string, job?: string): Promise<Manifest> {
  const text = (await store.get(key)).toString();
  const corrupt = (why: string) => new CorruptSnapshotError(`manifest ${key} in ${store.description} ${why}`);
  const match = /^\{"sha256":"([0-9a-f]{64})","manifest":/.exec(text);
  if (!match || !text.endsWith('}\n')) throw corrupt('is cut short or is not a manifest');
  const body = text.slice(match[0].length, -2);
  if (createHash('sha256').update(body).digest('hex') !== match[1]) throw corrupt('does not match its checksum');
  const manifest = JSON.parse(body) as Manifest;
  if (manifest.version !== 1) throw corrupt(`has version ${manifest.version}; this Tidewheel reads version 1`);
  if (job !== undefined && manifest.job !== job) {
    throw new OtherJobError(
      `snapshot ${key} in ${store.description} belongs to job "${manifest.job}", not to "${job}": give each job a storage prefix of its own`,
    );
  }
  return manifest;
}

/** Keys of complete checkpoints, oldest first. */
export async function listCheckpoints(store: ObjectStore): Promise<{ id: number; key: string }[]> {
  const keys = await store.list('checkpoints/');
  return keys.filter((k) => k.endsWith('.json')).map((key) => ({ id: Number(key.slice(12, -5)), key }));
}

/** The newest complete checkpoint, or undefined. A damaged one is an error, not skipped: the restore policy decides. */
export async function latestManifest(store: ObjectStore, job?: string): Promise<Manifest | undefined> {
  for (let tries = 0; ; tries++) {
    const all = await listCheckpoints(store);
    if (all.length === 0) return undefined;
    try {
      return await readManifest(store, all[all.length - 1].key, job);
    } catch (error) {
      // Retention of a running coordinator may have removed it between the two calls.
      if (!(error instanceof ObjectMissingError) || tries > 3) throw error;
    }
  }
}

/** Drops segments in which every key group was superseded. */
export function pruneSegments(segments: readonly SegmentRef[], since: readonly number[]): SegmentRef[] {
  return segments.filter((s) => parseGroups(s.groups).some((g) => s.checkpoint >= (since[g] ?? 0)));
}
