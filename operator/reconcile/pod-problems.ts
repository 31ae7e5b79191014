/** What keeps pods from running, in words. Pure. */
import type { KubeObject } from '../kube/objects.js';

export interface PodProblem {
  /** One CamelCase word, the condition's reason. */
  readonly reason: string;
  readonly message: string;
}

const IMAGE = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const CONFIG = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);
/** A death longer ago is history. */
const RECENT_MS = 60_000;
/** Making pods takes less, on any cluster. */
const MISSING_MS = 15_000;

/** The problem that matters most, or undefined. */
export function podProblem(pods: readonly KubeObject[], nowMs: number): PodProblem | undefined {
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    const { name } = pod.metadata;
    const scheduled = pod.status?.conditions?.find((c: any) => c.type === 'PodScheduled');
    if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
      return { reason: 'Unschedulable', message: `pod ${name} finds no node: ${scheduled.message}` };
    }
    for (const container of pod.status?.containerStatuses ?? []) {
      const { waiting } = container.state ?? {};
      if (waiting && IMAGE.has(waiting.reason)) {
        const message = `pod ${name}: image ${container.image} can't be pulled: ${waiting.message ?? waiting.reason}`;
        return { reason: 'ImagePullFailed', message };
      }
      if (waiting && CONFIG.has(waiting.reason)) {
        return { reason: 'ContainerConfig', message: `pod ${name}: ${waiting.message ?? waiting.reason}` };
      }
      const ended = container.state?.terminated ?? container.lastState?.terminated;
      if (!ended || nowMs - Date.parse(ended.finishedAt ?? '') > RECENT_MS) continue;
      if (ended.reason === 'OOMKilled') {
        const message = `pod ${name} ran out of memory and was killed; raise spec.resources.memory`;
        return { reason: 'OutOfMemory', message };
      }
      if (waiting?.reason === 'CrashLoopBackOff' || (container.state?.terminated && ended.exitCode !== 0)) {
        const last = lastLine(ended.message) ?? `exit code ${ended.exitCode}`;
        if (last.includes('TW4103')) return { reason: 'StoreAway', message: `pod ${name} can't start: ${last}` };
        return { reason: 'PodCrashes', message: `pod ${name} crashes: ${last}` };
      }
    }
    if (pod.status?.reason === 'Evicted') {
      return { reason: 'Evicted', message: `pod ${name} was evicted: ${pod.status.message ?? ''}` };
    }
  }
  return undefined;
}

/** The last line of a log, without what only machines read. */
function lastLine(text: string | undefined): string | undefined {
  const line = text?.trim().split('\n').at(-1);
  if (!line) return undefined;
  try {
    const entry = JSON.parse(line);
    return String(entry.error ?? entry.err?.message ?? entry.msg ?? line).slice(0, 500);
  } catch {
    return line.slice(0, 500);
  }
}

/** Pods that the API server refuses to make, e.g. for a quota, as the Deployment tells it. */
export function refusedPods(deployment: KubeObject | undefined): PodProblem | undefined {
  const failure = deployment?.status?.conditions?.find((c: any) => c.type === 'ReplicaFailure' && c.status === 'True');
  if (!failure) return undefined;
  const reason = /exceeded quota/.test(failure.message ?? '') ? 'QuotaExceeded' : 'PodsRefused';
  return { reason, message: `pods can't be made: ${failure.message}` };
}

/** A StatefulSet says only by Events why it makes no pods; that it lacks some for longer than making takes is told. */
export function missingRunners(runners: KubeObject | undefined, forMs: number): PodProblem | undefined {
  const { name } = runners?.metadata ?? {};
  const wanted = runners?.spec?.replicas ?? 0;
  const made = runners?.status?.replicas ?? 0;
  if (runners?.status === undefined || made >= wanted || forMs < MISSING_MS) return undefined;
  const message = `only ${made} of ${wanted} runner pods could be made, as by a quota or a rule of the namespace: kubectl describe statefulset ${name} says why`;
  return { reason: 'PodsRefused', message };
}
