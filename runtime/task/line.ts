/**
 * A line between two slots, in both directions: a socket, or memory that two threads of a process share. Bytes come in the order
 * they were written, in pieces of any size.
 */
import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { ALIGNMENT, ByteRing } from '../exchange/ring.js';

export interface Line {
  /** Frames start at multiples of this. */
  readonly alignment: number;
  /** Takes a frame; its memory is the caller's again on return. */
  write(frame: Uint8Array): void;
  onData(take: (chunk: Buffer) => void): void;
  /** Called once, whoever closed it. */
  onClose(closed: () => void): void;
  /** Leaves what comes unread until resume(). */
  pause(): void;
  resume(): void;
  /** Takes what is there, and will be asked again soon: the other end need not tell. */
  poll(): void;
  /** Takes what is there, and sleeps until it is told. */
  doze(): void;
  destroy(): void;
}

export class SocketLine implements Line {
  readonly alignment = 1;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
  }

  write(frame: Uint8Array): void {
    const copy = Buffer.allocUnsafeSlow(frame.length);
    copy.set(frame);
    this.socket.write(copy);
  }

  onData(take: (chunk: Buffer) => void): void {
    this.socket.on('data', take);
  }

  onClose(closed: () => void): void {
    this.socket.once('close', closed);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  // The event loop tells.
  poll(): void {}

  doze(): void {}

  destroy(): void {
    this.socket.destroy();
  }
}

/** One end of a line in memory: a port to wake the other end, and a ring in each direction. */
export interface MemoryLineEnd {
  readonly port: MessagePort;
  readonly out: SharedArrayBuffer;
  readonly in: SharedArrayBuffer;
}

/**
 * Bytes go through rings; the port only wakes who sleeps: a reader that has not been told yet, a writer that waits for room. It
 * closes with the thread at its other end.
 */
export class MemoryLine implements Line {
  readonly alignment = ALIGNMENT;
  private readonly port: MessagePort;
  private readonly out: ByteRing;
  private readonly in: ByteRing;
  /** Frames, or what is left of one, for which there was no room. */
  private waiting: Uint8Array[] = [];
  private take: ((chunk: Buffer) => void) | undefined;
  private paused = false;
  private closed = false;

  constructor(end: MemoryLineEnd) {
    this.port = end.port;
    this.out = new ByteRing(end.out);
    this.in = new ByteRing(end.in);
    this.port.on('message', () => this.doze());
    this.port.once('close', () => {
      this.closed = true;
    });
  }

  write(frame: Uint8Array): void {
    if (this.closed) return;
    const taken = this.waiting.length > 0 ? 0 : this.put(frame);
    if (taken < frame.length) this.waiting.push(Buffer.from(frame.subarray(taken)));
  }

  onData(take: (chunk: Buffer) => void): void {
    this.take = take;
    this.doze();
  }

  onClose(closed: () => void): void {
    this.port.once('close', closed);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.doze();
  }

  poll(): void {
    this.in.hush();
    this.turn();
  }

  doze(): void {
    this.in.heard();
    this.turn();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.waiting = [];
    this.port.close();
  }

  /** Writes what there is room for, and asks for more where there is too little. */
  private put(frame: Uint8Array): number {
    let taken = this.out.write(frame, 0);
    if (taken < frame.length) {
      this.out.want();
      taken += this.out.write(frame.subarray(taken), 0);
    }
    if (taken > 0 && this.out.announce()) this.port.postMessage(0);
    return taken;
  }

  private turn(): void {
    this.read();
    while (this.waiting.length > 0) {
      const frame = this.waiting[0];
      const taken = this.put(frame);
      if (taken < frame.length) {
        this.waiting[0] = frame.subarray(taken);
        return;
      }
      this.waiting.shift();
    }
  }

  private read(): void {
    if (this.paused || this.closed || !this.take) return;
    for (;;) {
      const chunk = this.in.read();
      if (!chunk) return;
      if (this.in.wanted()) this.port.postMessage(0);
      this.take(chunk);
      if (this.paused || this.closed) return;
    }
  }
}
