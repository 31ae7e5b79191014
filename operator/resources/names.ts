/** Names, labels and ports of what belongs to a job. The chart, the network policies and the command line count on them. */
import { createHash } from 'node:crypto';
import type { ModelDeployment, StreamJob } from '../../api/index.js';
import type { OwnerReference } from '../kube/objects.js';

export const CONTROL_PORT = 6120;
export const HTTP_PORT = 6121;

export const LABEL_JOB = 'tidewheel.dev/job';
/** On StreamSnapshots that the operator makes: what asked for them, and for which job exactly. */
export const LABEL_TRIGGER = 'tidewheel.dev/trigger';
export const LABEL_JOB_UID = 'tidewheel.dev/job-uid';
export const LABEL_COMPONENT = 'tidewheel.dev/component';
export const LABEL_MANAGED = 'app.kubernetes.io/managed-by';
export const MANAGED_BY = 'tidewheel-operator';
/** Which spec a Deployment runs; see deployed.ts. */
export const ANNOTATION_GENERATION = 'tidewheel.dev/generation';
/** On the coordinator's pod: a pod of an earlier start is not asked how the job does. */
export const ANNOTATION_ATTEMPT = 'tidewheel.dev/attempt';
export const ANNOTATION_DEPLOYMENT = 'tidewheel.dev/deployment';
export const FINALIZER = 'tidewheel.dev/state';
/** The container that the operator makes, into which a pod template is merged. */
export const MAIN_CONTAINER = 'tidewheel';

export type Component = 'coordinator' | 'runner';

/** Names of StatefulSets must leave room for what Kubernetes appends to them in labels. */
const MAX_BASE = 40;

export interface JobNames {
  readonly coordinator: string;
  readonly runner: string;
  readonly serviceAccount: string;
  readonly networkPolicy: string;
  readonly authority: string;
  readonly certificate: string;
  configMap(hash: string): string;
  /** `name.namespace.svc` of the coordinator's Service. */
  readonly coordinatorHost: string;
}

export function namesOf(job: { metadata: { name: string; namespace?: string } }): JobNames {
  const base = shortBase(job.metadata.name);
  return {
    coordinator: `${base}-coordinator`,
    runner: `${base}-runner`,
    serviceAccount: `${base}-job`,
    networkPolicy: `${base}-job`,
    authority: `${base}-ca`,
    certificate: `${base}-tls`,
    configMap: (hash) => `${base}-job-${hash}`,
    coordinatorHost: `${base}-coordinator.${job.metadata.namespace ?? 'default'}.svc`,
  };
}

/** The name, or its beginning with a hash where it is too long for what is appended to it. */
export function shortBase(name: string): string {
  return name.length <= MAX_BASE ? name : `${name.slice(0, MAX_BASE - 9)}-${shortHash(name)}`;
}

/** Labels that select the pods of a component; they never change. */
export function selectorOf(job: StreamJob, component: Component): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'tidewheel',
    [LABEL_JOB]: job.metadata.name.slice(0, 63),
    [LABEL_COMPONENT]: component,
  };
}

export function labelsOf(job: StreamJob, component?: Component): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'tidewheel',
    'app.kubernetes.io/instance': job.metadata.name.slice(0, 63),
    [LABEL_MANAGED]: MANAGED_BY,
    [LABEL_JOB]: job.metadata.name.slice(0, 63),
    ...(component ? { [LABEL_COMPONENT]: component } : {}),
  };
}

export function ownerOf(job: Pick<StreamJob | ModelDeployment, 'apiVersion' | 'kind' | 'metadata'>): OwnerReference[] {
  const { name, uid } = job.metadata;
  return [
    { apiVersion: job.apiVersion, kind: job.kind, name, uid: uid ?? '', controller: true, blockOwnerDeletion: true },
  ];
}

/** Metadata of an object of the job. */
export function metaOf(
  job: StreamJob,
  name: string,
  component?: Component,
): { name: string; namespace: string; labels: Record<string, string>; ownerReferences: OwnerReference[] } {
  return {
    name,
    namespace: job.metadata.namespace ?? 'default',
    labels: labelsOf(job, component),
    ownerReferences: ownerOf(job),
  };
}

export function shortHash(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
