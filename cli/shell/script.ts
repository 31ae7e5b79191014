/** Runs statements one after the other and writes what comes of each: for scripts, pipes and the shell alike. */
import { type ErrorMessage, isErrorMessage, toErrorMessage } from '../../api/index.js';
import type { Statement } from '../../runtime/sql/ast/index.js';
import { parseScript } from '../../runtime/sql/parser/index.js';
import { EXIT_OK } from '../exit-codes.js';
import { exitCodeOf } from '../failure.js';
import type { RunningJob, SqlEngine } from './engine.js';
import { errorText } from './error-text.js';
import { type Format, listingText, type ResultWriter, resultWriter } from './writers.js';

export interface ScriptOutput {
  format: Format;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Say `OK` and how long things took. */
  readonly chatty: boolean;
  /** How a query's rows are shown, in place of the format's way. */
  readonly writerFor?: (job: RunningJob) => ResultWriter | undefined;
  /** Told when a job has started, and with undefined when it is over. */
  readonly running?: (job: RunningJob | undefined) => void;
  /** The session goes on: an INSERT that never ends runs in the background, unless `table.dml-sync` says otherwise. */
  readonly background?: boolean;
}

/** As after SIGINT. */
const EXIT_STOPPED = 130;

/**
 * Runs a script: all of it is parsed before anything is run; the first statement that fails ends it. Returns the exit code: 3
 * for a mistake in the script, 1 for a job that failed, 130 for one that was stopped.
 */
export async function runScript(engine: SqlEngine, text: string, output: ScriptOutput, file?: string): Promise<number> {
  try {
    for (const statement of parseScript(text)) {
      const code = await runStatement(engine, statement, output);
      if (code !== EXIT_OK) return code;
    }
    return EXIT_OK;
  } catch (error) {
    const message = messageOf(error);
    output.writeError(`${errorText(message, text, file)}\n`);
    return exitCodeOf(message.code);
  }
}

/** Waits for the jobs in the background, when nothing more is to be run. Returns the exit code of the first that failed. */
export async function runOut(engine: SqlEngine, output: ScriptOutput): Promise<number> {
  let code = EXIT_OK;
  for (const { id, job } of engine.jobs.running) {
    output.running?.(job as RunningJob);
    try {
      if ((await job.ended) !== 'finished' && code === EXIT_OK) code = EXIT_STOPPED;
    } catch (error) {
      const message = messageOf(error);
      output.writeError(`job ${id}: ${errorText(message, '')}\n`);
      if (code === EXIT_OK) code = exitCodeOf(message.code);
    }
  }
  output.running?.(undefined);
  return code;
}

function messageOf(error: unknown): ErrorMessage {
  return (isErrorMessage(error) ? error : toErrorMessage(error)) as ErrorMessage;
}

async function runStatement(engine: SqlEngine, statement: Statement, output: ScriptOutput): Promise<number> {
  const effect = await engine.apply(statement);
  switch (effect.kind) {
    case 'done':
      if (output.chatty) output.write('OK\n');
      return EXIT_OK;
    case 'listing':
      output.write(listingText(output.format, effect.columns, effect.rows));
      return EXIT_OK;
    case 'text':
      output.write(`${effect.text}\n`);
      return EXIT_OK;
    case 'jobs': {
      const { columns, rows } = await engine.jobs.answer(effect.statement);
      output.write(listingText(output.format, columns, rows));
      return EXIT_OK;
    }
    default:
      return runJob(engine, effect.what, effect.outputs, output);
  }
}

async function runJob(
  engine: SqlEngine,
  what: RunningJob['what'],
  outputs: Parameters<SqlEngine['start']>[1],
  output: ScriptOutput,
): Promise<number> {
  const startedMs = performance.now();
  let writer: ResultWriter | undefined;
  const early: Parameters<ResultWriter['row']>[] = [];
  let isEmpty = true;
  const job = await engine.start(what, outputs, (row, kind) => {
    isEmpty = false;
    if (writer) writer.row(row, kind);
    else early.push([row, kind]);
  });
  const sync = engine.session.settings.written.get('table.dml-sync')?.toLowerCase();
  if (what === 'insert' && (sync === 'false' || (sync === undefined && output.background && !job.bounded))) {
    engine.jobs.toBackground(job.id);
    output.write(listingText(output.format, ['job id'], [[job.id]]));
    if (output.background) {
      job.ended.catch((error) => output.writeError(`job ${job.id}: ${errorText(messageOf(error), '')}\n`));
    }
    return EXIT_OK;
  }
  output.running?.(job);
  if (what === 'select') {
    writer = output.writerFor?.(job) ?? resultWriter(output.format, job, output.write);
    for (const [row, kind] of early) writer.row(row, kind);
  }
  let hasFailed = true;
  const ended = job.ended.then((how) => {
    hasFailed = false;
    return how;
  });
  const state = await ended.finally(() => {
    // 'Empty set' is no answer to a query that failed.
    if (!hasFailed || !isEmpty) writer?.end();
    output.running?.(undefined);
  });
  if (what === 'insert' && output.chatty) {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
    output.write(`${state === 'finished' ? 'OK' : 'stopped'} (${seconds} s)\n`);
  }
  return state === 'finished' ? EXIT_OK : EXIT_STOPPED;
}
