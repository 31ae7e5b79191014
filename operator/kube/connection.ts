/**
 * Where the API server is and who we are: from the pod's service account or a kubeconfig, by @kubernetes/client-node, which
 * knows all the ways to log in. Requests are our own (client.ts): its generated classes cost tens of MiB and have no
 * server-side apply of any kind.
 */
import { Agent, type RequestOptions } from 'node:https';

export interface KubeConnection {
  readonly server: URL;
  readonly agent: Agent;
  /** Namespace of the context or of the pod. */
  readonly namespace: string;
  /** Headers that log in. Tokens of service accounts change while the process runs. */
  headers(): Promise<Record<string, string>>;
}

const TOKEN_FRESH_MS = 60_000;

/** Throws when there is neither a kubeconfig nor a service account. */
export async function connectKube(options: { readonly context?: string } = {}): Promise<KubeConnection> {
  const { KubeConfig } = await import('./kube-config.js');
  const config = new KubeConfig();
  config.loadFromDefault();
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('no cluster: neither a kubeconfig nor a service account is here');
  const login = async (): Promise<RequestOptions> => {
    const given: RequestOptions = {};
    await config.applyToHTTPSOptions(given as never);
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
