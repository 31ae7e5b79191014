/** How many servers the version in use wants: requests in flight over what one is to have. Pure. */
import type { ModelDeploymentSpec } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';

export interface ServerLoad {
  /** Requests begun and not answered, those that wait for a server included. */
  readonly inFlight: number;
  /** Requests so far. */
  readonly requests: number;
}

export interface ServerScaler {
  /** What was wanted at each look within the cooldown. */
  history: { atMs: number; wanted: number }[];
  /** Of the first look. */
  sinceMs?: number;
  requests: number;
}

/** Up at once, down when no more has been wanted for the cooldown. `current`: what is wanted by now. */
export function wantedServers(
  spec: ModelDeploymentSpec,
  current: number | undefined,
  load: ServerLoad | undefined,
  memory: ServerScaler,
  nowMs: number,
): number {
  const { autoscaling } = spec;
  if (!autoscaling?.enabled) return spec.replicas;
  const { minReplicas, maxReplicas, targetConcurrency, cooldown } = autoscaling;
  const now = Math.min(maxReplicas, Math.max(minReplicas, current ?? Math.max(1, spec.replicas)));
  if (!load) return now;
  const isUsed = load.inFlight > 0 || load.requests !== memory.requests;
  memory.requests = load.requests;
  const needed = Math.max(isUsed ? 1 : 0, Math.ceil(load.inFlight / targetConcurrency));
  const wanted = Math.min(maxReplicas, Math.max(minReplicas, needed));
  const cooldownMs = parseDuration(cooldown);
  memory.history = memory.history.filter(({ atMs }) => nowMs - atMs < cooldownMs);
  memory.history.push({ atMs: nowMs, wanted });
  memory.sinceMs ??= nowMs;
  if (wanted >= now) return wanted;
  // Without a whole cooldown of looks nothing is taken away.
  if (nowMs - memory.sinceMs < cooldownMs) return now;
  return Math.min(now, Math.max(...memory.history.map((h) => h.wanted)));
}
