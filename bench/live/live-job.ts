/**
 * A job as people run it, `tidewheel run --runners N`, watched from outside: when each of its tasks printed something, and what its
 * REST API says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/harness/index.js';

const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const POLL_MS = 20;

export interface LiveJobOptions {
  /** The script; its sink is `print`. */
  readonly sql: string;
  /** Processes that work; 0: the one that coordinates does. */
  readonly runners: number;
  /** Runners beyond those, that wait for one to die. */
  readonly standby?: number;
  readonly slots: number;
}

/** When something came out, by the number in front of the line (0: the job has one slot). Milliseconds of performance.now(). */
export interface Printed {
  readonly slot: number;
  readonly atMs: number;
}

/** From one print to the next one. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CheckpointView {
  readonly id: number;
  readonly status: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly syncMs: number;
}

export interface RunnerView {
  readonly id: string;
  readonly pid: number;
  readonly slots: readonly number[];
}

export class LiveJob {
  readonly printed: Printed[] = [];
  private rest = '';
  private errors = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    readonly dir: string,
  ) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.take(text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-4000);
    });
  }

  static async start({ sql, runners, slots, standby = 0 }: LiveJobOptions): Promise<LiveJob> {
    const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-live-'));
    const file = join(dir, 'job.sql');
    await writeFile(file, sql);
    const port = await freePort();
    const args = [CLI, 'run', file, '--runners', String(runners), '--parallelism', String(slots)];
    if (standby > 0) args.push('--standby', String(standby));
    args.push('--state-dir', join(dir, 'state'), '--http-port', String(port), '--log-level', 'warn');
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    return new LiveJob(child, `http://127.0.0.1:${port}`, dir);
  }

  /** Calls the REST API. */
  async call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const response = await fetch(this.url + path, { method, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer as T;
  }

  async checkpoints(): Promise<readonly CheckpointView[]> {
    return (await this.call<{ history: CheckpointView[] }>('GET', '/api/v1/job/checkpoints')).history;
  }

  async runners(): Promise<readonly RunnerView[]> {
    return (await this.call<{ runners: RunnerView[] }>('GET', '/api/v1/runners')).runners;
  }

  /** Waits until `condition` holds; a failing one is tried again. Throws with what the job said when it has ended, or in the end. */
  async until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 300_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`the job has ended before ${what}: ${this.errors.trim()}`);
      try {
        if (await condition()) return;
      } catch {
        // The API is not there yet, or not now.
      }
      if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms; ${this.errors.trim()}`);
      await delay(POLL_MS);
    }
  }

  /** First thing printed by each slot at or after `fromMs`. */
  firstAfter(fromMs: number): Map<number, number> {
    const first = new Map<number, number>();
    for (const { slot, atMs } of this.printed) if (atMs >= fromMs && !first.has(slot)) first.set(slot, atMs);
    return first;
  }

  /** Times between two prints of one slot, of those that reach into the time from `fromMs` to `toMs`. */
  gaps(fromMs: number, toMs: number): Gap[] {
    const last = new Map<number, number>();
    const gaps: Gap[] = [];
    for (const { slot, atMs } of this.printed) {
      const before = last.get(slot);
      if (before !== undefined && atMs >= fromMs && before <= toMs) gaps.push({ fromMs: before, toMs: atMs });
      last.set(slot, atMs);
    }
    return gaps;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Longest time in which no slot printed, of those that reach into the time from `fromMs` to `toMs`. */
  longestSilenceMs(fromMs: number, toMs: number): number {
    let longest = 0;
    for (let i = 1; i < this.printed.length; i++) {
      const [before, after] = [this.printed[i - 1].atMs, this.printed[i].atMs];
      if (after >= fromMs && before <= toMs) longest = Math.max(longest, after - before);
    }
    return longest;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await ended;
    // Runners end when they see that their parent is gone; what they hold open must not be written to meanwhile.
    await delay(200);
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Lines of several processes share a pipe: one that was cut in two is not counted. */
  private take(text: string): void {
    const atMs = performance.now();
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    const slots = new Set<number>();
    for (const line of lines) {
      const match = /^(?:(\d+)> )?[+-][IUD]\[/.exec(line);
      if (match) slots.add(Number(match[1] ?? 0));
    }
    for (const slot of slots) this.printed.push({ slot, atMs });
  }
}
