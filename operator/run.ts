/** The operator as a process: caches, leader election, the queue, and the port that tells how it does. */
import { createServer } from 'node:http';
import { type ModelDeployment, type StreamJob, type StreamSnapshot, toErrorMessage } from '../api/index.js';
import type { Logger } from '../runtime/source/contract.js';
import { CoordinatorApi, inCluster, throughApiServer } from './coordinator-api.js';
import { Audit } from './kube/audit.js';
import { KubeClient } from './kube/client.js';
import { connectKube, type KubeConnection } from './kube/connection.js';
import { EventRecorder } from './kube/events.js';
import { Informers } from './kube/informers.js';
import { Leader } from './kube/leader.js';
import {
  DEPLOYMENTS,
  type KubeObject,
  keyOf,
  MODEL_DEPLOYMENTS,
  PODS,
  type ResourceType,
  STATEFUL_SETS,
  STREAM_JOBS,
  STREAM_SNAPSHOTS,
} from './kube/objects.js';
import { WorkQueue } from './kube/work-queue.js';
import { operatorMetrics } from './metrics.js';
import { LABEL_MODEL } from './models/names.js';
import { PodApi, podsThroughApiServer, straightToPods } from './models/pod-api.js';
import { MODEL_KEY, type ModelContext, reconcileModel } from './models/reconcile-model.js';
import type { Context } from './reconcile/context.js';
import { reconcileJob } from './reconcile/job.js';
import { Operations } from './reconcile/operations.js';
import { reconcileSnapshot, SNAPSHOT_KEY } from './reconcile/snapshot.js';
import { LABEL_JOB } from './resources/names.js';
import type { OperatorSettings } from './resources/pods.js';

export interface OperatorOptions {
  readonly log: Logger;
  readonly settings: OperatorSettings;
  /** Namespaces to look after; empty: all. */
  readonly namespaces: readonly string[];
  readonly identity: string;
  /** Lease by which one of several leads; undefined: no election. */
  readonly lease?: { readonly namespace: string; readonly name: string };
  readonly port: number;
  readonly host: string;
  readonly workers: number;
  readonly context?: string;
  /** In place of what the environment says. */
  readonly connection?: KubeConnection;
  /** Coordinators are asked through the API server: for an operator outside the cluster. */
  readonly outside: boolean;
  readonly onLost: () => void;
}

export interface RunningOperator {
  readonly port: number;
  stop(): Promise<void>;
}

export async function runOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { log } = options;
  const audit = new Audit(log);
  const connection = options.connection ?? (await connectKube({ context: options.context }));
  const client = new KubeClient(connection, (write) => audit.wrote(write));
  const warn = (what: string) => (error: unknown) => log.warn({ error: toErrorMessage(error).message }, what);
  const queue: WorkQueue = new WorkQueue({
    workers: options.workers,
    work: (key) => look(key),
    onTaken: (waitedMs) => metrics.waited(waitedMs / 1000),
    onError: (key, error, tries) => {
      const { code, message, stack } = toErrorMessage(error);
      log.warn(
        { key, code, error: message, tries, ...(code === 'TW9001' ? { stack } : {}) },
        'could not reconcile; tries again',
      );
    },
  });
  const operations = new Operations((key) => queue.add(key));
  const { namespaces } = options;
  let isStarted = false;
  const informer = <T extends KubeObject>(type: ResourceType, change: (o: T) => void, labelSelector?: string) =>
    new Informers<T>(client, namespaces, {
      type,
      ...(labelSelector === undefined ? {} : { labelSelector, trim: trim as never }),
      ...(labelSelector === LABEL_JOB ? { indexBy: jobOf } : {}),
      onChange: (object) => isStarted && change(object),
      onError: warn(`can't watch ${type.plural}`),
    });
  const ofJob = (object: KubeObject) => queue.add(jobOf(object));
  const asked = new Map<string, string>();
  /** What people asked for is looked at at once; a status, which is our own word, is not what a failed look waited for. */
  const own = (key: string, object: KubeObject) => {
    const wish = wishOf(object);
    if (asked.get(key) === wish) queue.hint(key);
    else queue.add(key);
    if (object.metadata.deletionTimestamp) asked.delete(key);
    else asked.set(key, wish);
  };
  const jobs = informer<StreamJob & KubeObject>(STREAM_JOBS, (job) => own(keyOf(job), job));
  const snapshots = informer<StreamSnapshot & KubeObject>(STREAM_SNAPSHOTS, (snapshot) => {
    own(SNAPSHOT_KEY + keyOf(snapshot), snapshot);
    // Jobs that wait for it to begin from.
    const { name, namespace } = snapshot.metadata;
    for (const { metadata, spec, status } of jobs.all) {
      const isFrom = metadata.namespace === namespace && spec.restore?.snapshotRef === name;
      if (isFrom && !status?.startedAt) queue.add(`${namespace}/${metadata.name}`);
    }
  });
  const deployments = informer<KubeObject>(DEPLOYMENTS, ofJob, LABEL_JOB);
  const statefulSets = informer<KubeObject>(STATEFUL_SETS, ofJob, LABEL_JOB);
  const pods = informer<KubeObject>(PODS, ofJob, LABEL_JOB);
  const ofModel = (object: KubeObject) =>
    queue.add(`${MODEL_KEY}${object.metadata.namespace}/${object.metadata.labels?.[LABEL_MODEL]}`);
  const models = informer<ModelDeployment & KubeObject>(MODEL_DEPLOYMENTS, (m) => own(MODEL_KEY + keyOf(m), m));
  const modelDeployments = informer<KubeObject>(DEPLOYMENTS, ofModel, LABEL_MODEL);
  const modelPods = informer<KubeObject>(PODS, ofModel, LABEL_MODEL);
  const all = [jobs, snapshots, deployments, statefulSets, pods, models, modelDeployments, modelPods];
  const leader =
    options.lease &&
    new Leader(client, {
      ...options.lease,
      identity: options.identity,
      onLost: options.onLost,
      onError: warn("can't renew the lease"),
    });
  const metrics = operatorMetrics({
    queueDepth: () => queue.depth,
    working: () => queue.working,
    isLeader: () => leader?.isLeader ?? isStarted,
    phases: () => {
      const counts = new Map<string, number>();
      for (const job of jobs.all) {
        const phase = job.status?.phase ?? 'Pending';
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
      }
      return counts;
    },
  });
  const context: Context = {
    client,
    jobs,
    snapshots,
    deployments,
    statefulSets,
    pods,
    coordinators: new CoordinatorApi(options.outside ? throughApiServer(client) : inCluster, (job, path, body, error) =>
      audit.asked(keyOf(job), path, body, error),
    ),
    operations,
    events: new EventRecorder(client, options.identity, warn("can't record an event")),
    metrics,
    settings: options.settings,
    log,
    now: () => Date.now(),
    memory: new Map(),
  };
  const modelContext: ModelContext = {
    client,
    models,
    modelDeployments,
    modelPods,
    podApi: new PodApi(options.outside ? podsThroughApiServer(client) : straightToPods),
    events: context.events,
    settings: options.settings,
    now: context.now,
    modelMemory: new Map(),
  };
  /** By the prefix of their keys in the queue; jobs have none. */
  const kinds = [
    {
      prefix: SNAPSHOT_KEY,
      kind: 'StreamSnapshot',
      cache: snapshots,
      work: (n: string) => reconcileSnapshot(context, n),
    },
    { prefix: MODEL_KEY, kind: 'ModelDeployment', cache: models, work: (n: string) => reconcileModel(modelContext, n) },
    { prefix: '', kind: 'StreamJob', cache: jobs, work: (n: string) => reconcileJob(context, n) },
  ];
  const look = async (key: string): Promise<number | undefined> => {
    const { prefix, kind, cache, work } = kinds.find((k) => key.startsWith(k.prefix))!;
    const start = performance.now();
    try {
      const name = key.slice(prefix.length);
      const { generation } = cache.get(name)?.metadata ?? {};
      const again = await audit.during({ resource: `${kind} ${name}`, generation }, () => work(name));
      metrics.reconciled(kind, (performance.now() - start) / 1000);
      return again;
    } catch (error) {
      metrics.reconciled(kind, (performance.now() - start) / 1000, toErrorMessage(error).code);
      throw error;
    }
  };
  /** A stand-by is ready too: it has its caches and knows who leads. */
  const whyNotReady = (): string | undefined => {
    const missing = all.filter((i) => !i.isSynced).length;
    if (missing > 0) return `${missing} of ${all.length} caches are not filled yet`;
    return leader && !leader.isSettled ? 'nobody leads yet' : undefined;
  };
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(await metrics.registry.metrics());
    } else if (path === '/healthz') response.writeHead(200).end('ok\n');
    else if (path === '/readyz') {
      const why = whyNotReady();
      response.writeHead(why === undefined ? 200 : 503).end(`${why ?? 'ok'}\n`);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as { port: number };
  let isStopping = false;
  const lead = async () => {
    // Caches are filled while we wait to lead, so that a stand-by takes over at once.
    const synced = Promise.all(all.map((i) => i.start()));
    if (leader) {
      log.info({ identity: options.identity }, 'waits to lead');
      await leader.acquire();
    }
    if (isStopping) return;
    await synced;
    isStarted = true;
    log.info({ jobs: jobs.size, namespaces: namespaces.length === 0 ? 'all' : namespaces }, 'operator leads');
    for (const job of jobs.all) queue.add(keyOf(job));
    for (const snapshot of snapshots.all) queue.add(SNAPSHOT_KEY + keyOf(snapshot));
    for (const model of models.all) queue.add(MODEL_KEY + keyOf(model));
  };
  void lead().catch((error) => {
    log.error({ error: toErrorMessage(error).message }, "can't start");
    options.onLost();
  });
  return {
    port,
    stop: async () => {
      isStopping = true;
      await queue.stop();
      await Promise.all(all.map((i) => i.stop()));
      await leader?.release();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Key of the job that an object belongs to. */
function jobOf(object: KubeObject): string {
  return `${object.metadata.namespace}/${object.metadata.labels?.[LABEL_JOB]}`;
}

/** All of an object but its status and what the API server counts with. */
function wishOf({
  metadata: { uid, generation, deletionTimestamp, labels, annotations, finalizers },
}: KubeObject): string {
  return JSON.stringify([uid, generation, deletionTimestamp, labels, annotations, finalizers]);
}

/** What is kept of the objects that the operator made. */
function trim(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, spec, status } = object;
  return { apiVersion, kind, metadata, spec: { replicas: spec?.replicas }, status };
}
