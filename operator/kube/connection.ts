/**
 * Where the API server is and who we are: from the pod's service account or a kubeconfig, by @kubernetes/client-node, which
 * knows all the ways to log in. Requests are our own (client.ts): its generated classes cost tens of MiB and have no
 * server-side apply of any kind.
 */
import { Agent, type RequestOptions } from 'node:https';
import { TidewheelError } from '../../api/errors.js';
import { nearestName } from '../../api/nearest.js';
import type { KubeConfig } from './kube-config.js';

export interface KubeConnection {
  readonly server: URL;
  readonly agent: Agent;
  /** Namespace of the context or of the pod. */
  readonly namespace: string;
  /** Headers that log in. Tokens of service accounts change while the process runs. */
  headers(): Promise<Record<string, string>>;
}

const TOKEN_FRESH_MS = 60_000;

const NO_CLUSTER = 'TW6007';
/** What the client library takes when it finds nothing. */
const NOTHING_FOUND = 'http://localhost:8080';

/** Throws TW6007 when there is neither a usable kubeconfig nor a service account. */
export async function connectKube(options: { readonly context?: string } = {}): Promise<KubeConnection> {
  const config = await loadConfig();
  const cluster = clusterOf(config, options.context);
  const login = async (): Promise<RequestOptions> => {
    const given: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(given as never);
    } catch (cause) {
      const message = `can't log in to ${cluster.server} as the kubeconfig says: ${(cause as Error).message}`;
      throw new TidewheelError(NO_CLUSTER, message, { cause });
    }
    return given;
  };
  let last = await login();
  let readAt = Date.now();
  const { ca, cert, key, rejectUnauthorized, servername } = last;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca,
    cert,
    key,
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  });
  return {
    server: new URL(cluster.server),
    agent,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    headers: async () => {
      if (Date.now() - readAt > TOKEN_FRESH_MS) {
        last = await login();
        readAt = Date.now();
      }
      return { ...(last.headers as Record<string, string>) };
    },
  };
}

async function loadConfig(): Promise<KubeConfig> {
  const { KubeConfig } = await import('./kube-config.js');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    const file = process.env.KUBECONFIG;
    const what = file ? `the kubeconfig ${file} (from KUBECONFIG)` : 'the kubeconfig';
    throw new TidewheelError(NO_CLUSTER, `${what} can't be read: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
  return config;
}

/** The cluster of the context asked for, or of the current one. */
function clusterOf(config: KubeConfig, asked: string | undefined): { readonly server: string } {
  const names = config.getContexts().map(({ name }) => name);
  const isEmpty = config.getClusters().every(({ server }) => server === NOTHING_FOUND);
  if (isEmpty) {
    throw new TidewheelError(NO_CLUSTER, 'no cluster: neither a kubeconfig nor a service account is here', {
      hint: 'Set KUBECONFIG, or put the file at ~/.kube/config',
    });
  }
  if (asked !== undefined) config.setCurrentContext(asked);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (!context) {
    const near = nearestName(name ?? '', names);
    throw new TidewheelError(
      NO_CLUSTER,
      name ? `the kubeconfig has no context '${name}'` : 'the kubeconfig names no current context',
      { hint: near ? `Did you mean '${near}'?` : `Contexts: ${names.join(', ') || 'none'}` },
    );
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new TidewheelError(
      NO_CLUSTER,
      `context '${name}' is of a cluster '${context.cluster}' that the kubeconfig lacks`,
    );
  }
  if (!/^https?:\/\//.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw new TidewheelError(
      NO_CLUSTER,
      `the server of cluster '${context.cluster}' must be a URL that starts with https://, not '${cluster.server}'`,
    );
  }
  return cluster;
}
