/**
 * Sockets between coordinator and runners: plain TCP on one machine, mutual TLS where a folder with certificates is given
 * (ca.crt, tls.crt, tls.key, as cert-manager and Kubernetes Secrets have them). Files are read again when they change, so that
 * certificates are rotated without stopping anything: open connections stay, new ones use the new files.
 */
import { readFileSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
} from 'node:tls';

/** How often a server looks whether its certificates have changed. */
const RELOAD_MS = 2000;
const FILES = ['ca.crt', 'tls.crt', 'tls.key'] as const;

export interface TlsFiles {
  readonly dir: string;
}

interface Loaded extends SecureContextOptions {
  readonly stamp: string;
}

function stampOf(dir: string): string {
  return FILES.map((f) => {
    const { mtimeMs, ino } = statSync(join(dir, f));
    return `${mtimeMs}/${ino}`;
  }).join(',');
}

/** All three as they were at one time. Throws when they are being replaced just now, or are not there. */
function load({ dir }: TlsFiles): Loaded {
  const stamp = stampOf(dir);
  const [ca, cert, key] = FILES.map((f) => readFileSync(join(dir, f)));
  if (stampOf(dir) !== stamp) throw new Error(`the certificates in ${dir} are being replaced`);
  return { ca, cert, key, minVersion: 'TLSv1.3', stamp };
}

/** A server that takes peers of the job's own CA only, or anybody where there is no TLS. */
export function openServer(tls: TlsFiles | undefined, onConnection: (socket: Socket) => void): Server {
  if (!tls) return createServer(onConnection);
  let loaded = load(tls);
  const server: TlsServer = createTlsServer({ ...loaded, requestCert: true, rejectUnauthorized: true }, onConnection);
  const timer = setInterval(() => {
    try {
      if (stampOf(tls.dir) === loaded.stamp) return;
      const next = load(tls);
      server.setSecureContext(next);
      loaded = next;
    } catch {
      // In the middle of being replaced: the next look finds them whole.
    }
  }, RELOAD_MS);
  timer.unref();
  server.on('close', () => clearInterval(timer));
  server.on('tlsClientError', () => {});
  return server;
}

/** Whoever hasn't answered a connection by then is not who is looked for. */
const CONNECT_MS = 30_000;

/**
 * Connects; rejects when the peer isn't there, its certificate isn't of the job's CA, or it isn't heard of within `timeoutMs`: the
 * address of a pod that is gone may lead nowhere, or to somebody who takes connections and says nothing.
 */
export function openSocket(
  tls: TlsFiles | undefined,
  host: string,
  port: number,
  timeoutMs = CONNECT_MS,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const ready = () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      resolve(socket);
    };
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    // Peers are pods that come and go: the CA is the job's own, so being signed by it is what counts, not the name.
    const socket: Socket = tls
      ? connectTls({ ...load(tls), host, port, checkServerIdentity: () => undefined }, ready)
      : createConnection({ host, port }, ready);
    socket.once('error', failed);
    const timer = setTimeout(() => {
      socket.destroy(new Error(`${host}:${port} does not answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
}
