import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RunningServer } from './running-server.js';

/**
 * The watchdog outlives a killed parent: `cat` ends when the pipe from the parent closes, which the operating system
 * does however the parent dies. It ignores Ctrl-C, which reaches the whole terminal group.
 */
const WATCHDOG = 'trap "" INT TERM HUP; cat > /dev/null; kill -9 "$1" 2> /dev/null; [ -z "$2" ] || rm -rf "$2"';

export interface NativeCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Removed by the watchdog when this process dies without having stopped the server. */
  readonly scratchDir?: string;
}

/** Starts a server that cannot outlive this process, not even when this process is killed with SIGKILL. */
export async function startNative(command: NativeCommand): Promise<RunningServer> {
  const log = openSync(command.logFile, 'a');
  const child = spawn(command.command, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', String(child.pid), command.scratchDir ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // Dismissed before the pid can be given to another process.
      watchdog.kill('SIGKILL');
      resolve();
    });
  });
  return {
    exited,
    logTail: async () => (await readFile(command.logFile, 'utf8')).trim().split('\n').slice(-30).join('\n'),
    kill: async () => {
      // Nothing else may keep this process running until the end is reported.
      child.ref();
      signal(child, 'SIGKILL');
      await exited;
    },
    pause: async () => signal(child, 'SIGSTOP'),
    resume: async () => signal(child, 'SIGCONT'),
  };
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
}
