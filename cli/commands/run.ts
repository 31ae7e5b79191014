/** `tidewheel run FILE`: a job on this machine, no cluster. Bounded input: runs to the end. Ctrl-C: savepoint, then stop. */
import type { CommandModule } from 'yargs';
import { formatError, toErrorMessage } from '../../api/index.js';
import { loadJob } from '../../runtime/job/index.js';
import { call } from '../local/api-client.js';
import { runEmbedded } from '../local/embedded.js';
import { createLogger } from '../local/logger.js';
import { EXIT, Supervisor } from '../local/supervisor.js';

interface Args {
  file: string;
  runners: number;
  standby: number;
  parallelism?: number;
  state?: 'heap' | 'disk';
  'state-dir': string;
  restore?: string;
  'http-port'?: number;
  'log-level': string;
}

export const command: CommandModule<object, Args> = {
  command: 'run <file>',
  describe: 'Run a job on this machine: bounded input runs to its end, Ctrl-C takes a savepoint and stops',
  builder: (y) =>
    y
      .positional('file', { type: 'string', demandOption: true, describe: 'Job: .yaml or .sql' })
      .option('runners', { type: 'number', default: 0, describe: 'Runner processes; 0: all in this process' })
      .option('standby', {
        type: 'number',
        default: 0,
        describe: 'With --runners: more of them, that wait to take the place of one that dies',
      })
      .option('parallelism', { alias: 'p', type: 'number', describe: 'In place of that of the job file' })
      .option('state-dir', {
        type: 'string',
        default: '.tidewheel',
        describe: 'Folder for state when the job names no storage',
      })
      .option('state', {
        choices: ['heap', 'disk'] as const,
        describe: 'Where state is kept while the job runs, in place of stateBackend.type of the job file',
      })
      .option('restore', { type: 'string', describe: 'Snapshot to start from, e.g. savepoints/NAME.json' })
      .option('http-port', { type: 'number', describe: 'Port of the REST API (with --runners); default: any free one' })
      .option('log-level', { type: 'string', default: 'warn' }) as never,
  handler: async (args) => {
    const { parallelism, state } = args;
    const stateBackend = state && { type: state };
    const job = await loadJob(args.file, { overrides: { parallelism, stateBackend } });
    for (const warning of job.warnings) console.error(`warning: ${formatError(warning)}`);
    process.exitCode = args.runners > 0 ? await inProcesses(args, job.name) : await inThisProcess(args, job);
  },
};

async function inThisProcess(args: Args, job: Awaited<ReturnType<typeof loadJob>>): Promise<number> {
  const log = createLogger(args['log-level']);
  const run = await runEmbedded(job, {
    log,
    stateDir: args['state-dir'],
    env: process.env,
    restoreFrom: args.restore,
    httpPort: args['http-port'],
  });
  const { coordinator } = run;
  let asked = false;
  process.on('SIGINT', () => {
    // A job that does not run yet, or not now, has nothing to save beyond its last checkpoint.
    if (asked || coordinator.state !== 'running') process.exit(130);
    asked = true;
    const name = `stopped-${Date.now()}`;
    console.error('taking a savepoint, then stopping (Ctrl-C again: at once)');
    coordinator.stop(name).then(
      () => console.error(`savepoint ${name}: go on with --restore savepoints/${name}.json`),
      (error) => {
        console.error(`no savepoint: ${(error as Error).message}`);
        process.exit(1);
      },
    );
  });
  const state = await coordinator.ended;
  if (state === 'failed') {
    const exception = coordinator.exceptions[0];
    const error = { code: exception.code ?? 'TW9001', message: exception.message, hint: exception.hint };
    console.error(formatError(toErrorMessage({ ...error, retryable: false })));
  }
  await run.close();
  return EXIT[state as keyof typeof EXIT] ?? 1;
}

async function inProcesses(args: Args, name: string): Promise<number> {
  const supervisor = new Supervisor({
    file: args.file,
    name,
    runners: args.runners,
    standby: args.standby,
    stateDir: args['state-dir'],
    logLevel: args['log-level'],
    parallelism: args.parallelism,
    state: args.state,
    httpPort: args['http-port'],
    restoreFrom: args.restore,
    env: process.env,
  });
  let asked = false;
  process.on('SIGINT', () => {
    if (asked) process.exit(130);
    asked = true;
    const savepoint = `stopped-${Date.now()}`;
    console.error('taking a savepoint, then stopping (Ctrl-C again: at once)');
    void supervisor
      .api()
      .then((url) => call(url, 'POST', '/api/v1/job/stop', { savepoint }))
      .then(
        () => console.error(`savepoint ${savepoint}: go on with --restore savepoints/${savepoint}.json`),
        async (error) => {
          console.error(`no savepoint: ${(error as Error).message}`);
          await supervisor.stop();
          process.exit(1);
        },
      );
  });
  await supervisor.start();
  const code = await supervisor.done;
  await supervisor.stop();
  return code;
}
