/** `tidewheel model …` as a process: what it prints, and its exit codes. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';
import { ask } from '../../unit/serving/running-server.js';

const CLI = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
const SLOW_MS = 60_000;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-model-cli-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function tidewheel(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'model', ...args], { cwd: dir }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

const modelFile = async (name: string, as: string): Promise<string> => {
  const path = join(dir, as);
  await writeFile(path, [...filesOf(name).values()][0]);
  return path;
};

test(
  'pushes, lists, compares and promotes versions',
  async () => {
    const forest = await modelFile('onnx-random-forest', 'forest.onnx');
    const svm = await modelFile('onnx-svm', 'svm.onnx');
    await writeFile(join(dir, 'golden.jsonl'), '{"inputs":{"X":[5.1,3.5,1.4,0.2]},"outputs":{"label":0}}\n');
    const first = await tidewheel(
      'push',
      forest,
      '--name',
      'iris',
      '--golden',
      'golden.jsonl',
      '--label',
      'by=test',
      '--json',
    );
    expect([first.code, first.err]).toEqual([0, '']);
    expect(JSON.parse(first.out)).toMatchObject({
      name: 'iris',
      version: '1',
      golden: { rows: 1 },
      labels: { by: 'test' },
    });
    const second = await tidewheel('push', svm, '--name', 'iris', '--golden', 'golden.jsonl', '--promote');
    expect(second.out).toContain('version    2  (promoted)');
    const list = JSON.parse((await tidewheel('list', '--json')).out);
    expect(list).toMatchObject([{ name: 'iris', promoted: '2', versions: [{ version: '1' }, { version: '2' }] }]);
    const diff = JSON.parse((await tidewheel('diff', 'iris', '1', '2', '--json')).out);
    expect(diff.answers).toContainEqual({ output: 'label', rows: 1, different: 0, largest: 0 });
    expect(diff.facts.map((fact: { what: string }) => fact.what)).toContain('digest');
    expect((await tidewheel('promote', 'iris', '1')).out.trim()).toBe('iris: version 1 is promoted (before: 2)');
    expect((await tidewheel('show', 'iris')).out).toContain('inputs     X FP32 [-1, 4]');
  },
  SLOW_MS,
);

test(
  'says what is wrong, with a code and exit code 1',
  async () => {
    const svm = await modelFile('onnx-svm', 'svm.onnx');
    await writeFile(join(dir, 'wrong.jsonl'), '{"inputs":{"X":[5.1,3.5,1.4,0.2]},"outputs":{"label":2}}\n');
    await writeFile(join(dir, 'broken.jsonl'), '{"inputs":{}}\n');
    const push = (...args: string[]) => tidewheel('push', ...args, '--name', 'iris');
    for (const [given, message] of [
      [push(svm, '--golden', 'wrong.jsonl'), /^TW7305: golden row 1: output 'label' is 0, but 2 is expected/],
      [push(svm, '--golden', 'broken.jsonl'), /^broken.jsonl:1: TW7307: /],
      [push('nothing.onnx'), /^TW7402: no model can be read/],
      [push(svm, '--format', 'keras'), /^TW7202: /],
      [tidewheel('list', 'iris'), /^TW7301: /],
      [tidewheel('promote', 'iris', '1'), /^TW7301: /],
    ] as const) {
      const { code, err } = await given;
      expect([err, code]).toEqual([expect.stringMatching(message), 1]);
    }
  },
  SLOW_MS,
);

test(
  'a pod serves a file of an address, and says why a bad one is not ready',
  async () => {
    const bytes = [...filesOf('onnx-small-mlp').values()][0];
    const files = createServer((request, response) => {
      response.statusCode = request.url === '/mlp.onnx' ? 200 : 404;
      response.end(request.url === '/mlp.onnx' ? bytes : '');
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(files.address() as { port: number }).port}`;
    const args = ['model-server', '--host', '127.0.0.1', '--port', '0', '--drain-grace', '0'];
    const child = spawn(
      process.execPath,
      [CLI, ...args, '--file', `mlp@7=${at}/mlp.onnx`, '--file', `gone=${at}/gone`],
      { cwd: dir },
    );
    try {
      let log = '';
      const port = await new Promise<string>((resolve) =>
        child.stderr.on('data', (chunk) => {
          log += chunk;
          const found = /"port":(\d+),"msg":"serving"/.exec(log)?.[1];
          if (found) resolve(found);
        }),
      );
      const url = `http://127.0.0.1:${port}`;
      const { x } = answersOf('onnx-small-mlp').inputs;
      const answer = (await ask(`${url}/v2/models/mlp/infer`, { inputs: [{ name: 'x', ...x }] })).json();
      expect(answer).toMatchObject({ model_version: '7', outputs: [{ name: 'score', shape: x.shape.with(1, 1) }] });
      expect((await ask(`${url}/v2/health/ready`)).status).toBe(400);
      expect((await ask(`${url}/v2/models/gone/infer`, {})).json().error).toContain('answers 404');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
      files.close();
    }
  },
  SLOW_MS,
);

// It said so, and stayed there with nothing to serve.
test(
  'serving what can not be served ends with the reason: no such version, steps that do not fit',
  async () => {
    const missing = await tidewheel('serve', 'iris@9', '--port', '0');
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("TW7301: there is no model 'iris'")]);
    const file = await modelFile('onnx-mlp', 'iris.onnx');
    const steps = (columns: string[]) => JSON.stringify({ before: [{ assemble: { columns, into: 'X' } }] });
    await writeFile(join(dir, 'steps.json'), steps(['a']));
    const misfit = await tidewheel('serve', file, '--port', '0', '--processing', 'steps.json');
    expect([misfit.code, misfit.err]).toEqual([1, expect.stringContaining('TW7309: step 1 before the model fills')]);
    await writeFile(join(dir, 'log.json'), '{"brokers": "nowhere"}');
    const wrong = await tidewheel('serve', file, '--port', '0', '--request-log', 'log.json');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('TW8001: --request-log')]);
  },
  SLOW_MS,
);
