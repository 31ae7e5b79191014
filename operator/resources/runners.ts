import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import type { KubeObject } from '../kube/objects.js';
import { CONTROL_PORT, metaOf, namesOf, selectorOf } from './names.js';
import { type OperatorSettings, podTemplateOf, TLS_DIR } from './pods.js';

/** A runner that is asked to end has that long to hand its slots over. */
const DRAIN_SECONDS = 30;

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
