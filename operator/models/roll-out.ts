/**
 * How one version takes over from another: ready, then share by share, watched; or refused, and everything as it was. Where the spec
 * says so it is watched on after it took over, the version before beside it. Pure: all it knows stands in the resource's status, so that
 * an operator that is started anew goes on where the last one was.
 */
import type { ModelDeploymentSpec, ModelDeploymentStatus } from '../../api/index.js';
import { FOLLOWING } from '../../runtime/serving/router/router.js';
import { parseDuration } from '../../runtime/time/duration.js';
import { judgeQuality, type QualityView } from './quality-gate.js';

export type StatusDraft = { -readonly [F in keyof ModelDeploymentStatus]?: ModelDeploymentStatus[F] };

/** What is seen of the version that is to take over. */
export interface CandidateView {
  /** All its servers are ready, and the routers reach them. */
  readonly isReady: boolean;
  /** Why its model can't be served, as its server says it. */
  readonly failure?: string;
  /** What keeps its pods from running. */
  readonly problem?: string;
  /** What the routers counted since the share was set; undefined until all have set it. */
  readonly window?: StepWindow;
  /** What jobs measured of it, and of the version before; undefined: not known, or not asked for. */
  readonly quality?: QualityView;
}

export interface StepWindow {
  readonly requests: number;
  readonly errors: number;
  readonly p99Ms?: number;
  readonly mirrored: number;
  readonly mismatches: number;
}

export interface Share {
  readonly version: string;
  /** Percent. */
  readonly weight: number;
  readonly mirror: boolean;
}

export interface RollOutEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

export interface RollOutPlan {
  /** The version in use comes first. Versions that are not here have no servers. */
  readonly shares: readonly Share[];
  readonly events: readonly RollOutEvent[];
  /** When to look again though nothing changed, ms. */
  readonly againMs?: number;
  /** The step is over, but for gates that wait for a measurement. */
  readonly waitsForQuality?: boolean;
}

/** Fewer requests say little about a rate. */
const MIN_SAMPLE = 20;
/** So many failures are enough, however few requests there were. */
const CERTAIN_ERRORS = 3;
const WATCH_MS = 500;

/**
 * The version that the spec asks for. Where the newest one is followed, a roll-out that is going on is finished first: a job may publish
 * more often than a version can take over.
 */
export function wantedVersion(
  spec: ModelDeploymentSpec,
  generation: number,
  { rollout, latest, version }: StatusDraft,
): string {
  if (spec.version !== undefined) return spec.version;
  if (spec.follow !== 'latest') return FOLLOWING;
  const isUnderWay = rollout && rollout.generation === generation && rollout.to !== FOLLOWING;
  return isUnderWay ? rollout.to : (latest ?? version ?? FOLLOWING);
}

/** Changes `status` by one step. */
export function rollOut(
  spec: ModelDeploymentSpec,
  generation: number,
  status: StatusDraft,
  candidate: CandidateView,
  nowMs: number,
): RollOutPlan {
  const wanted = wantedVersion(spec, generation, status);
  const events: RollOutEvent[] = [];
  const at = new Date(nowMs).toISOString();

  if (status.rollout && status.rollout.to !== wanted) {
    events.push(normal('RollOutAborted', `version ${status.rollout.to} is not wanted any more`));
    status.rollout = undefined;
  }
  if (status.version === wanted) {
    if (status.refused && status.refused.version !== wanted) status.refused = undefined;
    status.rollout = undefined;
    return status.watch
      ? watch(spec, generation, status as StatusDraft & Watched, candidate, events, nowMs)
      : { shares: [all(wanted)], events };
  }
  if (status.refused?.version === wanted && status.refused.generation === generation) {
    return { shares: status.version === undefined ? [] : [all(status.version)], events };
  }
  if (!status.rollout || status.rollout.generation !== generation) {
    const { rollout } = status;
    if (!rollout)
      events.push(normal('RollOutStarted', `version ${wanted} is started beside ${status.version ?? 'none'}`));
    status.rollout = {
      from: status.version,
      to: wanted,
      step: -1,
      weight: 0,
      startedAt: at,
      stepAt: at,
      ...rollout,
      generation,
    };
    status.refused = undefined;
    status.watch = undefined;
  }

  const refuse = (reason: string, message: string): RollOutPlan => {
    events.push({ type: 'Warning', reason, note: `version ${wanted} does not take over: ${message}` });
    status.refused = { version: wanted, generation, reason, message, time: at };
    status.rollout = undefined;
    return { shares: status.version === undefined ? [] : [all(status.version)], events };
  };
  const rollout = status.rollout as NonNullable<StatusDraft['rollout']>;
  const { step = -1 } = rollout;

  if (candidate.failure !== undefined) return refuse('ModelRefused', candidate.failure);
  if (!candidate.isReady && step < 0) {
    const leftMs = Date.parse(rollout.startedAt ?? at) + parseDuration(spec.readyDeadline) - nowMs;
    // Nothing may be published yet: whoever follows the registry waits for it.
    const isWaiting = wanted === FOLLOWING && status.version === undefined && candidate.problem === undefined;
    if (!isWaiting && leftMs <= 0)
      return refuse('NotReadyInTime', candidate.problem ?? `not ready within ${spec.readyDeadline}`);
    return {
      shares: shares(status, wanted, 0, false),
      events,
      againMs: Math.max(1, Math.min(WATCH_MS, isWaiting ? WATCH_MS : leftMs)),
    };
  }

  const takeOver = (): RollOutPlan => {
    const seconds = (nowMs - Date.parse(rollout.startedAt ?? at)) / 1000;
    const from = status.version;
    status.version = wanted;
    status.rollout = undefined;
    status.refused = undefined;
    status.lastRolloutSeconds = Math.round(seconds * 10) / 10;
    events.push(
      normal('RolledOut', `version ${wanted} has taken over from ${from ?? 'none'} in ${seconds.toFixed(1)} s`),
    );
    if (from === undefined || from === FOLLOWING || spec.canary.watch === undefined) {
      return { shares: [all(wanted)], events };
    }
    status.watch = { previous: from, generation, since: at };
    return { shares: [all(wanted), standby(from)], events, againMs: WATCH_MS };
  };
  const { steps, interval } = spec.canary;
  if (status.version === undefined) return takeOver();
  const goTo = (next: number): RollOutPlan => {
    if (next >= steps.length) return takeOver();
    status.rollout = { ...rollout, step: next, weight: steps[next], stepAt: at };
    const what = steps[next] === 0 ? 'a copy of each request' : `${steps[next]} % of the requests`;
    events.push(normal('CanaryStep', `version ${wanted} gets ${what}`));
    return { shares: shares(status, wanted, steps[next], steps[next] === 0), events, againMs: WATCH_MS };
  };
  if (step < 0 || step >= steps.length) return goTo(Math.min(step + 1, steps.length));

  const { window } = candidate;
  const wrong = window && violation(spec, window, steps[step] === 0);
  if (wrong) return refuse(wrong.reason, wrong.message);
  const quality = judgeQuality(spec, candidate.quality, Date.parse(rollout.startedAt ?? at), nowMs);
  if (quality.is === 'failed') return refuse(quality.reason, quality.message);
  // A copy's answers go nowhere: no job can measure them.
  const isMeasured = quality.is === 'passed' || steps[step] === 0;
  const leftMs = Date.parse(rollout.stepAt ?? at) + parseDuration(interval) - nowMs;
  const answered = window ? window.requests : 0;
  if (leftMs <= 0 && window && answered >= spec.canary.minRequests && isMeasured) return goTo(step + 1);
  return {
    shares: shares(status, wanted, steps[step], steps[step] === 0),
    events,
    waitsForQuality: leftMs <= 0 && !isMeasured,
    againMs: leftMs > 0 ? Math.min(WATCH_MS, leftMs) : WATCH_MS,
  };
}

type Watched = { watch: NonNullable<ModelDeploymentStatus['watch']> };

/** The version in use has taken over and is watched; the one before takes over again where it is worse. */
function watch(
  spec: ModelDeploymentSpec,
  generation: number,
  status: StatusDraft & Watched,
  { window, quality }: CandidateView,
  events: RollOutEvent[],
  nowMs: number,
): RollOutPlan {
  const version = status.version as string;
  const { previous, since } = status.watch;
  const at = new Date(nowMs).toISOString();
  const sinceMs = Date.parse(since ?? at);
  const leftMs = sinceMs + parseDuration(spec.canary.watch ?? '0') - nowMs;
  const verdict = judgeQuality(spec, quality, sinceMs, nowMs);
  // A version that nobody measures keeps what it has been given.
  const isWorse = verdict.is === 'failed' && verdict.reason !== 'NotMeasured';
  const wrong = (window && violation(spec, window, false)) ?? (isWorse ? verdict : undefined);
  if (wrong) {
    const { reason, message } = wrong;
    events.push({ type: 'Warning', reason, note: `version ${previous} takes over again from ${version}: ${message}` });
    status.version = previous;
    status.refused = { version, generation, reason, message, time: at };
    (status as StatusDraft).watch = undefined;
    return { shares: [all(previous)], events };
  }
  if (leftMs > 0) return { shares: [all(version), standby(previous)], events, againMs: Math.min(WATCH_MS, leftMs) };
  (status as StatusDraft).watch = undefined;
  return { shares: [all(version)], events };
}

function violation(
  { canary }: ModelDeploymentSpec,
  window: StepWindow,
  isMirror: boolean,
): { reason: string; message: string } | undefined {
  const { requests, errors, p99Ms, mirrored, mismatches } = window;
  const isEnough = requests >= MIN_SAMPLE;
  if ((isEnough || errors >= CERTAIN_ERRORS) && errors > canary.maxErrorRate * requests) {
    const message = `${errors} of ${requests} requests failed; at most ${percent(canary.maxErrorRate)} may (canary.maxErrorRate)`;
    return { reason: 'TooManyErrors', message };
  }
  const maxMs = canary.maxLatency === undefined ? undefined : parseDuration(canary.maxLatency);
  if (isEnough && maxMs !== undefined && p99Ms !== undefined && p99Ms > maxMs) {
    const message = `the 99th percentile of its latency is ${p99Ms} ms, above ${canary.maxLatency} (canary.maxLatency)`;
    return { reason: 'TooSlow', message };
  }
  const { maxMismatchRate } = canary;
  if (isMirror && maxMismatchRate !== undefined && mirrored >= MIN_SAMPLE && mismatches > maxMismatchRate * mirrored) {
    const message = `${mismatches} of ${mirrored} answers differ from those of the version in use; at most ${percent(maxMismatchRate)} may (canary.maxMismatchRate)`;
    return { reason: 'AnswersDiffer', message };
  }
  return undefined;
}

function shares(status: StatusDraft, candidate: string, weight: number, mirror: boolean): Share[] {
  const next = { version: candidate, weight, mirror };
  return status.version === undefined
    ? [next]
    : [{ version: status.version, weight: 100 - weight, mirror: false }, next];
}

const all = (version: string): Share => ({ version, weight: 100, mirror: false });
/** Ready, and asked only by who names it. */
const standby = (version: string): Share => ({ version, weight: 0, mirror: false });
const normal = (reason: string, note: string): RollOutEvent => ({ type: 'Normal', reason, note });
const percent = (rate: number) => `${Number((rate * 100).toPrecision(3))} %`;
