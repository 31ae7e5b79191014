/**
 * Load on an HTTP server over plain sockets: the same bytes again and again, answers counted by their content-length. Costs a
 * fraction of what an HTTP client does, so that the server is what is measured.
 */
import { connect, type Socket } from 'node:net';

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A connection on which one request is under way at a time. */
class Connection {
  private received: Buffer = Buffer.alloc(0);
  private done: ((status: number) => void) | undefined;
  private failed: ((error: Error) => void) | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly bytes: Buffer,
  ) {
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', (error) => this.failed?.(error));
    socket.on('close', () => this.failed?.(new Error('the server closed the connection')));
  }

  static open(port: number, bytes: Buffer): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new Connection(socket, bytes)));
      socket.once('error', reject);
    });
  }

  ask(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.failed = reject;
      this.socket.write(this.bytes);
    });
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.received.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.received.length < end + 4 + length) return;
    this.received = Buffer.alloc(0);
    this.done?.(Number(head.slice(9, 12)));
  }

  close(): void {
    this.failed = undefined;
    this.socket.destroy();
  }
}

export function postBytes(path: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** `connections` clients, each asking again as soon as it is answered: what the server can do. */
export async function saturate(port: number, bytes: Buffer, connections: number, seconds: number): Promise<LoadResult> {
  const clients = await Promise.all(Array.from({ length: connections }, () => Connection.open(port, bytes)));
  const latencies: number[] = [];
  let failures = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    clients.map(async (client) => {
      for (let now = performance.now(); now < until; ) {
        if ((await client.ask()) !== 200) failures++;
        const then = performance.now();
        latencies.push(then - now);
        now = then;
      }
    }),
  );
  return finish(clients, latencies, failures, started);
}

/**
 * `perSecond` requests, at even distances whether the last is answered or not; the time that a request waits for a free connection
 * counts, so that a stall of the server is not hidden.
 */
export async function pace(
  port: number,
  bytes: Buffer,
  perSecond: number,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const clients = await Promise.all(Array.from({ length: connections }, () => Connection.open(port, bytes)));
  const free = [...clients];
  const due: number[] = [];
  const latencies: number[] = [];
  let failures = 0;
  const total = Math.floor(perSecond * seconds);
  const started = performance.now();
  let begun = 0;
  let finished: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const send = (client: Connection, since: number): void => {
    client.ask().then(
      (status) => {
        if (status !== 200) failures++;
        latencies.push(performance.now() - since);
        const next = due.shift();
        if (next !== undefined) send(client, next);
        else free.push(client);
        if (latencies.length === total) finished();
      },
      () => {
        failures++;
        latencies.push(performance.now() - since);
        if (latencies.length === total) finished();
      },
    );
  };
  const tick = (): void => {
    const wanted = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond));
    for (; begun < wanted; begun++) {
      const since = started + (begun / perSecond) * 1000;
      const client = free.pop();
      if (client) send(client, since);
      else due.push(since);
    }
    // Not by turns of the event loop, which would take the server's processor.
    if (begun < total) setTimeout(tick, 1);
  };
  tick();
  await all;
  return finish(clients, latencies, failures, started);
}

function finish(clients: Connection[], latencies: number[], failures: number, started: number): LoadResult {
  const seconds = (performance.now() - started) / 1000;
  for (const client of clients) client.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    requests: latencies.length,
    failures,
    seconds,
    perSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}
