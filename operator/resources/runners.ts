import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import { LEADER_STORE, LEADER_STORE_REGION, LOCAL_COPIES } from '../../runtime/worker/pod-environment.js';
import type { KubeObject } from '../kube/objects.js';
import { CONTROL_PORT, metaOf, namesOf, selectorOf } from './names.js';
import { type OperatorSettings, podTemplateOf, STATE_DIR, TLS_DIR, type Variable } from './pods.js';
import { placeOf } from './store-place.js';

/** A runner that is asked to end has that long to hand its slots over. */
const DRAIN_SECONDS = 30;

/**
 * What lets a runner be there sooner, where the state is in an object store: a new coordinator's Service leads to it up to a second after
 * its start, so runners look into the store, too; and one that is killed finds its state on the pod's disk.
 */
function environmentOf(job: StreamJob, spec: StreamJobSpec): Variable[] {
  const { s3 } = spec.storage ?? {};
  if (!s3) return [];
  const place = s3.secretRef && spec.tls.enabled ? placeOf(job, spec) : undefined;
  return [
    ...(place === undefined ? [] : [{ name: LEADER_STORE, value: place }]),
    ...(place !== undefined && s3.region ? [{ name: LEADER_STORE_REGION, value: s3.region }] : []),
    ...(spec.stateBackend.type === 'disk' ? [] : [{ name: LOCAL_COPIES, value: `${STATE_DIR}/copies` }]),
  ];
}

/**
 * The runner pods. They know nothing of the job but its name: a changed body keeps them. All start at once; when their template
 * changes, the operator replaces them itself while the job stands still (`OnDelete`), not one after another.
 */
export function runnerStatefulSet(
  job: StreamJob,
  spec: StreamJobSpec,
  settings: OperatorSettings,
  replicas: number,
): KubeObject {
  const names = namesOf(job);
  const template = podTemplateOf(job, spec, settings, {
    component: 'runner',
    graceSeconds: DRAIN_SECONDS,
    args: [
      'runner',
      '--id=$(POD_NAME)',
      `--job=${job.metadata.name}`,
      `--coordinator=${names.coordinatorHost}:${CONTROL_PORT}`,
      '--host=$(POD_IP)',
      '--bind-host=0.0.0.0',
      `--log-level=${spec.logLevel}`,
      ...(spec.tls.enabled ? [`--tls-dir=${TLS_DIR}`] : []),
    ],
    env: environmentOf(job, spec),
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metaOf(job, names.runner, 'runner'),
    spec: {
      serviceName: names.runner,
      replicas,
      podManagementPolicy: 'Parallel',
      revisionHistoryLimit: 2,
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: selectorOf(job, 'runner') },
      template,
    },
  };
}
