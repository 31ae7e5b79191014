/**
 * TCP sockets, both ways: the source connects to host:port and reads records that end with a newline; the sink connects and writes
 * them. A socket can't be asked for what it sent before, so after a failure rows of the time in between are lost (source) or may be
 * repeated (sink): for trying out, not for guarantees.
 */
import { connect, type Socket } from 'node:net';
import { TidewheelError } from '../../../api/errors.js';
import { ByteWriter } from '../../record/bytes.js';
import type { Row, RowKind } from '../../record/types.js';
import type { SinkConnector, SinkContext, SinkWriter } from '../../sink/contract.js';
import type {
  OptionDef,
  PollResult,
  ReaderContext,
  SourceConnector,
  SourceReader,
  Split,
  SplitOutput,
} from '../../source/contract.js';

const OPTIONS: Readonly<Record<string, OptionDef>> = {
  hostname: { required: true, doc: 'Host to connect to.' },
  port: { required: true, doc: 'Port to connect to.' },
  format: { doc: 'Format of a record, e.g. json or raw.' },
};

const NEWLINE = 10;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
/** Unread bytes beyond which the peer has to wait. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export const source: SourceConnector = {
  name: 'socket',
  bounded: (options) => options['socket.bounded'] === 'true',
  options: {
    ...OPTIONS,
    'socket.bounded': {
      default: 'false',
      values: ['true', 'false'],
      doc: 'Whether the input ends when the peer closes the connection; otherwise it is connected to again.',
    },
  },
  enumerate: async (ctx) => [{ id: `${ctx.options.hostname}:${ctx.options.port}`, position: 0 }],
  createReader: (ctx) => new SocketReader(ctx),
};

export const sink: SinkConnector = {
  name: 'socket',
  changelog: 'append',
  options: OPTIONS,
  createWriter: (ctx) => new SocketWriter(ctx),
};

function portOf(options: Readonly<Record<string, string>>): number {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new TidewheelError('TW1302', `option 'port' must be a number from 1 to 65535, got '${options.port}'`);
  }
  return port;
}

/** Connects, and again after each loss, with growing delay. */
class Connection {
  socket: Socket | undefined;
  private delayMs = FIRST_RETRY_MS;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly port: number;

  constructor(
    private readonly ctx: ReaderContext | SinkContext,
    private readonly opened: (socket: Socket) => void,
    /** False: don't connect again. */
    private readonly lost: () => boolean,
  ) {
    this.port = portOf(ctx.options);
    this.open();
  }

  private open(): void {
    const { hostname } = this.ctx.options;
    const socket = connect({ host: hostname, port: this.port });
    let reason = 'the peer closed the connection';
    socket.once('connect', () => {
      this.delayMs = FIRST_RETRY_MS;
      this.socket = socket;
      this.opened(socket);
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.once('close', () => {
      const was = this.socket === socket;
      this.socket = undefined;
      if (this.closed || (was && !this.lost())) return;
      this.ctx.log.warn(
        { host: hostname, port: this.port, reason, againInMs: this.delayMs },
        'socket: not connected, tries again',
      );
      this.timer = setTimeout(() => this.open(), this.delayMs);
      this.delayMs = Math.min(this.delayMs * 2, MAX_RETRY_MS);
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
  }
}

class SocketReader implements SourceReader {
  private output: SplitOutput | undefined;
  private id = '';
  private connection: Connection | undefined;
  private chunks: Buffer[] = [];
  private waiting = 0;
  private records = 0;
  private ended = false;
  private readonly bounded: boolean;

  constructor(private readonly ctx: ReaderContext) {
    this.bounded = ctx.options['socket.bounded'] === 'true';
  }

  addSplits(splits: readonly Split[]): void {
    if (splits.length === 0) return;
    this.id = splits[0].id;
    this.records = Number(splits[0].position);
    this.output = this.ctx.openSplit(this.id);
    this.output.meta.origin = this.id;
    this.output.meta.offset = this.records;
    this.connection = new Connection(
      this.ctx,
      (socket) => {
        socket.on('data', (chunk) => {
          this.chunks.push(chunk);
          this.waiting += chunk.length;
          if (this.waiting > MAX_WAITING_BYTES) socket.pause();
          this.ctx.wake();
        });
      },
      () => {
        this.ended = this.bounded;
        this.ctx.wake();
        return !this.bounded;
      },
    );
  }

  noMoreSplits(): void {
    // Without a split there is nothing to read: another subtask has it.
    if (!this.output) this.ended = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    const { output } = this;
    if (!output) return this.ended ? 'end' : 'wait';
    const buf = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    let start = 0;
    let read = 0;
    for (; read < maxRecords; read++) {
      let end = buf.indexOf(NEWLINE, start);
      if (end < 0) {
        if (!this.ended || start === buf.length) break;
        end = buf.length;
      }
      output.meta.offset = this.records;
      output.meta.line = ++this.records;
      output.decoder.record(buf, start, end > start && buf[end - 1] === 13 ? end - 1 : end);
      start = Math.min(end + 1, buf.length);
    }
    const rest = buf.subarray(start);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.waiting = rest.length;
    if (this.waiting <= MAX_WAITING_BYTES) this.connection?.socket?.resume();
    if (read === maxRecords) return 'more';
    if (!this.ended) return 'wait';
    output.finish();
    return 'end';
  }

  snapshot(): Split[] {
    return this.output ? [{ id: this.id, position: this.records }] : [];
  }

  async close(): Promise<void> {
    this.connection?.close();
  }
}

class SocketWriter implements SinkWriter {
  private readonly out = new ByteWriter(16 * 1024);
  private connection: Connection | undefined;
  private waiters: (() => void)[] = [];

  constructor(private readonly ctx: SinkContext) {
    if (!ctx.encoder) throw new TidewheelError('TW1302', "a socket is written in a format: set 'format'");
  }

  async open(): Promise<void> {
    this.connection = new Connection(
      this.ctx,
      (socket) => {
        socket.on('drain', () => this.drained());
        this.flush();
        this.drained();
      },
      () => true,
    );
  }

  write(row: Row, kind: RowKind): void {
    this.ctx.encoder!.encode(row, kind, this.out);
    this.out.byte(NEWLINE);
  }

  ready(): boolean {
    const socket = this.connection?.socket;
    return this.out.pos < MAX_WAITING_BYTES && (socket === undefined || !socket.writableNeedDrain);
  }

  flush(): void {
    const socket = this.connection?.socket;
    if (!socket || this.out.pos === 0) return;
    socket.write(this.out.take());
  }

  /** Everything written so far is with the operating system. */
  async prepareCommit(): Promise<[]> {
    this.flush();
    while (this.out.pos > 0 || (this.connection?.socket?.writableLength ?? 0) > 0) {
      await new Promise<void>((resolve) => {
        this.waiters.push(resolve);
        const socket = this.connection?.socket;
        // An empty write reports when all before it is out.
        socket?.write('', () => this.drained());
      });
      this.flush();
    }
    return [];
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    const socket = this.connection?.socket;
    if (socket) await new Promise<void>((resolve) => socket.end(() => resolve()));
    this.connection?.close();
  }

  private drained(): void {
    for (const done of this.waiters.splice(0)) done();
    this.ctx.wake();
  }
}
