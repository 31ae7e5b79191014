import { createServer } from 'node:net';

/**
 * A free loopback port below the range that the operating system gives to outgoing connections. Inside that range a
 * client that keeps dialling the port of a killed server can be given the very same port, connect to itself, and keep
 * the server from coming back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free loopback port between 15000 and 32000');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
