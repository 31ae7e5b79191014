/** A look at a ModelDeployment: what its spec asks for, what its pods say, one step further. */
import { randomBytes } from 'node:crypto';
import { fillDefaults, type ModelDeployment, type ModelDeploymentSpec, modelDeploymentSpec } from '../../api/index.js';
import { FOLLOWING, type RouterStatus } from '../../runtime/serving/router/router.js';
import type { RouterConfig } from '../../runtime/serving/router/router-config.js';
import type { KubeClient } from '../kube/client.js';
import type { EventRecorder } from '../kube/events.js';
import type { ObjectCache } from '../kube/informer.js';
import { DEPLOYMENTS, type KubeObject, SECRETS } from '../kube/objects.js';
import { isReady, isRunning } from '../reconcile/look.js';
import { podProblem, refusedPods } from '../reconcile/pod-problems.js';
import { LABEL_COMPONENT, shortHash } from '../resources/names.js';
import type { OperatorSettings } from '../resources/pods.js';
import { decideServers, type ScalingDecision, type ServerScaler } from './autoscale-servers.js';
import {
  modelSurroundings,
  routerConfigMap,
  routerDeployment,
  serverDeployment,
  serverService,
  serverUrl,
  tokenSecret,
} from './manifests.js';
import { writeModelStatus } from './model-status.js';
import { ANNOTATION_VERSION, LABEL_MODEL, modelNamesOf } from './names.js';
import type { PodApi, RegistryView, ServerStatus } from './pod-api.js';
import type { QualityView } from './quality-gate.js';
import {
  type CandidateView,
  rollOut,
  type Share,
  type StatusDraft,
  type StepWindow,
  wantedVersion,
} from './roll-out.js';

/** Prefix of its keys in the queue. */
export const MODEL_KEY = 'model:';

export interface ModelContext {
  readonly client: KubeClient;
  readonly models: ObjectCache<ModelDeployment & KubeObject>;
  readonly modelDeployments: ObjectCache<KubeObject>;
  readonly modelPods: ObjectCache<KubeObject>;
  readonly podApi: PodApi;
  readonly events: EventRecorder;
  readonly settings: OperatorSettings;
  readonly now: () => number;
  readonly modelMemory: Map<string, ModelMemory>;
}

/** Losing it loses nothing that matters. */
export interface ModelMemory {
  surroundings?: string;
  /** Of each object applied. */
  applied: Map<string, string>;
  token?: string;
  scaler: ServerScaler;
  /** Processor time of ready servers: of each at the last look, and of all so far. */
  cpu?: { readonly pods: ReadonlyMap<string, number>; readonly seconds: number };
  registry?: { readonly atMs: number; readonly view: RegistryView };
  rate?: { atMs: number; requests: number; perSecond?: number };
  writtenMs?: number;
  significant?: string;
}

/** All that is known of it now. */
export interface ModelLook {
  readonly deployment: ModelDeployment & KubeObject;
  readonly spec: ModelDeploymentSpec;
  readonly generation: number;
  readonly status: StatusDraft;
  readonly memory: ModelMemory;
  /** By version. */
  readonly servers: ReadonlyMap<string, { readonly deployment: KubeObject; readonly pods: readonly KubeObject[] }>;
  readonly routerPods: readonly KubeObject[];
  readonly routers: ReadonlyMap<string, RouterStatus>;
  /** By version: what one of its servers says. */
  readonly said: ReadonlyMap<string, ServerStatus>;
}

const STEADY_MS = 5000;
/** How often the registry is looked at for a newer version, or for what was measured of those that are rolled out. */
const LATEST_MS = 2000;
const QUALITY_MS = 1000;
const SCALING_MS = 1000;
const WAKING_MS = 300;

/** Returns after how many milliseconds to look again. */
export async function reconcileModel(context: ModelContext, key: string): Promise<number | undefined> {
  const deployment = context.models.get(key);
  if (!deployment || deployment.metadata.deletionTimestamp) {
    // What it made goes by its owner references.
    context.modelMemory.delete(key);
    return undefined;
  }
  const look = await lookAtModel(context, key, deployment);
  const { spec, status, memory, generation } = look;
  await lookAtRegistry(context, look);
  const wanted = wantedVersion(spec, generation, status);
  const plan = rollOut(spec, generation, status, candidateOf(context, look, wanted), context.now());
  for (const event of plan.events) {
    context.events.record(deployment, { type: event.type, reason: event.reason, note: event.note, action: 'RollOut' });
  }
  const decision = await scalingOf(context, look);
  const replicas = decision?.wanted ?? spec.replicas;
  noteScaling(status, decision, replicas, context.now());

  await applyOnce(context, look, 'surroundings', modelSurroundings(deployment, spec));
  memory.token ??= await tokenOf(context, deployment);
  await applyServers(context, look, plan.shares, replicas);
  const config = routerConfig(look, plan.shares);
  await applyOnce(context, look, 'router', [
    routerConfigMap(deployment, config),
    routerDeployment(deployment, spec, context.settings),
  ]);
  const isTold = await configureRouters(context, look, config);
  if (isTold) await removeOldServers(context, look, plan.shares);
  const isPromoted = await promote(context, look);
  await writeModelStatus(context, look, plan, replicas);

  const waits: number[] = [isTold && isPromoted ? STEADY_MS : 500];
  if (plan.againMs !== undefined) waits.push(plan.againMs);
  if (spec.follow === 'latest') waits.push(LATEST_MS);
  if (spec.autoscaling?.enabled) waits.push(replicas === 0 ? WAKING_MS : SCALING_MS);
  return Math.min(...waits);
}

async function lookAtModel(
  context: ModelContext,
  key: string,
  deployment: ModelDeployment & KubeObject,
): Promise<ModelLook> {
  let memory = context.modelMemory.get(key);
  if (!memory) {
    memory = { applied: new Map(), scaler: { history: [], requests: 0 } };
    context.modelMemory.set(key, memory);
  }
  const spec = fillDefaults(modelDeploymentSpec.node, deployment.spec) as ModelDeploymentSpec;
  const ours = (object: KubeObject) =>
    object.metadata.namespace === deployment.metadata.namespace &&
    object.metadata.labels?.[LABEL_MODEL] === deployment.metadata.name.slice(0, 63);
  const servers = new Map<string, { deployment: KubeObject; pods: KubeObject[] }>();
  for (const object of context.modelDeployments.all) {
    const version = object.metadata.annotations?.[ANNOTATION_VERSION];
    const isOwned = object.metadata.ownerReferences?.some((o) => o.uid === deployment.metadata.uid);
    if (version !== undefined && isOwned && ours(object)) servers.set(version, { deployment: object, pods: [] });
  }
  const routerPods: KubeObject[] = [];
  for (const pod of context.modelPods.all) {
    if (!ours(pod)) continue;
    if (pod.metadata.labels?.[LABEL_COMPONENT] === 'model-router') routerPods.push(pod);
    else servers.get(pod.metadata.annotations?.[ANNOTATION_VERSION] ?? '')?.pods.push(pod);
  }
  const routers = new Map<string, RouterStatus>();
  const said = new Map<string, ServerStatus>();
  await Promise.all([
    ...routerPods.filter(isRunning).map(async (pod) => {
      const status = await context.podApi.router(pod).catch(() => undefined);
      if (status) routers.set(pod.metadata.name, status);
    }),
    ...[...servers].map(async ([version, { pods }]) => {
      // One that is not ready knows why.
      const running = pods.filter(isRunning);
      const pod = running.find((p) => !isReady(p)) ?? running[0];
      const status = pod && (await context.podApi.server(pod).catch(() => undefined));
      if (status) said.set(version, status);
    }),
  ]);
  return {
    deployment,
    spec,
    generation: deployment.metadata.generation ?? 0,
    status: structuredClone(deployment.status ?? {}),
    memory,
    servers,
    routerPods,
    routers,
    said,
  };
}

function candidateOf(context: ModelContext, look: ModelLook, wanted: string): CandidateView {
  const server = look.servers.get(wanted);
  if (!server) return { isReady: false };
  const ready = server.pods.filter(isReady).length;
  const failed = look.said.get(wanted)?.versions.find((v) => v.state === 'Failed');
  const problem = podProblem(server.pods, context.now()) ?? refusedPods(server.deployment);
  return {
    isReady: ready > 0 && ready >= (server.deployment.spec.replicas ?? 1) && isReached(look, wanted),
    failure: failed && `${failed.version}: ${failed.reason ?? 'its model could not be loaded'}`,
    problem: problem?.message,
    window: windowOf(look, wanted),
    quality: qualityOf(look, wanted),
  };
}

/** Asks a server what the registry has, where the spec or a gate depends on it. Without an answer nothing is known, and nothing moves. */
async function lookAtRegistry(context: ModelContext, look: ModelLook): Promise<void> {
  const { spec, status, memory, servers } = look;
  const judged = judgedVersions(look);
  const isFollowing = spec.version === undefined && spec.follow === 'latest';
  if (!isFollowing) status.latest = undefined;
  if (spec.source || (judged.length === 0 && !isFollowing)) return;
  const known = memory.registry;
  const everyMs = judged.length > 0 ? QUALITY_MS : LATEST_MS;
  if (!known || context.now() - known.atMs >= everyMs) {
    const pods = [...servers.values()].flatMap((server) => server.pods).filter(isRunning);
    const pod = pods.find(isReady) ?? pods[0];
    const view = pod && (await context.podApi.registry(pod, spec.model, judged).catch(() => undefined));
    if (view) memory.registry = { atMs: context.now(), view };
  }
  if (isFollowing) status.latest = memory.registry?.view.latest ?? status.latest;
}

/** The version that gates judge, and the one that it is compared with. */
function judgedVersions({ spec, status }: ModelLook): string[] {
  if (!spec.canary.gates?.length) return [];
  const { rollout, watch, version } = status;
  if (rollout) return (rollout.step ?? -1) < 0 ? [] : [rollout.to, ...(version === undefined ? [] : [version])];
  return watch && version !== undefined ? [version, watch.previous] : [];
}

function qualityOf(look: ModelLook, version: string): QualityView | undefined {
  const [candidate, stable] = judgedVersions(look);
  const quality = look.memory.registry?.view.quality;
  if (!quality || candidate !== version) return undefined;
  return { candidate: quality[candidate] ?? [], stable: quality[stable ?? ''] ?? [] };
}

/** Whether the routers that run have found it ready: a Service may lead to a pod a moment after the pod is ready. */
function isReached({ routers, routerPods }: ModelLook, version: string): boolean {
  const running = routerPods.filter(isRunning);
  return (
    running.length > 0 &&
    running.every((pod) => routers.get(pod.metadata.name)?.versions.find((v) => v.version === version)?.reached)
  );
}

/** What all routers counted in the step that the status is in. */
function windowOf(look: ModelLook, version: string): StepWindow | undefined {
  const { rollout, watch } = look.status;
  if ((!rollout && !watch) || look.routers.size === 0 || look.routers.size < look.routerPods.filter(isReady).length)
    return undefined;
  const step = stepName(look);
  let sum: StepWindow | undefined;
  for (const router of look.routers.values()) {
    if (router.step !== step) return undefined;
    const window = router.versions.find((v) => v.version === version)?.window;
    if (!window) continue;
    const p99s = [sum?.p99Ms, window.p99Ms].filter((ms) => ms !== undefined);
    sum = {
      requests: (sum?.requests ?? 0) + window.requests,
      errors: (sum?.errors ?? 0) + window.errors,
      p99Ms: p99s.length > 0 ? Math.max(...p99s) : undefined,
      mirrored: (sum?.mirrored ?? 0) + window.mirrored,
      mismatches: (sum?.mismatches ?? 0) + window.mismatches,
    };
  }
  return sum;
}

/** Names a setting of shares: routers count anew with each. */
function stepName({ status }: ModelLook): string {
  const { version, rollout, watch } = status;
  if (!rollout) return watch ? `${version} watched ${watch.since}` : `${version ?? 'none'}`;
  return `${version ?? 'none'} > ${rollout.to} ${rollout.generation}/${rollout.step} ${rollout.stepAt}`;
}

async function scalingOf(context: ModelContext, look: ModelLook): Promise<ScalingDecision | undefined> {
  const { routers, memory, spec, status } = look;
  const all = [...routers.values()];
  const load =
    all.length === 0
      ? undefined
      : {
          inFlight: all.reduce((sum, r) => sum + r.inFlight, 0),
          requests: all.reduce((sum, r) => sum + r.requests, 0),
          ...(spec.autoscaling?.targetCpu === undefined ? {} : { cpuSeconds: await cpuSecondsOf(context, look) }),
        };
  return decideServers(spec, status.wantedReplicas, load, memory.scaler, context.now());
}

/** Of the ready servers of the version in use, from the look on at which each was first ready: loading a model is no load. */
async function cpuSecondsOf(context: ModelContext, look: ModelLook): Promise<number> {
  const { servers, status, memory } = look;
  const pods = servers.get(status.version ?? '')?.pods.filter(isReady) ?? [];
  const before = memory.cpu ?? { pods: new Map<string, number>(), seconds: 0 };
  const now = new Map<string, number>();
  let { seconds } = before;
  await Promise.all(
    pods.map(async (pod) => {
      const uid = pod.metadata.uid ?? pod.metadata.name;
      const last = before.pods.get(uid);
      const used = (await context.podApi.server(pod).catch(() => undefined))?.cpuSeconds ?? last;
      if (used === undefined) return;
      if (last !== undefined && used > last) seconds += used - last;
      now.set(uid, used);
    }),
  );
  memory.cpu = { pods: now, seconds };
  return seconds;
}

function noteScaling(
  status: StatusDraft,
  decision: ScalingDecision | undefined,
  replicas: number,
  nowMs: number,
): void {
  const isChanged = status.wantedReplicas !== replicas;
  status.wantedReplicas = replicas;
  if (!decision) {
    status.autoscaling = undefined;
    return;
  }
  const time = isChanged ? new Date(nowMs).toISOString() : status.autoscaling?.time;
  status.autoscaling = { ...decision, ...(time === undefined ? {} : { time }) };
}

async function applyServers(
  context: ModelContext,
  look: ModelLook,
  shares: readonly Share[],
  replicas: number,
): Promise<void> {
  const { deployment, spec } = look;
  const isAlone = shares.length === 1;
  for (const { version } of shares) {
    // Where the source is written is where the wanted version lies: servers of another one stay as they are.
    if (spec.source && version !== spec.version && look.servers.has(version)) continue;
    // A version that is to take over must show that it runs, also where nothing asks for it.
    const count = isAlone && look.status.version === version ? replicas : Math.max(1, replicas);
    const object = serverDeployment(deployment, spec, context.settings, version, count);
    const applied = await applyOnce(context, look, `server ${version}`, [object]);
    const owner = applied[0] ?? look.servers.get(version)?.deployment;
    if (owner) await applyOnce(context, look, `service ${version}`, [serverService(deployment, version, owner)]);
  }
}

/** Writes what differs from the last time. Returns what was written. */
async function applyOnce(
  context: ModelContext,
  { memory }: ModelLook,
  what: string,
  objects: readonly KubeObject[],
): Promise<KubeObject[]> {
  const hash = shortHash(objects);
  if (memory.applied.get(what) === hash) return [];
  const written: KubeObject[] = [];
  for (const object of objects) {
    const answer = await context.client.apply<KubeObject>(object);
    if (object.kind === 'Deployment') context.modelDeployments.note(answer);
    written.push(answer);
  }
  memory.applied.set(what, hash);
  return written;
}

function routerConfig(look: ModelLook, shares: readonly Share[]): RouterConfig {
  const { deployment, spec } = look;
  return {
    step: stepName(look),
    model: spec.model,
    holdMs: 60_000,
    upstreams: shares.map(({ version, weight, mirror }) => ({
      version,
      url: serverUrl(deployment, version),
      weight,
      ...(mirror ? { mirror } : {}),
    })),
  };
}

/** Tells the routers; true when all that run know. */
async function configureRouters(context: ModelContext, look: ModelLook, config: RouterConfig): Promise<boolean> {
  const { routerPods, routers, memory } = look;
  const running = routerPods.filter(isRunning);
  const versions = config.upstreams.map((u) => u.version).join();
  const told = await Promise.all(
    running.map(async (pod) => {
      const status = routers.get(pod.metadata.name);
      if (status?.step === config.step && status.versions.map((v) => v.version).join() === versions) return true;
      return context.podApi.configureRouter(pod, memory.token ?? '', config).then(
        () => true,
        () => false,
      );
    }),
  );
  return told.length > 0 && told.every(Boolean);
}

/** Of versions that get no requests any more. They answer what they have begun before they end. */
async function removeOldServers(context: ModelContext, look: ModelLook, shares: readonly Share[]): Promise<void> {
  for (const [version, { deployment }] of look.servers) {
    if (shares.some((s) => s.version === version) || deployment.metadata.deletionTimestamp) continue;
    const { namespace = '', name, uid } = deployment.metadata;
    await context.client.delete(DEPLOYMENTS, namespace, name, { uid });
    look.memory.applied.delete(`server ${version}`);
    look.memory.applied.delete(`service ${version}`);
  }
}

/** Moves the registry's pointer to the version that took over. True when there is nothing left to do. */
async function promote(context: ModelContext, look: ModelLook): Promise<boolean> {
  const { spec, status, servers, memory, deployment } = look;
  const { version } = status;
  if (!spec.promote || spec.source || version === undefined || version === FOLLOWING || status.promoted === version)
    return true;
  const pod = servers.get(version)?.pods.find(isReady);
  if (!pod) return false;
  try {
    await context.podApi.promote(pod, memory.token ?? '', spec.model, version);
    status.promoted = version;
    const note = `version ${version} is promoted in the registry`;
    context.events.record(deployment, { type: 'Normal', reason: 'Promoted', action: 'Promote', note });
    return true;
  } catch (error) {
    const note = `version ${version} can't be promoted in the registry, tries again: ${(error as Error).message}`;
    context.events.record(deployment, { type: 'Warning', reason: 'PromoteFailed', action: 'Promote', note });
    return false;
  }
}

async function tokenOf(context: ModelContext, deployment: ModelDeployment): Promise<string> {
  const { namespace = 'default' } = deployment.metadata;
  const { token: name } = modelNamesOf(deployment);
  const secret = await context.client.get<KubeObject>(SECRETS, namespace, name);
  const known = secret?.data?.token;
  if (typeof known === 'string') return Buffer.from(known, 'base64').toString();
  const token = randomBytes(24).toString('base64url');
  await context.client.apply(tokenSecret(deployment, token));
  return token;
}
