/** The three kinds: names, subresources and columns, each with the schemas of its spec and status. */
import type { Condition } from './conditions.js';
import type { ModelDeploymentSpec, ModelDeploymentStatus } from './model-deployment.js';
import { modelDeploymentSpec, modelDeploymentStatus } from './model-deployment.js';
import type { Rule, Schema } from './schema.js';
import { type StreamJobSpec, streamJobSpec } from './stream-job.js';
import { type StreamJobStatus, streamJobStatus } from './stream-job-status.js';
import {
  type StreamSnapshotSpec,
  type StreamSnapshotStatus,
  streamSnapshotSpec,
  streamSnapshotStatus,
} from './stream-snapshot.js';

export const API_GROUP = 'tidewheel.dev';
export const API_VERSION = 'v1alpha1';
/** As it stands in `apiVersion:`. */
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}`;

/** The part of Kubernetes' ObjectMeta that Tidewheel reads. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Resource<Kind extends string, Spec, Status> {
  apiVersion: typeof API_GROUP_VERSION;
  kind: Kind;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status & { conditions?: Condition[] };
}

export type StreamJob = Resource<'StreamJob', StreamJobSpec, StreamJobStatus>;
export type StreamSnapshot = Resource<'StreamSnapshot', StreamSnapshotSpec, StreamSnapshotStatus>;
export type ModelDeployment = Resource<'ModelDeployment', ModelDeploymentSpec, ModelDeploymentStatus>;

export interface Column {
  readonly name: string;
  readonly path: string;
  readonly type: 'string' | 'integer' | 'date' | 'number';
  readonly description: string;
  /** Shown only with `-o wide`. */
  readonly wide?: boolean;
}

export interface ResourceKind {
  readonly kind: 'StreamJob' | 'StreamSnapshot' | 'ModelDeployment';
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Schema;
  /** Rules over the whole object, where spec and status meet. */
  readonly rules?: readonly Rule[];
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector: string };
  readonly columns: readonly Column[];
}

const age: Column = {
  name: 'Age',
  path: '.metadata.creationTimestamp',
  type: 'date',
  description: 'Time since it was created.',
};
const message: Column = {
  name: 'Message',
  path: '.status.message',
  type: 'string',
  description: 'What is happening.',
  wide: true,
};

export const STREAM_JOB: ResourceKind = {
  kind: 'StreamJob',
  plural: 'streamjobs',
  singular: 'streamjob',
  shortNames: ['sj'],
  description:
    'StreamJob is a streaming or batch job. It has exactly one body: sql (streaming SQL), graph (steps with inline functions) or program. Edit parallelism and it rescales in place; edit the body and it is upgraded from its state.',
  spec: streamJobSpec,
  status: streamJobStatus,
  rules: [
    {
      cel: "self.spec.maxParallelism == oldSelf.spec.maxParallelism || !has(oldSelf.status) || (!has(oldSelf.status.lastCheckpoint) && !has(oldSelf.status.lastSavepoint)) || self.spec.upgradeMode == 'stateless'",
      message: 'maxParallelism is fixed once there is state; use upgradeMode: stateless to start anew',
      field: 'spec.maxParallelism',
    },
  ],
  scale: { spec: '.spec.parallelism', status: '.status.parallelism', selector: '.status.selector' },
  columns: [
    { name: 'State', path: '.status.phase', type: 'string', description: 'Where the job is in its life.' },
    { name: 'Ready', path: '.status.ready', type: 'string', description: 'Task instances that run, of those wanted.' },
    { name: 'Parallelism', path: '.spec.parallelism', type: 'integer', description: 'Parallelism wanted.' },
    { name: 'Records/s', path: '.status.recordsPerSecond', type: 'string', description: 'Rows read per second.' },
    { name: 'Lag', path: '.status.lag', type: 'string', description: 'Records still unread.' },
    {
      name: 'Checkpoint',
      path: '.status.lastCheckpoint.time',
      type: 'date',
      description: 'Time since the last complete checkpoint.',
    },
    age,
    { name: 'Restarts', path: '.status.restarts', type: 'integer', description: 'Restarts.', wide: true },
    message,
  ],
};

export const STREAM_SNAPSHOT: ResourceKind = {
  kind: 'StreamSnapshot',
  plural: 'streamsnapshots',
  singular: 'streamsnapshot',
  shortNames: ['ss'],
  description:
    'StreamSnapshot is a savepoint: taken of a running StreamJob, or imported from the store. Jobs start from it by restore.snapshotRef.',
  spec: streamSnapshotSpec,
  status: streamSnapshotStatus,
  columns: [
    { name: 'Job', path: '.status.job', type: 'string', description: 'Job of which it was taken.' },
    { name: 'State', path: '.status.phase', type: 'string', description: 'Where the snapshot is in its life.' },
    { name: 'Size', path: '.status.size', type: 'string', description: 'Size of the state.' },
    { name: 'Completed', path: '.status.completedAt', type: 'date', description: 'Time since it was complete.' },
    age,
    { name: 'Location', path: '.status.location', type: 'string', description: 'Where it is kept.', wide: true },
    message,
  ],
};

export const MODEL_DEPLOYMENT: ResourceKind = {
  kind: 'ModelDeployment',
  plural: 'modeldeployments',
  singular: 'modeldeployment',
  shortNames: ['md'],
  description:
    'ModelDeployment serves versions of a model over the Open Inference Protocol, with canary weights and automatic roll-back.',
  spec: modelDeploymentSpec,
  status: modelDeploymentStatus,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.status.selector' },
  columns: [
    { name: 'Model', path: '.spec.model', type: 'string', description: 'Name of the model.' },
    { name: 'State', path: '.status.phase', type: 'string', description: 'Where the deployment is in its life.' },
    { name: 'Version', path: '.status.version', type: 'string', description: 'Version in use.' },
    { name: 'Next', path: '.status.rollout.to', type: 'string', description: 'Version that is to take over.' },
    { name: 'Share', path: '.status.rollout.weight', type: 'integer', description: 'Percent of requests it gets.' },
    { name: 'Replicas', path: '.status.replicas', type: 'integer', description: 'Server pods that are ready.' },
    { name: 'Requests/s', path: '.status.requestsPerSecond', type: 'string', description: 'Requests per second.' },
    { name: 'p99', path: '.status.latencyP99', type: 'string', description: '99th percentile of the latency.' },
    { name: 'URL', path: '.status.url', type: 'string', description: 'Where requests go.', wide: true },
    age,
    message,
  ],
};

export const RESOURCE_KINDS: readonly ResourceKind[] = [STREAM_JOB, STREAM_SNAPSHOT, MODEL_DEPLOYMENT];
