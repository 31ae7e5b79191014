/**
 * A slot's data connections. Each slot listens on one port; for each pair of slots with rows to send there is one connection from
 * the sender to the receiver, carrying all exchanges' frames; credit comes back on it.
 *
 * A connection opens with HELLO and belongs to one attempt. One of a later attempt waits (unread) until this slot is deployed to
 * that attempt; one of an earlier attempt is closed.
 */
import type { Server } from 'node:net';
import {
  CREDIT,
  decodeHello,
  encodeCredit,
  encodeHello,
  FRAME_HEADER,
  type Frame,
  FrameParser,
  type Hello,
  toElement,
} from '../exchange/frame.js';
import type { InputChannel } from '../exchange/gate.js';
import type { RemoteChannel } from '../exchange/output.js';
import { INITIAL_CREDIT } from '../exchange/output.js';
import type { Logger } from '../source/contract.js';
import { type Line, SocketLine } from './line.js';
import { acceptLine, type LineOffer, type OfferLine, openLine } from './neighbours.js';
import { openServer, openSocket, type TlsFiles } from './transport.js';

export class DataConnectionError extends Error {
  readonly code = 'TW5102';
}

const CONNECT_PATIENCE_MS = 10_000;

/** The connections of one attempt. */
export interface AttemptWiring {
  readonly attempt: number;
  /** Key: `exchange/from slot`. */
  readonly inputs: Map<string, InputChannel>;
  /** Key: `exchange/to slot`. */
  readonly outputs: Map<string, RemoteChannel>;
  readonly onWork: () => void;
  readonly onLost: (error: Error) => void;
}

interface Incoming {
  readonly line: Line;
  readonly hello: Hello;
  readonly early: Frame[];
}

export class DataPlane {
  private server: Server | undefined;
  private wiring: AttemptWiring | undefined;
  private attempt = -1;
  private incoming: Incoming[] = [];
  private outgoing = new Map<number, Line>();
  /** Credit to give back, by `exchange/from`. */
  private readonly owed = new Map<string, number>();
  bytesIn = 0;

  constructor(
    private readonly job: string,
    private readonly log: Logger,
    private readonly tls: TlsFiles | undefined,
    /** Where there are other slots in this process. */
    private readonly offer: OfferLine | undefined,
  ) {}

  listen(host: string): Promise<number> {
    this.server = openServer(this.tls, (socket) => this.accept(new SocketLine(socket)));
    return new Promise((resolve, reject) => {
      this.server!.once('error', reject);
      this.server!.listen(0, host, () => resolve((this.server!.address() as { port: number }).port));
    });
  }

  /** Makes connections of `wiring.attempt` the current ones and drops all others. */
  begin(wiring: AttemptWiring): void {
    this.end();
    this.wiring = wiring;
    this.attempt = wiring.attempt;
    for (const waiting of [...this.incoming]) {
      if (waiting.hello.attempt < this.attempt) waiting.line.destroy();
      else if (waiting.hello.attempt === this.attempt) this.activate(waiting);
    }
  }

  /** Connects to the slots that this one sends to. */
  async connect(slot: number, targets: readonly { slot: number; address: string }[]): Promise<void> {
    await Promise.all(targets.map((t) => this.connectTo(slot, t.slot, t.address)));
  }

  send(toSlot: number, frame: Buffer): void {
    this.outgoing.get(toSlot)?.write(frame);
  }

  /** Takes what other threads have written meanwhile; they need not tell while this is called often. */
  poll(): void {
    for (const line of this.outgoing.values()) line.poll();
    for (const { line } of this.incoming) line.poll();
  }

  /** Other threads tell from now on when they have written. */
  doze(): void {
    for (const line of this.outgoing.values()) line.doze();
    for (const { line } of this.incoming) line.doze();
  }

  /** A batch of an input was worked off. */
  release(exchange: number, from: number): void {
    const key = `${exchange}/${from}`;
    const owed = (this.owed.get(key) ?? 0) + 1;
    if (owed < INITIAL_CREDIT / 2) {
      this.owed.set(key, owed);
      return;
    }
    this.owed.set(key, 0);
    const connection = this.incoming.find((c) => c.hello.from === from && c.hello.attempt === this.attempt);
    connection?.line.write(encodeCredit(exchange, owed));
  }

  /** Drops the current attempt's connections. */
  end(): void {
    const { attempt } = this;
    this.wiring = undefined;
    for (const line of this.outgoing.values()) line.destroy();
    this.outgoing.clear();
    for (const c of this.incoming) if (c.hello.attempt <= attempt) c.line.destroy();
    this.incoming = this.incoming.filter((c) => c.hello.attempt > attempt);
    this.owed.clear();
  }

  close(): void {
    this.attempt = Number.MAX_SAFE_INTEGER;
    this.end();
    this.server?.close();
  }

  /** Another thread of this process wants to send rows here. */
  takeLine(offer: LineOffer): void {
    this.accept(acceptLine(offer));
  }

  private accept(line: Line): void {
    let connection: Incoming | undefined;
    const parser = new FrameParser((frame) => {
      if (!connection) {
        const hello = decodeHello(frame);
        if (hello.job !== this.job || hello.attempt < this.attempt) {
          line.destroy();
          return;
        }
        connection = { line, hello, early: [] };
        this.incoming.push(connection);
        if (hello.attempt === this.attempt && this.wiring) this.activate(connection);
        // Of a later attempt: left unread until this slot knows about it.
        else line.pause();
        return;
      }
      if (this.wiring && connection.hello.attempt === this.attempt) this.deliver(connection, frame);
      else connection.early.push(frame);
    }, line.alignment);
    line.onClose(() => {
      if (!connection) return;
      this.incoming = this.incoming.filter((c) => c !== connection);
      if (connection.hello.attempt === this.attempt) {
        this.wiring?.onLost(new DataConnectionError(`the connection from slot ${connection.hello.from} was lost`));
      }
    });
    line.onData((chunk) => {
      this.bytesIn += chunk.length;
      try {
        parser.push(chunk);
      } catch (error) {
        this.log.warn({ error: (error as Error).message }, 'closed a damaged data connection');
        line.destroy();
      }
    });
  }

  private activate(connection: Incoming): void {
    for (const frame of connection.early.splice(0)) this.deliver(connection, frame);
    connection.line.resume();
  }

  private deliver(connection: Incoming, frame: Frame): void {
    const channel = this.wiring!.inputs.get(`${frame.exchange}/${connection.hello.from}`);
    if (!channel)
      throw new DataConnectionError(`no input for exchange ${frame.exchange} from slot ${connection.hello.from}`);
    channel.push(toElement(frame));
    this.wiring!.onWork();
  }

  private async connectTo(from: number, slot: number, address: string): Promise<void> {
    const { attempt } = this;
    const separator = address.lastIndexOf(':');
    const host = address.slice(0, separator);
    const port = Number(address.slice(separator + 1));
    const deadline = Date.now() + CONNECT_PATIENCE_MS;
    for (let delayMs = 10; ; delayMs = Math.min(delayMs * 2, 500)) {
      try {
        const near = this.offer && (await openLine(this.offer, address));
        const line = near ?? new SocketLine(await openSocket(this.tls, host, port));
        if (this.attempt !== attempt) {
          line.destroy();
          return;
        }
        this.adopt(line, from, slot);
        return;
      } catch (cause) {
        if (Date.now() + delayMs > deadline || this.attempt !== attempt) {
          throw new DataConnectionError(`slot ${slot} at ${address} can't be reached: ${(cause as Error).message}`, {
            cause,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  private adopt(line: Line, from: number, slot: number): void {
    const { attempt } = this;
    this.outgoing.set(slot, line);
    line.write(encodeHello({ attempt, from, to: slot, job: this.job }));
    const parser = new FrameParser((frame) => {
      if (frame.type !== CREDIT) return;
      this.wiring?.outputs.get(`${frame.exchange}/${slot}`)?.addCredit(frame.bytes.readUInt32LE(FRAME_HEADER));
    }, line.alignment);
    line.onData((chunk) => parser.push(chunk));
    line.onClose(() => {
      if (this.attempt === attempt && this.outgoing.get(slot) === line) {
        this.wiring?.onLost(new DataConnectionError(`the connection to slot ${slot} was lost`));
      }
    });
  }
}
