#!/usr/bin/env node
/**
 * The command line. Each command is a file of commands/ and is loaded only when it is called, as is what it needs: the time from
 * start to first output is that of the command alone.
 *
 * A command's file exports `command`, a yargs CommandModule; its line in COMMANDS makes it known.
 */
import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { freshBundle, keepCompiledCode } from '../runtime/boot/bundle.js';
import { optimizeWhenBusy } from '../runtime/boot/optimize-when-busy.js';
import { EXIT_BROKEN_PIPE, EXIT_USAGE } from './exit-codes.js';
import { isKubectlPlugin, isPluginCommand, pluginArguments } from './kubectl-plugin.js';

interface CommandEntry {
  /** As in the command's file; shown by `tidewheel --help`, which loads none. */
  readonly usage: string;
  readonly describe: string | false;
  readonly load: () => Promise<{ command: CommandModule<any, any> }>;
  /** Runs it without the parser of command lines, where that has nothing to say about the arguments. */
  readonly plainly?: (argv: readonly string[]) => Promise<{ readonly running: Promise<void> | undefined }>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  run: {
    usage: 'run <file>',
    describe: 'Run a job on this machine',
    load: () => import('./commands/run.js'),
  },
  validate: {
    usage: 'validate <file..>',
    describe: 'Check job files without running them',
    load: () => import('./commands/validate.js'),
  },
  explain: {
    usage: 'explain <file>',
    describe: 'Print the plan of a job: steps, chains, parallelism, partitioning',
    load: () => import('./commands/explain.js'),
  },
  sql: {
    usage: 'sql',
    describe: 'A shell for streaming SQL; with -e or -f it runs statements and ends',
    load: () => import('./commands/sql.js'),
  },
  export: {
    usage: 'export flink <file>',
    describe: 'Write the job as a script that Flink runs unchanged',
    load: () => import('./commands/export.js'),
  },
  quickstart: {
    usage: 'quickstart',
    describe: 'A job that survives the death of one of its runners, in half a minute',
    load: () => import('./commands/quickstart.js'),
  },
  status: {
    usage: 'status [job]',
    describe: 'What a running job is doing, or all of them',
    load: async () => ({ command: (await import('./commands/job-control.js')).status }),
  },
  savepoint: {
    usage: 'savepoint <job> [name]',
    describe: 'Take a savepoint of a running job',
    load: async () => ({ command: (await import('./commands/job-control.js')).savepoint }),
  },
  rescale: {
    usage: 'rescale <job> <parallelism>',
    describe: 'Change the parallelism of a running job in place',
    load: async () => ({ command: (await import('./commands/job-control.js')).rescale }),
  },
  stop: {
    usage: 'stop <job>',
    describe: 'Stop a running job with a savepoint',
    load: async () => ({ command: (await import('./commands/job-control.js')).stop }),
  },
  cancel: {
    usage: 'cancel <job>',
    describe: 'Stop a running job at once',
    load: async () => ({ command: (await import('./commands/job-control.js')).cancel }),
  },
  suspend: {
    usage: 'suspend <job>',
    describe: 'Save the state of a job of the cluster and let its pods go',
    load: async () => ({ command: (await import('./commands/cluster-control.js')).suspend }),
  },
  resume: {
    usage: 'resume <job>',
    describe: 'Go on with a suspended job of the cluster',
    load: async () => ({ command: (await import('./commands/cluster-control.js')).resume }),
  },
  logs: {
    usage: 'logs <job>',
    describe: 'Logs of all pods of a job of the cluster',
    load: async () => ({ command: (await import('./commands/cluster-control.js')).logs }),
  },
  model: {
    usage: 'model <command>',
    describe: 'Versions of models: push, list, show, diff, promote, serve',
    load: () => import('./commands/model.js'),
  },
  'model-router': { usage: 'model-router', describe: false, load: () => import('./commands/model-router.js') },
  'model-server': { usage: 'model-server', describe: false, load: () => import('./commands/model-serve.js') },
  coordinator: {
    usage: 'coordinator <file>',
    describe: false,
    load: () => import('./commands/coordinator.js'),
    plainly: async (argv) => {
      optimizeWhenBusy();
      return { running: (await import('./commands/coordinator.js')).startPlainly(argv) };
    },
  },
  operator: { usage: 'operator', describe: false, load: () => import('./commands/operator.js') },
  runner: {
    usage: 'runner',
    describe: false,
    load: () => import('./commands/runner.js'),
    plainly: async (argv) => ({ running: (await import('./commands/runner.js')).startPlainly(argv) }),
  },
};

/** Runs the command line. The exit code is set, not returned: what is written must reach its pipe first. */
export async function main(given: readonly string[]): Promise<void> {
  const isPlugin = isKubectlPlugin(process.argv[1]);
  const argv = isPlugin ? pluginArguments(given) : given;
  const commands = Object.entries(COMMANDS).filter(([name]) => !isPlugin || isPluginCommand(name));
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    console.log(version());
    return;
  }
  const entry = commands.find(([name]) => name === argv[0])?.[1];
  if (entry?.describe !== false) endWithTheReader();
  try {
    const plain = await entry?.plainly?.(argv.slice(1));
    if (plain?.running) return await plain.running;
    const [{ default: yargs }, loaded] = await Promise.all([import('yargs'), entry?.load()]);
    const line: Argv = yargs([...argv])
      .scriptName(isPlugin ? 'kubectl tidewheel' : 'tidewheel')
      .version(version())
      .alias('version', 'v')
      .strict()
      .recommendCommands()
      .wrap(Math.min(120, process.stdout.columns ?? 100))
      .exitProcess(false)
      .fail((message, error, y) => {
        if (error) throw error;
        y.showHelp('error');
        console.error(`\n${message}`);
        process.exitCode = EXIT_USAGE;
      });
    if (loaded) line.command(loaded.command);
    else {
      for (const [, known] of commands) line.command(known.usage, known.describe as string);
      line.demandCommand(1, 'Which command?');
    }
    await line.parseAsync();
  } catch (error) {
    const { reportFailure } = await import('./failure.js');
    process.exitCode = reportFailure(error);
  }
}

/** `tidewheel … | head`: whoever read the output has gone, and the command goes quietly, as a signal would end it. */
function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_BROKEN_PIPE);
  });
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

keepCompiledCode();
const bundle = freshBundle('main');
await (bundle === undefined ? main(process.argv.slice(2)) : import(bundle));
