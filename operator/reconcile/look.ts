/** Gathers what is known of a job. Reads caches, and asks the coordinator when one should be there. */
import { fillDefaults, type StreamJob, type StreamJobSpec, streamJobSpec } from '../../api/index.js';
import type { CoordinatorView } from '../coordinator-api.js';
import { type KubeObject, keyOf } from '../kube/objects.js';
import {
  ANNOTATION_ATTEMPT,
  ANNOTATION_DEPLOYMENT,
  ANNOTATION_GENERATION,
  LABEL_COMPONENT,
  namesOf,
} from '../resources/names.js';
import type { Context, JobMemory, Look } from './context.js';

export async function lookAt(context: Context, job: StreamJob & KubeObject): Promise<Look> {
  const key = keyOf(job);
  const names = namesOf(job);
  const { namespace } = job.metadata;
  let memory = context.memory.get(key);
  if (!memory) context.memory.set(key, (memory = {}));
  const deployment = owned(context.deployments.get(`${namespace}/${names.coordinator}`), job);
  const runners = owned(context.statefulSets.get(`${namespace}/${names.runner}`), job);
  const pods = podsOf(context, job);
  const deployed = deployedOf(deployment, memory);
  const coordinatorPods = pods.filter(
    (p) =>
      p.metadata.labels?.[LABEL_COMPONENT] === 'coordinator' &&
      p.metadata.annotations?.[ANNOTATION_ATTEMPT] === String(deployed?.attempt),
  );
  let view: CoordinatorView | undefined;
  if (deployment && deployment.spec.replicas > 0 && coordinatorPods.some(isRunning)) {
    view = await context.coordinators.view(job).catch(() => undefined);
  }
  return {
    key,
    job,
    spec: specOf(job, memory),
    generation: job.metadata.generation ?? 0,
    deployment,
    deployed,
    runners,
    coordinatorPods,
    runnerPods: pods.filter((p) => p.metadata.labels?.[LABEL_COMPONENT] === 'runner'),
    view,
    status: structuredClone(job.status ?? {}),
    memory,
  };
}

function podsOf(context: Context, job: StreamJob): KubeObject[] {
  return [...context.pods.indexed(`${job.metadata.namespace}/${job.metadata.name.slice(0, 63)}`)];
}

/** An object of an earlier job of the same name is not ours. */
function owned(object: KubeObject | undefined, job: StreamJob): KubeObject | undefined {
  return object?.metadata.ownerReferences?.some((o) => o.uid === job.metadata.uid) ? object : undefined;
}

/** The same value as long as the spec's generation is. */
function specOf(job: StreamJob & KubeObject, memory: JobMemory): StreamJobSpec {
  const of = `${job.metadata.uid} ${job.metadata.generation}`;
  if (memory.spec?.of === of) return memory.spec.spec;
  memory.spec = { of, spec: fillDefaults(streamJobSpec.node, job.spec) as StreamJobSpec };
  return memory.spec.spec;
}

function deployedOf(deployment: KubeObject | undefined, memory: JobMemory): Look['deployed'] {
  const annotations = deployment?.metadata.annotations ?? {};
  const text = annotations[ANNOTATION_DEPLOYMENT];
  if (!text) return undefined;
  const of = `${annotations[ANNOTATION_GENERATION]} ${text}`;
  if (memory.deployed?.of !== of) {
    memory.deployed = { of, value: { ...JSON.parse(text), generation: Number(annotations[ANNOTATION_GENERATION]) } };
  }
  return memory.deployed.value;
}

export function isRunning(pod: KubeObject): boolean {
  return pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp;
}

export function isReady(pod: KubeObject): boolean {
  return isRunning(pod) && !!pod.status?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');
}
