/**
 * Kubelets start a container that dies again at once, then after 10 s, 20 s, and so on up to 5 min, and forget about it only after ten
 * minutes without a death. For a pod that worked in between, that is too long: it is replaced, and its successor starts at once. One that
 * dies soon after each start, or a job whose pods have been replaced again and again, is left to the kubelet's patience.
 *
 * A kubelet says that it holds a pod back (CrashLoopBackOff) only at its next look at it, ten seconds later. That it will can be seen at
 * once: this death is not the first one of late.
 */
import { type KubeObject, PODS } from '../kube/objects.js';
import { tell } from './change.js';
import type { Context, Look } from './context.js';
import { podProblem } from './pod-problems.js';

/** A kubelet forgets a death after ten minutes; nearly so old, it may or may not. */
const REMEMBERED_MS = 590_000;
/** Whoever lived that long did not die of its start. */
const WORKED_MS = 3000;
/** So many pods of a job are replaced within that time; of more deaths the cause is in the job. */
const MOST = 5;
const WITHIN_MS = 180_000;
/** What such a pod died of is told for that long after it is gone. */
const TOLD_MS = 60_000;

export async function replaceHeldBack(context: Context, look: Look): Promise<void> {
  for (const pod of [...look.coordinatorPods, ...look.runnerPods]) {
    const livedMs = heldBackAfterMs(pod);
    if (livedMs === undefined || livedMs < WORKED_MS) continue;
    const { namespace, name, uid } = pod.metadata;
    const now = context.now();
    const recent = (look.memory.replacedMs ?? []).filter((ms) => ms > now - WITHIN_MS);
    if (recent.length >= MOST) return;
    look.memory.replacedMs = [...recent, now];
    const problem = podProblem([pod], now);
    if (problem) look.memory.crash = { problem, untilMs: now + TOLD_MS };
    const note = `pod ${name} is replaced: it died after ${Math.round(livedMs / 1000)} s of work and would wait to be started again`;
    tell(context, look, 'Warning', 'PodReplaced', problem ? `${note}; ${problem.message}` : note);
    // Its process is dead: nothing has to be waited for.
    await context.client.delete(PODS, namespace ?? '', name, { uid, gracePeriodSeconds: 0 });
  }
}

/** How long the last process of a pod lived whose next start is put off; undefined: none is. */
export function heldBackAfterMs({ metadata, status }: KubeObject): number | undefined {
  if (metadata.deletionTimestamp) return undefined;
  for (const { state, lastState } of status?.containerStatuses ?? []) {
    const isWaiting = state?.waiting?.reason === 'CrashLoopBackOff';
    const died = isWaiting ? lastState?.terminated : state?.terminated;
    if (!died || !(isWaiting || diedLately(lastState?.terminated, died))) continue;
    const livedMs = Date.parse(died.finishedAt ?? '') - Date.parse(died.startedAt ?? '');
    if (!Number.isNaN(livedMs)) return livedMs;
  }
  return undefined;
}

type Death = { readonly startedAt?: string; readonly finishedAt?: string };

function diedLately(before: Death | undefined, now: Death): boolean {
  return Date.parse(now.finishedAt ?? '') - Date.parse(before?.finishedAt ?? '') < REMEMBERED_MS;
}
