/** What the operator asks of routers and model servers, pod by pod. */
import type { QualityReport } from '../../runtime/model/contract.js';
import type { RouterStatus } from '../../runtime/serving/router/router.js';
import type { RouterConfig } from '../../runtime/serving/router/router-config.js';
import { httpCall } from '../http-call.js';
import type { KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/objects.js';
import { ADMIN_PORT, SERVE_PORT } from './names.js';

/** Rejects when there is no answer. */
export type PodTransport = (
  pod: KubeObject,
  port: number,
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  timeoutMs: number,
) => Promise<{ readonly status: number; readonly text: string }>;

/** What a server says of itself at /admin/status. */
export interface ServerStatus {
  readonly ready: boolean;
  readonly versions: readonly {
    readonly version: string;
    readonly state: 'Loading' | 'Ready' | 'Failed' | 'Unloading';
    readonly reason?: string;
    readonly format?: string;
    readonly backend?: string;
  }[];
  /** Processor time of the process so far. */
  readonly cpuSeconds?: number;
}

/** What the registry says of a model: its newest version, and what was measured of those asked for. */
export interface RegistryView {
  readonly latest?: string;
  readonly promoted?: string;
  readonly quality: Readonly<Record<string, readonly QualityReport[]>>;
}

const QUICK_MS = 2000;
const STORE_MS = 20_000;

export class PodApi {
  constructor(private readonly transport: PodTransport) {}

  router(pod: KubeObject): Promise<RouterStatus> {
    return this.call(pod, ADMIN_PORT, 'GET', '/admin/status', undefined, QUICK_MS);
  }

  configureRouter(pod: KubeObject, token: string, config: RouterConfig): Promise<RouterStatus> {
    return this.call(pod, ADMIN_PORT, 'POST', '/admin/config', { token, config }, QUICK_MS);
  }

  server(pod: KubeObject): Promise<ServerStatus> {
    return this.call(pod, SERVE_PORT, 'GET', '/admin/status', undefined, QUICK_MS);
  }

  /** The server knows the store. */
  registry(pod: KubeObject, model: string, versions: readonly string[]): Promise<RegistryView> {
    const path = `/admin/registry/${[model, ...versions].map((word) => encodeURIComponent(word)).join('/')}`;
    return this.call(pod, SERVE_PORT, 'GET', path, undefined, QUICK_MS);
  }

  /** Moves the registry's pointer: the server knows the store. */
  async promote(pod: KubeObject, token: string, model: string, version: string): Promise<void> {
    await this.call(pod, SERVE_PORT, 'POST', '/admin/promote', { token, model, version }, STORE_MS);
  }

  private async call<T>(
    pod: KubeObject,
    port: number,
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<T> {
    const { status, text } = await this.transport(pod, port, method, path, body, timeoutMs);
    if (status !== 200)
      throw new Error(`pod ${pod.metadata.name} answered ${status} to ${path}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}

/** Straight to the pod: from within the cluster. */
export const straightToPods: PodTransport = (pod, port, method, path, body, timeoutMs) =>
  httpCall({ host: pod.status?.podIP, port, method, path, body, timeoutMs });

/** Through the API server: from anywhere that kubectl works. */
export function podsThroughApiServer(client: KubeClient): PodTransport {
  return (pod, port, method, path, body, timeoutMs) => {
    const { namespace, name } = pod.metadata;
    return client.raw(method, `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy${path}`, body, timeoutMs);
  };
}
