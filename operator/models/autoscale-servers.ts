/**
 * How many servers the version in use wants: by requests in flight, requests per second and processor time, each over what one server
 * is to have; the one that wants most counts. Pure.
 */
import type { ModelDeploymentSpec, ModelDeploymentStatus } from '../../api/index.js';
import { bytesOf } from '../../api/quantity.js';
import { parseDuration } from '../../runtime/time/duration.js';

export interface ServerLoad {
  /** Requests begun and not answered, those that wait for a server included. */
  readonly inFlight: number;
  /** Requests so far. */
  readonly requests: number;
  /** Processor time of the servers so far; undefined where it isn't looked at. */
  readonly cpuSeconds?: number;
}

export interface ServerScaler {
  /** What was wanted at each look within the cooldown. */
  history: { atMs: number; wanted: number }[];
  /** Of the first look. */
  sinceMs?: number;
  requests: number;
  /** The load at looks of the latest seconds, for rates. */
  looks?: (ServerLoad & { readonly atMs: number })[];
}

export type ScalingReason = NonNullable<NonNullable<ModelDeploymentStatus['autoscaling']>['reason']>;

export interface ScalingDecision {
  readonly wanted: number;
  readonly reason: ScalingReason;
  /** With its numbers. */
  readonly message: string;
}

/** A rate is that of so many seconds; of less than a second or two it says little. */
const RATE_OVER_MS = 10_000;
const RATE_FROM_MS = 1_500;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_CPU = '100m';

/** Up at once, down when no more has been wanted for the cooldown. `current`: what is wanted by now. */
export function decideServers(
  spec: ModelDeploymentSpec,
  current: number | undefined,
  load: ServerLoad | undefined,
  memory: ServerScaler,
  nowMs: number,
): ScalingDecision | undefined {
  const { autoscaling } = spec;
  if (!autoscaling?.enabled) return undefined;
  const { minReplicas, maxReplicas, cooldown } = autoscaling;
  const within = (pods: number) => Math.min(maxReplicas, Math.max(minReplicas, pods));
  const now = within(current ?? Math.max(1, spec.replicas));
  if (!load) return { wanted: now, reason: 'NoMeasurement', message: 'no router says what is asked' };
  const isUsed = load.inFlight > 0 || load.requests !== memory.requests;
  memory.requests = load.requests;
  const most = mostWanted(spec, load, memory, nowMs, isUsed);
  const wanted = within(most.wanted);
  const bounded: ScalingDecision =
    wanted < most.wanted
      ? { wanted, reason: 'MaxReplicas', message: `${most.message}; maxReplicas is ${maxReplicas}` }
      : wanted > most.wanted
        ? { wanted, reason: 'MinReplicas', message: `${most.message}; minReplicas is ${minReplicas}` }
        : most;
  const cooldownMs = parseDuration(cooldown);
  memory.history = memory.history.filter(({ atMs }) => nowMs - atMs < cooldownMs);
  memory.history.push({ atMs: nowMs, wanted });
  memory.sinceMs ??= nowMs;
  if (wanted >= now) return bounded;
  // Without a whole cooldown of looks nothing is taken away.
  const kept =
    nowMs - memory.sinceMs < cooldownMs ? now : Math.min(now, Math.max(...memory.history.map((h) => h.wanted)));
  if (kept === wanted) return bounded;
  return {
    wanted: kept,
    reason: 'Cooldown',
    message: `${most.message}; ${kept} were wanted within the last ${cooldown}`,
  };
}

function mostWanted(
  spec: ModelDeploymentSpec,
  load: ServerLoad,
  memory: ServerScaler,
  nowMs: number,
  isUsed: boolean,
): ScalingDecision {
  const { targetRequestsPerSecond, targetCpu } = spec.autoscaling!;
  const isAlone = targetRequestsPerSecond === undefined && targetCpu === undefined;
  const targetConcurrency = spec.autoscaling!.targetConcurrency ?? (isAlone ? DEFAULT_CONCURRENCY : undefined);
  const decisions: ScalingDecision[] = [];
  const want = (reason: ScalingReason, of: number, what: string) => {
    const wanted = Math.ceil(Number(of.toFixed(6)));
    if (wanted > 0) decisions.push({ wanted, reason, message: `${what}: ${wanted} ${wanted === 1 ? 'pod' : 'pods'}` });
  };
  if (targetConcurrency !== undefined) {
    const { inFlight } = load;
    want('Concurrency', inFlight / targetConcurrency, `${inFlight} requests in flight, ${targetConcurrency} a pod`);
  }
  const rates = ratesOf(load, memory, nowMs);
  if (rates && targetRequestsPerSecond !== undefined) {
    const { requests } = rates;
    want(
      'RequestsPerSecond',
      requests / targetRequestsPerSecond,
      `${shown(requests)} requests/s, ${targetRequestsPerSecond} a pod`,
    );
  }
  if (rates && targetCpu !== undefined) {
    const cores = (bytesOf(spec.resources.cpu ?? DEFAULT_CPU) * targetCpu) / 100;
    want('Cpu', rates.cores / cores, `${shown(rates.cores)} cores in use, ${shown(cores)} a pod`);
  }
  const idle: ScalingDecision = isUsed
    ? { wanted: 1, reason: 'Concurrency', message: 'few requests: 1 pod' }
    : { wanted: 0, reason: 'Idle', message: 'no request' };
  // A server that does nothing uses some processor time too.
  const asked = decisions.filter((d) => isUsed || d.reason !== 'Cpu' || d.wanted > 1);
  return asked.reduce((most, each) => (each.wanted > most.wanted ? each : most), idle);
}

function ratesOf(
  load: ServerLoad,
  memory: ServerScaler,
  nowMs: number,
): { requests: number; cores: number } | undefined {
  const last = memory.looks?.at(-1);
  // Counters that went back: a router or server began anew.
  const isReset = last && (load.requests < last.requests || (load.cpuSeconds ?? 0) < (last.cpuSeconds ?? 0));
  const looks = isReset ? [] : (memory.looks ?? []).filter(({ atMs }) => nowMs - atMs <= RATE_OVER_MS);
  looks.push({ ...load, atMs: nowMs });
  memory.looks = looks;
  const [first] = looks;
  const seconds = (nowMs - first.atMs) / 1000;
  if (seconds * 1000 < RATE_FROM_MS) return undefined;
  return {
    requests: (load.requests - first.requests) / seconds,
    cores: ((load.cpuSeconds ?? 0) - (first.cpuSeconds ?? 0)) / seconds,
  };
}

const shown = (value: number) => String(Number(value.toPrecision(3)));
