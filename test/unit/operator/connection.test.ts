import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connectKube } from '../../../operator/kube/connection.js';

const before = process.env.KUBECONFIG;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-kubeconfig-'));
});
afterEach(() => {
  if (before === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = before;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'here',
  contexts: [
    { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team' } },
    { name: 'lost', context: { cluster: 'gone', user: 'u' } },
    { name: 'open', context: { cluster: 'plain', user: 'u' } },
    { name: 'locked', context: { cluster: 'c', user: 'program' } },
  ],
  clusters: [
    { name: 'c', cluster: { server: 'https://127.0.0.1:6443' } },
    { name: 'plain', cluster: { server: '127.0.0.1:8001' } },
  ],
  users: [
    { name: 'u', user: { token: 'x' } },
    { name: 'program', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/no/such/program' } } },
  ],
});

function connect(text: string, context?: string) {
  process.env.KUBECONFIG = join(dir, 'config');
  writeFileSync(process.env.KUBECONFIG, text);
  return connectKube({ context });
}

test('the current context says where and in which namespace', async () => {
  const connection = await connect(CONFIG);
  expect(connection.server.href).toBe('https://127.0.0.1:6443/');
  expect(connection.namespace).toBe('team');
  expect(await connection.headers()).toMatchObject({ Authorization: 'Bearer x' });
});

test.each([
  ['a context that is not there', CONFIG, 'hera', /^the kubeconfig has no context 'hera'$/],
  ['a context of a cluster that is not there', CONFIG, 'lost', /^context 'lost' is of a cluster 'gone' that/],
  ['a server that is no URL', CONFIG, 'open', /^the server of cluster 'plain' must be a URL that starts with https:/],
  [
    'a program to log in that is not there',
    CONFIG,
    'locked',
    /^can't log in to https:\/\/127.0.0.1:6443 as the kubeconfig/,
  ],
  ['a file that is no YAML', 'clusters: [', undefined, /^the kubeconfig .*config \(from KUBECONFIG\) can't be read: /],
])('%s is an error that says so', async (_what, text, context, message) => {
  await expect(connect(text, context)).rejects.toMatchObject({
    code: 'TW6007',
    message: expect.stringMatching(message),
  });
});

test('a file that is not there is an error that names it', async () => {
  process.env.KUBECONFIG = join(dir, 'none');
  await expect(connectKube()).rejects.toMatchObject({
    code: 'TW6007',
    message: expect.stringMatching(/^the kubeconfig .*none \(from KUBECONFIG\) can't be read: ENOENT/),
  });
});
