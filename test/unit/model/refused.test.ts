/** What can't be run or is no model is refused when it is opened, with a code and the name of what is to blame. */
import { describe, expect, test } from '@jest/globals';
import { isErrorMessage } from '../../../api/index.js';
import { type ModelFiles, openModel } from '../../../runtime/model/index.js';
import { answersOf, filesOf, storedModels } from './stored-models.js';

async function refusal(files: ModelFiles): Promise<{ code: string; message: string }> {
  try {
    const model = await openModel(files);
    await model.close();
  } catch (error) {
    if (!isErrorMessage(error)) throw error;
    return error;
  }
  return { code: 'none', message: 'opened' };
}

describe('what no backend can run', () => {
  test.each([
    ['refused-keras-group-normalization', "layer 'norm' is a GroupNormalization over axis 1"],
    ['refused-keras-conv1d-transpose', "layer 'wider' is a Conv1DTranspose"],
    ['refused-keras-activation', "layer 'gate' can’t be built"],
    ['refused-onnx-operation', 'acme:Teleport'],
    ['refused-onnx-zipmap', "output 'output_probability' is no tensor"],
  ])('%s is named', async (name, message) => {
    const error = await refusal(filesOf(name));
    expect(error.code).toBe('TW7205');
    expect(error.message).toContain(message);
  });

  test('a SavedModel where tfjs-node is missing says what would be needed', async () => {
    const error = await refusal(filesOf('saved-model'));
    // Where tfjs-node has been built the model opens.
    if (error.code === 'none') return;
    expect(error.code).toBe('TW7206');
    expect(error.message).toContain('tfjs-node');
  });
});

describe('what is damaged', () => {
  const names = ['keras-mlp', 'keras3-h5', 'onnx-small-mlp', 'tfjs-layers', 'tfjs-graph'];

  test.each(names)('%s cut short anywhere is refused, and never crashes', async (name) => {
    const files = filesOf(name);
    for (const [file, bytes] of files) {
      for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
        const cut = new Map(files).set(file, bytes.subarray(0, Math.floor(bytes.length * share)));
        const error = await refusal(cut);
        expect([share, file, error.code]).toEqual([share, file, expect.stringMatching(/^TW720[125]$/)]);
      }
    }
  });

  test('a file under the name of another format is known by its content', async () => {
    const [bytes] = filesOf('onnx-small-mlp').values();
    expect((await refusal(new Map([['model.keras', bytes]]))).code).toBe('TW7202');
    const [keras] = filesOf('keras-mlp').values();
    const model = await openModel(new Map([['model.bin', keras]]));
    expect(model.format).toBe(answersOf('keras-mlp').format);
    await model.close();
  });

  test('a weight file that is missing is named', async () => {
    const files = new Map(filesOf('tfjs-layers'));
    files.delete('group1-shard1of1.bin');
    expect(await refusal(files)).toMatchObject({
      code: 'TW7202',
      message: expect.stringContaining('group1-shard1of1.bin'),
    });
  });

  test('a layer without its weights is named', async () => {
    const files = new Map(filesOf('tfjs-layers'));
    const json = JSON.parse(Buffer.from(files.get('model.json') as Uint8Array).toString());
    const model = json.modelTopology.model_config;
    model.config.layers.find((layer: any) => layer.name === 'out').config.units = 7;
    files.set('model.json', Buffer.from(JSON.stringify(json)));
    const error = await refusal(files);
    expect(error.code).toBe('TW7202');
    expect(error.message).toContain('out/');
  });

  test('other files are no models', async () => {
    for (const text of ['', 'root:x:0:0', '{"a": 1}', '[1, 2]', '{"type": "Nonsense", "version": 1}']) {
      const error = await refusal(new Map([['file', Buffer.from(text)]]));
      expect(error.code).toMatch(/^TW720[15]$/);
    }
  });
});

test('every stored model that is to be refused is covered here', () => {
  expect(storedModels().filter((name) => name.startsWith('refused-'))).toHaveLength(5);
});
