/** The two ports of a router: one for clients, one for the operator, probes and Prometheus. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Logger } from '../../source/contract.js';
import { isAuthorized } from '../admin-token.js';
import { asProtocolError, badRequest, notFound, ProtocolError } from '../protocol-error.js';
import { readBody } from '../request-body.js';
import type { Router } from './router.js';
import { parseRouterConfig } from './router-config.js';

export interface RouterServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly adminPort: number;
  /** Without it the configuration can't be changed by HTTP. */
  readonly adminToken?: string;
  readonly log: Logger;
  /** Default 64 MiB. */
  readonly maxRequestBytes?: number;
}

export interface RouterServer {
  readonly port: number;
  readonly adminPort: number;
  /** Not ready from now on; answers what was begun and what comes within `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const CONFIG_BYTES = 1024 * 1024;
/** Longer than that of common load balancers (60 s), which else send into a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const PATIENCE_MS = 30_000;

export async function serveRouter(router: Router, options: RouterServerOptions): Promise<RouterServer> {
  const { log, maxRequestBytes = MAX_REQUEST_BYTES } = options;
  const metrics = routerMetrics(router);
  let isDraining = false;

  const clients = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) =>
    answering(response, log, async () => {
      const body = await readBody(request, maxRequestBytes);
      const headers = { ...request.headers };
      // readBody has unpacked it.
      delete headers['content-encoding'];
      const answer = await router.forward({ method: request.method ?? 'GET', path: request.url ?? '/', headers, body });
      if (response.destroyed) return;
      response.writeHead(answer.status, {
        ...answer.headers,
        'content-length': String(answer.body.length),
        'tidewheel-model-version': answer.version,
        ...(isDraining ? { connection: 'close' } : {}),
      });
      response.end(answer.body);
    }),
  );

  const admin = createServer((request, response) =>
    answering(response, log, async () => {
      const [path] = (request.url ?? '/').split('?');
      switch (`${request.method} ${path}`) {
        case 'GET /healthz':
          return sendJson(response, 200, { ok: true });
        case 'GET /readyz': {
          const isReady = router.isConfigured && !isDraining;
          return sendJson(response, isReady ? 200 : 503, { ready: isReady });
        }
        case 'GET /metrics':
          response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.metrics());
          return;
        case 'GET /admin/status':
          return sendJson(response, 200, router.status());
        case 'POST /admin/config': {
          const { token, config } = (await readJson(request)) as { token?: string; config?: unknown };
          if (!isAuthorized(token, options.adminToken)) throw new ProtocolError(403, 'not allowed');
          router.configure(parseRouterConfig(config));
          return sendJson(response, 200, router.status());
        }
        default:
          throw notFound(`there is no ${request.method} ${path}`);
      }
    }),
  );

  const port = await listen(clients, options.port, options.host);
  const adminPort = await listen(admin, options.adminPort, options.host);
  return {
    port,
    adminPort,
    drain: async (graceMs) => {
      isDraining = true;
      if (graceMs > 0) await new Promise((resolve) => setTimeout(resolve, graceMs));
      const closed = new Promise<void>((resolve) => clients.close(() => resolve()));
      clients.closeIdleConnections();
      const last = setTimeout(() => clients.closeAllConnections(), PATIENCE_MS);
      await closed;
      clearTimeout(last);
      router.close();
      admin.close();
      admin.closeAllConnections();
    },
  };
}

async function readJson(request: IncomingMessage): Promise<object> {
  const body = await readBody(request, CONFIG_BYTES);
  try {
    return Object(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`);
  }
}

function answering(response: ServerResponse, log: Logger, answer: () => Promise<void>): void {
  answer().catch((error) => {
    const problem = asProtocolError(error);
    if (problem.status === 500) log.error({ reason: problem.message }, 'a request failed');
    if (response.headersSent || response.destroyed) response.destroy();
    else sendJson(response, problem.status, { error: problem.message }, problem.headers);
  });
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers: object = {}): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function listen(server: Server<any, any>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

function routerMetrics(router: Router): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const perVersion = (name: string, help: string, value: (v: { requests: number; errors: number }) => number) => {
    const counter: Counter<'version'> = new Counter({
      name,
      help,
      labelNames: ['version'],
      registers,
      collect() {
        counter.reset();
        for (const each of router.status().versions) counter.inc({ version: each.version }, value(each));
      },
    });
  };
  perVersion('tidewheel_router_requests_total', 'Inference requests given to a version', (v) => v.requests);
  perVersion('tidewheel_router_errors_total', 'Those that it failed', (v) => v.errors);
  const gauge = (name: string, help: string, value: () => number) => {
    const g: Gauge = new Gauge({ name, help, registers, collect: () => g.set(value()) });
  };
  gauge('tidewheel_router_requests_in_flight', 'Requests begun and not answered', () => router.status().inFlight);
  gauge('tidewheel_router_requests_held', 'Requests that wait for a server', () => router.status().held);
  const latency: Gauge<'version' | 'quantile'> = new Gauge({
    name: 'tidewheel_router_latency_seconds',
    help: 'Latency since the shares last changed',
    labelNames: ['version', 'quantile'],
    registers,
    collect() {
      latency.reset();
      for (const { version, window } of router.status().versions) {
        if (window.p50Ms !== undefined) latency.set({ version, quantile: '0.5' }, window.p50Ms / 1000);
        if (window.p99Ms !== undefined) latency.set({ version, quantile: '0.99' }, window.p99Ms / 1000);
      }
    },
  });
  return registry;
}
