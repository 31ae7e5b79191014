/** `tidewheel coordinator`: entry point of the coordinator's pod or process. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve as resolvePath } from 'node:path';
import type { CommandModule } from 'yargs';
import { formatError } from '../../api/index.js';
import { collectAfterStart } from '../../runtime/boot/after-start.js';
import { beginOnce } from '../../runtime/coordinator/begin-once.js';
import { Coordinator } from '../../runtime/coordinator/coordinator.js';
import { coordinatorOptions } from '../../runtime/coordinator/from-job.js';
import { serveCoordinator } from '../../runtime/coordinator/server.js';
import {
  defineJob,
  type JobDefinition,
  type LoadOptions,
  loadJob,
  placesOfObject,
  referenceResolver,
} from '../../runtime/job/index.js';
import { openStore, resolveStore } from '../../runtime/snapshot/open-store.js';
import { storeAt } from '../../runtime/snapshot/store-place.js';
import { outside } from '../../runtime/worker/outside.js';
import { writeAddress } from '../local/api-client.js';
import { createLogger } from '../local/logger.js';
import { EXIT } from '../local/supervisor.js';
import { type PlainOption, plainArguments } from '../plain-arguments.js';

interface Args {
  file: string;
  'state-dir': string;
  'address-file'?: string;
  runners: number;
  host: string;
  'control-port': number;
  'http-port': number;
  parallelism?: number;
  state?: 'heap' | 'disk';
  'tls-dir'?: string;
  'start-again': boolean;
  restore?: string;
  'begin-id'?: string;
  'begin-from'?: string;
  'begin-store'?: string;
  stay: boolean;
  deployment?: string;
  idle: boolean;
  'log-level': string;
}

/** Runners hear that the job is over before the coordinator is gone. */
const FAREWELL_MS = 200;

const OPTIONS = {
  'state-dir': {
    type: 'string',
    default: '.tidewheel',
    describe: 'Folder for state when the job names no storage',
  },
  'address-file': { type: 'string', describe: 'File to write the ports to' },
  runners: { type: 'number', default: 1, describe: 'Runners to wait for; 0: as many as the job needs' },
  host: { type: 'string', default: '127.0.0.1', describe: 'Address to listen on' },
  'control-port': { type: 'number', default: 0 },
  'http-port': { type: 'number', default: 0 },
  parallelism: { type: 'number', describe: 'In place of that of the job file' },
  'tls-dir': { type: 'string', describe: 'Folder with ca.crt, tls.crt and tls.key: mutual TLS' },
  'start-again': { type: 'boolean', default: false, describe: 'Run a finished job again from the beginning' },
  restore: { type: 'string', describe: 'Snapshot to start from, e.g. savepoints/NAME.json' },
  'begin-id': { type: 'string', describe: 'Name of a start that happens once, see begin-from' },
  state: { type: 'string', choices: ['heap', 'disk'], describe: 'In place of stateBackend.type of the job file' },
  'begin-from': { type: 'string', describe: 'Snapshot that this start begins with; left out: no state' },
  'begin-store': { type: 'string', describe: 'Place of the store of begin-from, if it is another job’s' },
  deployment: {
    type: 'string',
    describe: 'Name of this start: one of the same name goes on with a job file that was changed in place',
  },
  idle: {
    type: 'boolean',
    default: false,
    describe: 'Don’t run the job: only answer the API, e.g. to have its state deleted',
  },
  stay: {
    type: 'boolean',
    default: false,
    describe: 'Go on answering the API when the job is over, and leave its runners alone',
  },
  'log-level': { type: 'string', default: 'info' },
} as const satisfies Record<string, PlainOption>;

export const command: CommandModule<object, Args> = {
  command: 'coordinator <file>',
  describe: 'Run the coordinator of a job (started for you by run and by the operator)',
  builder: (y) =>
    y.positional('file', { type: 'string', demandOption: true, describe: 'Job file' }).options(OPTIONS) as never,
  handler: runCoordinator,
};

/** Undefined where there is something to say about the arguments. */
export function startPlainly(argv: readonly string[]): Promise<void> | undefined {
  const args = coordinatorArguments(argv);
  return args && runCoordinator(args);
}

export function coordinatorArguments(argv: readonly string[]): Args | undefined {
  return plainArguments(argv, OPTIONS, ['file']) as Args | undefined;
}

async function runCoordinator(args: Args): Promise<void> {
  const log = createLogger(args['log-level'], { part: 'coordinator', pid: process.pid });
  const { parallelism } = args;
  const stateBackend = args.state && { type: args.state };
  const job = await jobOf(args, { overrides: { parallelism, stateBackend } });
  const { parallelism: slots, slotsPerRunner } = job.spec;
  const resolve = referenceResolver({ env: process.env, secretsDir: process.env.TIDEWHEEL_SECRETS_DIR });
  const options = await coordinatorOptions(job, {
    registry: outside,
    resolve,
    log,
    expectedRunners: args.runners > 0 ? args.runners : Math.ceil(slots / slotsPerRunner),
    defaultStateDir: args['state-dir'],
    restoreFrom: args.restore,
    startAgainWhenFinished: args['start-again'],
    deployment: args.deployment,
  });
  const id = args['begin-id'];
  if (id !== undefined) {
    const place = args['begin-store'];
    const other =
      place === undefined ? undefined : await openStore(resolveStore(storeAt(place, options.storeSpec), resolve));
    await beginOnce(options.store, job.name, { id, from: args['begin-from'], store: other });
  }
  // In a pod: for its runners, who hear of it sooner by the store than by the Service.
  const host = process.env.POD_IP;
  const port = args['control-port'];
  const coordinator = await Coordinator.create(options, host !== undefined && port > 0 ? { host, port } : undefined);
  const ports = await serveCoordinator(coordinator, {
    host: args.host,
    controlPort: args['control-port'],
    httpPort: args['http-port'],
    tls: args['tls-dir'] ? { dir: args['tls-dir'] } : undefined,
  });
  const file = args['address-file'];
  if (file) await writeAddress(file, { host: args.host, ...ports, pid: process.pid });
  log.info({ job: job.name, epoch: coordinator.epoch, ...ports }, 'coordinator leads the job');
  if (args.idle) coordinator.idle();
  else coordinator.start();
  collectAfterStart();
  process.on('SIGTERM', () => process.exit(143));
  // Without its supervisor a local coordinator ends too.
  // Ctrl-C at a terminal reaches every process: whoever started this one decides what it means.
  if (process.send) process.on('SIGINT', () => {});
  if (process.send) process.on('disconnect', () => process.exit(143));
  const state = await coordinator.ended;
  if (state === 'failed') {
    const exception = coordinator.exceptions[0];
    log.error({ exception }, 'the job failed');
    // On a terminal somebody reads it.
    if (process.send) {
      const { code = 'TW9001', message, hint } = exception;
      console.error(formatError({ code, message, hint }));
    }
  }
  if (args.stay) return;
  coordinator.runners.shutdownAll();
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  process.exit(EXIT[state as keyof typeof EXIT] ?? 1);
}

/** The operator's files are JSON that it has checked: they need no reader that knows the place of each word. */
async function jobOf({ file, deployment }: Args, options: LoadOptions): Promise<JobDefinition> {
  if (deployment === undefined) return loadJob(file, options);
  const value = JSON.parse(await readFile(file, 'utf8'));
  return defineJob(value, placesOfObject(value.metadata.name), dirname(resolvePath(file)), options);
}
