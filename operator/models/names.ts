/** Names, labels and ports of what belongs to a ModelDeployment. */
import type { ModelDeployment } from '../../api/index.js';
import type { OwnerReference } from '../kube/objects.js';
import { LABEL_COMPONENT, LABEL_MANAGED, MANAGED_BY, ownerOf, shortBase, shortHash } from '../resources/names.js';

export const LABEL_MODEL = 'tidewheel.dev/model-deployment';
/** On Deployments and pods of servers: their version, as it is written. */
export const ANNOTATION_VERSION = 'tidewheel.dev/model-version';
export const SERVE_PORT = 8080;
export const ADMIN_PORT = 8081;

export type ModelComponent = 'model-server' | 'model-router';

export interface ModelNames {
  /** The Service that clients use. */
  readonly service: string;
  readonly router: string;
  readonly routerConfig: string;
  readonly token: string;
  readonly serviceAccount: string;
  /** Deployment and Service of a version. */
  server(version: string): string;
}

export function modelNamesOf({ metadata: { name } }: { metadata: { name: string } }): ModelNames {
  const base = shortBase(name);
  return {
    service: base,
    router: `${base}-router`,
    routerConfig: `${base}-router`,
    token: `${base}-admin`,
    serviceAccount: `${base}-model`,
    server: (version) => `${base}-v-${shortHash(version)}`,
  };
}

/** Labels that select the pods of a component, of one version or of all. They never change. */
export function modelSelector(
  deployment: ModelDeployment,
  component: ModelComponent,
  version?: string,
): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'tidewheel',
    [LABEL_MODEL]: deployment.metadata.name.slice(0, 63),
    [LABEL_COMPONENT]: component,
    ...(version === undefined ? {} : { [`${LABEL_MODEL}-version`]: shortHash(version) }),
  };
}

export function modelMeta(
  deployment: ModelDeployment,
  name: string,
  component?: ModelComponent,
): { name: string; namespace: string; labels: Record<string, string>; ownerReferences: OwnerReference[] } {
  const instance = deployment.metadata.name.slice(0, 63);
  return {
    name,
    namespace: deployment.metadata.namespace ?? 'default',
    labels: {
      'app.kubernetes.io/name': 'tidewheel',
      'app.kubernetes.io/instance': instance,
      [LABEL_MANAGED]: MANAGED_BY,
      [LABEL_MODEL]: instance,
      ...(component ? { [LABEL_COMPONENT]: component } : {}),
    },
    ownerReferences: ownerOf(deployment),
  };
}
