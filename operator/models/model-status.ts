/** The status of a ModelDeployment: what `kubectl get`, `kubectl wait` and Argo CD read. */
import { type ConditionChange, type ModelDeploymentStatus, setCondition } from '../../api/index.js';
import { FOLLOWING } from '../../runtime/serving/router/router.js';
import { isReady } from '../reconcile/look.js';
import { podProblem } from '../reconcile/pod-problems.js';
import { sorted } from '../resources/deployed.js';
import { LABEL_COMPONENT, shortHash } from '../resources/names.js';
import { urlOf } from './manifests.js';
import { LABEL_MODEL } from './names.js';
import { qualityText } from './quality-gate.js';
import type { ModelContext, ModelLook } from './reconcile-model.js';
import type { RollOutPlan, Share } from './roll-out.js';

type VersionStatus = NonNullable<ModelDeploymentStatus['versions']>[number];

/** Writes when only rates changed. */
const RATES_EVERY_MS = 5000;
const RATE_OVER_MS = 2000;

export async function writeModelStatus(
  context: ModelContext,
  look: ModelLook,
  { shares, waitsForQuality }: RollOutPlan,
  replicas: number,
): Promise<void> {
  const { deployment, spec, status, servers } = look;
  const now = context.now();
  status.observedGeneration = look.generation;
  status.url = urlOf(deployment, spec);
  status.selector = `${LABEL_MODEL}=${deployment.metadata.name.slice(0, 63)},${LABEL_COMPONENT}=model-server`;
  status.versions = versionsOf(look, shares);
  const inUse = status.version === undefined ? undefined : servers.get(status.version);
  status.replicas = inUse?.pods.filter(isReady).length ?? 0;
  fillRates(look, now);
  Object.assign(status, phaseOf(look, replicas, waitsForQuality === true));
  const problem = podProblem([...(inUse?.pods ?? []), ...look.routerPods], now);
  // A new pod of the version in use that can't serve, beside those that go on: other steps around the model, a store that changed.
  const failed = status.versions.find((v) => v.name === status.version && v.state === 'Failed');
  setConditions(look, problem?.message ?? failed?.message, new Date(now));
  await write(context, look, now);
}

function versionsOf(look: ModelLook, shares: readonly Share[]): VersionStatus[] {
  const counters = [...look.routers.values()].flatMap((r) => r.versions);
  const names = [...new Set([...shares.map((s) => s.version), ...look.servers.keys()])];
  return names.map((name) => {
    const server = look.servers.get(name);
    const said = look.said.get(name)?.versions[0];
    const readyReplicas = server?.pods.filter(isReady).length ?? 0;
    const share = shares.find((s) => s.version === name);
    const windows = counters.filter((c) => c.version === name).map((c) => c.window);
    const p99s = windows.flatMap((w) => (w.p99Ms === undefined ? [] : [w.p99Ms]));
    const isOff = server?.deployment.spec.replicas === 0;
    const isFailed = said?.state === 'Failed';
    return {
      name,
      state: !share
        ? 'Draining'
        : isFailed
          ? 'Failed'
          : readyReplicas > 0
            ? 'Ready'
            : isOff
              ? 'ScaledToZero'
              : 'Loading',
      weight: share?.weight ?? 0,
      readyReplicas,
      requests: windows.reduce((sum, w) => sum + w.requests, 0),
      errors: windows.reduce((sum, w) => sum + w.errors, 0),
      mismatches: windows.reduce((sum, w) => sum + w.mismatches, 0),
      ...(p99s.length > 0 ? { latencyP99Ms: Math.max(...p99s) } : {}),
      ...(said?.format ? { format: said.format } : {}),
      ...(said?.backend ? { backend: said.backend } : {}),
      ...qualityShown(look, name),
      ...(said?.reason ? { message: said.reason.slice(0, 2000) } : {}),
    } as VersionStatus;
  });
}

function qualityShown({ spec, memory }: ModelLook, version: string): { quality?: string } {
  const quality = qualityText(spec, memory.registry?.view.quality[version] ?? []);
  return quality === undefined ? {} : { quality };
}

function fillRates(look: ModelLook, now: number): void {
  const { memory, status, routers } = look;
  const requests = [...routers.values()].reduce((sum, r) => sum + r.requests, 0);
  const last = memory.rate;
  if (!last || requests < last.requests) memory.rate = { atMs: now, requests };
  else if (now - last.atMs >= RATE_OVER_MS) {
    const perSecond = ((requests - last.requests) * 1000) / (now - last.atMs);
    memory.rate = { atMs: now, requests, perSecond };
  }
  const { perSecond } = memory.rate ?? {};
  if (perSecond !== undefined)
    status.requestsPerSecond = String(perSecond < 10 ? Number(perSecond.toPrecision(2)) : Math.round(perSecond));
  const p99 = status.versions?.find((v) => v.name === status.version)?.latencyP99Ms;
  status.latencyP99 = p99 === undefined ? undefined : `${Number(p99.toPrecision(3))}ms`;
}

function phaseOf(
  look: ModelLook,
  replicas: number,
  waitsForQuality: boolean,
): Pick<ModelDeploymentStatus, 'phase' | 'message'> {
  const { version, rollout, refused, watch } = look.status;
  const shown = version === FOLLOWING ? 'the promoted version' : `version ${version}`;
  if (rollout) {
    const { to, step, weight } = rollout;
    if (version === undefined) return { phase: 'Progressing', message: `waits for the servers of version ${to}` };
    if ((step ?? -1) < 0) return { phase: 'Progressing', message: `${shown} serves; version ${to} is being started` };
    const what = weight === 0 ? 'a copy of each request' : `${weight} % of the requests`;
    const waits = waitsForQuality ? ', and waits for a job to measure its quality' : '';
    return { phase: 'Progressing', message: `${shown} serves; version ${to} gets ${what}${waits}` };
  }
  if (refused) {
    const message = `version ${refused.version} does not take over: ${refused.message ?? ''}`.slice(0, 4000);
    return { phase: version === undefined ? 'Failed' : 'RolledBack', message };
  }
  if (version === undefined) return { phase: 'Pending', message: 'nothing is served yet' };
  if (replicas === 0) return { phase: 'ScaledToZero', message: `${shown} is started by the next request` };
  if (watch)
    return { phase: 'Ready', message: `${shown} serves and is watched; version ${watch.previous} stays ready` };
  return { phase: 'Ready', message: `${shown} serves` };
}

function setConditions(look: ModelLook, problem: string | undefined, now: Date): void {
  const { status } = look;
  const { phase = 'Pending', message = phase } = status;
  let conditions = status.conditions ?? [];
  const set = (change: ConditionChange) => {
    conditions = [
      ...setCondition(conditions, { ...change, message: change.message.slice(0, 4000) }, look.generation, now),
    ];
  };
  const isServing = (status.replicas ?? 0) > 0 || phase === 'ScaledToZero';
  const isReadyNow = isServing && look.routerPods.some(isReady);
  set({
    type: 'Ready',
    status: isReadyNow ? 'True' : 'False',
    reason: isReadyNow ? 'Serving' : phase,
    message: isReadyNow ? `version ${status.version} answers` : message,
  });
  const isMoving = phase === 'Progressing' || phase === 'Pending';
  set({ type: 'Progressing', status: isMoving ? 'True' : 'False', reason: phase, message });
  if (status.refused) {
    set({ type: 'Degraded', status: 'True', reason: status.refused.reason ?? 'Refused', message });
  } else if (problem) set({ type: 'Degraded', status: 'True', reason: 'PodProblem', message: problem });
  else set({ type: 'Degraded', status: 'False', reason: 'AsExpected', message: 'nothing is wrong' });
  status.conditions = [...conditions];
}

/** Writes the status if something changed that matters, or if its rates are old. */
async function write(context: ModelContext, look: ModelLook, now: number): Promise<void> {
  const { deployment, memory } = look;
  const status = look.status as ModelDeploymentStatus;
  const { requestsPerSecond: _r, latencyP99: _l, versions = [], autoscaling, ...rest } = status;
  const states = versions.map(({ name, state, weight, readyReplicas, message }) => [
    name,
    state,
    weight,
    readyReplicas,
    message,
  ]);
  // The numbers of a decision change all the time.
  const significant = shortHash([sorted(rest), states, autoscaling?.reason, autoscaling?.time]);
  if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(deployment.status ?? {}))) return;
  if (significant === memory.significant && now - (memory.writtenMs ?? 0) < RATES_EVERY_MS) return;
  const { name, namespace } = deployment.metadata;
  const { apiVersion, kind } = deployment;
  const written = await context.client.apply<typeof deployment>(
    { apiVersion, kind, metadata: { name, namespace }, status },
    'status',
  );
  memory.significant = significant;
  memory.writtenMs = now;
  context.models.note(written);
}
