/** Calls within the cluster, against a real server. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { httpCall } from '../../../operator/http-call.js';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    if (request.url === '/silent') return;
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(202).end(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as { port: number }).port;
});

afterAll(() => {
  server.close().closeAllConnections();
});

const call = (method: 'GET' | 'POST', path: string, body?: object) =>
  httpCall({ host: '127.0.0.1', port, method, path, body, timeoutMs: 200 });

test('gives status and text; a body goes as JSON', async () => {
  expect(await call('POST', '/a', { name: 'é' })).toEqual({
    status: 202,
    text: 'POST /a application/json {"name":"é"}',
  });
  expect(await call('GET', '/b')).toEqual({ status: 202, text: 'GET /b undefined ' });
});

test('rejects when there is no answer in time', async () => {
  await expect(call('GET', '/silent')).rejects.toThrow('no answer after 200 ms');
});
