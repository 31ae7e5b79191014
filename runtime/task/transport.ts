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
const RELOAD_MS = 10_000;

export interface TlsFiles {
  readonly dir: string;
}

interface Loaded extends SecureContextOptions {
  readonly stamp: string;
}

function stampOf(dir: string): string {
  return ['ca.crt', 'tls.crt', 'tls.key'].map((f) => statSync(join(dir, f)).mtimeMs).join(',');
}

function load({ dir }: TlsFiles): Loaded {
  return {
    ca: readFileSync(join(dir, 'ca.crt')),
    cert: readFileSync(join(dir, 'tls.crt')),
    key: readFileSync(join(dir, 'tls.key')),
    minVersion: 'TLSv1.3',
    stamp: stampOf(dir),
  };
}

/** A server that takes peers of the job's own CA only, or anybody where there is no TLS. */
export function openServer(tls: TlsFiles | undefined, onConnection: (socket: Socket) => void): Server {
  if (!tls) return createServer(onConnection);
  let loaded = load(tls);
  const server: TlsServer = createTlsServer({ ...loaded, requestCert: true, rejectUnauthorized: true }, onConnection);
  const timer = setInterval(() => {
    try {
      if (stampOf(tls.dir) === loaded.stamp) return;
      loaded = load(tls);
      server.setSecureContext(loaded);
    } catch {
      // In the middle of being replaced: the next look finds them whole.
    }
  }, RELOAD_MS);
  timer.unref();
  server.on('close', () => clearInterval(timer));
  server.on('tlsClientError', () => {});
  return server;
}

/** Connects; rejects when the peer isn't there or its certificate isn't of the job's CA. */
export function openSocket(tls: TlsFiles | undefined, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const ready = (socket: Socket) => {
      socket.removeListener('error', reject);
      resolve(socket);
    };
    if (!tls) {
      const socket = createConnection({ host, port }, () => ready(socket));
      socket.once('error', reject);
      return;
    }
    // Peers are pods that come and go: the CA is the job's own, so being signed by it is what counts, not the name.
    const socket = connectTls({ ...load(tls), host, port, checkServerIdentity: () => undefined }, () => ready(socket));
    socket.once('error', reject);
  });
}
