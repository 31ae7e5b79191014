/** The model server, as a process, asked by a client that is not ours: tritonclient[http] from PyPI. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRegistry } from '../../../runtime/model/index.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';

const CLI = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
const SCRIPT = join(process.cwd(), 'test', 'integration', 'model', 'triton_client.py');
const VENV = join(homedir(), '.cache', 'tidewheel', 'oip-client-venv');
const INSTALL_MS = 300_000;

let python: string | undefined;
let folder: string;
let server: ChildProcess | undefined;
let address: string;

beforeAll(async () => {
  try {
    python = pythonWithClient();
  } catch (error) {
    console.warn(`tritonclient is not asked: ${(error as Error).message}`);
    return;
  }
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  const registry = createRegistry(new FileStore(folder));
  await registry.push('mlp', filesOf('onnx-small-mlp'));
  await registry.push('texts', filesOf('onnx-strings'));
  const args = [
    'model-server',
    '--store',
    folder,
    '--model',
    'mlp@1',
    '--model',
    'texts@1',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
  ];
  server = spawn(process.execPath, [CLI, ...args, '--drain-grace', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  address = await new Promise((resolve, reject) => {
    let log = '';
    server?.stderr?.on('data', (chunk) => {
      log += chunk;
      const port = /"port":(\d+),"msg":"serving"/.exec(log)?.[1];
      if (port) resolve(`127.0.0.1:${port}`);
    });
    server?.on('exit', () => reject(new Error(log)));
  });
}, INSTALL_MS);

afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
});

function pythonWithClient(): string {
  const installed = join(VENV, 'complete');
  const program = join(VENV, 'bin', 'python');
  if (!existsSync(installed)) {
    execFileSync('python3', ['-m', 'venv', VENV]);
    execFileSync(program, ['-m', 'pip', 'install', '--quiet', 'tritonclient[http]'], { timeout: INSTALL_MS - 20_000 });
    writeFileSync(installed, '');
  }
  return program;
}

test('tritonclient finds all that the protocol promises', async () => {
  if (!python) return;
  const { inputs, outputs } = answersOf('onnx-small-mlp');
  const question = join(folder, 'question.json');
  await writeFile(question, JSON.stringify(inputs.x));
  const { stdout } = await promisify(execFile)(python, [SCRIPT, address, question]);
  const seen = JSON.parse(stdout);
  expect(seen).toMatchObject({
    live: true,
    ready: true,
    server: { name: 'tidewheel' },
    modelReady: true,
    versionReady: true,
    nobodyReady: false,
    metadata: {
      name: 'mlp',
      versions: ['1'],
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 32] }],
      outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }],
    },
    index: [
      { name: 'mlp', version: '1', state: 'READY' },
      { name: 'texts', version: '1', state: 'READY' },
    ],
    textsBinary: ['good', 'bad', expect.any(String)],
    unloaded: false,
  });
  expect(seen.textsJson).toEqual(seen.textsBinary);
  for (const way of ['binary', 'json', 'gzip', 'version']) {
    expect(seen[way].response).toMatchObject({ model_name: 'mlp', model_version: '1', id: 'r1' });
    const scores = (seen[way].score as number[][]).flat();
    for (const [i, expected] of outputs.score.data.entries()) expect(scores[i]).toBeCloseTo(expected as number, 5);
  }
  expect(seen.refused).toEqual(['400', expect.stringContaining('must have shape [-1, 32], but has [1, 3]')]);
});

test('SIGTERM ends it with 0', async () => {
  if (!server) return;
  const ended = new Promise((resolve) => server?.on('exit', (code) => resolve(code)));
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
});
