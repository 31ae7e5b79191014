/** Lookup joins with tables behind HTTP: which requests are made, what is remembered, what fails. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { runScript } from '../../../cli/shell/script.js';
import { elementsOf, fieldOf } from '../../../runtime/connectors/http/answer.js';
import { FullCache, nextReloadMs, reloadOf } from '../../../runtime/transform/join/full-cache.js';
import { LookupCache } from '../../../runtime/transform/join/lookup-cache.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
process.env.TOKEN = 'secret';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves what `answer` says and keeps the requests. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const requests: string[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      requests.push(`${request.method} ${request.url}${body ? ` ${body}` : ''}`);
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function run(sql: string) {
  let out = '';
  let err = '';
  const engine = new SqlEngine({ mode: 'streaming', baseDir: '/tmp', log, env: process.env, warn: () => {} });
  const code = await runScript(engine, sql, {
    format: 'jsonl',
    write: (t) => (out += t),
    writeError: (t) => (err += t),
    chatty: false,
  });
  return {
    code,
    err,
    rows: out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

const NAMES = new Map([
  ['1', 'Ann'],
  ['2', 'Bob'],
  ['3', 'Eve'],
]);
const ORDERS = `CREATE VIEW orders AS SELECT id, who, PROCTIME() AS p FROM (VALUES (10, 1), (11, 2), (12, 1), (13, 9), (14, CAST(NULL AS INT)))
  AS t(id, who);`;
const table = (
  url: string,
  options = '',
) => `CREATE TABLE people (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
  'connector' = 'http', 'url' = '${url}', 'format' = 'json' ${options});`;
const JOIN = (how = 'JOIN') =>
  `SELECT o.id, c.name FROM orders AS o ${how} people FOR SYSTEM_TIME AS OF o.p AS c ON o.who = c.id;`;

const people = (request: IncomingMessage, response: ServerResponse) => {
  const id = /\d+$/.exec(request.url!)![0];
  const name = NAMES.get(id);
  response.writeHead(name ? 200 : 404).end(name ? JSON.stringify({ id: Number(id), name }) : '');
};

describe('a lookup join', () => {
  test('asks once for each key, in the order of the rows; NULL asks nothing', async () => {
    const { url, requests } = await serve(people);
    const { rows, err } = await run(
      `${table(`${url}/people/{id}`, ", 'lookup.cache' = 'PARTIAL'")} ${ORDERS} ${JOIN()}`,
    );
    expect(err).toBe('');
    expect(rows).toEqual([
      { id: 10, name: 'Ann' },
      { id: 11, name: 'Bob' },
      { id: 12, name: 'Ann' },
    ]);
    expect(requests.sort()).toEqual(['GET /people/1', 'GET /people/2', 'GET /people/9']);
  });

  test('LEFT keeps rows without an answer; the rest of the condition is checked here', async () => {
    const { url } = await serve(people);
    const on = `SELECT o.id, c.name FROM orders AS o LEFT JOIN people FOR SYSTEM_TIME AS OF o.p AS c ON o.who = c.id AND c.name <> 'Bob';`;
    const { rows } = await run(`${table(`${url}/people/{id}`)} ${ORDERS} ${on}`);
    expect(rows).toEqual([
      { id: 10, name: 'Ann' },
      { id: 11, name: null },
      { id: 12, name: 'Ann' },
      { id: 13, name: null },
      { id: 14, name: null },
    ]);
  });

  test('keys that are not in the URL are parameters, or the body of a POST; headers may hold secrets', async () => {
    const answers = (request: IncomingMessage, response: ServerResponse) => {
      expect(request.headers.authorization).toBe('Bearer secret');
      response.end('{"data":{"items":[{"id":1,"name":"a"},{"id":1,"name":"b, [c]"}]}}');
    };
    const { url, requests } = await serve(answers);
    const more = `, 'headers.authorization' = 'Bearer \${env:TOKEN}', 'result-field' = 'data.items'`;
    const one = 'CREATE VIEW orders AS SELECT 7 AS id, 1 AS who, PROCTIME() AS p FROM (VALUES 1);';
    const expected = [
      { id: 7, name: 'a' },
      { id: 7, name: 'b, [c]' },
    ];
    expect(await run(`${table(`${url}/q?x=1`, more)} ${one} ${JOIN()}`)).toEqual({ code: 0, err: '', rows: expected });
    expect((await run(`${table(`${url}/q`, `${more}, 'method' = 'POST'`)} ${one} ${JOIN()}`)).rows).toEqual(expected);
    expect(requests).toEqual(['GET /q?x=1&id=1', 'POST /q {"id":"1"}']);
  });

  test('tries again what may pass, and fails with what does not', async () => {
    let tries = 0;
    const { url } = await serve((request, response) => {
      if (++tries <= 2) response.writeHead(503).end('busy');
      else people(request, response);
    });
    const one = 'CREATE VIEW orders AS SELECT 7 AS id, 1 AS who, PROCTIME() AS p FROM (VALUES 1);';
    const quick = ", 'lookup.retry-delay' = '1 ms'";
    expect((await run(`${table(`${url}/people/{id}`, quick)} ${one} ${JOIN()}`)).rows).toEqual([
      { id: 7, name: 'Ann' },
    ]);
    expect(tries).toBe(3);
    const none = table(`${url}/people/{id}`, `${quick}, 'lookup.max-retries' = '0'`);
    tries = 0;
    const away = await run(`${none} ${one} ${JOIN()}`);
    expect(away.code).toBe(1);
    expect(away.err).toMatch(
      /TW3002: step "LookupJoin\(people: id\)": GET http:.*\/people\/1 for 'people' answered 503: busy/,
    );
  });

  test('a hint asks again while there is no answer yet', async () => {
    let tries = 0;
    const { url } = await serve((request, response) => {
      if (++tries < 3) response.writeHead(404).end();
      else people(request, response);
    });
    const hint =
      "/*+ LOOKUP('table' = 'c', 'retry-predicate' = 'lookup_miss', 'retry-strategy' = 'fixed_delay', 'fixed-delay' = '1 ms', 'max-attempts' = '5') */";
    const one = 'CREATE VIEW orders AS SELECT 7 AS id, 1 AS who, PROCTIME() AS p FROM (VALUES 1);';
    expect(
      (await run(`${table(`${url}/people/{id}`)} ${one} ${JOIN().replace('SELECT', `SELECT ${hint}`)}`)).rows,
    ).toEqual([{ id: 7, name: 'Ann' }]);
  });

  test('what can’t be asked is refused before anything runs', async () => {
    const base = `${table('http://127.0.0.1:1/{id}')} ${ORDERS}`;
    const error = async (sql: string) => (await run(`${base} ${sql}`)).err.split('\n')[0];
    expect(await error('SELECT * FROM people')).toMatch(
      /TW2004: table 'people': connector 'http' can't be read from; expected JOIN people FOR SYSTEM_TIME/,
    );
    expect(await error(JOIN().replace('o.who = c.id', "c.name LIKE 'A%'"))).toMatch(
      /TW2004: 'people' can only be asked by equal columns/,
    );
    expect(await error(JOIN().replace('SELECT', "SELECT /*+ LOOKUP('table' = 'c', 'capasity' = '5') */"))).toMatch(
      /hint LOOKUP has no option 'capasity'.*Did you mean 'capacity'/,
    );
  });
});

test('the cache keeps the latest used, for as long as it may', () => {
  let now = 0;
  const limits = { maxRows: 2, expireAfterWriteMs: 100, expireAfterAccessMs: 0, missing: true };
  const cache = new LookupCache(limits, () => now);
  cache.put('a', [{ v: 1 }]);
  cache.put('b', []);
  expect(cache.get('a')).toEqual([{ v: 1 }]);
  cache.put('c', [{ v: 3 }]);
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toEqual([{ v: 1 }]);
  now = 100;
  expect(cache.get('a')).toBeUndefined();
  expect([cache.hits, cache.misses]).toEqual([2, 2]);
});

test('parts of an answer keep their digits', () => {
  expect(elementsOf('[1, "a,]b\\"", {"x": [1, 2]} , 12345678901234567890]')).toEqual([
    '1',
    '"a,]b\\""',
    '{"x": [1, 2]}',
    '12345678901234567890',
  ]);
  expect(elementsOf('[]')).toEqual([]);
  expect(fieldOf('{"n": 1, "data": {"items": [1]}}', ['data', 'items'])).toBe('[1]');
  expect(fieldOf('{"n": 1}', ['data'])).toBeUndefined();
});

describe('lookup.cache = FULL', () => {
  const ALL = JSON.stringify([
    { id: 1, name: 'Ann' },
    { id: 2, name: 'Bob' },
    { id: 1, name: 'Ann too' },
  ]);

  test('reads the whole table once, in front of the first row', async () => {
    const { url, requests } = await serve((_, response) => response.end(ALL));
    const full = ", 'lookup.cache' = 'FULL', 'lookup.full-cache.periodic-reload.interval' = '1 h'";
    const { rows, err } = await run(`${table(`${url}/people`, full)} ${ORDERS} ${JOIN('LEFT JOIN')}`);
    expect(err).toBe('');
    expect(requests).toEqual(['GET /people']);
    expect(rows).toEqual([
      { id: 10, name: 'Ann' },
      { id: 10, name: 'Ann too' },
      { id: 11, name: 'Bob' },
      { id: 12, name: 'Ann' },
      { id: 12, name: 'Ann too' },
      { id: 13, name: null },
      { id: 14, name: null },
    ]);
  });

  test('needs an interval, and an address without a key', async () => {
    const { url } = await serve((_, response) => response.end(ALL));
    expect((await run(`${table(url, ", 'lookup.cache' = 'FULL'")} ${ORDERS} ${JOIN()}`)).err).toMatch(
      /TW1302: .*option 'lookup.full-cache.periodic-reload.interval' is missing/,
    );
    const full = ", 'lookup.cache' = 'FULL', 'lookup.full-cache.periodic-reload.interval' = '1 h'";
    expect((await run(`${table(`${url}/{id}`, full)} ${ORDERS} ${JOIN()}`)).err).toMatch(/TW1302: .*asks for one key/);
  });

  test('rows of before stay while the table cannot be read again; then the new ones count', async () => {
    const cache = new FullCache(
      { strategy: 'PERIODIC', intervalMs: 5, fixedRate: false },
      (row) => String(row.id),
      Date.now,
      log,
    );
    let calls = 0;
    let third: () => void;
    const reached = new Promise<void>((resolve) => {
      third = resolve;
    });
    await cache.open(
      {
        find: async () => [],
        all: async () => {
          if (++calls === 2) throw new Error('away');
          if (calls === 3) third();
          return [{ id: 1, name: `v${calls}` }];
        },
      },
      'people',
    );
    expect(cache.get('1')).toEqual([{ id: 1, name: 'v1' }]);
    expect(cache.get('2')).toEqual([]);
    await reached;
    await new Promise((resolve) => setImmediate(resolve));
    expect(cache.get('1')).toEqual([{ id: 1, name: 'v3' }]);
    cache.close();
  });

  test('a time of day is reached on the next day it is due, in its own zone', () => {
    const at = (options: Record<string, string>, now: string) =>
      new Date(Date.parse(now) + nextReloadMs(reloadOf(options), Date.parse(now), 0)).toISOString();
    const timed = (time: string, days = '1') => ({
      'lookup.full-cache.reload-strategy': 'TIMED',
      'lookup.full-cache.timed-reload.iso-time': time,
      'lookup.full-cache.timed-reload.interval-in-days': days,
    });
    expect(at(timed('03:15'), '2024-01-31T02:00:00Z')).toBe('2024-01-31T03:15:00.000Z');
    expect(at(timed('03:15'), '2024-01-31T03:15:00Z')).toBe('2024-02-01T03:15:00.000Z');
    expect(at(timed('01:00+02:00'), '2024-01-31T12:00:00Z')).toBe('2024-01-31T23:00:00.000Z');
    expect(at(timed('03:15', '2'), '2024-01-31T03:15:00Z')).toBe('2024-02-02T03:15:00.000Z');
    expect(() => reloadOf(timed('noon'))).toThrow("'lookup.full-cache.timed-reload.iso-time' is noon");
  });
});
