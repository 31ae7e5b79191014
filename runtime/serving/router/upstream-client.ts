/** Requests to the servers of one version: kept connections, whole answers, and what became of them. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { LatencyWindow } from './latency-window.js';
import type { Upstream } from './router-config.js';

export interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The server closed or refused the connection: the request may be sent again. */
export class Unreachable extends Error {}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
]);
const ANSWER_TIMEOUT_MS = 60_000;
const REACH_EVERY_MS = 100;
/**
 * A connection that is asked for before the cluster's network knows the Service may never be answered: whoever waits for it would wait as
 * long as for an answer.
 */
const CONNECT_TIMEOUT_MS = 2000;
const REACH_TIMEOUT_MS = 3000;

export class UpstreamClient {
  window = new LatencyWindow();
  /** Since the router began. */
  requests = 0;
  errors = 0;
  mirrored = 0;
  mismatches = 0;
  inFlight = 0;
  /** Whether a server of the version has said, by the way that requests take, that it is ready. */
  isReached = false;
  private isClosed = false;
  /** Of the smooth weighted round-robin. */
  credit = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1024, keepAliveMsecs: 10_000, timeout: 30_000 });
  private readonly host: string;
  private readonly port: number;

  constructor(public upstream: Upstream) {
    const url = new URL(upstream.url);
    this.host = url.hostname;
    this.port = Number(url.port || 80);
    void this.untilReached();
  }

  /**
   * A pod may be ready before its Service leads to it. Each look has a connection of its own: one that was made before the cluster's
   * network knew the Service may have ended anywhere, and kept, would lead there for ever.
   */
  private async untilReached(): Promise<void> {
    const request = { method: 'GET', path: '/v2/health/ready', headers: {}, body: Buffer.alloc(0) };
    while (!this.isReached && !this.isClosed) {
      const answer = await this.send(request, REACH_TIMEOUT_MS, false).catch(() => undefined);
      if (answer?.status === 200) this.isReached = true;
      else await delay(REACH_EVERY_MS, undefined, { ref: false });
    }
  }

  /** A new step: counters of the window begin anew. */
  begin(upstream: Upstream): void {
    this.upstream = upstream;
    this.window = new LatencyWindow();
    this.mirrored = this.mismatches = 0;
  }

  /** Rejects with Unreachable, or with another Error when there is no answer in time. */
  send({ method, path, headers, body }: Forwarded, timeoutMs = ANSWER_TIMEOUT_MS, isKept = true): Promise<Answer> {
    this.inFlight++;
    return new Promise<Answer>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: this.host,
          port: this.port,
          method,
          path,
          agent: isKept ? this.agent : false,
          headers: { ...endToEnd(headers), 'content-length': body.length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 502,
              headers: endToEnd(response.headers),
              body: Buffer.concat(chunks),
            }),
          );
          response.on('error', (error) => reject(new Unreachable(error.message)));
        },
      );
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs / 1000} s`));
        sent.destroy();
      }, timeoutMs);
      sent.on('socket', (socket) => {
        if (!socket.connecting) return;
        const late = () => sent.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
        const connecting = setTimeout(late, CONNECT_TIMEOUT_MS);
        const settled = () => clearTimeout(connecting);
        socket.once('connect', settled).once('close', settled);
      });
      sent.on('close', () => clearTimeout(timer));
      sent.on('error', (error) => reject(new Unreachable(error.message)));
      sent.end(body);
    }).finally(() => this.inFlight--);
  }

  /** What became of a request that was this version's to answer. */
  count(ms: number, failed: boolean): void {
    this.requests++;
    if (failed) this.errors++;
    this.window.add(ms, failed);
  }

  close(): void {
    this.isClosed = true;
    this.agent.destroy();
  }
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) if (!HOP_BY_HOP.has(name)) kept[name] = value;
  return kept;
}
