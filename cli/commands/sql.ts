/** `tidewheel sql`: a shell for streaming SQL; with -e, -f or a pipe it runs statements and ends. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { TidewheelError } from '../../api/index.js';
import { createLogger } from '../local/logger.js';
import { SqlEngine } from '../shell/engine.js';
import { runOut, runScript, type ScriptOutput } from '../shell/script.js';
import { FORMATS, type Format } from '../shell/writers.js';

interface Args {
  execute?: string[];
  file?: string;
  init?: string;
  format: Format;
  mode: 'streaming' | 'batch';
  parallelism?: number;
  history?: string;
  'log-level': string;
}

export const command: CommandModule<object, Args> = {
  command: 'sql',
  describe: 'A shell for streaming SQL; with -e or -f it runs statements and ends',
  builder: (y) =>
    y
      .option('execute', { alias: 'e', type: 'string', array: true, describe: 'Statements to run; may be repeated' })
      .option('file', { alias: 'f', type: 'string', describe: 'File with statements to run; - is the standard input' })
      .option('init', {
        alias: 'i',
        type: 'string',
        describe: 'File with statements to run first, without their output',
      })
      .option('format', { type: 'string', choices: FORMATS, default: 'table', describe: 'How rows are written' })
      .option('mode', {
        type: 'string',
        choices: ['streaming', 'batch'],
        default: 'streaming',
        describe: 'batch: final rows only',
      })
      .option('parallelism', { alias: 'p', type: 'number', describe: 'Of the queries; default 1' })
      .option('history', {
        type: 'string',
        describe: 'File of what was typed before; default ~/.tidewheel/sql-history',
      })
      .option('log-level', { type: 'string', default: 'error' })
      .conflicts('execute', 'file')
      .epilogue(
        'Exit codes: 0 done, 3 a statement is wrong, 1 a job failed or a file can’t be read, 130 stopped by Ctrl-C.',
      ) as never,
  handler: async (args) => {
    const baseDir = args.file !== undefined && args.file !== '-' ? dirname(resolve(args.file)) : process.cwd();
    const engine = new SqlEngine({
      mode: args.mode,
      baseDir,
      log: createLogger(args['log-level']),
      env: process.env,
      parallelism: args.parallelism,
      warn: (message, line) => process.stderr.write(`warning: line ${line}: ${message}\n`),
    });
    const output: ScriptOutput = {
      format: args.format,
      write: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
      chatty: false,
    };
    if (args.init !== undefined) {
      const code = await runScript(engine, await readText(args.init), { ...output, write: () => {} }, args.init);
      if (code !== 0) {
        process.exitCode = code;
        return;
      }
    }
    const interactive =
      args.execute === undefined && args.file === undefined && process.stdin.isTTY && process.stdout.isTTY;
    if (interactive) {
      const [{ Repl }, { History }] = await Promise.all([import('../shell/repl.js'), import('../shell/history.js')]);
      const history = await History.open(args.history ?? join(homedir(), '.tidewheel', 'sql-history'));
      await new Repl(engine, { input: process.stdin, output: process.stdout }, history, args.format).run();
      process.stdin.pause();
      return;
    }
    const stoppable = stopOnSignal(output);
    let code: number;
    if (args.execute !== undefined) code = await runScript(engine, args.execute.join(';\n'), stoppable);
    else {
      const file = args.file ?? '-';
      code = await runScript(engine, await readText(file), stoppable, file === '-' ? 'stdin' : file);
    }
    if (code !== 0) for (const { job } of engine.jobs.running) job.cancel();
    const rest = await runOut(engine, stoppable);
    process.exitCode = code === 0 ? rest : code;
  },
};

/** Ctrl-C and SIGTERM stop the statement that runs, and so the script; a second one ends the process. */
function stopOnSignal(output: ScriptOutput): ScriptOutput {
  let job: { cancel(): void } | undefined;
  let asked = false;
  const stop = () => {
    if (asked || !job) process.exit(130);
    asked = true;
    job.cancel();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    ...output,
    running: (running) => {
      job = running;
    },
  };
}

async function readText(file: string): Promise<string> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TidewheelError('TW1001', `can't read '${file}': ${(cause as Error).message}`, { cause });
  }
}
