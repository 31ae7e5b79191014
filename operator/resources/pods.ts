/** What the pods of coordinator and runners have in common: security, environment, volumes. */

import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import { bytesOf } from '../../api/quantity.js';
import { SLOT_NURSERY } from '../../runtime/worker/nursery.js';
import { nodeOptions, splitMemory } from './memory-split.js';
import { type Component, MAIN_CONTAINER, namesOf, selectorOf } from './names.js';
import { mergePodTemplate } from './pod-template.js';

export interface OperatorSettings {
  /** Image of pods whose job names none. */
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: readonly string[];
}

const USER = 10001;
/** Of every pod: the restricted standard. */
export const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
};
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
const SECRETS_DIR = '/etc/tidewheel/secrets';
export const TLS_DIR = '/etc/tidewheel/tls';
export const STATE_DIR = '/var/lib/tidewheel';
/** Taken when a job says nothing: requests small enough for a laptop, limits that a small job never meets. */
const DEFAULT_MEMORY: Readonly<Record<Component, { request: string; limit: string }>> = {
  coordinator: { request: '96Mi', limit: '320Mi' },
  runner: { request: '128Mi', limit: '1Gi' },
};
/** Main threads of both pass messages on; slots have threads, and nurseries, of their own (runtime/worker/nursery.ts). */
const MAIN_SEMI_SPACE_MIB = 2;
const DEFAULT_CPU: Readonly<Record<Component, string>> = { coordinator: '50m', runner: '100m' };

interface PodParts {
  readonly component: Component;
  readonly args: readonly string[];
  readonly env?: readonly Variable[];
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
  readonly ports?: readonly object[];
  readonly probes?: object;
  readonly annotations?: Record<string, string>;
  readonly graceSeconds: number;
}

export function podTemplateOf(job: StreamJob, spec: StreamJobSpec, settings: OperatorSettings, parts: PodParts): any {
  const { component } = parts;
  const names = namesOf(job);
  const given = component === 'runner' ? spec.resources : spec.coordinatorResources;
  const memory = given?.memory;
  const limit = memory ?? DEFAULT_MEMORY[component].limit;
  const threads = component === 'runner' ? spec.slotsPerRunner + 1 : 1;
  const split = splitMemory(bytesOf(limit), threads);
  const secrets = spec.secrets ?? [];
  const pullSecrets = [
    ...(settings.imagePullSecrets ?? []).map((name) => ({ name })),
    ...(spec.imagePullSecrets ?? []).map(({ name }) => ({ name })),
  ];
  const pullPolicy = spec.imagePullPolicy ?? (spec.image === undefined ? settings.imagePullPolicy : undefined);
  const template = {
    metadata: {
      labels: { ...selectorOf(job, component), 'app.kubernetes.io/instance': job.metadata.name.slice(0, 63) },
      ...(parts.annotations ? { annotations: parts.annotations } : {}),
    },
    spec: {
      serviceAccountName: spec.serviceAccountName ?? names.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: parts.graceSeconds,
      ...(spec.priorityClassName ? { priorityClassName: spec.priorityClassName } : {}),
      ...(pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets } : {}),
      securityContext: POD_SECURITY,
      containers: [
        {
          name: MAIN_CONTAINER,
          image: spec.image ?? settings.image,
          ...(pullPolicy ? { imagePullPolicy: pullPolicy } : {}),
          args: [...parts.args],
          terminationMessagePolicy: 'FallbackToLogsOnError',
          env: withUsersEnv(
            [
              { name: NODE_OPTIONS, value: nodeOptions({ ...split, semiSpaceMiB: MAIN_SEMI_SPACE_MIB }) },
              ...(component === 'runner' ? [{ name: SLOT_NURSERY, value: String(split.semiSpaceMiB) }] : []),
              // A pool of the allocator for each thread that has much to do; by itself it makes eight for each core, and leaves holes in all.
              { name: 'MALLOC_ARENA_MAX', value: String(threads) },
              { name: 'NODE_ENV', value: 'production' },
              { name: 'TIDEWHEEL_SECRETS_DIR', value: SECRETS_DIR },
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              ...storageEnv(spec.storage),
              ...(parts.env ?? []),
            ],
            spec.env ?? [],
          ),
          ...(parts.ports ? { ports: parts.ports } : {}),
          ...parts.probes,
          resources: {
            requests: {
              cpu: String(given?.cpu ?? DEFAULT_CPU[component]),
              memory: String(memory ?? DEFAULT_MEMORY[component].request),
            },
            limits: { memory: String(limit), ...(given?.cpuLimit ? { cpu: String(given.cpuLimit) } : {}) },
          },
          securityContext: CONTAINER_SECURITY,
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'state', mountPath: STATE_DIR },
            ...(spec.tls.enabled ? [{ name: 'tls', mountPath: TLS_DIR, readOnly: true }] : []),
            ...secrets.flatMap((s) => [
              { name: `secret-${s.name}`, mountPath: `${SECRETS_DIR}/${s.name}`, readOnly: true },
              ...(s.mountPath ? [{ name: `secret-${s.name}`, mountPath: s.mountPath, readOnly: true }] : []),
            ]),
            ...(parts.volumeMounts ?? []),
          ],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'state', emptyDir: {} },
        ...(spec.tls.enabled ? [{ name: 'tls', secret: { secretName: names.certificate } }] : []),
        ...secrets.map((s) => ({
          name: `secret-${s.name}`,
          secret: { secretName: s.name, ...(s.optional ? { optional: true } : {}) },
        })),
        ...(parts.volumes ?? []),
      ],
    },
  };
  return mergePodTemplate(template, spec.podTemplate as Record<string, any> | undefined);
}

const NODE_OPTIONS = 'NODE_OPTIONS';
export type Variable = { readonly name: string; readonly value?: string; readonly valueFrom?: object };

/** Of two variables of one name, which the API server refuses, the user's counts; of two values of NODE_OPTIONS both, the user's last. */
function withUsersEnv(ours: readonly Variable[], theirs: readonly Variable[]): Variable[] {
  const byName = new Map(ours.map((v) => [v.name, v]));
  for (const variable of theirs) {
    const { name, value } = variable;
    const before = byName.get(name)?.value;
    const isJoined = name === NODE_OPTIONS && value !== undefined && before !== undefined;
    byName.set(name, isJoined ? { name, value: `${before} ${value}` } : variable);
  }
  return [...byName.values()];
}

/** Keys of the store come by reference to the Secret: their values are in no manifest. */
export function storageEnv(storage: StreamJobSpec['storage']): Variable[] {
  const name = storage?.s3?.secretRef;
  if (!name) return [];
  const of = (variable: string, key: string) => ({ name: variable, valueFrom: { secretKeyRef: { name, key } } });
  return [of('TIDEWHEEL_S3_ACCESS_KEY', 'accessKey'), of('TIDEWHEEL_S3_SECRET_KEY', 'secretKey')];
}
