/** Brings the objects of a job to what is wanted, by server-side apply. */

import type { StreamJobSpec } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';
import { CONFIG_MAPS, type KubeObject, PODS, SECRETS } from '../kube/objects.js';
import { certificateSecrets } from '../resources/certificates.js';
import { configMap } from '../resources/config-map.js';
import { coordinatorDeployment } from '../resources/coordinator.js';
import { type Beginning, fileHash, runnerPodsOf } from '../resources/deployed.js';
import { LABEL_JOB, namesOf, shortHash } from '../resources/names.js';
import { runnerStatefulSet } from '../resources/runners.js';
import { surroundings } from '../resources/surroundings.js';
import type { Context, Look } from './context.js';

/** Services, policies and certificates. Written when they changed or when this operator hasn't looked yet. */
export async function applySurroundings(context: Context, look: Look, spec: StreamJobSpec): Promise<void> {
  const { memory } = look;
  const now = context.now();
  const work: Promise<unknown>[] = [];
  let hash = memory.surroundings;
  if (memory.surroundingsOf !== spec) {
    const objects = surroundings(look.job, spec);
    hash = shortHash(objects);
    if (memory.surroundings !== hash) work.push(...objects.map((o) => context.client.apply(o)));
  }
  if (spec.tls.enabled && now >= (memory.certificateDueMs ?? 0)) work.push(applyCertificates(context, look, spec));
  await Promise.all(work);
  memory.surroundings = hash;
  memory.surroundingsOf = spec;
}

async function applyCertificates(context: Context, look: Look, spec: StreamJobSpec): Promise<void> {
  const { job, memory } = look;
  const names = namesOf(job);
  const namespace = job.metadata.namespace ?? '';
  const [authority, certificate] = await Promise.all([
    context.client.get(SECRETS, namespace, names.authority),
    context.client.get(SECRETS, namespace, names.certificate),
  ]);
  const now = context.now();
  const lifetimeMs = parseDuration(spec.tls.certificateLifetime);
  const { changed, dueMs } = await certificateSecrets(job, { authority, certificate }, lifetimeMs, now);
  for (const secret of changed) await context.client.apply(secret);
  if (certificate && changed.length > 0) {
    const note = 'certificates renewed; pods read them without a restart';
    context.events.record(job, { type: 'Normal', reason: 'CertificatesRenewed', action: 'Renew', note });
  }
  memory.certificateDueMs = now + Math.max(1000, dueMs);
}

/** Coordinator and runners for a spec. `isUp: false` keeps them at zero pods. */
export async function applyPods(
  context: Context,
  look: Look,
  spec: StreamJobSpec,
  how: {
    readonly isUp: boolean;
    readonly generation: number;
    readonly beginning?: Beginning;
    readonly attempt: number;
  },
): Promise<void> {
  await context.client.apply(configMap(look.job, spec));
  await Promise.all([
    applyRunners(context, look, spec, how.isUp ? runnerPodsOf(spec) : 0),
    applyCoordinator(context, look, spec, how),
  ]);
}

export async function applyCoordinator(
  context: Context,
  look: Look,
  spec: StreamJobSpec,
  how: {
    readonly isUp: boolean;
    readonly generation: number;
    readonly beginning?: Beginning;
    readonly attempt: number;
    readonly isIdle?: boolean;
  },
): Promise<void> {
  const replicas = how.isUp ? 1 : 0;
  const object = coordinatorDeployment(look.job, spec, context.settings, { ...how, replicas });
  context.deployments.note(await context.client.apply(object));
}

export async function applyRunners(context: Context, look: Look, spec: StreamJobSpec, replicas: number): Promise<void> {
  const object = runnerStatefulSet(look.job, spec, context.settings, replicas);
  context.statefulSets.note(await context.client.apply(object));
}

/** Makes all runner pods anew, at once: only while the job stands still. */
export async function replaceRunnerPods(context: Context, pods: readonly KubeObject[]): Promise<void> {
  await Promise.all(
    pods.map((p) => context.client.delete(PODS, p.metadata.namespace ?? '', p.metadata.name, { uid: p.metadata.uid })),
  );
}

/** Removes job files that no Deployment reads any more. */
export async function removeOldFiles(context: Context, look: Look): Promise<void> {
  const { job, deployed } = look;
  if (!deployed) return;
  const current = namesOf(job).configMap(fileHash(job, deployed.spec));
  const labelSelector = `${LABEL_JOB}=${job.metadata.name.slice(0, 63)}`;
  const { namespace } = job.metadata;
  const list = await context.client.list<KubeObject>(CONFIG_MAPS, namespace, { labelSelector });
  const old = list.items.filter(
    (c) => c.metadata.name !== current && c.metadata.ownerReferences?.some((o) => o.uid === job.metadata.uid),
  );
  await Promise.all(old.map((c) => context.client.delete(CONFIG_MAPS, namespace ?? '', c.metadata.name)));
}
