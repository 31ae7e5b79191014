/** What all steps work with. */
import type { StreamJob, StreamJobSpec, StreamJobStatus, StreamSnapshot } from '../../api/index.js';
import type { Logger } from '../../runtime/source/contract.js';
import { parseDuration } from '../../runtime/time/duration.js';
import type { CoordinatorApi, CoordinatorView } from '../coordinator-api.js';
import type { KubeClient } from '../kube/client.js';
import type { EventRecorder } from '../kube/events.js';
import type { ObjectCache } from '../kube/informer.js';
import type { KubeObject } from '../kube/objects.js';
import type { OperatorMetrics } from '../metrics.js';
import type { Beginning } from '../resources/deployed.js';
import type { OperatorSettings } from '../resources/pods.js';
import type { Difference } from './classify.js';
import type { Operations } from './operations.js';

export interface Context {
  readonly client: KubeClient;
  readonly jobs: ObjectCache<StreamJob & KubeObject>;
  readonly snapshots: ObjectCache<StreamSnapshot & KubeObject>;
  readonly deployments: ObjectCache<KubeObject>;
  readonly statefulSets: ObjectCache<KubeObject>;
  readonly pods: ObjectCache<KubeObject>;
  readonly coordinators: CoordinatorApi;
  readonly operations: Operations;
  readonly events: EventRecorder;
  readonly metrics: OperatorMetrics;
  readonly settings: OperatorSettings;
  readonly log: Logger;
  readonly now: () => number;
  /** What is remembered of a job between two looks; losing it loses nothing that matters. */
  readonly memory: Map<string, JobMemory>;
}

export interface JobMemory {
  rates?: { sample: import('./rates.js').RateSample; rates?: import('./rates.js').Rates };
  /** What is worked out from an object, until the object changes: a look at a job at rest must cost next to nothing. */
  spec?: { readonly of: string; readonly spec: StreamJobSpec };
  deployed?: { readonly of: string; readonly value: Look['deployed'] };
  difference?: { readonly deployed: StreamJobSpec; readonly spec: StreamJobSpec; readonly value: Difference };
  surroundingsOf?: StreamJobSpec;
  statusText?: string;
  writtenMs?: number;
  significant?: string;
  /** Since when the job has been in its phase, as far as this operator has seen. */
  phase?: { readonly name: string; readonly sinceMs: number };
  /** Since when there are fewer runner pods than there should be. */
  runnersMissingSinceMs?: number;
  /** What a pod died of that has been replaced since. */
  crash?: { readonly problem: import('./pod-problems.js').PodProblem; readonly untilMs: number };
  /** When pods that died were replaced. */
  replacedMs?: readonly number[];
  /** Generation whose change could not be made in place. */
  notInPlace?: number;
  certificateDueMs?: number;
  surroundings?: string;
  judged?: { key: string; judgement: import('./judge.js').Judgement };
  restarts?: number;
  autoscaler?: import('./autoscale.js').AutoscalerMemory;
}

/** A job as it is now: what is asked for, what stands in the cluster, and what its coordinator says. */
export interface Look {
  readonly key: string;
  readonly job: StreamJob & KubeObject;
  readonly spec: StreamJobSpec;
  readonly generation: number;
  readonly deployment?: KubeObject;
  /** What the pods were made from. */
  readonly deployed?: {
    readonly spec: StreamJobSpec;
    readonly beginning?: Beginning;
    readonly generation: number;
    readonly attempt: number;
  };
  readonly runners?: KubeObject;
  readonly coordinatorPods: readonly KubeObject[];
  readonly runnerPods: readonly KubeObject[];
  /** Undefined while it doesn't answer. */
  readonly view?: CoordinatorView;
  /** The status to be written. Steps change it. */
  readonly status: { -readonly [F in keyof StreamJobStatus]?: StreamJobStatus[F] };
  readonly memory: JobMemory;
}

/** After how many milliseconds to look again; undefined: only when something changes. */
export type Again = number | undefined;

/** While something is going on. */
export const SOON_MS = 250;
/** While all is well: rates are read. */
export const STEADY_MS = 5000;
/** Of many jobs each is looked at less often, so that looking takes a small share of a core however many there are. */
const STEADY_SHARE_MS = 30;

export function steadyMs(context: Context, look: Look): number {
  // The autoscaler needs some samples within its window.
  const { autoscaling } = look.spec;
  if (autoscaling) return Math.min(STEADY_MS, Math.max(500, parseDuration(autoscaling.window) / 4));
  return Math.max(STEADY_MS, context.jobs.size * STEADY_SHARE_MS);
}

/** Waiting for something that no watch tells of, e.g. for the coordinator to answer: less often the longer it takes. */
export function patienceMs(sinceMs: number): number {
  return Math.min(STEADY_MS, Math.max(SOON_MS, sinceMs / 20));
}
