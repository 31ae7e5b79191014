/** `tidewheel runner`: entry point of a runner's pod or process. */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { CommandModule } from 'yargs';
import { collectAfterStart } from '../../runtime/boot/after-start.js';
import type { CoordinatorMessage, RunnerMessage } from '../../runtime/task/control.js';
import { socketLink } from '../../runtime/task/control-socket.js';
import { openSocket } from '../../runtime/task/transport.js';
import { findLeader } from '../../runtime/worker/find-leader.js';
import { leaderStoreFrom } from '../../runtime/worker/pod-environment.js';
import { Runner } from '../../runtime/worker/runner.js';
import { createLogger } from '../local/logger.js';
import { plainArguments } from '../plain-arguments.js';

/** An address that leads nowhere is not waited for any longer. */
const TOLD_MS = 3000;

interface Args {
  id: string;
  job: string;
  coordinator?: string;
  'address-file'?: string;
  host: string;
  'bind-host': string;
  'http-port'?: number;
  'tls-dir'?: string;
  'log-level': string;
}

const OPTIONS = {
  id: { type: 'string', demandOption: true, describe: 'Name of this runner, the same after a restart' },
  job: { type: 'string', demandOption: true, describe: 'Name of the job' },
  coordinator: { type: 'string', describe: 'host:port of the coordinator' },
  'address-file': { type: 'string', describe: 'File that the coordinator writes its ports to' },
  host: { type: 'string', default: '127.0.0.1', describe: 'Name under which other runners reach this one' },
  'bind-host': { type: 'string', default: '127.0.0.1', describe: 'Address to listen on' },
  'http-port': { type: 'number', describe: 'Port of /metrics, /healthz and /readyz; default: none' },
  'tls-dir': { type: 'string', describe: 'Folder with ca.crt, tls.crt and tls.key: mutual TLS' },
  'log-level': { type: 'string', default: 'info' },
} as const;

export const command: CommandModule<object, Args> = {
  command: 'runner',
  describe: 'Run a runner of a job (started for you by run and by the operator)',
  builder: (y) => y.options(OPTIONS) as never,
  handler: runRunner,
};

/**
 * Runs a runner without the command line's parser, whose loading takes a good part of the time until a lost runner's successor is there.
 * Undefined where there is something to say about the arguments, which is for the parser to do.
 */
export function startPlainly(argv: readonly string[]): Promise<void> | undefined {
  const args = runnerArguments(argv);
  return args && runRunner(args);
}

export function runnerArguments(argv: readonly string[]): Args | undefined {
  return plainArguments(argv, OPTIONS) as Args | undefined;
}

const linkOf = (socket: Socket) => socketLink<CoordinatorMessage, RunnerMessage>(socket);

async function runRunner(args: Args): Promise<void> {
  const log = createLogger(args['log-level'], { part: args.id, pid: process.pid });
  const tls = args['tls-dir'] ? { dir: args['tls-dir'] } : undefined;
  const address = async (): Promise<{ host: string; port: number }> => {
    if (args.coordinator) {
      const at = args.coordinator.lastIndexOf(':');
      return { host: args.coordinator.slice(0, at), port: Number(args.coordinator.slice(at + 1)) };
    }
    const { host, controlPort } = JSON.parse(await readFile(args['address-file']!, 'utf8'));
    return { host, port: controlPort };
  };
  const runner = new Runner({
    id: args.id,
    job: args.job,
    bindHost: args['bind-host'],
    host: args.host,
    inProcess: false,
    tls,
    log,
    connect: async () => {
      const { host, port } = await address();
      return linkOf(await findLeader((timeoutMs) => openSocket(tls, host, port, timeoutMs)));
    },
    connectTo: async ({ host, port }) => linkOf(await openSocket(tls, host, port, TOLD_MS)),
    // Without certificates nobody would notice that the address of a coordinator that is gone is another job's by now.
    leaderStore: tls && leaderStoreFrom(process.env),
  });
  if (args['http-port'] !== undefined) {
    const { serveRunner } = await import('../../runtime/worker/http.js');
    serveRunner(runner, args.job).listen(args['http-port'], args['bind-host']);
  }
  process.on('SIGTERM', () => runner.drain());
  // Ctrl-C at a terminal reaches every process: whoever started this one decides what it means.
  if (process.send) process.on('SIGINT', () => {});
  if (process.send) process.on('disconnect', () => process.exit(143));
  collectAfterStart();
  await runner.run();
  process.exit(0);
}
