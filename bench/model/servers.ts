/** The two servers that are compared, each a process with the same ONNX model. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const READY_MS = 60_000;

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startTidewheel(store: string): Promise<RunningServer> {
  const port = await freePort();
  const args = [
    CLI,
    'model-server',
    '--store',
    store,
    '--model',
    'mlp@1',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ];
  const child = spawn(process.execPath, [...args, '--drain-grace', '0', '--log-level', 'error'], { stdio: 'inherit' });
  return whenReady(child, port);
}

const BARE = `
const answer = JSON.stringify({ model_name: 'mlp', model_version: '1', outputs: [{ name: 'score', datatype: 'FP32', shape: [1, 1], data: [0.5] }] });
require('node:http').createServer((request, response) => {
  request.on('data', () => {}).on('end', () => response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer));
}).listen(Number(process.argv[1]), '127.0.0.1');`;

/** Node's own HTTP server, which answers at once: what the machine allows at the moment. */
export async function startBare(): Promise<RunningServer> {
  const port = await freePort();
  return whenReady(spawn(process.execPath, ['-e', BARE, String(port)], { stdio: 'inherit' }), port);
}

export async function startKserve(file: string): Promise<RunningServer> {
  const port = await freePort();
  const script = join(process.cwd(), 'bench', 'model', 'kserve_server.py');
  const child = spawn(kservePython(), ['-W', 'ignore', script, String(port), file], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  return whenReady(child, port);
}

/** Throws where there is no Python, or no registry. */
function kservePython(): string {
  const venv = join(homedir(), '.cache', 'tidewheel', 'kserve-venv');
  const python = join(venv, 'bin', 'python');
  if (!existsSync(join(venv, 'complete'))) {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'kserve', 'onnxruntime'], { stdio: 'inherit' });
    writeFileSync(join(venv, 'complete'), '');
  }
  return python;
}

async function whenReady(child: ChildProcess, port: number): Promise<RunningServer> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const until = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    const ready = await fetch(`http://127.0.0.1:${port}/v2/models/mlp/ready`).catch(() => undefined);
    if (ready?.ok) break;
    if (Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error('the server was not ready in a minute');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
