/** `tidewheel model serve FILE|NAME…` on this machine, and `tidewheel model-server`, the entry point of a server's pod. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { fillDefaults, requestLog, showPath, TidewheelError, validate } from '../../api/index.js';
import { type ModelRegistry, parseProcessing } from '../../runtime/model/index.js';
import { createLogger } from '../local/logger.js';
import { openRegistry, readModel, type StoreArgs, storeOptions } from '../models/model-store.js';
import { parsePlaced, withPlacedModels } from '../models/placed-models.js';
import { type RunServerOptions, runModelServer, type ServedModel } from '../models/run-server.js';

interface ServerArgs extends StoreArgs {
  host: string;
  port: number;
  'batch-size': number;
  'batch-wait': number;
  'max-queue': number;
  'max-request-bytes': number;
  'drain-grace': number;
  poll: number;
  threads: number;
  control: boolean;
  processing?: string;
  'request-log'?: string;
  'log-level': string;
}

function serverOptions<T>(
  y: Argv<T>,
  defaults: { host: string; grace: number; logLevel: string },
): Argv<T & ServerArgs> {
  return storeOptions(y)
    .option('host', { type: 'string', default: defaults.host, describe: 'Address to listen on' })
    .option('port', { type: 'number', default: 8080, describe: 'Port; 0: any free one' })
    .option('batch-size', { type: 'number', default: 32, describe: 'Rows that requests are joined to; 1: never' })
    .option('batch-wait', {
      type: 'number',
      default: 2,
      describe: 'Longest time that a batch is held open for more, ms',
    })
    .option('max-queue', { type: 'number', default: 1024, describe: 'Requests that may wait for a version' })
    .option('max-request-bytes', { type: 'number', default: 67108864, describe: 'Larger requests are refused' })
    .option('drain-grace', {
      type: 'number',
      default: defaults.grace,
      describe: 'Goes on serving so long after SIGTERM, ms',
    })
    .option('poll', { type: 'number', default: 2000, describe: 'How often the promoted version is looked up, ms' })
    .option('threads', { type: 'number', default: 1, describe: 'Threads of a call of the model' })
    .option('control', { type: 'boolean', default: true, describe: 'Load and unload versions by HTTP' })
    .option('processing', {
      type: 'string',
      describe: 'JSON file with steps before and after the models; default: what TIDEWHEEL_PROCESSING has',
    })
    .option('request-log', {
      type: 'string',
      describe: 'JSON file: the Kafka topic that requests are written to; default: what TIDEWHEEL_REQUEST_LOG has',
    })
    .option('log-level', { type: 'string', default: defaults.logLevel, describe: 'Least level of log lines' }) as never;
}

function runOptions(
  args: ServerArgs,
  rest: Pick<RunServerOptions, 'registry' | 'models' | 'failFast' | 'ready'>,
): RunServerOptions {
  return {
    ...rest,
    host: args.host,
    port: args.port,
    batchSize: args['batch-size'],
    batchWaitMs: args['batch-wait'],
    maxQueue: args['max-queue'],
    maxRequestBytes: args['max-request-bytes'],
    drainGraceMs: args['drain-grace'],
    pollMs: args.poll,
    threads: args.threads,
    control: args.control,
    ...processingOf(args.processing),
    ...requestLogOf(args['request-log']),
    log: createLogger(args['log-level'], { part: 'model-server', pid: process.pid }),
  };
}

function processingOf(file: string | undefined): Pick<RunServerOptions, 'processing'> {
  const written = file === undefined ? process.env.TIDEWHEEL_PROCESSING : readFileSync(file, 'utf8');
  return written ? { processing: parseProcessing(written, file ?? 'TIDEWHEEL_PROCESSING') } : {};
}

function requestLogOf(file: string | undefined): Pick<RunServerOptions, 'requestLog'> {
  const written = file === undefined ? process.env.TIDEWHEEL_REQUEST_LOG : readFileSync(file, 'utf8');
  if (!written) return {};
  const spec: unknown = JSON.parse(written);
  const problems = validate(requestLog.node, spec);
  if (problems.length > 0) {
    const shown = problems.map(({ path, message }) => `${showPath(path)} ${message}`).join('; ');
    throw new TidewheelError('TW8001', `--request-log: ${shown}`);
  }
  return { requestLog: fillDefaults(requestLog.node, spec) };
}

/** `name`, `name@version`, `name@v1,v2`: the first version is the default. */
export function parseServed(written: string): ServedModel {
  const [name, versions = ''] = written.split('@');
  if (!name) throw new TidewheelError('TW8001', `'${written}' names no model`);
  return { name, versions: versions.split(',').filter(Boolean) };
}

export const serve: CommandModule<object, ServerArgs & { model: string[] }> = {
  command: 'serve <model..>',
  describe: 'Serve models over the Open Inference Protocol on this machine',
  builder: (y) =>
    serverOptions(y, { host: '127.0.0.1', grace: 0, logLevel: 'warn' }).positional('model', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'A model’s file or folder, or names of the store: fraud (the promoted version), fraud@3, fraud@3,4',
    }) as never,
  handler: async (args) => {
    const files = args.model.filter((model) => existsSync(model));
    if (files.length > 0 && files.length < args.model.length) {
      throw new TidewheelError('TW8001', 'serve either files or names of the store');
    }
    const folder = files.length > 0 ? await mkdtemp(join(tmpdir(), 'tidewheel-models-')) : undefined;
    try {
      const registry = await openRegistry(folder === undefined ? args : { store: folder });
      const models = folder === undefined ? args.model.map(parseServed) : await pushed(registry, files);
      await runModelServer(
        runOptions(args, {
          registry,
          models,
          failFast: true,
          ready: (port) => {
            for (const { name } of models) console.log(`${name}: http://${args.host}:${port}/v2/models/${name}`);
          },
        }),
      );
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
    process.exit(process.exitCode ?? 0);
  },
};

async function pushed(registry: ModelRegistry, files: readonly string[]): Promise<ServedModel[]> {
  const models: ServedModel[] = [];
  for (const file of files) {
    const name = basename(file.replace(/\/+$/, ''))
      .replace(/\.[^.]+$/, '')
      .replaceAll(/[^A-Za-z0-9._-]/g, '-');
    const { version } = await registry.push(name, await readModel(file));
    models.push({ name, versions: [version] });
  }
  return models;
}

export const command: CommandModule<object, ServerArgs & { model: string[]; file: string[] }> = {
  command: 'model-server',
  describe: 'Serve models (started for you by the operator)',
  builder: (y) =>
    serverOptions(y, { host: '0.0.0.0', grace: 5000, logLevel: 'info' })
      .option('model', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Names of the store: fraud (the promoted version), fraud@3, fraud@3,4',
      })
      .option('file', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Models beside the store: fraud=/models/fraud, fraud@3=http://host/fraud.onnx',
      }) as never,
  handler: async (args) => {
    const log = createLogger(args['log-level'], { part: 'model-server', pid: process.pid });
    const placed = args.file.map(parsePlaced);
    const models = [
      ...args.model.map(parseServed),
      ...placed.map(({ name, version }) => ({ name, versions: [version] })),
    ];
    if (models.length === 0) throw new TidewheelError('TW8001', 'name a model: --model NAME, or --file NAME=PATH');
    const options = runOptions(args, {
      registry: withPlacedModels(await openRegistry(args, log), placed),
      models,
      failFast: false,
      ready: (port) => log.info({ port }, 'serving'),
    });
    await runModelServer(options);
    process.exit(0);
  },
};
