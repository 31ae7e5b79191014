/** Scoring by a server of the Open Inference Protocol: batches, order, retries, refusals. The server here is a small real one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Folder, folder, type Job, startJob } from './job.js';

let at: Folder;
let job: Job | undefined;
let server: Server;
let url: string;
/** Rows of each request. */
let asked: number[][] = [];
let busiest = 0;
let running = 0;
let behave: (n: number, reply: (status: number, body: unknown) => void, values: number[]) => void;

beforeEach(async () => {
  at = await folder();
  asked = [];
  busiest = running = 0;
  behave = (_, reply, values) => reply(200, doubled(values));
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await job?.close();
  job = undefined;
  server.closeAllConnections();
  server.close();
  await at.remove();
});

const doubled = (values: number[]) => ({
  model_name: 'd',
  model_version: '4',
  outputs: [{ name: 'y', datatype: 'FP64', shape: [values.length, 1], data: values.map((v) => [v * 2]) }],
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = (status: number, body: unknown) => {
    running--;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  running++;
  busiest = Math.max(busiest, running);
  let text = '';
  for await (const piece of request) text += piece;
  if (request.url === '/v2/models/d') {
    const tensor = (name: string) => [{ name, datatype: 'FP64', shape: [-1, 1] }];
    reply(200, { name: 'd', versions: ['4'], platform: 'test', inputs: tensor('x'), outputs: tensor('y') });
    return;
  }
  expect(request.url).toBe('/v2/models/d/infer');
  const body = JSON.parse(text);
  expect(body.inputs).toMatchObject([{ name: 'x', datatype: 'FP64', shape: [body.inputs[0].data.length, 1] }]);
  const values: number[] = body.inputs[0].data;
  asked.push(values);
  behave(asked.length, reply, values);
}

const spec = (name: string, options: string, rows: number) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: ${name} }
spec:
  restart: { kind: none }
  sql: |
    CREATE MODEL d INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH ('provider' = 'oip', 'endpoint' = '${url}', ${options}
      'retry.initial-delay' = '1ms', 'version-column' = 'version');
    CREATE TABLE src (x BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '${rows}', 'fields.x.kind' = 'sequence', 'fields.x.start' = '0', 'fields.x.end' = '${rows - 1}');
    CREATE TABLE sink (x BIGINT, y DOUBLE, version STRING) WITH ('connector' = 'collect', 'name' = '${name}');
    INSERT INTO sink SELECT * FROM ML_PREDICT(TABLE src, MODEL d, DESCRIPTOR(x));
`;

const all = (rows: number) => Array.from({ length: rows }, (_, x) => ({ x, y: 2 * x, version: '4' }));

describe('a model behind a server', () => {
  test('gets batches, several at once, and the rows stay in order', async () => {
    // Every second answer comes late.
    behave = (n, reply, values) =>
      void (n % 2 ? setTimeout(() => reply(200, doubled(values)), 10) : reply(200, doubled(values)));
    job = await startJob(at, 'order', spec('order', "'batch-rows' = '50', 'max-concurrent-operations' = '4',", 1000));
    await job.until(1000);
    expect(job.rows.map((r) => r.row)).toEqual(all(1000));
    expect(Math.max(...asked.map((v) => v.length))).toBe(50);
    expect(busiest).toBeGreaterThan(1);
    expect(busiest).toBeLessThanOrEqual(4);
  });

  test('is asked again while it is overloaded or cuts connections', async () => {
    behave = (n, reply, values) => {
      if (n === 1) reply(503, { error: 'starting' });
      else if (n === 3) reply(429, { error: 'slower, please' });
      else reply(200, doubled(values));
    };
    job = await startJob(at, 'retry', spec('retry', "'batch-rows' = '100',", 300));
    await job.until(300);
    expect(job.rows.map((r) => r.row)).toEqual(all(300));
    expect(asked.length).toBeGreaterThan(3);
  });

  test('that never answers in time fails the job after its tries', async () => {
    behave = () => {};
    job = await startJob(at, 'slow', spec('slow', "'timeout' = '30ms', 'max-attempts' = '3',", 10));
    await expect(job.until(10)).rejects.toThrow(/step "Score\(d\)": .*no answer within 30 ms/);
    expect(asked).toHaveLength(3);
  });

  test('that refuses is not asked again, and its words are the error', async () => {
    behave = (_, reply) => reply(400, { error: 'x must not be negative' });
    job = await startJob(at, 'refused', spec('refused', '', 10));
    await expect(job.until(10)).rejects.toThrow('answered 400: x must not be negative');
    expect(asked).toHaveLength(1);
  });

  test('that answers for other rows than were asked is not believed', async () => {
    behave = (_, reply, values) => reply(200, doubled(values.slice(1)));
    job = await startJob(at, 'short', spec('short', '', 10));
    await expect(job.until(10)).rejects.toThrow('answered y with shape [9,1] for 10 rows');
  });
});
