/** What stands around the pods of a job and seldom changes: services, service account, network policy, disruption budget. */
import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import type { KubeObject } from '../kube/objects.js';
import { CONTROL_PORT, HTTP_PORT, LABEL_JOB, metaOf, namesOf, selectorOf } from './names.js';

export function surroundings(job: StreamJob, spec: StreamJobSpec): KubeObject[] {
  return [
    ...(spec.serviceAccountName ? [] : [serviceAccount(job)]),
    coordinatorService(job),
    runnerService(job),
    networkPolicy(job),
    disruptionBudget(job),
  ];
}

/** Without any rights, and its token isn't mounted. */
export function serviceAccount(job: StreamJob): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metaOf(job, namesOf(job).serviceAccount),
    automountServiceAccountToken: false,
  };
}

/** Leads to the coordinator also while it is not ready: runners must reach it for it to become so. */
export function coordinatorService(job: StreamJob): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metaOf(job, namesOf(job).coordinator, 'coordinator'),
    spec: {
      selector: selectorOf(job, 'coordinator'),
      publishNotReadyAddresses: true,
      ports: [
        { name: 'control', port: CONTROL_PORT, targetPort: 'control', protocol: 'TCP' },
        { name: 'http', port: HTTP_PORT, targetPort: 'http', protocol: 'TCP' },
      ],
    },
  };
}

export function runnerService(job: StreamJob): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metaOf(job, namesOf(job).runner, 'runner'),
    spec: { clusterIP: 'None', selector: selectorOf(job, 'runner'), publishNotReadyAddresses: true },
  };
}

/** Only pods of the same job reach the runners and the control port; the HTTP port is for operator, CLI and scrapers. */
export function networkPolicy(job: StreamJob): KubeObject {
  const ofJob = {
    podSelector: {
      matchLabels: { 'app.kubernetes.io/name': 'tidewheel', [LABEL_JOB]: job.metadata.name.slice(0, 63) },
    },
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metaOf(job, namesOf(job).networkPolicy),
    spec: {
      podSelector: ofJob.podSelector,
      policyTypes: ['Ingress'],
      ingress: [{ from: [ofJob] }, { ports: [{ port: HTTP_PORT, protocol: 'TCP' }] }],
    },
  };
}

/** One runner at a time is drained: it hands its slots over before the next one goes. */
export function disruptionBudget(job: StreamJob): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metaOf(job, namesOf(job).runner, 'runner'),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(job, 'runner') } },
  };
}
