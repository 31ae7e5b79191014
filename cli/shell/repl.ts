/** The shell: reads statements from a terminal, with history and completion, until it is left. */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { isErrorMessage, toErrorMessage } from '../../api/index.js';
import { isBlank, isComplete } from './complete-statement.js';
import { complete } from './completer.js';
import type { RunningJob, SqlEngine } from './engine.js';
import { errorText } from './error-text.js';
import type { History } from './history.js';
import { LiveView } from './live-view.js';
import { help, runMetaCommand } from './meta-commands.js';
import { runScript, type ScriptOutput } from './script.js';
import type { Format } from './writers.js';

export type Terminal = {
  readonly input: Readable & { isRaw?: boolean; setRawMode?: (raw: boolean) => unknown };
  readonly output: Writable & { columns?: number; rows?: number };
};

const PROMPT = 'tidewheel> ';
const MORE = '        -> ';

/** Statements typed without a semicolon that everybody tries. */
const LEAVE = /^\s*(?:quit|exit)\s*;?\s*$/i;
const HELP = /^\s*help\s*;?\s*$/i;
const CLEAR = /^\s*clear\s*;?\s*$/i;

export class Repl {
  private buffer = '';
  private readonly lines: string[] = [];
  private wakeUp: (() => void) | undefined;
  private closed = false;
  private reader: Interface | undefined;
  private job: RunningJob | undefined;
  private readonly out: ScriptOutput;

  constructor(
    private readonly engine: SqlEngine,
    private readonly terminal: Terminal,
    private readonly history: History,
    format: Format,
  ) {
    const { output } = terminal;
    this.out = {
      format,
      write: (text) => output.write(text),
      writeError: (text) => output.write(text),
      chatty: true,
      background: true,
      writerFor: (job) => (this.isLive(job) ? new LiveView(job, output) : undefined),
      running: (job) => {
        this.job = job;
      },
    };
  }

  /** Runs until the user leaves. */
  async run(): Promise<void> {
    const { output } = this.terminal;
    output.write('Tidewheel SQL. Statements end with a semicolon; \\? helps, \\q leaves.\n');
    while (!this.closed) {
      const line = await this.nextLine();
      if (line === undefined) break;
      if (!(await this.take(line))) break;
    }
    this.closeReader();
    await this.stopJobs();
    await this.history.save();
  }

  /** Jobs in the background are of this process: they end with the shell. */
  private async stopJobs(): Promise<void> {
    const { running } = this.engine.jobs;
    if (running.length === 0) return;
    this.out.write(`stopping ${running.length} ${running.length === 1 ? 'job' : 'jobs'}\n`);
    for (const { job } of running) job.cancel();
    await Promise.allSettled(running.map(({ job }) => job.ended));
  }

  /** Rows are drawn in place, unless the format or the setting of Flink's client wants each change. */
  private isLive(_job: RunningJob): boolean {
    const mode = this.engine.session.settings.written.get('sql-client.execution.result-mode')?.toLowerCase();
    if (mode === 'changelog' || mode === 'tableau') return false;
    return this.out.format === 'table';
  }

  /** Takes a line; false: the user leaves. */
  private async take(line: string): Promise<boolean> {
    if (this.buffer === '') {
      if (LEAVE.test(line)) return false;
      if (HELP.test(line) || CLEAR.test(line)) {
        this.out.write(CLEAR.test(line) ? '\x1b[2J\x1b[H' : help());
        return true;
      }
      if (line.trimStart().startsWith('\\')) return this.meta(line);
    }
    this.buffer = this.buffer === '' ? line : `${this.buffer}\n${line}`;
    if (isBlank(this.buffer)) {
      this.buffer = '';
      return true;
    }
    if (!isComplete(this.buffer)) return true;
    const text = this.buffer;
    this.buffer = '';
    this.history.add(text);
    await this.whileRunning(() => runScript(this.engine, text, this.out));
    return true;
  }

  private async meta(line: string): Promise<boolean> {
    this.history.add(line.trim());
    try {
      let result: string = 'done';
      await this.whileRunning(async () => {
        result = await runMetaCommand(line, this.engine, this.out);
      });
      return result !== 'quit';
    } catch (error) {
      const message = isErrorMessage(error) ? error : toErrorMessage(error);
      this.out.writeError(`${errorText(message, '')}\n`);
      return true;
    }
  }

  /** The terminal belongs to what runs: Ctrl-C stops it; what is typed meanwhile is shown when it is over. */
  private async whileRunning(work: () => Promise<unknown>): Promise<void> {
    this.closeReader();
    const { input } = this.terminal;
    const ahead: Buffer[] = [];
    const onData = (data: Buffer | string) => {
      const text = String(data);
      if (!text.includes('\x03')) ahead.push(Buffer.from(data));
      else {
        // As in a terminal: what was typed ahead is dropped with the query.
        ahead.length = 0;
        this.job?.cancel();
      }
    };
    const onSignal = () => this.job?.cancel();
    input.setRawMode?.(true);
    input.on('data', onData);
    input.resume();
    process.on('SIGINT', onSignal);
    try {
      await work();
    } finally {
      input.off('data', onData);
      process.off('SIGINT', onSignal);
      input.setRawMode?.(false);
      if (ahead.length > 0) input.unshift(Buffer.concat(ahead));
    }
  }

  /** The next line typed; undefined at the end of the input. */
  private async nextLine(): Promise<string | undefined> {
    const reader = this.open();
    reader.setPrompt(this.buffer === '' ? PROMPT : MORE);
    if (this.lines.length === 0) {
      reader.prompt();
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
    }
    return this.lines.shift();
  }

  private open(): Interface {
    if (this.reader) return this.reader;
    const { input, output } = this.terminal;
    const reader = createInterface({
      input,
      output,
      terminal: true,
      history: [...this.history.newestFirst],
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(this.engine.session, line, this.buffer),
    });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.wakeUp?.();
    });
    reader.on('SIGINT', () => {
      // As in other shells: what was typed is dropped.
      output.write('^C\n');
      this.buffer = '';
      this.closeReader();
      const next = this.open();
      next.setPrompt(PROMPT);
      next.prompt();
    });
    reader.on('close', () => {
      if (this.reader !== reader) return;
      // Ctrl-D.
      this.reader = undefined;
      this.closed = true;
      output.write('\n');
      this.wakeUp?.();
    });
    this.reader = reader;
    return reader;
  }

  private closeReader(): void {
    const { reader } = this;
    this.reader = undefined;
    reader?.close();
  }
}
