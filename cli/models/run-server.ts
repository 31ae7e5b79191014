/** Starts a model server and ends it by signal: behind `model serve` and `model-server`. */
import { readFileSync } from 'node:fs';
import type { ModelProcessing, RequestLogSpec } from '../../api/index.js';
import { referenceResolver } from '../../runtime/job/references.js';
import { probeBackends } from '../../runtime/model/index.js';
import { type Following, followPromoted } from '../../runtime/serving/follow-promoted.js';
import { ModelHost } from '../../runtime/serving/model-host.js';
import { RequestLog } from '../../runtime/serving/request-log.js';
import { serveModels } from '../../runtime/serving/server.js';
import type { Logger } from '../../runtime/source/contract.js';
import type { ModelSource } from './placed-models.js';

export interface ServedModel {
  readonly name: string;
  /** None: the promoted one, as the pointer moves. Several: the first is the default. */
  readonly versions: readonly string[];
}

export interface RunServerOptions {
  readonly registry: ModelSource;
  readonly models: readonly ServedModel[];
  readonly host: string;
  readonly port: number;
  readonly batchSize: number;
  readonly batchWaitMs: number;
  readonly maxQueue: number;
  readonly maxRequestBytes: number;
  readonly drainGraceMs: number;
  readonly pollMs: number;
  readonly threads: number;
  /** Steps around the models. */
  readonly processing?: ModelProcessing;
  readonly requestLog?: RequestLogSpec;
  readonly control: boolean;
  readonly log: Logger;
  /** Whether a model that can't be served ends the process. In a pod it doesn't: the reason is asked for by HTTP. */
  readonly failFast: boolean;
  readonly ready: (port: number) => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/** Resolves when the server has drained after a signal. */
export async function runModelServer(options: RunServerOptions): Promise<void> {
  const { registry, log } = options;
  const host = new ModelHost({
    registry,
    log,
    batching: { maxRows: options.batchSize, maxWaitMs: options.batchWaitMs },
    maxQueue: options.maxQueue,
    open: { threads: options.threads },
    processing: options.processing,
  });
  const backends = await probeBackends(['tfjs-node', 'onnxruntime-node']);
  for (const { backend, available, reason } of backends) {
    log.info(
      { backend, available, reason },
      available ? `${backend} is there` : `${backend} is not there: WebAssembly runs its models`,
    );
  }
  const server = await serveModels(host, {
    host: options.host,
    port: options.port,
    registry,
    version: versionOfPackage(),
    log,
    maxRequestBytes: options.maxRequestBytes,
    control: options.control,
    backends,
    requestLog: options.requestLog && (await openLog(options.requestLog, host, log)),
    adminToken: process.env.TIDEWHEEL_ADMIN_TOKEN,
  });
  const stopping = new AbortController();
  const following: Following[] = [];
  const ended = new Promise<void>((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      if (stopping.signal.aborted) return;
      log.info({ signal }, 'draining');
      stopping.abort();
      for (const each of following) each.stop();
      void server.drain({ graceMs: signal === 'SIGTERM' ? options.drainGraceMs : 0 }).then(resolve);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  try {
    await loadModels(options, host, following, stopping.signal);
  } catch (error) {
    // Nobody waits for a server that is to end where it can't serve.
    for (const each of following) each.stop();
    await server.drain();
    throw error;
  }
  options.ready(server.port);
  await ended;
}

/** Throws where `failFast` says so; else what can't be served is told by HTTP. */
async function loadModels(
  options: RunServerOptions,
  host: ModelHost,
  following: Following[],
  stopping: AbortSignal,
): Promise<void> {
  const { registry, log } = options;
  for (const { name, versions } of options.models) {
    if (versions.length === 0) {
      const follower = followPromoted(host, registry, name, { intervalMs: options.pollMs, log });
      following.push(follower);
      await follower.check();
      if (!host.has(name)) log.warn({ model: name }, `nothing of ${name} is promoted yet: waiting`);
    } else for (const version of versions) await loadPatiently(host, name, version, options, stopping);
  }
}

async function openLog(spec: RequestLogSpec, { metrics }: ModelHost, log: Logger): Promise<RequestLog> {
  const { KafkaRecords } = await import('../../runtime/serving/kafka-records.js');
  const resolve = referenceResolver({ env: process.env, secretsDir: process.env.TIDEWHEEL_SECRETS_DIR });
  return new RequestLog(spec, new KafkaRecords(spec, metrics.log, log, resolve), metrics.log);
}

/** A store that is away is tried again; a model that is bad is not. */
async function loadPatiently(
  host: ModelHost,
  name: string,
  version: string,
  options: RunServerOptions,
  stopping: AbortSignal,
): Promise<void> {
  for (let delayMs = FIRST_RETRY_MS; !stopping.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
    try {
      await host.load(name, version);
      return;
    } catch (error) {
      if (options.failFast) throw error;
      if ((error as { retryable?: boolean }).retryable !== true) return;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

function versionOfPackage(): string {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;
}
