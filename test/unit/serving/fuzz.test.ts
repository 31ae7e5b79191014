/** Requests bent at random: each gets an answer of the protocol, and the server goes on as before. */
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { DATATYPES } from '../../../runtime/model/index.js';
import { adder, ask, FakeRegistry, rows, start } from './running-server.js';

/** Mulberry32: the same requests each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = generator(20240607);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  '',
  'x',
  '__proto__',
  [],
  {},
  [[]],
  [null],
  [1, [2]],
  { length: 3 },
  'NaN',
  2 ** 53,
  [[1, 2], [3]],
];

/** A request with a few places replaced by something else. */
function bent(): unknown {
  const body: any = {
    id: 'fuzz',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4], parameters: {} }],
    outputs: [{ name: 'y', parameters: {} }],
    parameters: {},
  };
  for (let i = 0; i < 1 + Math.floor(random() * 3); i++) {
    const target = pick([body, body.inputs?.[0], body.inputs?.[0]?.parameters, body.outputs?.[0], body.parameters]);
    if (typeof target !== 'object' || target === null) continue;
    const key = pick([
      ...Object.keys(target),
      'binary_data_size',
      'binary_data',
      '__proto__',
      'shape',
      'datatype',
      'inputs',
    ]);
    target[key] = random() < 0.3 ? pick(DATATYPES) : pick(ODD);
  }
  return body;
}

test('hundreds of bent requests', async () => {
  const { host, server, url } = await start(new FakeRegistry({ add: { '1': () => adder(1) } }), {
    maxRequestBytes: 10_000,
  });
  await host.load('add', '1');
  const seen = new Map<number, number>();
  for (let i = 0; i < 400; i++) {
    const text = JSON.stringify(bent());
    const bytes = Buffer.from(random() < 0.1 ? text.slice(0, Math.floor(random() * text.length)) : text);
    if (random() < 0.1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const headers: Record<string, string> = {};
    if (random() < 0.3) headers['inference-header-content-length'] = String(pick([0, -1, 5, bytes.length, 1e9, 'x']));
    if (random() < 0.1) headers['content-encoding'] = pick(['gzip', 'deflate', 'br', 'none']);
    const path = pick([
      'add/infer',
      'add/infer',
      'add/infer',
      'add/versions/1/infer',
      'add/versions//infer',
      '%00/infer',
      'constructor/infer',
    ]);
    const answer = await ask(`${url}/v2/models/${path}`, bytes, headers);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    if (answer.status !== 200) {
      expect([400, 404, 405, 413, 415]).toContain(answer.status);
      expect(Object.keys(answer.json())).toEqual(['error']);
    }
  }
  expect(seen.get(400)).toBeGreaterThan(100);
  expect((await ask(`${url}/v2/models/add/infer`, rows(1, 1))).json().outputs[0].data).toEqual([2, 2]);
  await server.drain();
});

test('bytes that are no HTTP, and bodies that never end, cost a connection and nothing else', async () => {
  const { host, server, url } = await start(new FakeRegistry({ add: { '1': () => adder(1) } }), {
    maxRequestBytes: 1000,
  });
  await host.load('add', '1');
  const raw = (bytes: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
  expect(await raw('\x16\x03\x01 this is TLS\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  const endless = 'POST /v2/models/add/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  expect(await raw(endless + '400\r\n'.concat('x'.repeat(1024), '\r\n'))).toMatch(/^HTTP\/1.1 413/);
  expect((await ask(`${url}/v2/models/add/infer`, rows(1, 1))).status).toBe(200);
  await server.drain();
});
