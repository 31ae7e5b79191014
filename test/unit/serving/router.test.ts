/** A router between clients and servers that fail in every way. */
import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { sameAnswer } from '../../../runtime/serving/router/compare-answers.js';
import { LatencyWindow } from '../../../runtime/serving/router/latency-window.js';
import { Router } from '../../../runtime/serving/router/router.js';
import { parseRouterConfig } from '../../../runtime/serving/router/router-config.js';
import { SILENT } from './running-server.js';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

/** A server that answers with `body`, or as told. `asked` counts. */
async function serverOf(answer: (n: number) => { status?: number; body?: string } | 'cut') {
  const seen = { asked: 0, url: '' };
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/v2/health/ready') {
      response.end('{}');
      return;
    }
    const what = answer(++seen.asked);
    if (what === 'cut') request.socket.destroy();
    else response.writeHead(what.status ?? 200, { 'content-type': 'application/json' }).end(what.body ?? '{}');
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  seen.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return seen;
}

const infer = (path = '/v2/models/m/infer') => ({ method: 'POST', path, headers: {}, body: Buffer.from('{}') });

function routerOf(...upstreams: [version: string, url: string, weight: number, mirror?: boolean][]): Router {
  const router = new Router({ log: SILENT });
  router.configure({
    step: '1',
    model: 'm',
    holdMs: 2000,
    upstreams: upstreams.map(([version, url, weight, mirror]) => ({ version, url, weight, mirror })),
  });
  return router;
}

test('shares are kept exactly, over any few requests', async () => {
  const [one, two] = [await serverOf(() => ({})), await serverOf(() => ({}))];
  const router = routerOf(['1', one.url, 75], ['2', two.url, 25]);
  const versions: string[] = [];
  for (let n = 0; n < 8; n++) versions.push((await router.forward(infer())).version);
  expect(versions.filter((v) => v === '2')).toHaveLength(2);
  expect([one.asked, two.asked]).toEqual([6, 2]);
});

test('a candidate that fails is answered for by the version in use, and is blamed', async () => {
  const [one, two] = [await serverOf(() => ({ body: '"one"' })), await serverOf(() => ({ status: 500 }))];
  const router = routerOf(['1', one.url, 50], ['2', two.url, 50]);
  const answers = [];
  for (let n = 0; n < 10; n++) answers.push(await router.forward(infer()));
  expect(answers.map((a) => [a.status, a.version])).toEqual(answers.map(() => [200, '1']));
  expect(router.status().versions.map((v) => [v.version, v.window.requests, v.window.errors])).toEqual([
    ['1', 10, 0],
    ['2', 5, 5],
  ]);
});

test('a connection that is cut is tried again', async () => {
  const one = await serverOf((n) => (n % 2 === 1 ? 'cut' : { body: '"here"' }));
  const answer = await routerOf(['1', one.url, 100]).forward(infer());
  expect([answer.status, answer.body.toString(), one.asked]).toEqual([200, '"here"', 2]);
});

test('where no server comes up in time the answer is 503, with the version', async () => {
  const router = new Router({ log: SILENT });
  const upstreams = [{ version: '7', url: 'http://127.0.0.1:1', weight: 100 }];
  router.configure({ step: '1', model: 'm', holdMs: 100, upstreams });
  await expect(router.forward(infer())).rejects.toMatchObject({
    status: 503,
    message: expect.stringContaining('version 7'),
  });
});

test('a request that names a version goes there; one that is not served is 404 with those that are', async () => {
  const [one, two] = [await serverOf(() => ({})), await serverOf(() => ({}))];
  const router = routerOf(['1', one.url, 100], ['2', two.url, 0]);
  expect((await router.forward(infer('/v2/models/m/versions/2/infer'))).version).toBe('2');
  const asked = router.forward(infer('/v2/models/m/versions/9/infer'));
  await expect(asked).rejects.toMatchObject({ status: 404, message: "model 'm' has no version '9' here, but 1, 2" });
});

test('it says which versions it has reached', async () => {
  const one = await serverOf(() => ({}));
  const router = routerOf(['1', one.url, 100], ['2', 'http://127.0.0.1:1', 0]);
  while (!router.status().versions[0].reached) await new Promise((resolve) => setImmediate(resolve));
  expect(router.status().versions.map((v) => v.reached)).toEqual([true, false]);
  router.close();
});

// A connection made before the cluster's network knew the Service ended at another server, which answered 404; it was kept, and no roll-out
// of that version went on.
test('a connection that led elsewhere at first is not held on to', async () => {
  const first = new WeakSet<object>();
  let connections = 0;
  const server = createServer((request, response) =>
    response.writeHead(first.has(request.socket) ? 404 : 200).end('{}'),
  );
  server.on('connection', (socket) => {
    if (++connections === 1) first.add(socket);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const router = routerOf(['1', `http://127.0.0.1:${port}`, 100]);
  while (!router.status().versions[0].reached) await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await router.forward(infer())).status).toBe(200);
});

test('what changes servers does not pass', async () => {
  const one = await serverOf(() => ({}));
  const router = routerOf(['1', one.url, 100]);
  for (const path of ['/v2/repository/index', '/admin/promote', '/metrics', '/v2/../admin/promote']) {
    await expect(router.forward(infer(path))).rejects.toMatchObject({ status: 403 });
  }
  expect(one.asked).toBe(0);
});

test('copies are compared, and never given to a client', async () => {
  const [one, two] = [
    await serverOf(() => ({ body: '{"outputs":[{"data":[1]}]}' })),
    await serverOf((n) => ({ body: `{"outputs":[{"data":[${n <= 2 ? 1.0000001 : 2}]}]}` })),
  ];
  const router = routerOf(['1', one.url, 100], ['2', two.url, 0, true]);
  for (let n = 0; n < 5; n++) {
    expect((await router.forward(infer())).version).toBe('1');
    // Each copy is compared before the next one goes out.
    while (router.status().versions[1].window.mirrored <= n) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(router.status().versions[1].window).toMatchObject({ mirrored: 5, mismatches: 3 });
});

test('answers are the same to within rounding, in order, in shape', () => {
  const body = (outputs: unknown, more = {}) => Buffer.from(JSON.stringify({ outputs, ...more }));
  expect(sameAnswer(body([0.1], { model_version: '1' }), body([0.1000001], { model_version: '2' }))).toBe(true);
  expect(sameAnswer(body([0.1]), body([0.2]))).toBe(false);
  expect(sameAnswer(body([[1, 2]]), body([[2, 1]]))).toBe(false);
  expect(sameAnswer(body(['a']), body(['b']))).toBe(false);
  expect(sameAnswer(body([1]), body([1, 1]))).toBe(false);
  expect(sameAnswer(Buffer.from([1, 2]), Buffer.from([1, 2]))).toBe(true);
});

test('quantiles are within a fifth of the truth', () => {
  const window = new LatencyWindow();
  for (let ms = 1; ms <= 1000; ms++) window.add(ms, ms > 990);
  expect([window.requests, window.errors]).toEqual([1000, 10]);
  expect(window.quantile(0.5)! / 500).toBeGreaterThanOrEqual(1);
  expect(window.quantile(0.5)! / 500).toBeLessThan(1.2);
  expect(window.quantile(0.99)! / 990).toBeLessThan(1.2);
  expect(new LatencyWindow().quantile(0.5)).toBeUndefined();
});

test.each([
  [{ model: 'm', upstreams: [] }, 'step and model must be strings'],
  [{ step: '1', model: 'm', upstreams: [{ version: '1', url: 'ftp://x', weight: 1 }] }, 'url of 1 must be http://…'],
  [
    { step: '1', model: 'm', upstreams: [{ version: '1', url: 'http://x', weight: -1 }] },
    'weight of 1 must be 0 or more',
  ],
])('a configuration that makes no sense is refused: %j', (config, message) => {
  expect(() => parseRouterConfig(config)).toThrow(message);
});
