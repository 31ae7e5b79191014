/**
 * One connection to one broker. kafkajs opens it, asks for the broker's API versions and authenticates (TLS, SASL); from
 * then on the socket is read and written here: requests go out in parts without being copied together, and the answer to
 * each comes back as one buffer that may be kept.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type Connection from 'kafkajs/src/network/connection.js';
import { KafkaError } from '../errors.js';
import { type Message, REQUIRED } from '../protocol/message.js';
import { WireReader } from '../protocol/wire.js';
import type { Address, ConnectionSettings } from './settings.js';

interface Waiting {
  readonly name: string;
  readonly flexible: boolean;
  readonly deadline: number;
  readonly resolve: (body: WireReader) => void;
  readonly reject: (error: Error) => void;
}

type Versions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;

/** kafkajs logs what it also throws. */
const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };

export class BrokerConnection {
  private readonly waiting = new Map<number, Waiting>();
  private nextCorrelation = 0;
  private closedBy: KafkaError | undefined;
  private readonly watchdog: NodeJS.Timeout;
  private readonly header: Buffer;

  private chunks: Buffer[] = [];
  private have = 0;
  private need = 4;

  /** Connects. Rejects with TW3002, TW3003 or TW3305. */
  static async open(address: Address, settings: ConnectionSettings): Promise<BrokerConnection> {
    const shown = `${address.host}:${address.port}`;
    let socket: Socket | undefined;
    const { Connection, requests } = await library();
    const connection = new Connection({
      host: address.host,
      port: address.port,
      logger: silent,
      clientId: settings.clientId,
      ssl: settings.tls,
      sasl: settings.sasl && { ...settings.sasl },
      requestTimeout: settings.requestTimeoutMs,
      connectionTimeout: settings.connectTimeoutMs,
      socketFactory: ({ host, port, ssl, onConnect }) => {
        socket = ssl
          ? connectTls({ ...ssl, host, port, ...(isIP(host) ? {} : { servername: host }) }, onConnect)
          : connectTcp({ host, port }, onConnect);
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 60_000);
        return socket;
      },
    });
    try {
      await connection.connect();
      const versions = await apiVersions(connection, requests.ApiVersions.protocol({ version: 2 })(), shown);
      connection.setVersions(versions);
      connection.setSupportAuthenticationProtocol(versions[36] !== undefined);
      await connection.authenticate();
      connection.requestQueue.destroy();
      const lifetimeMs = connection.sessionLifetime.toNumber();
      return new BrokerConnection(shown, socket!, settings, versions, lifetimeMs);
    } catch (error) {
      connection.requestQueue.destroy();
      socket?.destroy();
      throw connectError(error, shown);
    }
  }

  private constructor(
    readonly address: string,
    private readonly socket: Socket,
    private readonly settings: ConnectionSettings,
    private readonly versions: Versions,
    sessionLifetimeMs: number,
  ) {
    const client = Buffer.from(settings.clientId);
    this.header = Buffer.allocUnsafe(14 + client.length);
    this.header.writeInt16BE(client.length, 12);
    client.copy(this.header, 14);
    socket.removeAllListeners();
    socket.setTimeout(0);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (cause) => this.fail(`connection to ${address} broke: ${cause.message}`, cause));
    socket.on('close', () => this.fail(`${address} closed the connection`));
    // A session that the broker limits is renewed by connecting again: at nine tenths, between requests if possible.
    const renewAt = sessionLifetimeMs > 0 ? Date.now() + sessionLifetimeMs * 0.9 : Number.POSITIVE_INFINITY;
    this.watchdog = setInterval(() => this.watch(renewAt), Math.min(1_000, settings.requestTimeoutMs / 4)).unref();
  }

  get open(): boolean {
    return this.closedBy === undefined;
  }

  supports(apiKey: number, version: number): boolean {
    const range = this.versions[apiKey];
    return range !== undefined && range.minVersion <= version && version <= range.maxVersion;
  }

  /** Sends at once; answers come in order. Rejects with TW3002 when the connection breaks or the time is up. */
  request<R>(message: Message<R>, timeoutMs = this.settings.requestTimeoutMs): Promise<R> {
    return new Promise<WireReader>((resolve, reject) => {
      if (this.closedBy) {
        reject(this.closedBy);
        return;
      }
      const correlation = this.nextCorrelation;
      this.nextCorrelation = (correlation + 1) & 0x7fffffff;
      const { name, flexible } = message;
      this.waiting.set(correlation, { name, flexible, deadline: Date.now() + timeoutMs, resolve, reject });
      this.write(message, correlation);
    }).then((reader) => message.read(reader));
  }

  private write(message: Message<unknown>, correlation: number): void {
    const tags = message.flexible ? 1 : 0;
    let size = this.header.length + tags;
    for (const part of message.body) size += part.length;
    const whole = size < 16_384;
    const head = Buffer.allocUnsafe(whole ? size : this.header.length + tags);
    this.header.copy(head);
    head.writeInt32BE(size - 4, 0);
    head.writeInt16BE(message.apiKey, 4);
    head.writeInt16BE(message.version, 6);
    head.writeInt32BE(correlation, 8);
    if (tags) head[this.header.length] = 0;
    if (whole) {
      let at = this.header.length + tags;
      for (const part of message.body) at += part.copy(head, at);
      this.socket.write(head);
      return;
    }
    this.socket.cork();
    this.socket.write(head);
    for (const part of message.body) this.socket.write(part);
    this.socket.uncork();
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.have += chunk.length;
    while (this.have >= this.need) {
      if (this.need === 4) {
        this.gather(4);
        this.need = 4 + this.chunks[0].readInt32BE(0);
        continue;
      }
      const frame = this.gather(this.need);
      const rest = frame.subarray(this.need);
      this.have = rest.length;
      this.chunks = rest.length > 0 ? [rest] : [];
      const end = this.need;
      this.need = 4;
      this.answer(frame.subarray(8, end), frame.readInt32BE(4));
    }
  }

  /** Makes the first chunk at least `size` long. */
  private gather(size: number): Buffer {
    if (this.chunks[0].length < size) this.chunks = [Buffer.concat(this.chunks, this.have)];
    return this.chunks[0];
  }

  private answer(body: Buffer, correlation: number): void {
    const waiting = this.waiting.get(correlation);
    this.waiting.delete(correlation);
    if (!waiting) return;
    const reader = new WireReader(body);
    if (waiting.flexible) reader.skipTags();
    waiting.resolve(reader);
  }

  private watch(renewAt: number): void {
    const now = Date.now();
    for (const { name, deadline } of this.waiting.values()) {
      if (now > deadline) {
        this.fail(`${this.address} did not answer a ${name} request in time`);
        return;
      }
    }
    if (now > renewAt && (this.waiting.size === 0 || now > renewAt + 5_000)) this.close();
  }

  private fail(message: string, cause?: unknown): void {
    if (this.closedBy) return;
    this.closedBy = new KafkaError('TW3002', message, { cause, retryable: true });
    clearInterval(this.watchdog);
    this.socket.destroy();
    this.chunks = [];
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(this.closedBy);
  }

  /** What waits for an answer is rejected. */
  close(): void {
    this.fail(`the connection to ${this.address} was closed`);
  }
}

/** Only where a connection is made: who plans a job makes none. */
async function library() {
  const [connection, protocol] = await Promise.all([
    import('kafkajs/src/network/connection.js'),
    import('kafkajs/src/protocol/requests/index.js'),
  ]);
  return { Connection: connection.default, requests: protocol.default.requests };
}

async function apiVersions(connection: Connection, question: object, shown: string): Promise<Versions> {
  const { apiVersions: list } = await connection.send(question);
  const versions: Record<number, { minVersion: number; maxVersion: number }> = {};
  for (const { apiKey, minVersion, maxVersion } of list) versions[apiKey] = { minVersion, maxVersion };
  for (const [key, [name, version]] of Object.entries(REQUIRED)) {
    const range = versions[Number(key)];
    if (!range || range.maxVersion < version || range.minVersion > version) {
      const has = range ? `versions ${range.minVersion} to ${range.maxVersion}` : 'none';
      const what = `${shown} has ${has} of ${name}; version ${version} is needed (Kafka 2.4 or newer)`;
      throw new KafkaError('TW3305', what);
    }
  }
  return versions;
}

function connectError(error: unknown, shown: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const { name, message, code, type } = error as Error & { code?: string; type?: string };
  const tls = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code ?? '');
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED' || tls) {
    return new KafkaError('TW3003', `${shown} refused the connection: ${message}`, { cause: error });
  }
  return new KafkaError('TW3002', `${shown} can't be reached: ${message}`, { cause: error, retryable: true });
}
