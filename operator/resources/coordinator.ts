import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import type { KubeObject } from '../kube/objects.js';
import { JOB_FILE } from './config-map.js';
import { type Beginning, fileHash } from './deployed.js';
import {
  ANNOTATION_ATTEMPT,
  ANNOTATION_DEPLOYMENT,
  ANNOTATION_GENERATION,
  CONTROL_PORT,
  HTTP_PORT,
  metaOf,
  namesOf,
  selectorOf,
} from './names.js';
import { type OperatorSettings, podTemplateOf, STATE_DIR, TLS_DIR } from './pods.js';

const JOB_DIR = '/etc/tidewheel/job';

/**
 * The one coordinator of the job. `Recreate`: two never want to lead at once; the runners' tasks go on while there is none.
 * Its annotations keep which spec and beginning it runs, so that the operator can be restarted at any point.
 */
export function coordinatorDeployment(
  job: StreamJob,
  spec: StreamJobSpec,
  settings: OperatorSettings,
  running: {
    readonly generation: number;
    readonly beginning?: Beginning;
    readonly replicas: number;
    readonly attempt: number;
    /** It answers and runs nothing. */
    readonly isIdle?: boolean;
  },
): KubeObject {
  const names = namesOf(job);
  const { beginning } = running;
  const template = podTemplateOf(job, spec, settings, {
    component: 'coordinator',
    graceSeconds: 5,
    annotations: { [ANNOTATION_ATTEMPT]: String(running.attempt) },
    args: [
      'coordinator',
      `${JOB_DIR}/${JOB_FILE}`,
      '--host=0.0.0.0',
      `--control-port=${CONTROL_PORT}`,
      `--http-port=${HTTP_PORT}`,
      '--runners=0',
      `--deployment=${job.metadata.uid}-${running.attempt}`,
      '--stay',
      ...(running.isIdle ? ['--idle'] : []),
      `--state-dir=${STATE_DIR}`,
      `--log-level=${spec.logLevel}`,
      ...(spec.tls.enabled ? [`--tls-dir=${TLS_DIR}`] : []),
      ...(beginning ? [`--begin-id=${beginning.id}`] : []),
      ...(beginning?.from !== undefined ? [`--begin-from=${beginning.from}`] : []),
      ...(beginning?.store !== undefined ? [`--begin-store=${beginning.store}`] : []),
    ],
    ports: [
      { name: 'control', containerPort: CONTROL_PORT },
      { name: 'http', containerPort: HTTP_PORT },
    ],
    probes: {
      readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 2, timeoutSeconds: 2 },
      livenessProbe: {
        httpGet: { path: '/healthz', port: 'http' },
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 6,
      },
    },
    volumes: [{ name: 'job', configMap: { name: names.configMap(fileHash(job, spec)) } }],
    volumeMounts: [{ name: 'job', mountPath: JOB_DIR, readOnly: true }],
  });
  const meta = metaOf(job, names.coordinator, 'coordinator');
  const annotations = {
    [ANNOTATION_GENERATION]: String(running.generation),
    [ANNOTATION_DEPLOYMENT]: JSON.stringify({ spec, attempt: running.attempt, ...(beginning ? { beginning } : {}) }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...meta, annotations },
    spec: {
      replicas: running.replicas,
      revisionHistoryLimit: 2,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selectorOf(job, 'coordinator') },
      template,
    },
  };
}
