/**
 * A small API server in memory: objects, generations, lists, watches, apply, status, finalizers, owner references. For tests of
 * the operator that must not wait for a cluster; what only a real one does (admission, scheduling) is tested on kind.
 */
import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import { RESOURCE_KINDS, validate } from '../../../api/index.js';
import type { KubeConnection } from '../../../operator/kube/connection.js';
import { ALL_TYPES, type KubeObject, type ResourceType } from '../../../operator/kube/objects.js';

type Json = Record<string, any>;

interface Watcher {
  readonly plural: string;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly selector: string | undefined;
  readonly response: ServerResponse;
}

export class TestApiServer {
  /** By plural, then by `plural/namespace/name`. */
  private readonly objects = new Map<string, Map<string, KubeObject>>(ALL_TYPES.map((t) => [t.plural, new Map()]));
  private readonly watchers = new Set<Watcher>();
  private version = 1000;
  private readonly server = createServer((request, response) => void this.handle(request, response));
  private readonly listeners: ((type: string, object: KubeObject) => void)[] = [];
  /** Service name → port on this machine, for the proxy. */
  readonly services = new Map<string, number>();
  /** Writes of each kind, `PATCH streamjobs/status`. */
  readonly writes = new Map<string, number>();
  /** Watches from before this version get 410. */
  oldest = 0;
  /** What RBAC would forbid; these requests get 403 and are kept in `forbidden`. */
  forbids: (method: string, plural: string, namespace: string | undefined) => boolean = () => false;
  readonly forbidden: string[] = [];
  port = 0;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as { port: number }).port;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get connection(): KubeConnection {
    const server = new URL(`http://127.0.0.1:${this.port}`);
    return { server, agent: new Agent(), namespace: 'default', headers: async () => ({}) };
  }

  onChange(listener: (type: string, object: KubeObject) => void): void {
    this.listeners.push(listener);
  }

  get(plural: string, name: string, namespace = 'default'): any {
    return this.objects.get(plural)?.get(`${plural}/${namespace}/${name}`);
  }

  all(plural: string, namespace?: string): KubeObject[] {
    const objects = [...(this.objects.get(plural)?.values() ?? [])];
    return namespace === undefined ? objects : objects.filter((o) => o.metadata.namespace === namespace);
  }

  /** As `kubectl apply` does: spec and metadata, the generation moves when the spec does. */
  put(object: KubeObject, part: 'all' | 'status' = 'all'): KubeObject {
    const type = ALL_TYPES.find((t) => t.kind === object.kind)!;
    const namespace = object.metadata.namespace ?? 'default';
    const key = `${type.plural}/${namespace}/${object.metadata.name}`;
    const known = this.objects.get(type.plural)!;
    const old = known.get(key);
    const version = String(++this.version);
    let next: KubeObject;
    if (!old) {
      const born = { uid: randomUUID(), creationTimestamp: new Date().toISOString(), generation: 1, namespace };
      next = { ...object, metadata: { ...object.metadata, ...born, resourceVersion: version } };
    } else if (part === 'status') {
      next = { ...old, status: object.status, metadata: { ...old.metadata, resourceVersion: version } };
    } else {
      const changed = JSON.stringify(old.spec) !== JSON.stringify(object.spec ?? old.spec);
      const generation = (old.metadata.generation ?? 1) + (changed ? 1 : 0);
      const metadata = { ...old.metadata, ...object.metadata, generation, resourceVersion: version };
      next = { ...old, ...object, status: old.status, metadata };
    }
    if (next.metadata.deletionTimestamp && (next.metadata.finalizers ?? []).length === 0) {
      this.forget(key, next);
      return next;
    }
    known.set(key, next);
    this.tell(old ? 'MODIFIED' : 'ADDED', type.plural, next);
    return next;
  }

  delete(plural: string, name: string, namespace = 'default'): void {
    const key = `${plural}/${namespace}/${name}`;
    const known = this.objects.get(plural);
    const object = known?.get(key);
    if (!known || !object) return;
    if ((object.metadata.finalizers ?? []).length > 0) {
      const metadata = { ...object.metadata, deletionTimestamp: new Date().toISOString() };
      const marked = { ...object, metadata: { ...metadata, resourceVersion: String(++this.version) } };
      known.set(key, marked);
      this.tell('MODIFIED', plural, marked);
    } else this.forget(key, object);
  }

  private forget(key: string, object: KubeObject): void {
    const plural = key.split('/')[0];
    this.objects.get(plural)?.delete(key);
    object.metadata.resourceVersion = String(++this.version);
    this.tell('DELETED', plural, object);
    for (const { plural: other } of ALL_TYPES) {
      for (const { metadata } of this.all(other)) {
        if (!metadata.ownerReferences?.some((o) => o.uid === object.metadata.uid)) continue;
        this.delete(other, metadata.name, metadata.namespace);
      }
    }
  }

  private tell(type: string, plural: string, object: KubeObject): void {
    for (const listener of this.listeners) listener(type, object);
    for (const watcher of this.watchers) {
      const isSeen = watcher.namespace === undefined || watcher.namespace === object.metadata.namespace;
      if (watcher.plural === plural && isSeen && fits(object, watcher.selector)) {
        watcher.response.write(`${JSON.stringify({ type, object })}\n`);
      }
    }
  }

  /** Ends all watches, as a restart of the API server does. */
  dropWatches(): void {
    for (const watcher of this.watchers) watcher.response.end();
    this.watchers.clear();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    const proxied = /^\/api\/v1\/namespaces\/[^/]+\/services\/http:([^:]+):http\/proxy(\/.*)$/.exec(url.pathname);
    if (proxied) {
      const port = this.services.get(proxied[1]);
      this.proxy(port === undefined ? undefined : { host: '127.0.0.1', port }, proxied[2], request, response);
      return;
    }
    const toPod = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^:/]+):(\d+)\/proxy(\/.*)$/.exec(url.pathname);
    if (toPod) {
      const host = this.get('pods', toPod[1])?.status?.podIP;
      this.proxy(host && { host, port: Number(toPod[2]) }, toPod[3], request, response);
      return;
    }
    const match = /^\/apis?\/(?:[^/]+\/)?v[^/]+\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      url.pathname,
    );
    const type = match && ALL_TYPES.find((t) => t.plural === match[2]);
    if (!match || !type) {
      send(response, 404, { message: `no ${url.pathname}` });
      return;
    }
    const [, space, plural, name, subresource] = match;
    const namespace = space ?? 'default';
    if (this.forbids(request.method ?? '', plural, space)) {
      this.forbidden.push(`${request.method} ${url.pathname}`);
      send(response, 403, { reason: 'Forbidden', message: `${plural} is forbidden` });
      return;
    }
    if (request.method !== 'GET') {
      const what = `${request.method} ${plural}${subresource ? `/${subresource}` : ''}`;
      this.writes.set(what, (this.writes.get(what) ?? 0) + 1);
    }
    const body = await bodyOf(request);
    const found = name === undefined ? undefined : this.get(plural, name, namespace);
    switch (request.method) {
      case 'GET':
        if (name !== undefined)
          send(response, found ? 200 : 404, found ?? { reason: 'NotFound', message: `${plural} "${name}" not found` });
        else if (url.searchParams.get('watch')) this.watch(type, space, url, response);
        else {
          const selector = url.searchParams.get('labelSelector') ?? undefined;
          const items = this.all(plural, space).filter((o) => fits(o, selector));
          send(response, 200, { items, metadata: { resourceVersion: String(this.version) } });
        }
        return;
      case 'POST':
      case 'PUT':
        send(response, 201, this.put({ ...body, metadata: { ...body.metadata, namespace } } as KubeObject));
        return;
      case 'PATCH': {
        const wrong = subresource === 'status' ? statusProblems(body as KubeObject) : [];
        if (wrong.length > 0) send(response, 422, { reason: 'Invalid', message: wrong.join('; ') });
        else if (request.headers['content-type'] === 'application/apply-patch+yaml') {
          send(response, 200, this.put(body as KubeObject, subresource === 'status' ? 'status' : 'all'));
        } else if (!found) send(response, 404, { message: 'not found' });
        else send(response, 200, this.put(merge(found, body) as KubeObject));
        return;
      }
      case 'DELETE':
        this.delete(plural, name ?? '', namespace);
        send(response, found ? 200 : 404, {});
        return;
      default:
        send(response, 405, {});
    }
  }

  private watch(type: ResourceType, namespace: string | undefined, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.oldest) {
      send(response, 410, { reason: 'Expired', message: 'too old resource version' });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    const selector = url.searchParams.get('labelSelector') ?? undefined;
    for (const object of this.all(type.plural, namespace)) {
      if (Number(object.metadata.resourceVersion) > from && fits(object, selector)) {
        response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
      }
    }
    const watcher = { plural: type.plural, namespace, selector, response };
    this.watchers.add(watcher);
    response.on('close', () => this.watchers.delete(watcher));
    response.flushHeaders();
  }

  private proxy(
    target: { host: string; port: number } | undefined,
    path: string,
    from: IncomingMessage,
    to: ServerResponse,
  ): void {
    const failed = () => send(to, 503, { kind: 'Status', message: 'no endpoints available' });
    if (target === undefined) {
      failed();
      return;
    }
    const sent = httpRequest({ ...target, path, method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(to);
    });
    sent.on('error', failed);
    from.pipe(sent);
  }
}

/** As the structural schema of the CRD would have it. */
function statusProblems(object: KubeObject): string[] {
  const kind = RESOURCE_KINDS.find((k) => k.kind === object.kind);
  return kind ? validate(kind.status.node, object.status, ['status']).map((p) => p.message) : [];
}

function fits(object: KubeObject, selector: string | undefined): boolean {
  if (!selector) return true;
  return selector.split(',').every((term) => {
    const [key, value] = term.split('=');
    const label = object.metadata.labels?.[key];
    return value === undefined ? label !== undefined : label === value;
  });
}

function merge(old: Json, patch: Json): Json {
  const out = { ...old };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else if (typeof value === 'object' && !Array.isArray(value)) out[key] = merge(out[key] ?? {}, value);
    else out[key] = value;
  }
  return out;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}
