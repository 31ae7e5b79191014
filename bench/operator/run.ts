/** `operator`: what the operator itself costs with many StreamJobs, against an API server in memory; their pods are not run. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processTree } from '../measure/process-tree.js';
import type { Report } from '../report.js';
import type { Suite } from '../suite.js';
import type { FromApi, ToApi } from './api-process.js';

const API = fileURLToPath(new URL('./api-process.js', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** As the chart sets it. */
const HEAP_MB = 160;
const IDLE_MS = 30_000;
/** Rates are told a look or two after a restart; of 1000 jobs each is looked at every 30 s. */
const SETTLE_MS = 70_000;
const LIMIT_MS = 300_000;

export const operator: Suite = {
  describe: 'memory, time to reconcile and idle CPU of the operator; --events N jobs',
  names: () => ['many', 'one'],
  events: 1000,
  repeat: 1,
  run: async ({ names, events, report }) => {
    for (const name of names) await measure(name, name === 'one' ? 1 : events, report);
  },
};

async function measure(name: string, jobs: number, report: Report): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-operator-'));
  const api = fork(API, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let running: Operator | undefined;
  const figure = (measured: string, unit: string, value: number, most?: number) =>
    report.figure({
      ...{ query: `operator/${name}`, engine: 'tidewheel', measure: measured, unit, value },
      ...(most === undefined ? {} : { target: { most } }),
    });
  try {
    const { port } = await answer(api, 'port');
    await writeFile(join(dir, 'kubeconfig'), kubeconfig(port));
    await ask(api, { type: 'jobs', count: jobs }, 'made');
    const count = () => ask(api, { type: 'count' }, 'count');

    let startMs = performance.now();
    running = await Operator.start(dir);
    await running.until(async () => (await count()).running === jobs);
    figure(`${jobs} jobs new: all run`, 's', (performance.now() - startMs) / 1000);

    running.process.kill('SIGKILL');
    startMs = performance.now();
    running = await Operator.start(dir);
    const { reconciled } = running;
    await running.until(async () => (await reconciled()) >= jobs);
    figure(`${jobs} jobs known: all looked at after a restart`, 's', (performance.now() - startMs) / 1000, 60);

    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = { cpuMs: cpuMs(running.pid), writes: (await count()).statusWrites, atMs: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const spanMs = performance.now() - before.atMs;
    figure('nothing changes: CPU', '% of a core', ((cpuMs(running.pid) - before.cpuMs) * 100) / spanMs, 5);
    const writes = (await count()).statusWrites - before.writes;
    figure('nothing changes: status writes a job', '/min', (writes * 60_000) / spanMs / jobs, 12);
    figure('memory (RSS)', 'MiB', rssMiB(running.pid), jobs > 1 ? 200 : 120);
  } catch (error) {
    report.problem(`operator/${name}`, 'tidewheel', (error as Error).message);
  } finally {
    running?.process.kill('SIGKILL');
    api.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  }
}

class Operator {
  private constructor(
    readonly process: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(dir: string): Promise<Operator> {
    const port = await freePort();
    const args = [
      'operator',
      '--no-leader-elect',
      '--outside',
      `--port=${port}`,
      '--host=127.0.0.1',
      '--log-level=warn',
    ];
    const child = spawn(process.execPath, [CLI, ...args], {
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: join(dir, 'kubeconfig'),
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new Operator(child, port);
  }

  /** The process that does the work: the command may start another one. */
  get pid(): number {
    return processTree(this.process.pid ?? 0).at(-1) ?? 0;
  }

  async until(holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (!(await holds())) {
      if (this.process.exitCode !== null) throw new Error('the operator ended');
      if (performance.now() > end) throw new Error(`not within ${LIMIT_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Looks at StreamJobs so far. */
  readonly reconciled = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`).catch(() => undefined);
    const text = (await answer?.text()) ?? '';
    return Number(/^tidewheel_operator_reconcile_seconds_count\{kind="StreamJob"\} (\d+)/m.exec(text)?.[1] ?? 0);
  };
}

function kubeconfig(port: number): string {
  const cluster = { name: 'bench', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } };
  const context = { name: 'bench', context: { cluster: 'bench', user: 'bench', namespace: 'default' } };
  const users = [{ name: 'bench', user: {} }];
  const head = { apiVersion: 'v1', kind: 'Config', 'current-context': 'bench' };
  return JSON.stringify({ ...head, clusters: [cluster], contexts: [context], users });
}

function answer<K extends FromApi['type']>(api: ChildProcess, type: K): Promise<Extract<FromApi, { type: K }>> {
  return new Promise((resolve) => {
    const listen = (message: FromApi) => {
      if (message.type !== type) return;
      api.off('message', listen);
      resolve(message as Extract<FromApi, { type: K }>);
    };
    api.on('message', listen);
  });
}

function ask<K extends FromApi['type']>(api: ChildProcess, message: ToApi, type: K) {
  const answered = answer(api, type);
  api.send(message);
  return answered;
}

/** User and system time of a process. Linux counts hundredths of a second. */
function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
