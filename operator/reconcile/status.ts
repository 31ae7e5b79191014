/** The status of a job: what `kubectl get`, `kubectl wait` and Argo CD read. */
import { isDeepStrictEqual } from 'node:util';
import { type ConditionChange, type JobPhase, type StreamJobStatus, setCondition } from '../../api/index.js';
import { sorted } from '../resources/deployed.js';
import { LABEL_COMPONENT, LABEL_JOB, shortHash } from '../resources/names.js';
import type { Context, Look } from './context.js';
import { jobProblem } from './job-problems.js';
import { isReady } from './look.js';

import { missingRunners, type PodProblem, podProblem, refusedPods } from './pod-problems.js';
import { ratesBetween, sampleOf } from './rates.js';

/** Writes when only rates changed. */
const RATES_EVERY_MS = 5000;
/** Least time over which a rate is worked out. */
const RATES_OVER_MS = 2000;
const MOVING: ReadonlySet<JobPhase> = new Set<JobPhase>([
  'Pending',
  'Starting',
  'Rescaling',
  'Upgrading',
  'RollingBack',
  'Suspending',
  'Restarting',
  'Deleting',
]);

/** Takes over what coordinator and pods say. The phase is set by the steps or by `settledPhase`. */
export function fillStatus(context: Context, look: Look): PodProblem | undefined {
  const { status, view, memory, spec, job } = look;
  const now = context.now();
  status.observedGeneration = look.generation;
  status.selector = `${LABEL_JOB}=${job.metadata.name.slice(0, 63)},${LABEL_COMPONENT}=runner`;
  status.runners = look.runnerPods.filter(isReady).length;
  if (view) {
    status.parallelism = view.parallelism;
    status.restarts = view.restarts;
    status.lag = String(view.lag);
    if (view.lastCheckpoint) {
      const { id, atMs, stateBytes: bytes, uploadedBytes, durationMs } = view.lastCheckpoint;
      // The cost of a checkpoint is known only to the coordinator that took it.
      if (status.lastCheckpoint?.id !== id || durationMs !== undefined) {
        status.lastCheckpoint = { id, time: new Date(atMs).toISOString(), bytes, uploadedBytes, durationMs };
      }
    }
    if (view.checkpointFailures) status.checkpointFailures = view.checkpointFailures.count;
    status.restore = view.restore && { from: status.restoredFrom, ...view.restore };
    if (view.exception) {
      const { atMs, message, code, runner } = view.exception;
      status.failure = { time: new Date(atMs).toISOString(), message: message.slice(0, 2000), code, runner };
    }
    if (view.state === 'running') status.startedAt ??= new Date(now).toISOString();
    const sample = sampleOf(view, now);
    const last = memory.rates;
    if (!last || last.sample.attempt !== sample.attempt) memory.rates = { sample };
    else if (now - last.sample.atMs >= RATES_OVER_MS) {
      memory.rates = { sample, rates: ratesBetween(last.sample, sample) };
    }
    const rates = memory.rates?.rates;
    if (rates) {
      status.recordsPerSecond = String(rates.perSecond);
      status.nodes = rates.nodes;
    }
  }
  if (view ? view.state !== 'running' : look.deployment?.spec.replicas === 0) {
    status.recordsPerSecond = '0';
    status.nodes = undefined;
    memory.rates = undefined;
  }
  const runs = view?.state === 'running' ? view.parallelism : 0;
  status.ready = `${runs}/${spec.state === 'suspended' ? 0 : spec.parallelism}`;
  const isShort = (look.runners?.status?.replicas ?? 0) < (look.runners?.spec.replicas ?? 0);
  memory.runnersMissingSinceMs = isShort ? (memory.runnersMissingSinceMs ?? now) : undefined;
  return (
    podProblem([...look.coordinatorPods, ...look.runnerPods], now) ??
    refusedPods(look.deployment) ??
    missingRunners(look.runners, now - (memory.runnersMissingSinceMs ?? now)) ??
    jobProblem(view) ??
    (memory.crash && memory.crash.untilMs > now ? memory.crash.problem : undefined)
  );
}

/** The phase of a change that has been switched to and does not run yet. */
export function changingPhase({ status: { change }, view }: Look): JobPhase | undefined {
  if (!change || change.completedAt) return undefined;
  if (change.kind === 'rollback') return 'RollingBack';
  if (view?.state === 'running') return undefined;
  if (change.kind === 'upgrade') return 'Upgrading';
  const isOnTheWay = !view || ['starting', 'deploying', 'restarting'].includes(view.state);
  return isOnTheWay && (change.kind === 'start' || change.kind === 'resume') ? 'Starting' : undefined;
}

/** The phase where nothing is being changed: that of the job itself. */
export function settledPhase(look: Look): JobPhase {
  const { view, status } = look;
  if (!view) return status.phase === 'Running' ? 'Running' : status.startedAt ? 'Restarting' : 'Starting';
  switch (view.state) {
    case 'running':
      return 'Running';
    case 'finished':
      return 'Completed';
    case 'failed':
      return 'Failed';
    case 'restarting':
      return 'Restarting';
    case 'stopping':
      return status.phase === 'Rescaling' ? 'Rescaling' : 'Running';
    default:
      return status.startedAt && status.phase !== 'Starting' ? 'Restarting' : 'Starting';
  }
}

export function setConditions(context: Context, look: Look, problem: PodProblem | undefined): void {
  const { status } = look;
  const { phase = 'Pending' } = status;
  const now = new Date(context.now());
  let conditions = status.conditions ?? [];
  const set = (change: ConditionChange) => {
    conditions = [...setCondition(conditions, change, look.generation, now)];
  };
  const message = (status.message ?? phase).slice(0, 2000);
  const { view, spec } = look;
  if (phase === 'Completed') set({ type: 'Ready', status: 'False', reason: 'Completed', message: 'all input is read' });
  else if (view?.state === 'running') {
    const text = `${view.parallelism} of ${spec.parallelism} instances of each step run`;
    set({ type: 'Ready', status: 'True', reason: 'Running', message: text });
  } else if (look.deployment && !view && status.startedAt && look.deployment.spec.replicas > 0 && phase === 'Running') {
    set({
      type: 'Ready',
      status: 'Unknown',
      reason: 'CoordinatorAway',
      message: 'the coordinator does not answer; the tasks go on',
    });
  } else set({ type: 'Ready', status: 'False', reason: phase, message });
  const isMoving = MOVING.has(phase);
  set({
    type: 'Progressing',
    status: isMoving ? 'True' : 'False',
    reason: phase,
    message: isMoving ? message : `is ${phase}`,
  });
  const degraded = whyDegraded(look, problem);
  if (degraded) set({ type: 'Degraded', status: 'True', ...degraded });
  else set({ type: 'Degraded', status: 'False', reason: 'AsExpected', message: 'nothing is wrong' });
  status.conditions = [...conditions];
}

function whyDegraded(look: Look, problem: PodProblem | undefined): { reason: string; message: string } | undefined {
  const { change, phase, failure, message } = look.status;
  if (phase === 'Failed') return { reason: 'Failed', message: failure?.message ?? 'the job failed' };
  if (phase === 'Refused') return { reason: 'SpecRefused', message: message ?? 'the spec is refused' };
  if (problem) return { reason: problem.reason, message: problem.message.slice(0, 2000) };
  if (change?.generation === look.generation) {
    if (change.kind === 'refused') return { reason: 'ChangeRefused', message: change.message ?? '' };
    if (change.kind === 'rollback') return { reason: 'RolledBack', message: change.message ?? '' };
  }
  if (phase === 'Restarting') return { reason: 'Restarting', message: failure?.message ?? 'the job restarts' };
  return undefined;
}

function notePhase(context: Context, { memory, status }: Look): void {
  const { phase = 'Pending' } = status;
  if (memory.phase?.name === phase) return;
  const now = context.now();
  if (memory.phase) context.metrics.phaseTook(memory.phase.name, (now - memory.phase.sinceMs) / 1000);
  memory.phase = { name: phase, sinceMs: now };
}

/** Writes the status if something changed that matters, or if its rates are old. */
export async function writeStatus(context: Context, look: Look): Promise<void> {
  const { job, memory } = look;
  const status = look.status as StreamJobStatus;
  const now = context.now();
  const { recordsPerSecond: _r, lag: _l, lastCheckpoint: _c, nodes: _n, autoscaler: _a, restore: _p, ...rest } = status;
  notePhase(context, look);
  const text = JSON.stringify(status);
  if (text === memory.statusText) return;
  if (isDeepStrictEqual(JSON.parse(text), job.status ?? {})) {
    memory.statusText = text;
    return;
  }
  const scaled = status.autoscaler?.applied ? status.autoscaler.time : undefined;
  const significant = shortHash(sorted({ ...rest, scaled }));
  if (significant === memory.significant && now - (memory.writtenMs ?? 0) < RATES_EVERY_MS) return;
  const { name, namespace } = job.metadata;
  const written = await context.client.apply<typeof job>(
    { apiVersion: job.apiVersion, kind: job.kind, metadata: { name, namespace }, status },
    'status',
  );
  memory.statusText = text;
  memory.significant = significant;
  memory.writtenMs = now;
  context.jobs.note(written);
}
