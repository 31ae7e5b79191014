import { parseDuration } from '../../runtime/time/duration.js';
import { type KubeObject, STREAM_JOBS } from '../kube/objects.js';
import { COOLS_DOWN, decideScaling, type LastScaling, type LoadSample } from './autoscale-decision.js';
import { tell } from './change.js';
import type { Context, Look } from './context.js';

/** What is remembered for the autoscaler; after a restart of the operator it measures anew. */
export interface AutoscalerMemory {
  samples: LoadSample[];
  last?: LastScaling;
}

/** Measures, decides, and sets `spec.parallelism`, which the rescale then follows. */
export async function autoscale(context: Context, look: Look): Promise<void> {
  const { spec, view, job, memory, status } = look;
  const { autoscaling } = spec;
  if (!autoscaling || view?.state !== 'running' || view.parallelism !== spec.parallelism) return;
  const now = context.now();
  const windowMs = parseDuration(autoscaling.window);
  memory.autoscaler ??= { samples: [] };
  const { samples } = memory.autoscaler;
  const busyMs = (view.steps ?? []).reduce((sum, s) => sum + s.busyMs, 0);
  samples.push({ atMs: now, rowsIn: view.rowsIn, busyMs, lag: view.lag, parallelism: view.parallelism });
  while (samples.length > 2 && samples[0].atMs < now - 2 * windowMs) samples.shift();
  const { last } = memory.autoscaler;
  const settings = {
    ...autoscaling,
    catchUpMs: parseDuration(autoscaling.catchUpTime),
    cooldownMs: parseDuration(autoscaling.cooldown),
    windowMs,
  };
  const pauseMs = status.change?.kind === 'inPlace' ? status.change.pauseMs : undefined;
  const decision = decideScaling(samples, settings, last && { ...last, pauseMs: last.pauseMs ?? pauseMs }, now);
  const applied = decision.change && autoscaling.enabled;
  // While it measures anew or cools down, the last decision is what people want to see.
  const isWaiting = Object.keys(decision.metrics).length === 0 || decision.reason === COOLS_DOWN;
  if (isWaiting && status.autoscaler) return;
  status.autoscaler = {
    time: new Date(now).toISOString(),
    recommended: decision.recommended,
    applied,
    reason: decision.reason,
    metrics: decision.metrics,
  };
  if (!applied) return;
  const note = `${view.parallelism} → ${decision.recommended}: ${decision.reason}`;
  tell(context, look, 'Normal', 'Autoscaled', note);
  memory.autoscaler = {
    samples: [],
    last: {
      atMs: now,
      from: view.parallelism,
      to: decision.recommended,
      rowsPerSecond: decision.metrics.rowsPerSecond ?? 0,
      lag: view.lag,
    },
  };
  const { namespace, name } = job.metadata;
  const patch = { spec: { parallelism: decision.recommended } };
  await context.client.mergePatch<KubeObject>(STREAM_JOBS, namespace ?? '', name, patch);
}
