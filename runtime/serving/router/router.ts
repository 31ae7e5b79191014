/**
 * Spreads the requests for a model over its versions. A client sees one server that is always there:
 *
 * - a request that names no version goes to one by the shares; one that names a version goes to that;
 * - a server that goes away in the middle is not seen: the request is sent again (inference changes nothing), to another of the
 *   version's servers, and when the version is a candidate that fails, to the version in use. The failure counts against the version;
 * - while no server runs (scaled to zero, being replaced) requests wait, a bounded number for a bounded time;
 * - what changes the servers (`/v2/repository`, `/admin`) doesn't pass.
 */
import type { Logger } from '../../source/contract.js';
import { NOT_READY, ProtocolError, unavailable } from '../protocol-error.js';
import { COPY } from '../routes.js';
import { sameAnswer } from './compare-answers.js';
import type { RouterConfig } from './router-config.js';
import { type Answer, type Forwarded, Unreachable, UpstreamClient } from './upstream-client.js';

export interface RouterOptions {
  readonly log: Logger;
  /** Requests that may wait for a server; more are refused with 503. Default 1000. */
  readonly maxHeld?: number;
  /** Copies under way at most; more are not sent. Default 64. */
  readonly maxCopies?: number;
}

export interface VersionCounters {
  readonly version: string;
  readonly weight: number;
  readonly requests: number;
  readonly errors: number;
  readonly inFlight: number;
  /** Whether the router has found a server of the version ready. */
  readonly reached: boolean;
  /** Since the step began. */
  readonly window: {
    readonly requests: number;
    readonly errors: number;
    readonly p50Ms?: number;
    readonly p99Ms?: number;
    readonly mirrored: number;
    readonly mismatches: number;
  };
}

export interface RouterStatus {
  readonly step: string | undefined;
  readonly inFlight: number;
  /** Requests that wait for a server. */
  readonly held: number;
  readonly requests: number;
  readonly versions: readonly VersionCounters[];
}

/** The version of servers that follow the registry's pointer: they know themselves which one that is. */
export const FOLLOWING = 'promoted';

const RESEND = 3;
const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 250;

export class Router {
  private config: RouterConfig | undefined;
  private clients: UpstreamClient[] = [];
  private held = 0;
  private inFlight = 0;
  private requests = 0;
  private copies = 0;

  constructor(private readonly options: RouterOptions) {}

  get isConfigured(): boolean {
    return this.config !== undefined;
  }

  /** Takes effect for the next request; those under way end as they began. */
  configure(config: RouterConfig): void {
    const isNewStep = config.step !== this.config?.step;
    const known = new Map(this.clients.map((client) => [client.upstream.version, client]));
    this.clients = config.upstreams.map((upstream) => {
      const client = known.get(upstream.version);
      if (!client || client.upstream.url !== upstream.url) return new UpstreamClient(upstream);
      known.delete(upstream.version);
      if (isNewStep) client.begin(upstream);
      else client.upstream = upstream;
      return client;
    });
    for (const left of known.values()) closeWhenIdle(left);
    this.config = config;
    const shares = config.upstreams.map(({ version, weight, mirror }) => `${version}: ${mirror ? 'copies' : weight}`);
    if (isNewStep) this.options.log.info({ step: config.step, shares }, `shares are ${shares.join(', ')}`);
  }

  status(): RouterStatus {
    return {
      step: this.config?.step,
      inFlight: this.inFlight,
      held: this.held,
      requests: this.requests,
      versions: this.clients.map((client) => ({
        version: client.upstream.version,
        weight: client.upstream.weight,
        requests: client.requests,
        errors: client.errors,
        inFlight: client.inFlight,
        reached: client.isReached,
        window: {
          requests: client.window.requests,
          errors: client.window.errors,
          p50Ms: client.window.quantile(0.5),
          p99Ms: client.window.quantile(0.99),
          mirrored: client.mirrored,
          mismatches: client.mismatches,
        },
      })),
    };
  }

  /** Throws ProtocolError 403, 404, 503. */
  async forward(request: Forwarded): Promise<Answer & { readonly version: string }> {
    if (!this.config) throw unavailable('the router has not been told of any server yet');
    const target = parse(request.path);
    if (target.isForbidden) throw new ProtocolError(403, 'versions are changed by the ModelDeployment, not by HTTP');
    this.requests++;
    this.inFlight++;
    try {
      const client = target.version === undefined ? this.choose(target.isInference) : this.named(target.version);
      const answer = await this.answer(client, request, target);
      if (target.isInference && target.version === undefined) this.copy(request, answer);
      return answer;
    } finally {
      this.inFlight--;
    }
  }

  /** Smooth weighted round-robin: shares are right after few requests already. */
  private choose(isInference: boolean): UpstreamClient {
    const primary = this.primary();
    if (!isInference) return primary;
    let total = 0;
    let best: UpstreamClient | undefined;
    for (const client of this.clients) {
      const { weight, mirror } = client.upstream;
      if (mirror || weight === 0) continue;
      client.credit += weight;
      total += weight;
      if (!best || client.credit > best.credit) best = client;
    }
    if (!best) return primary;
    best.credit -= total;
    return best;
  }

  /** The version in use: the first. */
  private primary(): UpstreamClient {
    const [first] = this.clients;
    if (!first) throw unavailable(`no version of '${this.config!.model}' is served`);
    return first;
  }

  private named(version: string): UpstreamClient {
    const client = this.clients.find(({ upstream }) => upstream.version === version || upstream.version === FOLLOWING);
    if (client) return client;
    const others = this.clients.map(({ upstream }) => upstream.version).join(', ');
    throw new ProtocolError(404, `model '${this.config!.model}' has no version '${version}' here, but ${others}`);
  }

  private async answer(
    client: UpstreamClient,
    request: Forwarded,
    target: Target,
  ): Promise<Answer & { readonly version: string }> {
    const start = performance.now();
    const isCandidate = target.version === undefined && client !== this.clients[0];
    let failure: string;
    try {
      const answer = await this.reach(client, request, isCandidate ? RESEND : Number.POSITIVE_INFINITY);
      const failed = answer.status >= 500;
      if (target.isInference) client.count(performance.now() - start, failed);
      if (!failed || !isCandidate) return { ...answer, version: client.upstream.version };
      failure = `status ${answer.status}`;
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      failure = (error as Error).message;
      if (target.isInference) client.count(performance.now() - start, true);
      if (!isCandidate) throw new ProtocolError(502, `version ${client.upstream.version} did not answer: ${failure}`);
    }
    const { version } = client.upstream;
    this.options.log.warn({ version, failure }, `version ${version} failed a request; the version in use answers it`);
    return this.answer(this.primary(), request, target);
  }

  /** Sends until a server answers: `tries` times, and while none runs as long as requests are held. */
  private async reach(client: UpstreamClient, request: Forwarded, tries: number): Promise<Answer> {
    const until = performance.now() + this.config!.holdMs;
    let waitMs = FIRST_WAIT_MS;
    let isHeld = false;
    try {
      for (let sent = 1; ; sent++) {
        try {
          const answer = await client.send(request);
          if (answer.headers[NOT_READY] === undefined || sent >= tries) return answer;
        } catch (error) {
          if (!(error instanceof Unreachable) || sent >= tries) throw error;
        }
        if (performance.now() > until) {
          throw unavailable(`no server of version ${client.upstream.version} came up within ${this.config!.holdMs} ms`);
        }
        if (!isHeld && sent > 1) {
          if (this.held >= (this.options.maxHeld ?? 1000)) throw unavailable('too many requests wait for a server');
          isHeld = true;
          this.held++;
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
      }
    } finally {
      if (isHeld) this.held--;
    }
  }

  private copy(request: Forwarded, given: Answer & { readonly version: string }): void {
    for (const client of this.clients) {
      const { mirror, version } = client.upstream;
      if (!mirror || version === given.version || this.copies >= (this.options.maxCopies ?? 64)) continue;
      this.copies++;
      const { window } = client;
      const start = performance.now();
      client
        .send({ ...request, headers: { ...request.headers, [COPY]: 'true' } })
        .then(
          (answer) => {
            window.add(performance.now() - start, answer.status >= 500);
            if (client.window !== window) return;
            client.mirrored++;
            if (answer.status !== given.status || !sameAnswer(given.body, answer.body)) client.mismatches++;
          },
          () => window.add(performance.now() - start, true),
        )
        .finally(() => this.copies--);
    }
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

interface Target {
  readonly isInference: boolean;
  readonly isForbidden: boolean;
  readonly version?: string;
}

/** `/v2/models/NAME[/versions/V]/infer` and the rest. */
function parse(path: string): Target {
  const [plain] = path.split('?');
  const parts = plain.split('/').filter(Boolean);
  if (parts[0] !== 'v2' || parts[1] === 'repository' || parts.includes('..'))
    return { isInference: false, isForbidden: true };
  const version = parts[1] === 'models' && parts[3] === 'versions' ? decodeURIComponent(parts[4] ?? '') : undefined;
  return { isInference: parts.at(-1) === 'infer', isForbidden: false, version };
}

function closeWhenIdle(client: UpstreamClient): void {
  if (client.inFlight === 0) client.close();
  else setTimeout(() => closeWhenIdle(client), 1000).unref();
}
