/** What a router is told: which versions there are, and who gets which share. The operator writes it as JSON. */
import { badRequest } from '../protocol-error.js';

export interface Upstream {
  readonly version: string;
  /** `http://host:port` of its servers. */
  readonly url: string;
  /** Share of the requests, relative to those of the others. 0: only what names the version, and copies. */
  readonly weight: number;
  /** Gets a copy of each request; its answer is compared with the one given, and thrown away. */
  readonly mirror?: boolean;
}

export interface RouterConfig {
  /** Changes with every change of shares: counters of a version begin anew with it. */
  readonly step: string;
  readonly model: string;
  readonly upstreams: readonly Upstream[];
  /** How long a request waits for a server that is being started, ms. */
  readonly holdMs: number;
}

/** Throws ProtocolError 400. */
export function parseRouterConfig(value: unknown): RouterConfig {
  const config = value as Partial<RouterConfig> | null;
  const wrong = (what: string) => badRequest(`the router's configuration: ${what}`);
  if (typeof config !== 'object' || config === null) throw wrong('must be an object');
  const { step, model, upstreams, holdMs = 30_000 } = config;
  if (typeof step !== 'string' || typeof model !== 'string') throw wrong('step and model must be strings');
  if (!Array.isArray(upstreams)) throw wrong('upstreams must be a list');
  if (typeof holdMs !== 'number' || !(holdMs >= 0)) throw wrong('holdMs must be a number of milliseconds');
  const seen = new Set<string>();
  for (const { version, url, weight } of upstreams as Upstream[]) {
    if (typeof version !== 'string' || seen.has(version)) throw wrong('each upstream needs a version of its own');
    seen.add(version);
    if (!URL.canParse(url) || new URL(url).protocol !== 'http:') throw wrong(`url of ${version} must be http://…`);
    if (typeof weight !== 'number' || !(weight >= 0)) throw wrong(`weight of ${version} must be 0 or more`);
  }
  return { step, model, upstreams: upstreams as Upstream[], holdMs };
}
