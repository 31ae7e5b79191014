/**
 * A job in processes of its own, as in a cluster: one coordinator, some runners; those that die are started again. What
 * `tidewheel run --runners N` does. The processes end with this one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../../runtime/snapshot/make-folder.js';
import { addressFile } from './api-client.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export interface SupervisorEvent {
  readonly what: 'started' | 'died';
  readonly who: string;
  readonly pid: number;
}

export interface SupervisorOptions {
  readonly file: string;
  readonly name: string;
  readonly runners: number;
  /** More runners, that wait to take the place of one that dies. */
  readonly standby?: number;
  readonly stateDir: string;
  /** In place of the backend that the job file names. */
  readonly state?: 'heap' | 'disk';
  readonly logLevel: string;
  readonly parallelism?: number;
  /** Snapshot to start from. */
  readonly restoreFrom?: string;
  readonly httpPort?: number;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent?: (event: SupervisorEvent) => void;
}

/** How the coordinator's process ends says how the job ended. */
export const EXIT = { finished: 0, failed: 1, cancelled: 3, stopped: 0 } as const;

/** How long a runner that waited has to take over before the processor is needed for the next one that waits. */
const SUCCESSOR_MS = 2000;
const QUICK_DEATH_MS = 1000;
const MAX_QUICK_DEATHS = 5;

export class Supervisor {
  private readonly children = new Map<string, ChildProcess>();
  private readonly quickDeaths = new Map<string, number>();
  private stopping = false;
  private end!: (code: number) => void;
  /** Resolves with the exit code of the job. */
  readonly done: Promise<number>;

  constructor(private readonly options: SupervisorOptions) {
    this.done = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  get addressFile(): string {
    return addressFile(this.options.stateDir, this.options.name);
  }

  async start(): Promise<void> {
    await makeFolder(this.options.stateDir);
    await rm(this.addressFile, { force: true });
    this.startCoordinator();
    const { runners, standby = 0 } = this.options;
    for (let i = 0; i < runners + standby; i++) this.startRunner(i);
  }

  /** Base URL of the coordinator's API, once it is up. */
  async api(): Promise<string> {
    const { httpPort } = JSON.parse(await readFile(this.addressFile, 'utf8')) as { httpPort: number };
    return `http://127.0.0.1:${httpPort}`;
  }

  pid(who: string): number | undefined {
    return this.children.get(who)?.pid;
  }

  kill(who: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.children.get(who)?.kill(signal);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const child of this.children.values()) child.kill('SIGKILL');
    await rm(this.addressFile, { force: true });
  }

  private startCoordinator(): void {
    const { options } = this;
    const args = ['coordinator', options.file, '--state-dir', options.stateDir, '--address-file', this.addressFile];
    args.push('--runners', String(options.runners), '--log-level', options.logLevel);
    if (options.parallelism !== undefined) args.push('--parallelism', String(options.parallelism));
    if (options.state !== undefined) args.push('--state', options.state);
    if (options.restoreFrom !== undefined) args.push('--restore', options.restoreFrom);
    if (options.httpPort !== undefined) args.push('--http-port', String(options.httpPort));
    this.spawn('coordinator', [...args, '--start-again'], args, (code) => {
      // Codes that the coordinator chooses itself; anything else is a death.
      if (code !== null && (code === 0 || code === EXIT.failed || code === EXIT.cancelled)) {
        this.end(code);
        return false;
      }
      return true;
    });
  }

  private startRunner(index: number): void {
    const { options } = this;
    const args = ['runner', '--id', `runner-${index}`, '--job', options.name, '--address-file', this.addressFile];
    args.push('--log-level', options.logLevel);
    // A runner that was told that the job is over ends with 0.
    this.spawn(`runner-${index}`, args, args, (code) => code !== 0);
  }

  /** Where another runner waits to take the place of one that died, the start of its successor is not to take the processor from it. */
  private successorMs(who: string): number {
    return who !== 'coordinator' && this.options.standby ? SUCCESSOR_MS : 0;
  }

  /** `next`: arguments of the successor of a process that dies. */
  private spawn(who: string, args: string[], next: string[], ended: (code: number | null) => boolean): void {
    const child = fork(MAIN, args, {
      env: this.options.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: ['--max-semi-space-size=32'],
    });
    const startedAtMs = Date.now();
    this.children.set(who, child);
    this.options.onEvent?.({ what: 'started', who, pid: child.pid! });
    child.on('exit', (code) => {
      if (this.stopping) return;
      if (!ended(code)) return;
      this.options.onEvent?.({ what: 'died', who, pid: child.pid! });
      // One that dies as soon as it starts will not get better: wait longer each time, then give up.
      const lived = Date.now() - startedAtMs;
      const deaths = lived > QUICK_DEATH_MS ? 0 : (this.quickDeaths.get(who) ?? 0) + 1;
      this.quickDeaths.set(who, deaths);
      if (deaths > MAX_QUICK_DEATHS) {
        console.error(`${who} died ${deaths} times right after its start: giving up`);
        this.end(EXIT.failed);
        return;
      }
      setTimeout(
        () => {
          if (!this.stopping) this.spawn(who, next, next, ended);
        },
        deaths > 0 ? 100 * 2 ** deaths : this.successorMs(who),
      );
    });
  }
}
