/** Runs the programs that any user of Kubernetes has: docker, kind, kubectl, helm. */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  /** Given to the standard input. */
  readonly input?: string;
  /** Shows the program's output while it runs. */
  readonly isShown?: boolean;
  readonly timeoutMs?: number;
}

export class CommandFailed extends Error {
  constructor(
    readonly line: string,
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`${line}: ${exitCode === null ? 'killed: it took too long' : `exit code ${exitCode}`}\n${output.trim()}`);
    this.name = 'CommandFailed';
  }
}

const TIMEOUT_MS = 300_000;

/** The standard output. Rejects with {@link CommandFailed}, which has all that the program wrote, when it fails or takes too long. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const line = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      all += text;
      if (options.isShown) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text;
      if (options.isShown) process.stderr.write(text);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? TIMEOUT_MS);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command} can't be started: is it installed?`, { cause }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else reject(new CommandFailed(line, code, all));
    });
    // A program that ends without reading is judged by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
