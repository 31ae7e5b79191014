/**
 * The coordinator's REST API: the only way in for the command line, the operator and the console. JSON in and out; errors are
 * `{code, message, hint?}` with a fitting status. The OpenAPI document is served at /openapi.json.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TidewheelError, toErrorMessage } from '../../api/errors.js';
import { stateBytes } from '../snapshot/manifest.js';
import type { Coordinator } from './coordinator.js';
import { checkpointFailures, checkpointView, restoreView, savepointView, stepViews } from './job-progress.js';
import { OPENAPI } from './openapi.js';

type Handler = (body: Record<string, unknown>, request: IncomingMessage) => unknown;

const MAX_BODY = 1 << 20;

export function createApi(coordinator: Coordinator): Server {
  let metrics: Promise<{ readonly contentType: string; metrics(): Promise<string> }> | undefined;
  const routes: Record<string, Handler> = {
    'GET /api/v1/job': () => jobView(coordinator),
    'GET /api/v1/job/graph': () => graphView(coordinator),
    'GET /api/v1/job/checkpoints': () => ({
      completed: coordinator.checkpoints.completed,
      failed: coordinator.checkpoints.failed,
      history: coordinator.checkpoints.history,
    }),
    'GET /api/v1/job/exceptions': () => ({ exceptions: coordinator.exceptions }),
    'GET /api/v1/runners': () => ({
      runners: coordinator.runners.list.map((r) => ({
        id: r.id,
        host: r.host,
        pid: r.pid,
        threads: r.ports.length,
        draining: r.draining,
        rssBytes: r.rssBytes,
        cpuMs: r.cpuMs,
        slots: coordinator.deployment?.places.flatMap((p, slot) => (p.runner === r.id ? [slot] : [])) ?? [],
      })),
    }),
    'POST /api/v1/job/savepoints': async (body) => {
      const name = nameOf(body, `savepoint-${Date.now()}`);
      const manifest = await coordinator.savepoint(name, body.once === true);
      const stats = coordinator.checkpoints.history.find((c) => c.id === manifest.id);
      const location = `savepoints/${name}.json`;
      return { name, location, checkpoint: manifest.id, bytes: stateBytes(manifest), durationMs: stats?.durationMs };
    },
    'POST /api/v1/job/rescale': (body) =>
      coordinator.rescale(integerOf(body, 'parallelism'), {
        ...(Array.isArray(body.release) ? { release: body.release.map(String) } : {}),
        ...(body.runners === undefined ? {} : { runners: integerOf(body, 'runners') }),
      }),
    'POST /api/v1/job/stop': async (body) => {
      const name = typeof body.savepoint === 'string' ? body.savepoint : undefined;
      const manifest = await coordinator.stop(name, body.drain === true);
      return { location: name ? `savepoints/${name}.json` : undefined, checkpoint: manifest?.id };
    },
    'POST /api/v1/job/upgrade': async (body) => {
      const name = nameOf({ name: body.savepoint }, `upgrade-${Date.now()}`);
      const manifest = await coordinator.upgrade(body.file, name, typeof body.id === 'string' ? body.id : undefined);
      if (!manifest) return { isSame: true };
      return {
        location: `savepoints/${name}.json`,
        checkpoint: manifest.id,
        pauseMs: coordinator.lastUpgrade?.pauseMs,
      };
    },
    'POST /api/v1/job/cancel': async () => {
      await coordinator.cancel();
      return { state: coordinator.state };
    },
    'POST /api/v1/job/savepoints/delete': async (body) => {
      await coordinator.deleteSavepoint(String(body.location));
    },
    'POST /api/v1/job/state/delete': async (body) => ({
      deleted: await coordinator.deleteState(typeof body.keep === 'string' ? body.keep : undefined),
    }),
    'GET /healthz': () => ({ status: 'ok' }),
    'GET /openapi.json': () => OPENAPI,
  };
  return createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    try {
      if (path === '/metrics') {
        // Loaded when somebody asks: the library takes part of a start, and memory.
        metrics ??= import('./metrics.js').then(({ coordinatorMetrics }) => coordinatorMetrics(coordinator));
        const { contentType } = await metrics;
        response.writeHead(200, { 'content-type': contentType }).end(await (await metrics).metrics());
        return;
      }
      if (path === '/readyz') {
        const ready = coordinator.state === 'running' || coordinator.isOver;
        send(response, ready ? 200 : 503, { state: coordinator.state });
        return;
      }
      const key = `${request.method} ${path}`;
      if (!Object.hasOwn(routes, key)) {
        send(response, 404, { code: 'TW5003', message: `no ${key}; see /openapi.json` });
        return;
      }
      send(response, 200, (await routes[key](await readBody(request), request)) ?? {});
    } catch (error) {
      const message = toErrorMessage(error);
      send(response, error instanceof TidewheelError ? 400 : 409, { code: message.code, message: message.message });
    }
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === 'GET') return {};
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new TidewheelError('TW1004', `the request is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return {};
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new TidewheelError('TW1004', 'the request is not JSON', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TidewheelError('TW1004', 'the request must be a JSON object');
  }
  return body as Record<string, unknown>;
}

function integerOf(body: Record<string, unknown>, field: string): number {
  const value = body[field];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new TidewheelError('TW1004', `field '${field}' must be a whole number, got ${JSON.stringify(value)}`);
  }
  return value;
}

function nameOf(body: Record<string, unknown>, otherwise: string): string {
  const name = body.name ?? otherwise;
  if (typeof name !== 'string' || !/^[a-z0-9A-Z][a-zA-Z0-9._-]{0,127}$/.test(name)) {
    throw new TidewheelError(
      'TW1004',
      `field 'name' must be letters, digits, '.', '_' or '-', got ${JSON.stringify(name)}`,
    );
  }
  return name;
}

/** What `tidewheel status` and the operator look at. */
export function jobView(c: Coordinator): Record<string, unknown> {
  let rowsIn = 0;
  let rowsOut = 0;
  let lag = 0;
  let watermark: number | null = null;
  for (const m of c.taskMetrics.values()) {
    const stage = c.deployment?.stages[m.stage];
    if (stage && stage.inputs.length === 0) {
      rowsIn += m.rowsIn;
      lag += m.lag ?? 0;
      if (m.watermark !== null) watermark = watermark === null ? m.watermark : Math.min(watermark, m.watermark);
    }
    if (stage?.nodes.some((n) => n.spec.kind === 'sink')) rowsOut += m.rowsOut;
  }
  return {
    name: c.job,
    state: c.state,
    parallelism: c.parallelism,
    attempt: c.deployment?.attempt,
    epoch: c.epoch,
    restarts: c.restarts,
    startedAtMs: c.startedAtMs,
    rowsIn,
    rowsOut,
    lag,
    watermark,
    lastCheckpoint: checkpointView(c.checkpoints),
    lastSavepoint: savepointView(c.checkpoints),
    storeTrouble: c.checkpoints.storeTrouble,
    checkpointFailures: checkpointFailures(c.checkpoints),
    restore: restoreView(c),
    steps: stepViews(c),
    lastRescale: c.lastRescale,
    upgrade: c.lastUpgrade,
    models: c.models.status(),
    waitingFor: c.waitingFor,
    exception: c.exceptions[0],
    runners: c.runners.list.length,
  };
}

function graphView(c: Coordinator): Record<string, unknown> {
  return {
    plan: c.plan,
    tasks: [...c.taskMetrics.values()],
    stages: c.deployment?.stages.map((s) => ({
      index: s.index,
      parallelism: s.parallelism,
      nodes: s.nodes.map((n) => ({ id: n.id, name: n.name })),
    })),
  };
}
