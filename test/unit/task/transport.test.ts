/** Mutual TLS whose files change while servers and connections live. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type KeyPair, newAuthority, newCertificate } from '../../../operator/resources/certificates.js';
import { openServer, openSocket } from '../../../runtime/task/transport.js';

const HOUR = 3_600_000;
let server: Server;
let dir: string;
let sockets: Socket[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-tls-'));
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

function write(to: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(to, `${name}.new`), text);
    renameSync(join(to, `${name}.new`), join(to, name));
  }
}

const issue = (authority: KeyPair) => newCertificate(authority, 'job', ['x'], HOUR, Date.now());
const filesOf = (pair: KeyPair, bundle: string) => ({
  'ca.crt': bundle,
  'tls.crt': pair.certificate,
  'tls.key': pair.key,
});
const fingerprint = (pair: KeyPair) => new X509Certificate(pair.certificate).fingerprint256;

async function connect(): Promise<TLSSocket> {
  const socket = (await openSocket({ dir }, '127.0.0.1', (server.address() as AddressInfo).port)) as TLSSocket;
  sockets.push(socket);
  socket.on('error', () => {});
  return socket;
}

async function listen(): Promise<void> {
  server = openServer({ dir }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (text) => socket.write(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

async function echo(socket: Socket, text: string): Promise<string> {
  const answer = new Promise<string>((resolve) => socket.once('data', (d) => resolve(d.toString())));
  socket.write(text);
  return answer;
}

test('new files are used by new connections, open ones go on, and files that don’t fit each other change nothing', async () => {
  const authority = await newAuthority('old', HOUR, Date.now());
  const first = await issue(authority);
  write(dir, filesOf(first, authority.certificate));
  await listen();
  const open = await connect();
  expect(open.getPeerX509Certificate()?.fingerprint256).toBe(fingerprint(first));

  // A key that is not the certificate's, as in the middle of being replaced.
  const other = await issue(authority);
  write(dir, { 'tls.key': other.key });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  write(dir, { 'tls.crt': other.certificate });
  let seen = '';
  while (seen !== fingerprint(other)) {
    seen = await connect().then(
      (s) => s.getPeerX509Certificate()?.fingerprint256 ?? '',
      () => '',
    );
  }
  expect(await echo(open, 'still here')).toBe('still here');
});

test('whoever was signed by another authority is turned away', async () => {
  const [ours, theirs] = await Promise.all([newAuthority('a', HOUR, Date.now()), newAuthority('b', HOUR, Date.now())]);
  write(dir, filesOf(await issue(ours), ours.certificate));
  await listen();
  // It believes us, and we don't believe it.
  write(dir, filesOf(await issue(theirs), ours.certificate));
  const socket = await connect().catch((error: Error) => error);
  const end =
    socket instanceof Error
      ? socket
      : await new Promise<Error>((resolve) =>
          socket.once('error', resolve).once('close', () => resolve(new Error('closed'))),
        );
  expect(end).toBeInstanceOf(Error);
});
