/** The few calls that the operator makes to the API server. All reject with KubeError. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Write } from './audit.js';
import type { KubeConnection } from './connection.js';
import { isNotFound, KubeError } from './kube-error.js';
import { type KubeObject, pathOf, type ResourceType, typeOf } from './objects.js';

/** Owner of the fields that the operator applies. */
export const FIELD_MANAGER = 'tidewheel-operator';

export interface ListOptions {
  readonly labelSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
}

export interface ObjectList<T> {
  readonly items: T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

const TIMEOUT_MS = 30_000;

export class KubeClient {
  /** `onWrite` hears of each write and of what became of it. */
  constructor(
    private readonly connection: KubeConnection,
    private readonly onWrite: (write: Write) => void = () => {},
  ) {}

  get namespace(): string {
    return this.connection.namespace;
  }

  /** The object, or undefined when it isn't there. */
  async get<T extends KubeObject>(type: ResourceType, namespace: string, name: string): Promise<T | undefined> {
    try {
      return await this.call<T>('GET', pathOf(type, namespace, name));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  list<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: ListOptions = {},
  ): Promise<ObjectList<T>> {
    return this.call('GET', pathOf(type, namespace) + query({ ...options }));
  }

  /** Server-side apply: says what the operator wants of the object; what others own is left alone. */
  apply<T extends KubeObject>(object: KubeObject, subresource?: string): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = pathOf(typeOf(object), namespace, name, subresource);
    return this.written({ ...whatOf(object, 'apply'), subresource }, () =>
      this.call<T>(
        'PATCH',
        path + query({ fieldManager: FIELD_MANAGER, force: true }),
        object,
        'application/apply-patch+yaml',
      ),
    );
  }

  create<T extends KubeObject>(object: KubeObject): Promise<T> {
    return this.written(whatOf(object, 'create'), () =>
      this.call<T>('POST', pathOf(typeOf(object), object.metadata.namespace), object),
    );
  }

  /** Replaces; a conflict (409) when `resourceVersion` isn't the latest. */
  replace<T extends KubeObject>(object: KubeObject): Promise<T> {
    return this.written(whatOf(object, 'replace'), () =>
      this.call<T>('PUT', pathOf(typeOf(object), object.metadata.namespace, object.metadata.name), object),
    );
  }

  mergePatch<T extends KubeObject>(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: object,
    subresource?: string,
  ): Promise<T> {
    const path = pathOf(type, namespace, name, subresource) + query({ fieldManager: FIELD_MANAGER });
    const what = { verb: 'patch', kind: type.kind, namespace, name, subresource, fieldManager: FIELD_MANAGER } as const;
    return this.written({ ...what, sent: patch }, () =>
      this.call<T>('PATCH', path, patch, 'application/merge-patch+json'),
    );
  }

  /** Deletes; an object that isn't there is no error. `uid`: only that very object. */
  async delete(
    type: ResourceType,
    namespace: string,
    name: string,
    options: { readonly uid?: string; readonly gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    try {
      await this.written({ verb: 'delete', kind: type.kind, namespace, name }, () =>
        this.call<KubeObject>('DELETE', pathOf(type, namespace, name), {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          propagationPolicy: 'Background',
          ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
          ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
        }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * Events from `resourceVersion` on, until the server ends the stream or `signal` aborts. Rejects with KubeError 410 when the
   * position is too old.
   */
  async watch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: { readonly labelSelector?: string; readonly resourceVersion: string; readonly timeoutSeconds: number },
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const path = pathOf(type, namespace) + query({ ...options, watch: true, allowWatchBookmarks: true });
    const response = await this.send('GET', path, undefined, undefined, (options.timeoutSeconds + 30) * 1000, signal);
    if (response.statusCode !== 200) throw await errorOf(response, path);
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response) {
      rest += chunk;
      let end: number;
      while ((end = rest.indexOf('\n')) >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        if (line === '') continue;
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === 'ERROR') {
          const status = event.object as unknown as { code?: number; reason?: string; message?: string };
          throw new KubeError(status.code ?? 500, status.reason ?? '', status.message ?? 'the watch ended');
        }
        onEvent(event);
      }
    }
  }

  /** Any request; the answer as JSON. */
  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> {
    const response = await this.send(method, path, body, contentType, timeoutMs);
    if ((response.statusCode ?? 0) >= 300) throw await errorOf(response, path);
    const text = await textOf(response);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  /** Any request; the answer as it is. Rejects only when there is none. */
  async raw(
    method: string,
    path: string,
    body: unknown,
    timeoutMs: number,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await this.send(method, path, body, 'application/json', timeoutMs);
    return { status: response.statusCode ?? 0, text: await textOf(response) };
  }

  /** An answer whose body is read as it comes, e.g. the lines of a log. */
  async stream(path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const response = await this.send('GET', path, undefined, undefined, 24 * 3600_000, signal);
    if (response.statusCode !== 200) throw await errorOf(response, path);
    return response;
  }

  private async written<T extends KubeObject>(write: Write, call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.onWrite(write);
      return answer;
    } catch (error) {
      this.onWrite({ ...write, error });
      throw error;
    }
  }

  private async send(
    method: string,
    path: string,
    body: unknown,
    contentType: string | undefined,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server, agent } = this.connection;
    const headers = await this.connection.headers();
    const text = body === undefined ? undefined : JSON.stringify(body);
    if (text !== undefined) {
      headers['Content-Type'] = contentType ?? 'application/json';
      headers['Content-Length'] = String(Buffer.byteLength(text));
    }
    headers.Accept = 'application/json';
    const isSecure = server.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const options = {
        method,
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port || (isSecure ? 443 : 80),
        path: (server.pathname === '/' ? '' : server.pathname) + path,
        headers,
        timeout: timeoutMs,
        ...(signal ? { signal } : {}),
      };
      const request = isSecure ? httpsRequest({ ...options, agent }, resolve) : httpRequest(options, resolve);
      request.on('timeout', () => request.destroy(new Error(`no answer after ${timeoutMs} ms`)));
      request.on('error', (cause) =>
        reject(
          new KubeError(0, 'Unreachable', `the API server at ${server.host} does not answer: ${cause.message}`, cause),
        ),
      );
      request.end(text);
    });
  }
}

function whatOf(object: KubeObject, verb: Write['verb']): Write {
  const { name, namespace } = object.metadata;
  return { verb, kind: object.kind, namespace, name, fieldManager: FIELD_MANAGER, sent: object };
}

function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${given.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&')}`;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function errorOf(response: IncomingMessage, path: string): Promise<KubeError> {
  const text = await textOf(response).catch(() => '');
  let reason = '';
  let message = text;
  try {
    const status = JSON.parse(text) as { reason?: string; message?: string };
    reason = status.reason ?? '';
    message = status.message ?? text;
  } catch {
    // A proxy's page, or nothing.
  }
  return new KubeError(response.statusCode ?? 0, reason, message || `${response.statusCode} for ${path}`);
}
