/**
 * The paths of the Open Inference Protocol (REST, version 2), and ours beside it.
 *
 *     GET  /v2                                             server metadata
 *     GET  /v2/health/live  /v2/health/ready
 *     GET  /v2/models/NAME[/versions/V]                    model metadata
 *     GET  /v2/models/NAME[/versions/V]/ready
 *     POST /v2/models/NAME[/versions/V]/infer
 *     POST /v2/repository/index                            {"ready": true}: only those that are
 *     POST /v2/repository/models/NAME/load                 {"parameters": {"version": "3", "default": true}}; default: the promoted one
 *     POST /v2/repository/models/NAME/unload               {"parameters": {"version": "3"}}; default: all
 *     GET  /metrics                                        Prometheus
 *     GET  /admin/status                                   versions, requests, latency, backends as JSON
 *     GET  /admin/registry/NAME/1/2                        {"latest": "3", "promoted": "2", "quality": {"1": […]}}
 *     POST /admin/promote                                  {"model": "fraud", "version": "3", "token": "…"}; 403 without a token
 */
import type { ModelRegistry, TensorSpec } from '../model/index.js';
import { isAuthorized } from './admin-token.js';
import { parseInferRequest } from './infer-request.js';
import { formatInferResponse } from './infer-response.js';
import type { ModelHost } from './model-host.js';
import { asProtocolError, badRequest, notFound, ProtocolError } from './protocol-error.js';
import type { RequestLog } from './request-log.js';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Reads it; throws ProtocolError 413, 415 or 400. */
  body(): Promise<Buffer>;
}

export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** A model that is in no registry can't be promoted, and nothing is reported of it. */
export type ServedRegistry = Pick<ModelRegistry, 'promoted'> &
  Partial<Pick<ModelRegistry, 'promote' | 'latest' | 'quality'>>;

export interface RouteContext {
  readonly host: ModelHost;
  readonly registry: ServedRegistry;
  readonly serverName: string;
  readonly serverVersion: string;
  /** Whether the repository may be loaded and unloaded through HTTP. */
  readonly control: boolean;
  readonly draining: () => boolean;
  /** For /admin/status. */
  readonly status: () => object;
  readonly requestLog?: RequestLog;
  /** Who knows it may use /admin/promote; undefined: nobody. */
  readonly adminToken?: string;
}

/** On requests that are copies of others: a canary's of 0 %. */
export const COPY = 'tidewheel-copy';
const EXTENSIONS = ['binary_tensor_data', 'model_repository', 'model_repository(unload_dependents)'];

/** Throws ProtocolError. */
export async function route(context: RouteContext, request: Request): Promise<Response> {
  const parts = segments(request.path);
  if (parts[0] === 'v2') return protocol(context, request, parts.slice(1));
  if (parts.length === 1 && parts[0] === 'metrics') {
    only(request, 'GET');
    const { registry } = context.host.metrics;
    return { status: 200, headers: { 'content-type': registry.contentType }, body: await registry.metrics() };
  }
  if (parts.join('/') === 'admin/status') {
    only(request, 'GET');
    return json(200, context.status());
  }
  if (parts.join('/') === 'admin/promote') {
    only(request, 'POST');
    return promote(context, request);
  }
  if (parts.length >= 3 && parts.length <= 8 && parts[0] === 'admin' && parts[1] === 'registry') {
    only(request, 'GET');
    return registryView(context, parts[2], parts.slice(3));
  }
  throw notFound(`there is no ${request.path}`);
}

async function registryView({ registry }: RouteContext, name: string, versions: readonly string[]): Promise<Response> {
  const [latest, promoted, ...reports] = await Promise.all([
    registry.latest?.(name),
    registry.promoted(name),
    ...versions.map((version) => registry.quality?.(name, version)),
  ]);
  const quality = Object.fromEntries(versions.map((version, i) => [version, reports[i] ?? []]));
  return json(200, { latest, promoted: promoted?.version, quality });
}

async function promote({ registry, adminToken }: RouteContext, request: Request): Promise<Response> {
  const { model: name, version, token } = await optionalJson(request);
  if (!isAuthorized(token, adminToken)) throw new ProtocolError(403, 'not allowed');
  if (typeof name !== 'string' || typeof version !== 'string') throw badRequest('model and version must be strings');
  if (!registry.promote) throw badRequest('the models of this server are in no registry');
  await registry.promote(name, version);
  return json(200, { name, version });
}

async function protocol(context: RouteContext, request: Request, parts: readonly string[]): Promise<Response> {
  const [first, ...rest] = parts;
  if (first === undefined) {
    only(request, 'GET');
    return json(200, { name: context.serverName, version: context.serverVersion, extensions: EXTENSIONS });
  }
  if (first === 'health' && rest.length === 1) return health(context, request, rest[0]);
  if (first === 'models' && rest.length > 0) return model(context, request, rest);
  if (first === 'repository') return repository(context, request, rest);
  throw notFound(`there is no ${request.path}`);
}

function health(context: RouteContext, request: Request, what: string): Response {
  only(request, 'GET');
  if (what === 'live') return json(200, { live: true });
  if (what !== 'ready') throw notFound(`there is no ${request.path}`);
  const ready = !context.draining() && context.host.isReady();
  return json(ready ? 200 : 400, { ready });
}

async function model(context: RouteContext, request: Request, parts: readonly string[]): Promise<Response> {
  const [name, ...rest] = parts;
  let version: string | undefined;
  let verb = rest[0];
  if (rest[0] === 'versions') {
    version = rest[1];
    verb = rest[2];
    if (version === undefined || rest.length > 3) throw notFound(`there is no ${request.path}`);
  } else if (rest.length > 1) throw notFound(`there is no ${request.path}`);
  switch (verb) {
    case 'infer':
      only(request, 'POST');
      return infer(context, request, name, version);
    case 'ready':
      only(request, 'GET');
      return modelReady(context, name, version);
    case undefined:
      only(request, 'GET');
      return metadata(context, name, version);
    default:
      throw notFound(`there is no ${request.path}`);
  }
}

interface Inferred {
  readonly version: string;
  readonly id?: string;
  readonly body: Buffer | string;
  /** Length of the JSON, where binary tensors follow. */
  readonly jsonLength?: number;
}

async function infer(
  context: RouteContext,
  request: Request,
  name: string,
  version: string | undefined,
): Promise<Response> {
  const log = context.requestLog?.isSampled() ? context.requestLog : undefined;
  const startedMs = performance.now();
  const length = request.headers['inference-header-content-length'];
  const bodyJson = length === undefined ? undefined : Number(length);
  const facts = { model: name, startedMs, bodyJson, isCopy: request.headers[COPY] !== undefined };
  let body: Buffer | undefined;
  const read = async () => {
    body = await request.body();
    return body;
  };
  try {
    const inferred = await inferOnce(context.host, name, version, read, bodyJson);
    const { jsonLength } = inferred;
    if (log) {
      const { id, version: answered, body: answer } = inferred;
      log.write({ ...facts, version: answered, id, status: 200, body, answer, answerJson: jsonLength });
    }
    const headers: Record<string, string> =
      jsonLength === undefined
        ? { 'content-type': 'application/json' }
        : { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(jsonLength) };
    return { status: 200, headers, body: inferred.body };
  } catch (error) {
    if (log) {
      const { status, message } = asProtocolError(error);
      log.write({ ...facts, version: version ?? context.host.defaultVersion(name), status, error: message, body });
    }
    throw error;
  }
}

async function inferOnce(
  host: ModelHost,
  name: string,
  version: string | undefined,
  read: () => Promise<Buffer>,
  jsonLength: number | undefined,
): Promise<Inferred> {
  // Before the body is read: a name that is wrong needs none.
  host.find(name, version);
  const asked = parseInferRequest(await read(), jsonLength);
  const served = host.find(name, version);
  for (const output of asked.outputs ?? []) {
    if (!served.model.signature.outputs.some((spec) => spec.name === output.name)) {
      const names = served.model.signature.outputs.map((spec) => spec.name).join(', ');
      throw badRequest(`the model has no output '${output.name}', but ${names}`);
    }
  }
  const answer = await served.infer(asked.inputs);
  return { version: served.version, id: asked.id, ...formatInferResponse(name, served.version, asked, answer) };
}

function modelReady({ host, draining }: RouteContext, name: string, version: string | undefined): Response {
  try {
    host.find(name, version);
    return json(draining() ? 400 : 200, { name, ready: !draining() });
  } catch (error) {
    if (error instanceof ProtocolError && error.status === 503)
      return json(400, { name, ready: false, error: error.message });
    throw error;
  }
}

function metadata({ host }: RouteContext, name: string, version: string | undefined): Response {
  const { model, version: asked } = host.find(name, version);
  const versions = host.ready().filter((served) => served.name === name);
  const described = ({ name: tensor, datatype, shape }: TensorSpec) => ({ name: tensor, datatype, shape });
  return json(200, {
    name,
    versions: version === undefined ? versions.map((served) => served.version) : [asked],
    platform: `${model.format}_${model.backend}`,
    inputs: model.signature.inputs.map(described),
    outputs: model.signature.outputs.map(described),
    ...(model.processing ? { parameters: { processing: model.processing } } : {}),
  });
}

async function repository(context: RouteContext, request: Request, parts: readonly string[]): Promise<Response> {
  const { host } = context;
  if (parts.length === 1 && parts[0] === 'index') {
    only(request, 'POST');
    const { ready } = await optionalJson(request);
    const states = { Loading: 'LOADING', Ready: 'READY', Failed: 'UNAVAILABLE', Unloading: 'UNLOADING' };
    const list = host.versions().filter((v) => ready !== true || v.state === 'Ready');
    return json(
      200,
      list.map(({ name, version, state, reason }) => ({ name, version, state: states[state], reason: reason ?? '' })),
    );
  }
  const [models, name, verb] = parts;
  if (models !== 'models' || parts.length !== 3 || (verb !== 'load' && verb !== 'unload')) {
    throw notFound(`there is no ${request.path}`);
  }
  only(request, 'POST');
  if (!context.control) throw new ProtocolError(403, 'loading and unloading by HTTP is switched off on this server');
  const { parameters = {} } = await optionalJson(request);
  const version = parameters?.version === undefined ? undefined : String(parameters.version);
  if (verb === 'unload') {
    await host.unload(name, version);
    return json(200, {});
  }
  const wanted = version ?? (await context.registry.promoted(name))?.version;
  if (wanted === undefined) throw notFound(`model '${name}' has no promoted version: name one in parameters.version`);
  await host.load(name, wanted, { makeDefault: version === undefined || parameters.default === true });
  return json(200, { name, version: wanted });
}

async function optionalJson(request: Request): Promise<Record<string, any>> {
  const body = await request.body();
  if (body.length === 0) return {};
  try {
    const value = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`);
  }
  throw badRequest('the body must be a JSON object');
}

function segments(path: string): string[] {
  const end = path.indexOf('?');
  const plain = end < 0 ? path : path.slice(0, end);
  try {
    return plain.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw badRequest(`${plain} is not a path`);
  }
}

function only(request: Request, method: string): void {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return;
  throw new ProtocolError(405, `${request.path} takes ${method} only`, { allow: method });
}

function json(status: number, value: unknown): Response {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
