/** Versions come and go, and the server ends, without a request being lost. */
import { describe, expect, test } from '@jest/globals';
import { followPromoted } from '../../../runtime/serving/follow-promoted.js';
import { adder, ask, FakeRegistry, modelOf, rows, SILENT, start } from './running-server.js';

describe('readiness', () => {
  test('waits for golden rows: a version that fails never becomes ready, and says why', async () => {
    const registry = new FakeRegistry({
      fraud: { '1': () => Promise.reject(Object.assign(new Error('golden row 1: output'), { code: 'TW7305' })) },
    });
    const { host, server, url } = await start(registry);
    expect((await ask(`${url}/v2/health/ready`)).status).toBe(400);
    await expect(host.load('fraud', '1')).rejects.toThrow('golden row 1');
    expect((await ask(`${url}/v2/health/ready`)).status).toBe(400);
    expect((await ask(`${url}/v2/health/live`)).status).toBe(200);
    expect(host.versions()).toMatchObject([{ state: 'Failed', reason: 'golden row 1: output' }]);
    expect((await ask(`${url}/v2/models/fraud/infer`, rows(1))).status).toBe(503);
    await server.drain();
  });
});

describe('the promoted version', () => {
  test('takes over when the pointer moves; no request is lost, and the old one is closed', async () => {
    const [one, two] = [adder(1), adder(2)];
    const registry = new FakeRegistry({ fraud: { '1': () => one, '2': () => two } });
    const { host, server, url } = await start(registry);
    const following = followPromoted(host, registry, 'fraud', { intervalMs: 60_000, log: SILENT });
    await registry.promote('fraud', '1');
    await following.check();
    const seen: number[] = [];
    let asking = true;
    const load = Array.from({ length: 4 }, async () => {
      while (asking) {
        const answer = await ask(`${url}/v2/models/fraud/infer`, rows(1));
        seen.push(answer.status === 200 ? answer.json().outputs[0].data[0] : -answer.status);
      }
    });
    while (seen.length < 20) await new Promise((resolve) => setImmediate(resolve));
    await registry.promote('fraud', '2');
    await following.check();
    const after = seen.length;
    while (seen.length < after + 20) await new Promise((resolve) => setImmediate(resolve));
    asking = false;
    await Promise.all(load);
    expect(new Set(seen)).toEqual(new Set([1, 2]));
    // Only those under way at the moment of the change may still have had the old version.
    expect(seen.slice(after + 4).every((value) => value === 2)).toBe(true);
    expect([one.closed, two.closed]).toEqual([true, false]);
    following.stop();
    await server.drain();
    expect(two.closed).toBe(true);
  });

  test('that fails changes nothing', async () => {
    const registry = new FakeRegistry({
      fraud: { '1': () => adder(1), '2': () => Promise.reject(new Error('cut short')) },
    });
    const { host, server, url } = await start(registry);
    const following = followPromoted(host, registry, 'fraud', { intervalMs: 60_000, log: SILENT });
    await registry.promote('fraud', '1');
    await following.check();
    await registry.promote('fraud', '2');
    await following.check();
    await following.check();
    expect(registry.opened).toEqual(['fraud/1', 'fraud/2']);
    expect((await ask(`${url}/v2/models/fraud/infer`, rows(1))).json().model_version).toBe('1');
    expect((await ask(`${url}/v2/health/ready`)).status).toBe(200);
    following.stop();
    await server.drain();
  });
});

test('draining answers what was begun, refuses nothing before the port closes, and frees the models', async () => {
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let warm = false;
  const slow = modelOf({ inputs: [], outputs: [] }, async ({ x }) => {
    if (warm) {
      begun();
      await gate;
    }
    return { y: x ?? { datatype: 'FP32', shape: [1], data: new Float32Array(1) } };
  });
  Object.assign(slow.signature, { inputs: adder(0).signature.inputs });
  const { host, server, url } = await start(new FakeRegistry({ slow: { '1': () => slow } }));
  await host.load('slow', '1');
  warm = true;
  const answer = ask(`${url}/v2/models/slow/infer`, rows(1, 5));
  await asked;
  const drained = server.drain({ graceMs: 20 });
  const ready = await ask(`${url}/v2/health/ready`);
  expect([ready.status, ready.headers.connection]).toEqual([400, 'close']);
  release();
  expect((await answer).json().outputs[0].data).toEqual([5, 5]);
  await drained;
  expect(slow.closed).toBe(true);
  await expect(ask(`${url}/v2/health/live`)).rejects.toThrow(/ECONNREFUSED/);
});
