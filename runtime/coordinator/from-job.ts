/** JobDefinition → what the coordinator needs. */
import { isAbsolute, join, resolve as resolvePath } from 'node:path';
import { bytesOf } from '../../api/quantity.js';
import type { JobDefinition } from '../job/index.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import { KEYS_IN_ENVIRONMENT, type StoreSpec } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import type { Registry } from '../task/environment.js';
import { parseDuration } from '../time/duration.js';
import type { CoordinatorOptions } from './contract.js';
import type { RestartSpec } from './restart.js';

export interface CoordinatorSettings {
  readonly registry: Pick<Registry, 'source' | 'models'>;
  readonly resolve: (text: string) => string;
  readonly log: Logger;
  readonly expectedRunners: number;
  /** Where the state goes when the job names no storage. */
  readonly defaultStateDir: string;
  readonly restoreFrom?: string;
  readonly startAgainWhenFinished?: boolean;
  readonly deployment?: string;
}

/** Where the job's snapshots go; secrets as references. */
export function storeSpecOf(job: JobDefinition, defaultStateDir: string): StoreSpec {
  const { storage } = job.spec;
  if (storage?.s3) {
    const { s3 } = storage;
    const key = (name: keyof typeof KEYS_IN_ENVIRONMENT, given: unknown) =>
      typeof given === 'string' ? given : KEYS_IN_ENVIRONMENT[name];
    return {
      kind: 's3',
      endpoint: s3.endpoint,
      bucket: s3.bucket,
      prefix: s3.prefix ?? `${job.namespace ?? 'default'}/${job.name}`,
      region: s3.region,
      accessKey: key('accessKey', s3.accessKey),
      secretKey: key('secretKey', s3.secretKey),
    };
  }
  if (storage?.local) {
    const { path } = storage.local;
    return { kind: 'file', path: join(isAbsolute(path) ? path : resolvePath(job.baseDir, path), job.name) };
  }
  return { kind: 'file', path: join(defaultStateDir, job.name) };
}

export async function coordinatorOptions(
  job: JobDefinition,
  settings: CoordinatorSettings,
): Promise<CoordinatorOptions> {
  const { spec } = job;
  const storeSpec = storeSpecOf(job, settings.defaultStateDir);
  return {
    job: job.name,
    plan: job.plan,
    parallelism: spec.parallelism,
    maxParallelism: spec.maxParallelism,
    batch: spec.mode === 'batch',
    guarantee: spec.checkpoint.guarantee,
    stateDisk: stateDiskOf(job),
    checkpoint: {
      intervalMs: parseDuration(spec.checkpoint.interval),
      timeoutMs: parseDuration(spec.checkpoint.timeout),
      minPauseMs: parseDuration(spec.checkpoint.minPause),
      tolerableFailures: spec.checkpoint.tolerableFailures,
      retained: spec.checkpoint.retained,
    },
    restart: restartOf(job),
    store: await openStore(resolveStore(storeSpec, settings.resolve), settings.log),
    storeSpec,
    baseDir: job.baseDir,
    registry: settings.registry,
    resolve: settings.resolve,
    log: settings.log,
    expectedRunners: settings.expectedRunners,
    restore: restoreOf(job, settings),
    allowDroppedState: spec.restore.allowDroppedState,
    compile: async (file) => {
      const { defineJob, placesOfObject } = await import('../job/index.js');
      const changed = await defineJob(file, placesOfObject(job.name), job.baseDir, {});
      return { plan: changed.plan, allowDroppedState: changed.spec.restore.allowDroppedState };
    },
    startAgainWhenFinished: settings.startAgainWhenFinished,
    deployment: settings.deployment,
  };
}

function stateDiskOf({ spec }: JobDefinition): CoordinatorOptions['stateDisk'] {
  const { type, cache, folder } = spec.stateBackend;
  return type === 'disk' ? { folder, cacheBytes: cache === undefined ? undefined : bytesOf(cache) } : undefined;
}

/** What the job file says is done once; what is asked for at a start, at each start. */
function restoreOf(job: JobDefinition, settings: CoordinatorSettings): CoordinatorOptions['restore'] {
  if (settings.restoreFrom !== undefined)
    return { from: settings.restoreFrom, again: settings.startAgainWhenFinished === true };
  const { from } = job.spec.restore;
  return from === undefined ? undefined : { from, again: false };
}

function restartOf(job: JobDefinition): RestartSpec {
  const { restart } = job.spec;
  switch (restart.kind) {
    case 'none':
      return { kind: 'none' };
    case 'fixed':
      return { kind: 'fixed', delayMs: parseDuration(restart.delay), maxAttempts: restart.attempts };
    default:
      return {
        kind: 'exponential',
        // The first restart comes at once: most failures are a lost process whose successor is there.
        initialDelayMs: 0,
        maxDelayMs: parseDuration(restart.maxDelay),
        multiplier: restart.multiplier,
        resetAfterMs: parseDuration(restart.resetAfter),
      };
  }
}
