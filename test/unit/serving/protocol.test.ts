/** The Open Inference Protocol, REST version 2: paths, answers, JSON and binary tensors, all datatypes. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATATYPES, type Datatype, type Tensors } from '../../../runtime/model/index.js';
import { adder, ask, FakeRegistry, modelOf, type Running, rows, spec, start } from './running-server.js';

let running: Running;
let url: string;
const registry = new FakeRegistry({
  add: { '1': () => adder(1), '2': () => adder(2), bad: () => Promise.reject(new Error('it has no weights')) },
  echo: {
    '1': () =>
      modelOf(
        {
          inputs: DATATYPES.map((datatype) => ({ ...spec(datatype, datatype, [-1]), optional: true })),
          outputs: DATATYPES.map((datatype) => spec(datatype, datatype, [-1])),
        },
        (inputs: Tensors) => inputs,
      ),
  },
});

beforeAll(async () => {
  running = await start(registry, { maxRequestBytes: 100_000 });
  ({ url } = running);
  await running.host.load('add', '1');
  await running.host.load('add', '2');
  await running.host.load('echo', '1');
});
afterAll(() => running.server.drain());

describe('metadata', () => {
  test('of the server', async () => {
    expect((await ask(`${url}/v2`)).json()).toMatchObject({
      name: 'tidewheel',
      version: 'test',
      extensions: expect.arrayContaining(['binary_tensor_data']),
    });
    expect((await ask(`${url}/v2/health/live`)).json()).toEqual({ live: true });
    expect((await ask(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
  });

  test('of a model and of a version', async () => {
    const all = {
      name: 'add',
      versions: ['1', '2'],
      platform: 'onnx_onnxruntime-node',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    };
    expect((await ask(`${url}/v2/models/add`)).json()).toEqual(all);
    expect((await ask(`${url}/v2/models/add/versions/2`)).json()).toEqual({ ...all, versions: ['2'] });
    expect((await ask(`${url}/v2/models/add/versions/2/ready`)).json()).toEqual({ name: 'add', ready: true });
  });
});

test('steps around a model stand in its metadata, with the inputs and outputs that clients see', async () => {
  const processing = {
    columnType: 'FP64' as const,
    before: [{ assemble: { columns: ['a', 'b'], into: 'x' } }],
    after: [{ argmax: { of: 'y', as: 'largest', labels: ['a', 'b'] } }, { keep: { outputs: ['largest'] } }],
  };
  const processed = await start(registry, { processing });
  try {
    await processed.host.load('add', '1');
    expect((await ask(`${processed.url}/v2/models/add`)).json()).toMatchObject({
      inputs: [
        { name: 'a', datatype: 'FP64', shape: [-1] },
        { name: 'b', datatype: 'FP64', shape: [-1] },
      ],
      outputs: [{ name: 'largest', datatype: 'BYTES', shape: [-1] }],
      parameters: { processing: [processing] },
    });
    const inputs = ['a', 'b'].map((name, i) => ({ name, datatype: 'FP64', shape: [2], data: [i, 1 - i] }));
    const answer = await ask(`${processed.url}/v2/models/add/infer`, { inputs });
    expect(answer.json().outputs).toEqual([{ name: 'largest', datatype: 'BYTES', shape: [2], data: ['b', 'a'] }]);
  } finally {
    await processed.server.drain();
  }
});

describe('inference', () => {
  const asked = {
    id: 'q1',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }],
  };

  test('asks the default version, or the one in the path', async () => {
    expect((await ask(`${url}/v2/models/add/infer`, asked)).json()).toEqual({
      model_name: 'add',
      model_version: '1',
      id: 'q1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [2, 3, 4, 5] }],
    });
    const second = (await ask(`${url}/v2/models/add/versions/2/infer`, asked)).json();
    expect(second.model_version).toBe('2');
    expect(second.outputs[0].data).toEqual([3, 4, 5, 6]);
  });

  test('takes nested data, a packed body and a choice of outputs', async () => {
    const nested = {
      inputs: [
        {
          ...asked.inputs[0],
          data: [
            [1, 2],
            [3, 4],
          ],
        },
      ],
      outputs: [{ name: 'y' }],
    };
    const packed = gzipSync(JSON.stringify(nested));
    const answer = await ask(`${url}/v2/models/add/infer`, packed, { 'content-encoding': 'gzip' });
    expect(answer.json().outputs[0].data).toEqual([2, 3, 4, 5]);
  });

  test('takes and gives binary tensors', async () => {
    const data = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
    const head = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], parameters: { binary_data_size: 16 } }],
      outputs: [{ name: 'y', parameters: { binary_data: true } }],
    });
    const answer = await ask(`${url}/v2/models/add/infer`, Buffer.concat([Buffer.from(head), data]), {
      'inference-header-content-length': String(head.length),
    });
    const length = Number(answer.headers['inference-header-content-length']);
    const json = JSON.parse(answer.body.subarray(0, length).toString());
    expect(json.outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [2, 2], parameters: { binary_data_size: 16 } },
    ]);
    expect([...new Float32Array(new Uint8Array(answer.body.subarray(length)).buffer)]).toEqual([2, 3, 4, 5]);
  });

  // Bytes written down by hand, little-endian.
  const VALUES: readonly (readonly [Datatype, readonly unknown[], string])[] = [
    ['BOOL', [true, false], '0100'],
    ['UINT8', [0, 255], '00ff'],
    ['UINT16', [1, 65535], '0100ffff'],
    ['UINT32', [1, 4294967295], '01000000ffffffff'],
    ['UINT64', [1, 2], '01000000000000000200000000000000'],
    ['INT8', [-1, 127], 'ff7f'],
    ['INT16', [-2, 3], 'feff0300'],
    ['INT32', [-2, 3], 'feffffff03000000'],
    ['INT64', [-2, 3], 'feffffffffffffff0300000000000000'],
    ['FP16', [1, -2.5], '003c00c1'],
    ['BF16', [1, -2], '803f00c0'],
    ['FP32', [1, -2.5], '0000803f000020c0'],
    ['FP64', [1, -2.5], '000000000000f03f00000000000004c0'],
    ['BYTES', ['ab', 'ü'], '02000000616202000000c3bc'],
  ];

  test.each(VALUES)('%s goes through JSON and bytes', async (datatype, values, hex) => {
    const input = { name: datatype, datatype, shape: [2] };
    const plain = await ask(`${url}/v2/models/echo/infer`, { inputs: [{ ...input, data: values }] });
    expect(plain.json().outputs[0]).toEqual({ name: datatype, datatype, shape: [2], data: values });

    const bytes = Buffer.from(hex, 'hex');
    const head = JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: bytes.length } }],
      parameters: { binary_data_output: true },
    });
    const answer = await ask(`${url}/v2/models/echo/infer`, Buffer.concat([Buffer.from(head), bytes]), {
      'inference-header-content-length': String(head.length),
    });
    const length = Number(answer.headers['inference-header-content-length']);
    expect(answer.body.subarray(length).toString('hex')).toBe(hex);
  });

  test('whole numbers beyond 2^53 keep their digits', async () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(9007199254740993n);
    const head = JSON.stringify({
      inputs: [{ name: 'INT64', datatype: 'INT64', shape: [1], parameters: { binary_data_size: 8 } }],
    });
    const answer = await ask(`${url}/v2/models/echo/infer`, Buffer.concat([Buffer.from(head), bytes]), {
      'inference-header-content-length': String(head.length),
    });
    expect(answer.body.toString()).toContain('"data":[9007199254740993]');
  });
});

describe('refusals', () => {
  const good = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };
  const CASES: readonly (readonly [string, unknown, string])[] = [
    ['no JSON', '{"inputs": [', 'not JSON'],
    ['a list', '[]', 'must be a JSON object'],
    ['no inputs', {}, "'inputs' must be a list"],
    ['a missing input', { inputs: [{ ...good, name: 'z' }] }, "input 'x' is missing"],
    ['an input that the model lacks', { inputs: [good, { ...good, name: 'xx' }] }, "no input 'xx': did you mean 'x'?"],
    ['an input twice', { inputs: [good, good] }, 'given twice'],
    ['another type', { inputs: [{ ...good, datatype: 'INT32' }] }, 'must be FP32, but is INT32'],
    ['a type that there is not', { inputs: [{ ...good, datatype: 'FLOAT' }] }, 'unknown datatype "FLOAT"'],
    ['another shape', { inputs: [{ ...good, shape: [1, 1], data: [1] }] }, 'must have shape [-1, 2], but has [1, 1]'],
    ['too few values', { inputs: [{ ...good, data: [1] }] }, 'has 2 elements, but 1 were given'],
    ['a giant shape', { inputs: [{ ...good, shape: [1e9, 1e9] }] }, 'beyond all sizes'],
    ['a negative shape', { inputs: [{ ...good, shape: [-1, 2] }] }, "'shape' must be"],
    ['a text as number', { inputs: [{ ...good, data: ['1', 2] }] }, "must be a number, but is '1'"],
    ['no data', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }] }, "has no 'data'"],
    ['an output that the model lacks', { inputs: [good], outputs: [{ name: 'q' }] }, "no output 'q', but y"],
    ['an id that is a number', { id: 7, inputs: [good] }, "'id' must be a string"],
  ];

  test.each(CASES)('%s: 400', async (_, body, message) => {
    const answer = await ask(`${url}/v2/models/add/infer`, body as object);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.json())).toEqual(['error']);
    expect(answer.json().error).toContain(message);
  });

  test('binary parts of wrong sizes: 400', async () => {
    const head = (size: number) =>
      JSON.stringify({ inputs: [{ ...good, data: undefined, parameters: { binary_data_size: size } }] });
    for (const [text, bytes, length, message] of [
      [head(8), 4, undefined, '4 bytes are left'],
      [head(4), 4, undefined, 'has 8 bytes, but 4 were sent'],
      [head(8), 12, undefined, '4 bytes of the body belong to no input'],
      [head(8), 8, 9999, 'Inference-Header-Content-Length'],
      [head(8), 8, Number.NaN, 'Inference-Header-Content-Length'],
    ] as const) {
      const body = Buffer.concat([Buffer.from(text), Buffer.alloc(bytes)]);
      const answer = await ask(`${url}/v2/models/add/infer`, body, {
        'inference-header-content-length': String(length ?? text.length),
      });
      expect([answer.status, answer.json().error]).toEqual([400, expect.stringContaining(message)]);
    }
  });

  test.each([
    ['/v2/models/nobody/infer', 404],
    ['/v2/models/add/versions/9/infer', 404],
    ['/v2/models/add/versions/1/dance', 404],
    ['/v3', 404],
    ['/v2/models/%ZZ', 400],
  ])('%s: %d', async (path, status) => {
    const answer = await ask(`${url}${path}`, { inputs: [good] });
    expect(answer.status).toBe(status);
    expect(answer.json().error).toEqual(expect.any(String));
  });

  test('another method: 405, with the one that is taken', async () => {
    const answer = await ask(`${url}/v2/models/add/infer`);
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  test('too large, packed or not: 413; another packing: 415', async () => {
    const large = 'x'.repeat(200_000);
    expect((await ask(`${url}/v2/models/add/infer`, large)).status).toBe(413);
    const bomb = await ask(`${url}/v2/models/add/infer`, gzipSync(large), { 'content-encoding': 'gzip' });
    expect(bomb.status).toBe(413);
    expect((await ask(`${url}/v2/models/add/infer`, '{}', { 'content-encoding': 'zip' })).status).toBe(415);
    expect((await ask(`${url}/v2/models/add/infer`, '{}', { 'content-encoding': 'gzip' })).status).toBe(400);
  });
});

describe('the repository', () => {
  test('lists, loads and unloads; a version that fails says why and is never ready', async () => {
    const failed = await ask(`${url}/v2/repository/models/add/load`, { parameters: { version: 'bad' } });
    expect(failed.status).toBe(500);
    expect(failed.json().error).toContain('it has no weights');
    const index = (await ask(`${url}/v2/repository/index`, '')).json();
    expect(index).toContainEqual({ name: 'add', version: 'bad', state: 'UNAVAILABLE', reason: 'it has no weights' });
    expect((await ask(`${url}/v2/repository/index`, { ready: true })).json()).toHaveLength(3);
    const asked = await ask(`${url}/v2/models/add/versions/bad/infer`, rows(1));
    expect([asked.status, asked.headers['retry-after']]).toEqual([503, '1']);

    expect((await ask(`${url}/v2/repository/models/add/unload`, { parameters: { version: 'bad' } })).status).toBe(200);
    expect((await ask(`${url}/v2/models/add/versions/bad/infer`, rows(1))).status).toBe(404);
    expect((await ask(`${url}/v2/repository/models/add/unload`, { parameters: { version: '2' } })).status).toBe(200);
    const again = await ask(`${url}/v2/repository/models/add/load`, { parameters: { version: '2' } });
    expect(again.json()).toEqual({ name: 'add', version: '2' });
    expect((await ask(`${url}/v2/models/add/versions/2/infer`, rows(1))).status).toBe(200);
  });

  test('can be closed to HTTP', async () => {
    const closed = await start(registry, { control: false });
    const answer = await ask(`${closed.url}/v2/repository/models/add/load`, {});
    expect(answer.status).toBe(403);
    await closed.server.drain();
  });
});

test('metrics and status tell requests by model, version and status', async () => {
  const text = (await ask(`${url}/metrics`)).body.toString();
  expect(text).toMatch(/tidewheel_model_requests_total\{model="add",version="1",code="200"\} \d+/);
  expect(text).toMatch(/tidewheel_model_requests_total\{model="add",version="1",code="400"\} \d+/);
  expect(text).toMatch(/tidewheel_model_refused_total\{code="404"\} \d+/);
  expect(text).toContain('tidewheel_model_requests_in_flight{model="add",version="1"} 0');
  const { versions } = (await ask(`${url}/admin/status`)).json();
  expect(versions).toContainEqual(
    expect.objectContaining({ name: 'add', version: '1', state: 'Ready', isDefault: true, inFlight: 0, failures: 0 }),
  );
});
