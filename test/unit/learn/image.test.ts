/** Images: decoded and resized as Pillow and TensorFlow do it (test/oracle/images.py), and as steps of a pipeline with a network. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { attachTensorFlow, create, createPipeline, loadLibraries } from '../../../runtime/learn/index.js';
import { trainingTensorFlow } from '../../../runtime/model/index.js';
import { expected } from './oracle.js';

const { files, resized } = expected('images');

beforeAll(async () => {
  const decoder = create('ImageDecoder');
  expect(() => decoder.transformOne(files[0].bytes)).toThrow(expect.objectContaining({ code: 'TW7107' }));
  await loadLibraries(createPipeline(['ImageDecoder', 'ImageNormalizer']));
});

/** The greatest difference. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce<number>((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
}

describe('decoding', () => {
  test.each(files.map((f: any) => [f.name, f]) as [string, any][])('%s', (name, file) => {
    // Decoders of JPEG may round differently, by at most 2 of 255 in a colour.
    const bound = name.includes('jpeg') ? 3 : 0;
    const colour = create('ImageDecoder').transformOne(file.bytes);
    expect([colour.height, colour.width, colour.channels]).toEqual([file.height, file.width, 3]);
    expect(apart(colour.pixels, file.rgb)).toBeLessThanOrEqual(bound);
    const grey = create({ type: 'ImageDecoder', channels: 1, on: 'picture' }).transformOne({
      picture: Buffer.from(file.bytes, 'base64'),
    });
    expect(apart(grey.pixels, file.grey)).toBeLessThanOrEqual(bound);
  });

  test('what is no image is refused', () => {
    const decoder = create({ type: 'ImageDecoder', on: 'picture' });
    for (const picture of [null, 'R0lGODlh', Buffer.from(files[0].bytes, 'base64').subarray(0, 40)]) {
      expect(() => decoder.transformOne({ picture })).toThrow(expect.objectContaining({ code: 'TW7102' }));
    }
  });
});

describe('resizing', () => {
  test.each(resized.map((c: any) => [`${c.shape} to ${c.to}`, c]) as [string, any][])('%s', (_name, wanted) => {
    const [height, width, channels] = wanted.shape;
    const image = { height, width, channels, pixels: Float32Array.from(wanted.image) };
    const made = (params: object) =>
      create({ type: 'ImageResizer', height: wanted.to[0], width: wanted.to[1], ...params }).transformOne(image).pixels;
    expect(apart(made({}), wanted.bilinear)).toBeLessThan(1e-3);
    expect(apart(made({ method: 'nearest' }), wanted.nearest)).toBe(0);
    expect(apart(made({ antialias: true }), wanted.pillow)).toBeLessThan(1e-3);
    expect(apart(made({ antialias: true }), wanted.antialias)).toBeLessThan(1e-3);
  });
});

test('normalising: scale, then mean and deviation of each channel', () => {
  const image = { height: 1, width: 2, channels: 3, pixels: Float32Array.from([0, 51, 255, 102, 204, 0]) };
  const made = create({ type: 'ImageNormalizer', mean: [0, 0.1, 0.5], std: [1, 2, 0.5] }).transformOne(image);
  expect(apart(made, [0, 0.05, 1, 0.4, 0.35, -1])).toBeLessThan(1e-6);
});

test('a pipeline from the file to a class', async () => {
  const model = createPipeline([
    { type: 'ImageDecoder', on: 'picture', channels: 1 },
    { type: 'ImageResizer', height: 4, width: 4, antialias: true },
    { type: 'ImageNormalizer' },
    {
      type: 'NetworkClassifier',
      inputShape: [4, 4, 1],
      layers: [
        { type: 'Conv2D', filters: 2, kernelSize: 2, activation: 'relu' },
        { type: 'Flatten' },
        { type: 'Dense', units: 1, activation: 'sigmoid' },
      ],
      optimizer: { type: 'Adam', lr: 0.05 },
      batchSize: 2,
    },
  ]);
  await attachTensorFlow(await trainingTensorFlow(), model);
  for (let i = 0; i < 60; i++) model.learnOne({ picture: files[i % 2].bytes } as never, i % 2 === 0);
  expect(model.probabilityOne({ picture: files[0].bytes } as never)).toBeGreaterThan(0.8);
  expect(model.probabilityOne({ picture: files[1].bytes } as never)).toBeLessThan(0.2);
});
