/** The kinds that the operator reads or writes, and what all their objects have in common. */
import { API_GROUP, API_VERSION, type ObjectMeta as JobMeta } from '../../api/index.js';

export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta extends JobMeta {
  ownerReferences?: OwnerReference[];
}

/** Any object. Fields of `spec` and the like are read where they are needed, by those who know the kind. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: any;
}

const core = (plural: string, kind: string): ResourceType => ({ group: '', version: 'v1', plural, kind });
const of = (group: string, version: string, plural: string, kind: string): ResourceType => ({
  group,
  version,
  plural,
  kind,
});

export const STREAM_JOBS = of(API_GROUP, API_VERSION, 'streamjobs', 'StreamJob');
export const STREAM_SNAPSHOTS = of(API_GROUP, API_VERSION, 'streamsnapshots', 'StreamSnapshot');
export const MODEL_DEPLOYMENTS = of(API_GROUP, API_VERSION, 'modeldeployments', 'ModelDeployment');
export const CONFIG_MAPS = core('configmaps', 'ConfigMap');
export const SECRETS = core('secrets', 'Secret');
export const SERVICES = core('services', 'Service');
export const SERVICE_ACCOUNTS = core('serviceaccounts', 'ServiceAccount');
export const PODS = core('pods', 'Pod');
export const DEPLOYMENTS = of('apps', 'v1', 'deployments', 'Deployment');
export const STATEFUL_SETS = of('apps', 'v1', 'statefulsets', 'StatefulSet');
export const NETWORK_POLICIES = of('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy');
export const DISRUPTION_BUDGETS = of('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget');
export const LEASES = of('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const EVENTS = of('events.k8s.io', 'v1', 'events', 'Event');

export const ALL_TYPES: readonly ResourceType[] = [
  STREAM_JOBS,
  STREAM_SNAPSHOTS,
  MODEL_DEPLOYMENTS,
  CONFIG_MAPS,
  SECRETS,
  SERVICES,
  SERVICE_ACCOUNTS,
  PODS,
  DEPLOYMENTS,
  STATEFUL_SETS,
  NETWORK_POLICIES,
  DISRUPTION_BUDGETS,
  LEASES,
  EVENTS,
];

/** The type of an object by its kind. Throws for a kind that the operator has no business with. */
export function typeOf(object: Pick<KubeObject, 'kind'>): ResourceType {
  const type = ALL_TYPES.find((t) => t.kind === object.kind);
  if (!type) throw new Error(`the operator doesn't know kind ${object.kind}`);
  return type;
}

/** `/apis/apps/v1/namespaces/default/deployments/x`; without namespace: of all namespaces. */
export function pathOf(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const parts = [root];
  if (namespace !== undefined) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(type.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** `namespace/name`, the key of caches and queues. */
export function keyOf(object: { metadata: { name: string; namespace?: string } }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}
