/** Steps around a model: columns to tensors and outputs to answers. Numbers are worked out by hand, or are those of the learning library. */
import { describe, expect, test } from '@jest/globals';
import { fillDefaults, type ModelProcessing, modelProcessing } from '../../../api/index.js';
import { create, createPipeline } from '../../../runtime/learn/index.js';
import {
  checkInputs,
  type LoadedModel,
  openModel,
  parseProcessing,
  type Tensor,
  type Tensors,
  tensorFrom,
  withProcessing,
} from '../../../runtime/model/index.js';
import { modelOf, spec } from '../serving/running-server.js';
import { answersOf, filesOf } from './stored-models.js';

/** Takes x [-1, width] and gives it back as y. */
const echo = (width: number, datatype: 'FP32' | 'FP64' = 'FP64') =>
  modelOf(
    { inputs: [spec('x', datatype, [-1, width])], outputs: [spec('y', datatype, [-1, width])] },
    ({ x }: Tensors) => ({ y: x }),
  );
const around = (model: LoadedModel, written: object) =>
  withProcessing(model, fillDefaults(modelProcessing.node, written) as ModelProcessing);
const answer = (model: LoadedModel, inputs: Tensors) => {
  checkInputs(model.signature, inputs);
  return model.predict(inputs) as Record<string, Tensor>;
};
const column = (name: string, values: unknown[]) => ({
  [name]: tensorFrom(name, typeof values[0] === 'string' ? 'BYTES' : 'FP64', [values.length], values),
});

describe('before the model', () => {
  test('columns are filled, scaled, made one-hot and assembled', () => {
    const model = around(echo(4), {
      before: [
        { fill: { columns: ['age'], value: 40 } },
        { scale: { columns: ['amount', 'age'], offset: [100, 40], scale: [50, 10] } },
        { oneHot: { column: 'country', values: ['CH', 'US'] } },
        { assemble: { columns: ['amount', 'age', 'country=CH', 'country=US'], into: 'x' } },
      ],
    });
    expect(model.signature.inputs).toEqual([
      { name: 'age', datatype: 'FP64', shape: [-1] },
      { name: 'amount', datatype: 'FP64', shape: [-1] },
      { name: 'country', datatype: 'BYTES', shape: [-1] },
    ]);
    const { y } = answer(model, {
      ...column('amount', [150, 75]),
      ...column('age', [30, Number.NaN]),
      ...column('country', ['US', 'FR']),
    });
    expect([y.shape, [...y.data]]).toEqual([
      [2, 4],
      [1, -1, 0, 1, -0.5, 0, 0, 0],
    ]);
  });

  test('a fitted scaler and an encoder of the learning library do what they do in a stream', () => {
    const fitted = createPipeline(['StandardScaler', { type: 'PolynomialExtender', degree: 2 }]);
    const rows = Array.from({ length: 50 }, (_, i) => ({ a: i % 7, b: (i * 3) % 11 }));
    for (const row of rows) fitted.learnOne(row);
    const json = JSON.parse(JSON.stringify(fitted));
    const expected = rows.slice(0, 3).map((row) => Object.values(fitted.transformOne(row) as object));
    const model = around(echo(expected[0].length), { before: [{ pipeline: { steps: [json], into: 'x' } }] });
    const { y } = answer(model, {
      ...column(
        'a',
        rows.slice(0, 3).map((r) => r.a),
      ),
      ...column(
        'b',
        rows.slice(0, 3).map((r) => r.b),
      ),
    });
    expect([...y.data]).toEqual(expected.flat());
  });

  test('what is not fitted is made by name, and columns behind it can be assembled', () => {
    const model = around(echo(2), {
      before: [
        { pipeline: { steps: [{ type: 'Binarizer', threshold: 5 }] } },
        { assemble: { columns: ['b', 'a'], into: 'x' } },
      ],
    });
    const binarizer = create({ type: 'Binarizer', threshold: 5 });
    const { a, b } = binarizer.transformOne({ a: 4, b: 9 });
    expect([...answer(model, { ...column('a', [4]), ...column('b', [9]) }).y.data].map(Number)).toEqual(
      [b, a].map(Number),
    );
  });

  test('inputs that no step touches go to the model as they come', () => {
    const model = around(
      modelOf(
        {
          inputs: [spec('x', 'FP32', [-1, 1]), spec('image', 'UINT8', [-1, 2, 2])],
          outputs: [spec('y', 'UINT8', [-1, 2, 2])],
        },
        ({ image }) => ({ y: image }),
      ),
      { before: [{ assemble: { columns: ['a'], into: 'x' } }] },
    );
    expect(model.signature.inputs.map((input) => input.name)).toEqual(['a', 'image']);
    const image = tensorFrom('image', 'UINT8', [1, 2, 2], [1, 2, 3, 4]);
    expect([...answer(model, { ...column('a', [1]), image }).y.data]).toEqual([1, 2, 3, 4]);
  });
});

describe('after the model', () => {
  const outputs = (written: object[], values: number[][]) => {
    const model = around(echo(values[0].length), { after: written });
    const x = tensorFrom('x', 'FP64', [values.length, values[0].length], values);
    const answered = answer(model, { x });
    for (const { name, datatype, shape } of model.signature.outputs) {
      expect([answered[name].datatype, answered[name].shape.length]).toEqual([datatype, shape.length]);
    }
    return Object.fromEntries(Object.entries(answered).map(([name, t]) => [name, [...t.data]]));
  };

  test('softmax and the label of the largest', () => {
    // e^0, e^ln 2, e^ln 5 are 1, 2, 5 of 8; a thousand more changes nothing.
    const logits = [0, Math.log(2), Math.log(5)];
    const { p, label } = outputs(
      [
        { softmax: { of: 'y', as: 'p' } },
        { argmax: { of: 'p', as: 'label', labels: ['cat', 'dog', 'cow'] } },
        { keep: { outputs: ['label', 'p'] } },
      ],
      [logits, logits.map((v) => 1000 - v)],
    );
    expect(label).toEqual(['cow', 'cat']);
    expect((p as number[]).slice(0, 3).map((v) => Number(v.toFixed(12)))).toEqual([0.125, 0.25, 0.625]);
    expect((p as number[])[3]).toBeCloseTo(10 / 17, 12);
  });

  test('sigmoid, a bound, and units of the label', () => {
    const { y, above, verdict, units } = outputs(
      [
        { scale: { of: 'y', as: 'units', factor: 20, offset: 3 } },
        { sigmoid: { of: 'y' } },
        { threshold: { of: 'y', as: 'above' } },
        { threshold: { of: 'y', as: 'verdict', above: 0.7, labels: ['pass', 'stop'] } },
      ],
      [[0], [Math.log(3)], [-1]],
    );
    expect(units).toEqual([3, 20 * Math.log(3) + 3, -17]);
    expect((y as number[])[1]).toBeCloseTo(0.75, 14);
    expect([above, verdict]).toEqual([
      [0, 1, 0],
      ['pass', 'stop', 'pass'],
    ]);
  });

  test('labels by number', () => {
    expect(outputs([{ labels: { of: 'y', as: 'name', labels: ['no', 'yes'] } }], [[1], [0], [7]]).name).toEqual([
      'yes',
      'no',
      '7',
    ]);
  });
});

test('steps belong to a version as processing.json, whoever opens it', async () => {
  const plain = answersOf('onnx-small-mlp');
  const columns = Array.from({ length: 32 }, (_, i) => `c${i}`);
  const files = new Map(filesOf('onnx-small-mlp'));
  const steps = {
    before: [{ assemble: { columns, into: 'x' } }],
    after: [{ threshold: { of: 'score', as: 'fraud', above: 0.5, labels: ['no', 'yes'] } }],
  };
  files.set('processing.json', Buffer.from(JSON.stringify(steps)));
  const model = await openModel(files);
  expect(model.processing).toMatchObject([steps]);
  const [rows] = plain.inputs.x.shape;
  const values = plain.inputs.x.data as number[];
  const inputs = Object.fromEntries(
    columns.map((name, i) => [
      name,
      tensorFrom(
        name,
        'FP64',
        [rows],
        Array.from({ length: rows }, (_, row) => values[row * 32 + i]),
      ),
    ]),
  );
  const { score, fraud } = await model.predict(inputs);
  const expected = plain.outputs.score.data as number[];
  expected.forEach((value, i) => {
    expect(score.data[i]).toBeCloseTo(value, 5);
    expect(fraud.data[i]).toBe(value > 0.5 ? 'yes' : 'no');
  });
  await model.close();
});

describe('what does not fit is refused when the model is opened', () => {
  const refused = (written: object, model: LoadedModel = echo(2)) => {
    try {
      around(model, written);
    } catch (error) {
      return `${(error as { code: string }).code} ${(error as Error).message}`;
    }
    return undefined;
  };

  test('steps that do not lead to the model', () => {
    expect(refused({ before: [{ assemble: { columns: ['a'], into: 'z' } }] })).toBe(
      "TW7309 step 1 before the model fills 'z', but the model has x",
    );
    expect(refused({ before: [{ assemble: { columns: ['a', 'b', 'c'], into: 'x' } }] })).toBe(
      "TW7309 step 1 before the model fills 'x' with 3 columns, but it takes 2",
    );
    expect(refused({ before: [{ pipeline: { steps: ['StandardScale'], into: 'x' } }] })).toMatch(
      /^TW7309 step 1 before the model: nothing is called StandardScale/,
    );
    expect(refused({ before: [{ pipeline: { steps: ['LogisticRegression'], into: 'x' } }] })).toBe(
      'TW7309 step 1 before the model ends in a classifier',
    );
  });

  test('outputs that there are not', () => {
    expect(refused({ after: [{ softmax: { of: 'logits' } }] })).toBe(
      "TW7309 step 1 after the model reads 'logits', but there is y",
    );
    expect(refused({ after: [{ argmax: { of: 'y', as: 'k', labels: ['a', 'b', 'c'] } }] })).toBe(
      "TW7309 step 1 after the model has 3 labels, but 'y' has 2 values a row",
    );
  });

  test('what is no step', () => {
    const text = JSON.stringify({
      before: [
        { scale: { columns: ['a', 'b'], offset: [1] } },
        { fill: { columns: ['a'] }, assemble: { columns: ['a'], into: 'x' } },
      ],
    });
    expect(() => parseProcessing(text)).toThrow(/offset needs a number for each of columns/);
    expect(() => parseProcessing(text)).toThrow(/a step has exactly one of/);
    expect(() => parseProcessing('{')).toThrow(/not JSON/);
  });

  test('a request with texts where numbers are needed', () => {
    const model = around(echo(1), {
      before: [{ pipeline: { steps: [{ type: 'Select', keys: ['a'] }] } }, { assemble: { columns: ['a'], into: 'x' } }],
    });
    expect(() => answer(model, column('a', ['one']))).toThrow("column 'a' has texts, not numbers");
    expect(() => answer(model, column('b', [1]))).toThrow("column 'a' is missing");
  });
});
