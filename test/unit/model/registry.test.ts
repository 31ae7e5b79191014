import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createRegistry, type GoldenRow, type ModelRegistry, rowValues } from '../../../runtime/model/index.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import { answersOf, filesOf, inputsOf, worstDifference } from './stored-models.js';

let folder: string;
let registry: ModelRegistry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  registry = createRegistry(new FileStore(folder));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MODEL = 'onnx-small-mlp';

function goldenOf(name: string): GoldenRow[] {
  const answers = answersOf(name);
  const inputs = inputsOf(answers);
  const outputs = inputsOf({ ...answers, inputs: answers.outputs });
  const values = (tensors: typeof inputs, row: number) =>
    Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, rowValues(tensor, row)]));
  return [0, 1].map((row) => ({ inputs: values(inputs, row), outputs: values(outputs, row) }));
}

describe('push', () => {
  test('writes versions with their signature and checksums, which open and answer', async () => {
    const first = await registry.push('fraud', filesOf(MODEL), { golden: goldenOf(MODEL), labels: { job: 'train' } });
    const second = await registry.push('fraud', filesOf('keras-mlp'), { golden: goldenOf('keras-mlp') });
    expect([first.version, second.version]).toEqual(['1', '2']);
    expect(first).toMatchObject({ format: 'onnx', golden: { rows: 2, tolerance: 1e-4 }, labels: { job: 'train' } });
    expect(first.signature.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [-1, 32] }]);
    expect((await registry.list('fraud')).map((m) => m.version)).toEqual(['1', '2']);
    expect(await registry.names()).toEqual(['fraud']);
    const model = await registry.open('fraud', '1');
    const answers = answersOf(MODEL);
    expect(worstDifference(await model.predict(inputsOf(answers)), answers.outputs)).toBeLessThan(1e-5);
    await model.close();
  });

  test('refuses a model that answers its golden rows otherwise, and writes nothing', async () => {
    const golden = goldenOf(MODEL);
    const wrong = [golden[0], { ...golden[1], outputs: { score: [0.123] } }];
    await expect(registry.push('fraud', filesOf(MODEL), { golden: wrong })).rejects.toMatchObject({
      code: 'TW7305',
      message: expect.stringMatching(/golden row 2: output 'score' is .*, but 0.123 is expected/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('golden rows that do not fit the signature say so', async () => {
    const golden = [{ inputs: { y: [1] }, outputs: {} }];
    await expect(registry.push('fraud', filesOf(MODEL), { golden })).rejects.toMatchObject({ code: 'TW7203' });
  });

  test('gives each of many at once a version of its own', async () => {
    const pushed = await Promise.all(Array.from({ length: 5 }, () => registry.push('fraud', filesOf(MODEL))));
    expect(pushed.map((m) => Number(m.version)).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(pushed.map((m) => m.digest)).size).toBe(1);
  });

  test('never writes over a version', async () => {
    await registry.push('fraud', filesOf(MODEL), { version: '2024-06' });
    await expect(registry.push('fraud', filesOf('keras-mlp'), { version: '2024-06' })).rejects.toMatchObject({
      code: 'TW7303',
    });
    expect((await registry.manifest('fraud', '2024-06')).format).toBe('onnx');
  });

  test('a number that a push took and did not complete is not listed, and not used again', async () => {
    await new FileStore(folder).put('models/fraud/versions/1/claim.json', Buffer.from('{}'));
    expect(await registry.list('fraud')).toEqual([]);
    expect((await registry.push('fraud', filesOf(MODEL))).version).toBe('2');
  });

  test.each(['', '../up', 'a/b', '.hidden', 'x'.repeat(64)])('refuses the name %p', async (name) => {
    await expect(registry.push(name, filesOf(MODEL))).rejects.toMatchObject({ code: 'TW7306' });
  });

  test('refuses file names that lead elsewhere', async () => {
    const [bytes] = filesOf(MODEL).values();
    await expect(registry.push('x', new Map([['../../m.onnx', bytes]]))).rejects.toMatchObject({ code: 'TW7306' });
  });
});

describe('what is stored', () => {
  test('is refused when its bytes are not those that were pushed', async () => {
    const { version } = await registry.push('fraud', filesOf(MODEL));
    const path = join(folder, 'models', 'fraud', 'versions', version, 'files', 'model.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(path, bytes);
    await expect(registry.open('fraud', version)).rejects.toMatchObject({ code: 'TW7304' });
    await rm(path);
    await expect(registry.open('fraud', version)).rejects.toMatchObject({ code: 'TW7304' });
    await writeFile(join(folder, 'models', 'fraud', 'versions', version, 'manifest.json'), '{"kind":');
    await expect(registry.manifest('fraud', version)).rejects.toMatchObject({ code: 'TW7304' });
  });

  test('that is not there is named, with what is', async () => {
    await expect(registry.manifest('fraud', '1')).rejects.toMatchObject({ code: 'TW7301' });
    await registry.push('fraud', filesOf(MODEL));
    await expect(registry.manifest('fraud', '7')).rejects.toMatchObject({
      code: 'TW7302',
      message: expect.stringContaining('its latest are 1'),
    });
  });
});

describe('promote', () => {
  test('moves the pointer, and remembers where it was', async () => {
    expect(await registry.promoted('fraud')).toBeUndefined();
    await registry.push('fraud', filesOf(MODEL));
    await registry.push('fraud', filesOf(MODEL));
    await registry.promote('fraud', '1');
    expect(await registry.promote('fraud', '2')).toMatchObject({ version: '2', previous: '1' });
    expect(await registry.promoted('fraud')).toMatchObject({ name: 'fraud', version: '2', previous: '1' });
  });

  test('takes complete versions only', async () => {
    await expect(registry.promote('fraud', '1')).rejects.toMatchObject({ code: 'TW7301' });
  });
});
