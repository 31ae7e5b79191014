/**
 * What of a spec goes into the pods: one value for all that decides whether two specs run the same thing. `parallelism` and what
 * only the operator reads are not part of it.
 */
import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import { shortHash } from './names.js';

/** How the state begins when the coordinator of a deployment starts for the first time. */
export interface Beginning {
  /** Used once: a coordinator that starts again under the same id goes on from its own checkpoints. */
  readonly id: string;
  /** Key of the snapshot in the job's store; undefined: without state. */
  readonly from?: string;
  /** Place of the store that the snapshot is in, if it is another job's. */
  readonly store?: string;
}

/** Fields that only the operator reads: changing them touches no pod. */
export const OPERATOR_FIELDS = [
  'state',
  'upgradeMode',
  'savepoint',
  'rollback',
  'deadlines',
  'autoscaling',
  'deletionPolicy',
  'ttl',
] as const satisfies readonly (keyof StreamJobSpec)[];

/** The job file that the pods read. Settings of the operator are left out, so that changing them changes nothing there. */
export function jobFile(job: StreamJob, spec: StreamJobSpec): Record<string, unknown> {
  const kept: Record<string, unknown> = { ...spec };
  for (const field of OPERATOR_FIELDS) delete kept[field];
  // Where to begin is told once, by arguments; what may be left behind holds for each start.
  delete kept.restore;
  if (spec.restore.allowDroppedState) kept.restore = { allowDroppedState: true };
  delete kept.restartNonce;
  delete kept.standbyRunners;
  delete kept.podTemplate;
  delete kept.resources;
  delete kept.coordinatorResources;
  const { name, namespace } = job.metadata;
  return { apiVersion: job.apiVersion, kind: job.kind, metadata: { name, namespace }, spec: kept };
}

/** Hash of the job file but for its parallelism: a rescale keeps the coordinator. */
export function fileHash(job: StreamJob, spec: StreamJobSpec): string {
  const file = jobFile(job, spec) as { spec: Record<string, unknown> };
  const { parallelism: _p, slotsPerRunner: _s, ...rest } = file.spec;
  return shortHash(sorted(rest));
}

/** JSON with sorted keys: the API server doesn't keep their order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** Runners that the job's slots need. */
export function runnersOf(spec: Pick<StreamJobSpec, 'parallelism' | 'slotsPerRunner'>): number {
  return Math.max(1, Math.ceil(spec.parallelism / spec.slotsPerRunner));
}

/** Pods of runners, with those that stand by. */
export function runnerPodsOf(spec: Pick<StreamJobSpec, 'parallelism' | 'slotsPerRunner' | 'standbyRunners'>): number {
  return runnersOf(spec) + (spec.standbyRunners ?? 0);
}
