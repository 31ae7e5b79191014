/** What a ModelDeployment is made of: routers for all, and for each version servers with a Service. Pure. */
import type { ModelDeployment, ModelDeploymentSpec } from '../../api/index.js';
import { bytesOf } from '../../api/quantity.js';
import { FOLLOWING } from '../../runtime/serving/router/router.js';
import type { RouterConfig } from '../../runtime/serving/router/router-config.js';
import { parseDuration } from '../../runtime/time/duration.js';
import type { KubeObject, OwnerReference } from '../kube/objects.js';
import { nodeOptions, splitMemory } from '../resources/memory-split.js';
import { MAIN_CONTAINER } from '../resources/names.js';
import { mergePodTemplate } from '../resources/pod-template.js';
import { CONTAINER_SECURITY, type OperatorSettings, POD_SECURITY, storageEnv } from '../resources/pods.js';
import {
  ADMIN_PORT,
  ANNOTATION_VERSION,
  LABEL_MODEL,
  type ModelComponent,
  modelMeta,
  modelNamesOf,
  modelSelector,
  SERVE_PORT,
} from './names.js';

const CONFIG_DIR = '/etc/tidewheel/router';
const CONFIG_FILE = 'router.json';
const MODEL_DIR = '/etc/tidewheel/model';
/** Goes on answering after SIGTERM until everybody knows that the pod is gone. */
const DRAIN_GRACE_MS = 5000;
/** Grace, and the longest request. */
const GRACE_SECONDS = 75;
/** The models' libraries need room outside the heap. */
const DEFAULT_MEMORY: Readonly<Record<ModelComponent, { request: string; limit: string }>> = {
  'model-server': { request: '256Mi', limit: '1Gi' },
  'model-router': { request: '64Mi', limit: '256Mi' },
};
const DEFAULT_CPU: Readonly<Record<ModelComponent, string>> = { 'model-server': '100m', 'model-router': '50m' };

/** Where requests for the model go, within the cluster. */
export function urlOf(deployment: ModelDeployment, spec: ModelDeploymentSpec): string {
  const { namespace = 'default' } = deployment.metadata;
  return `http://${modelNamesOf(deployment).service}.${namespace}.svc/v2/models/${spec.model}/infer`;
}

/** Of a version's servers. */
export function serverUrl(deployment: ModelDeployment, version: string): string {
  const { namespace = 'default' } = deployment.metadata;
  return `http://${modelNamesOf(deployment).server(version)}.${namespace}.svc:${SERVE_PORT}`;
}

export function serverDeployment(
  deployment: ModelDeployment,
  spec: ModelDeploymentSpec,
  settings: OperatorSettings,
  version: string,
  replicas: number,
): KubeObject {
  const name = modelNamesOf(deployment).server(version);
  const selector = modelSelector(deployment, 'model-server', version);
  const template = podTemplate(deployment, spec, settings, 'model-server', {
    labels: selector,
    annotations: { [ANNOTATION_VERSION]: version },
    args: [
      'model-server',
      ...modelArgs(spec, version),
      '--host=0.0.0.0',
      `--port=${SERVE_PORT}`,
      `--batch-size=${spec.batching.maxSize}`,
      `--batch-wait=${parseDuration(spec.batching.maxDelay)}`,
      `--drain-grace=${DRAIN_GRACE_MS}`,
      '--no-control',
      `--log-level=${spec.logLevel}`,
    ],
    ports: [{ name: 'http', containerPort: SERVE_PORT }],
    readiness: { path: '/v2/health/ready', port: 'http' },
    liveness: { path: '/v2/health/live', port: 'http' },
    env: [...storageEnv(spec.storage), ...serverEnv(spec)],
    ...(spec.source?.configMap
      ? {
          volumes: [{ name: 'model', configMap: { name: spec.source.configMap } }],
          volumeMounts: [{ name: 'model', mountPath: MODEL_DIR, readOnly: true }],
        }
      : {}),
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...modelMeta(deployment, name, 'model-server'), annotations: { [ANNOTATION_VERSION]: version } },
    spec: deploymentSpec(replicas, selector, template),
  };
}

/** In the template, so that a change comes with a roll-out of pods. References are resolved in the pod. */
function serverEnv({ processing, requestLog }: ModelDeploymentSpec): object[] {
  return [
    ...(processing ? [{ name: 'TIDEWHEEL_PROCESSING', value: JSON.stringify(processing) }] : []),
    ...(requestLog ? [{ name: 'TIDEWHEEL_REQUEST_LOG', value: JSON.stringify(requestLog) }] : []),
  ];
}

/** Goes with the version's Deployment. */
export function serverService(deployment: ModelDeployment, version: string, owner: KubeObject): KubeObject {
  const name = modelNamesOf(deployment).server(version);
  const { apiVersion, kind, metadata } = owner;
  const owners: OwnerReference[] = [
    { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...modelMeta(deployment, name, 'model-server'), ownerReferences: owners },
    spec: {
      selector: modelSelector(deployment, 'model-server', version),
      ports: [{ name: 'http', port: SERVE_PORT, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

export function routerDeployment(
  deployment: ModelDeployment,
  spec: ModelDeploymentSpec,
  settings: OperatorSettings,
): KubeObject {
  const names = modelNamesOf(deployment);
  const selector = modelSelector(deployment, 'model-router');
  const template = podTemplate(deployment, spec, settings, 'model-router', {
    labels: selector,
    args: [
      'model-router',
      `--config=${CONFIG_DIR}/${CONFIG_FILE}`,
      '--host=0.0.0.0',
      `--port=${SERVE_PORT}`,
      `--admin-port=${ADMIN_PORT}`,
      `--drain-grace=${DRAIN_GRACE_MS}`,
      `--log-level=${spec.logLevel}`,
    ],
    ports: [
      { name: 'http', containerPort: SERVE_PORT },
      { name: 'admin', containerPort: ADMIN_PORT },
    ],
    readiness: { path: '/readyz', port: 'admin' },
    liveness: { path: '/healthz', port: 'admin' },
    volumes: [{ name: 'config', configMap: { name: names.routerConfig } }],
    volumeMounts: [{ name: 'config', mountPath: CONFIG_DIR, readOnly: true }],
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: modelMeta(deployment, names.router, 'model-router'),
    spec: deploymentSpec(spec.routers, selector, template),
  };
}

/** What a router that starts reads; a running one is told by HTTP, which is quicker. */
export function routerConfigMap(deployment: ModelDeployment, config: RouterConfig): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: modelMeta(deployment, modelNamesOf(deployment).routerConfig, 'model-router'),
    data: { [CONFIG_FILE]: JSON.stringify(config) },
  };
}

export function tokenSecret(deployment: ModelDeployment, token: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: modelMeta(deployment, modelNamesOf(deployment).token),
    data: { token: Buffer.from(token).toString('base64') },
  };
}

/**
 * Service, account, disruption budgets: what seldom changes. There is no network policy: what changes servers and routers asks for the
 * token, and their metrics are for whoever scrapes.
 */
export function modelSurroundings(deployment: ModelDeployment, spec: ModelDeploymentSpec): KubeObject[] {
  const names = modelNamesOf(deployment);
  const meta = (name: string, component?: ModelComponent) => modelMeta(deployment, name, component);
  const service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(names.service, 'model-router'),
    spec: {
      selector: modelSelector(deployment, 'model-router'),
      ports: [
        { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
        { name: 'admin', port: ADMIN_PORT, targetPort: 'admin', protocol: 'TCP' },
      ],
    },
  };
  const account: KubeObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: meta(names.serviceAccount),
    automountServiceAccountToken: false,
  };
  const budget = (component: ModelComponent): KubeObject => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: meta(`${names.router.replace(/-router$/, '')}-${component}`, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: modelSelector(deployment, component) } },
  });
  return [...(spec.serviceAccountName ? [] : [account]), service, budget('model-server'), budget('model-router')];
}

function deploymentSpec(replicas: number, selector: Record<string, string>, template: object): object {
  return {
    replicas,
    revisionHistoryLimit: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: selector },
    template,
  };
}

function modelArgs({ model, source, storage }: ModelDeploymentSpec, version: string): string[] {
  if (source) return [`--file=${model}@${version}=${source.url ?? MODEL_DIR}`];
  const name = `--model=${version === FOLLOWING ? model : `${model}@${version}`}`;
  const { s3, local } = storage ?? {};
  if (local) return [name, `--store=${local.path}`];
  if (!s3) return [name];
  const store = `--store=s3://${[s3.bucket, s3.prefix].filter(Boolean).join('/')}`;
  return [name, store, `--s3-endpoint=${s3.endpoint}`, `--s3-region=${s3.region}`];
}

interface PodParts {
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly args: readonly string[];
  readonly ports: readonly object[];
  readonly readiness: { readonly path: string; readonly port: string };
  readonly liveness: { readonly path: string; readonly port: string };
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

function podTemplate(
  deployment: ModelDeployment,
  spec: ModelDeploymentSpec,
  settings: OperatorSettings,
  component: ModelComponent,
  parts: PodParts,
): object {
  const names = modelNamesOf(deployment);
  const isServer = component === 'model-server';
  const memory = isServer ? spec.resources.memory : undefined;
  const limit = memory ?? DEFAULT_MEMORY[component].limit;
  const pullSecrets = [
    ...(settings.imagePullSecrets ?? []).map((name) => ({ name })),
    ...(spec.imagePullSecrets ?? []).map(({ name }) => ({ name })),
  ];
  const pullPolicy = spec.imagePullPolicy ?? (spec.image === undefined ? settings.imagePullPolicy : undefined);
  const template = {
    metadata: {
      labels: { ...parts.labels, [LABEL_MODEL]: deployment.metadata.name.slice(0, 63) },
      ...(parts.annotations ? { annotations: parts.annotations } : {}),
    },
    spec: {
      serviceAccountName: spec.serviceAccountName ?? names.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: GRACE_SECONDS,
      ...(pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets } : {}),
      securityContext: POD_SECURITY,
      containers: [
        {
          name: MAIN_CONTAINER,
          image: spec.image ?? settings.image,
          ...(pullPolicy ? { imagePullPolicy: pullPolicy } : {}),
          args: parts.args,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          env: [
            { name: 'NODE_OPTIONS', value: nodeOptions(splitMemory(bytesOf(limit), 1)) },
            { name: 'NODE_ENV', value: 'production' },
            {
              name: 'TIDEWHEEL_ADMIN_TOKEN',
              valueFrom: { secretKeyRef: { name: names.token, key: 'token' } },
            },
            ...(parts.env ?? []),
            ...(isServer ? (spec.env ?? []) : []),
          ],
          ports: parts.ports,
          readinessProbe: { httpGet: parts.readiness, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 2 },
          livenessProbe: { httpGet: parts.liveness, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
          resources: {
            requests: {
              cpu: String((isServer ? spec.resources.cpu : undefined) ?? DEFAULT_CPU[component]),
              memory: String(memory ?? DEFAULT_MEMORY[component].request),
            },
            limits: {
              memory: String(limit),
              ...(isServer && spec.resources.cpuLimit ? { cpu: String(spec.resources.cpuLimit) } : {}),
            },
          },
          securityContext: CONTAINER_SECURITY,
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(parts.volumeMounts ?? [])],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }, ...(parts.volumes ?? [])],
    },
  };
  return mergePodTemplate(template, isServer ? (spec.podTemplate as Record<string, any> | undefined) : undefined);
}
