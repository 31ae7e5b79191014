/** The HTTP server around a ModelHost. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { BackendState } from '../model/index.js';
import type { Logger } from '../source/contract.js';
import type { ModelHost } from './model-host.js';
import { asProtocolError, type ProtocolError } from './protocol-error.js';
import { readBody } from './request-body.js';
import type { RequestLog } from './request-log.js';
import { type RouteContext, type Response as RoutedResponse, route, type ServedRegistry } from './routes.js';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly registry: ServedRegistry;
  readonly version: string;
  readonly log: Logger;
  /** Default 64 MiB. */
  readonly maxRequestBytes?: number;
  /** Whether versions may be loaded and unloaded through HTTP (default true). */
  readonly control?: boolean;
  readonly backends?: readonly BackendState[];
  readonly requestLog?: RequestLog;
  /** Opens /admin/promote to who knows it. */
  readonly adminToken?: string;
}

export interface ModelServer {
  readonly port: number;
  /**
   * Not ready from now on; goes on answering for `graceMs`, so that everybody learns it; then takes no more connections, answers what
   * was begun (at most `patienceMs`, default 30 s), and closes.
   */
  drain(options?: { readonly graceMs?: number; readonly patienceMs?: number }): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** Longer than that of common load balancers (60 s), which else send into a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const LOG_PATIENCE_MS = 5000;

export async function serveModels(host: ModelHost, options: ServerOptions): Promise<ModelServer> {
  const maxBytes = options.maxRequestBytes ?? MAX_REQUEST_BYTES;
  let draining = false;
  const context: RouteContext = {
    host,
    registry: options.registry,
    serverName: 'tidewheel',
    serverVersion: options.version,
    control: options.control ?? true,
    adminToken: options.adminToken,
    requestLog: options.requestLog,
    draining: () => draining,
    status: () => ({
      ready: !draining && host.isReady(),
      draining,
      ...(options.backends ? { backends: options.backends } : {}),
      cpuSeconds: cpuSeconds(),
      inFlight: host.ready().reduce((sum, served) => sum + served.inFlight, 0),
      versions: host.versions().map((version) => ({ ...version, ...loadOf(host, version.name, version.version) })),
    }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let routed: RoutedResponse;
    try {
      routed = await route(context, {
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers: request.headers,
        body: () => readBody(request, maxBytes),
      });
    } catch (error) {
      routed = refusal(error);
    }
    if (response.destroyed) return;
    const headers: Record<string, string> = {
      ...routed.headers,
      'content-length': String(Buffer.byteLength(routed.body)),
    };
    if (draining) headers.connection = 'close';
    response.writeHead(routed.status, headers);
    response.end(request.method === 'HEAD' ? undefined : routed.body);
  };

  const refusal = (error: unknown): RoutedResponse => {
    const problem: ProtocolError = asProtocolError(error);
    if (!problem.counted) host.metrics.refused.inc({ code: String(problem.status) });
    if (problem.status === 500) options.log.error({ reason: problem.message }, 'a request failed');
    return {
      status: problem.status,
      headers: { 'content-type': 'application/json', ...problem.headers },
      body: JSON.stringify({ error: problem.message }),
    };
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    answer(request, response).catch((error) => {
      options.log.error({ reason: String(error) }, 'an answer could not be written');
      response.destroy();
    });
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    port: (server.address() as { port: number }).port,
    drain: async ({ graceMs = 0, patienceMs = 30_000 } = {}) => {
      draining = true;
      if (graceMs > 0) await new Promise((resolve) => setTimeout(resolve, graceMs));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const last = setTimeout(() => server.closeAllConnections(), patienceMs);
      await closed;
      clearTimeout(last);
      await Promise.all([host.close(), options.requestLog?.close(LOG_PATIENCE_MS)]);
    },
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function loadOf(host: ModelHost, name: string, version: string): object {
  const served = host.ready().find((each) => each.name === name && each.version === version);
  if (!served) return {};
  const { inFlight, queued, requests, failures } = served;
  return { inFlight, queued, requests, failures, latency: served.quantiles() };
}
