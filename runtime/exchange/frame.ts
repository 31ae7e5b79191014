/**
 * Frames of the data connections between slots. One TCP connection a pair of slots and direction of rows; credit flows back on it.
 *
 * frame  = u32 length (of everything behind it) · byte type · byte 0 · u16 exchange · body
 * HELLO  body = JSON {attempt, from, to, job}
 * ROWS   body = batch (record/batch-codec.ts); written and read at offset 8, so that columns of doubles keep their alignment
 * WATERMARK body = f64 · BARRIER body = f64 id, byte stop, then JSON of the changes if there are any · IDLE, END no body
 * CREDIT body = u32 batches that the sender may send more on this exchange
 */
import type { Element } from './element.js';

export const FRAME_HEADER = 8;

export const HELLO = 1;
export const ROWS = 2;
export const WATERMARK = 3;
export const BARRIER = 4;
export const IDLE = 5;
export const END = 6;
export const CREDIT = 7;

/** Larger frames are refused: they'd be a damaged stream. */
const MAX_FRAME = 512 * 1024 * 1024;

export class FrameError extends Error {
  readonly code = 'TW5101';
}

export interface Frame {
  readonly type: number;
  readonly exchange: number;
  /** The whole frame, header included. */
  readonly bytes: Buffer;
}

/** A frame with a small body. */
export function smallFrame(type: number, exchange: number, bodyBytes: number): Buffer {
  const buf = Buffer.alloc(FRAME_HEADER + bodyBytes);
  writeHeader(buf, type, exchange, FRAME_HEADER + bodyBytes);
  return buf;
}

export function writeHeader(buf: Buffer, type: number, exchange: number, frameBytes: number): void {
  buf.writeUInt32LE(frameBytes - 4, 0);
  buf[4] = type;
  buf[5] = 0;
  buf.writeUInt16LE(exchange, 6);
}

export interface Hello {
  readonly attempt: number;
  readonly from: number;
  readonly to: number;
  readonly job: string;
}

export function encodeHello(hello: Hello): Buffer {
  const body = Buffer.from(JSON.stringify(hello));
  const buf = smallFrame(HELLO, 0, body.length);
  body.copy(buf, FRAME_HEADER);
  return buf;
}

export function decodeHello(frame: Frame): Hello {
  if (frame.type !== HELLO || frame.bytes.length > 4096)
    throw new FrameError('the connection did not open with a HELLO');
  return JSON.parse(frame.bytes.toString('utf8', FRAME_HEADER)) as Hello;
}

export function encodeCredit(exchange: number, batches: number): Buffer {
  const buf = smallFrame(CREDIT, exchange, 4);
  buf.writeUInt32LE(batches, FRAME_HEADER);
  return buf;
}

/** In-band elements other than rows. */
export function encodeControl(element: Element, exchange: number): Buffer {
  switch (element.type) {
    case 'watermark': {
      const buf = smallFrame(WATERMARK, exchange, 8);
      buf.writeDoubleLE(element.timestamp, FRAME_HEADER);
      return buf;
    }
    case 'barrier': {
      const changes = element.changes === undefined ? undefined : Buffer.from(JSON.stringify(element.changes));
      const buf = smallFrame(BARRIER, exchange, 9 + (changes?.length ?? 0));
      changes?.copy(buf, FRAME_HEADER + 9);
      buf.writeDoubleLE(element.id, FRAME_HEADER);
      buf[FRAME_HEADER + 8] = element.stop ? 1 : 0;
      return buf;
    }
    case 'idle':
      return smallFrame(IDLE, exchange, 0);
    case 'end':
      return smallFrame(END, exchange, 0);
    default:
      throw new FrameError(`${element.type} is not a control element`);
  }
}

/** Frame → element. Rows stay encoded. */
export function toElement(frame: Frame): Element {
  switch (frame.type) {
    case ROWS:
      return { type: 'frame', bytes: frame.bytes };
    case WATERMARK:
      return { type: 'watermark', timestamp: frame.bytes.readDoubleLE(FRAME_HEADER) };
    case BARRIER:
      return {
        type: 'barrier',
        id: frame.bytes.readDoubleLE(FRAME_HEADER),
        stop: frame.bytes[FRAME_HEADER + 8] === 1,
        ...(frame.bytes.length > FRAME_HEADER + 9
          ? { changes: JSON.parse(frame.bytes.toString('utf8', FRAME_HEADER + 9)) as Record<string, unknown> }
          : {}),
      };
    case IDLE:
      return { type: 'idle' };
    case END:
      return { type: 'end' };
    default:
      throw new FrameError(`unknown frame type ${frame.type}`);
  }
}

/** Cuts a byte stream into frames, which start at multiples of `alignment`. Bytes may arrive in any pieces. */
export class FrameParser {
  private pieces: Buffer[] = [];
  private buffered = 0;
  private wanted = 4;

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly alignment = 1,
  ) {}

  push(chunk: Buffer): void {
    this.pieces.push(chunk);
    this.buffered += chunk.length;
    if (this.buffered < this.wanted) return;
    const buf = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces, this.buffered);
    let pos = 0;
    this.wanted = 4;
    while (buf.length - pos >= 4) {
      const size = buf.readUInt32LE(pos) + 4;
      if (size < FRAME_HEADER || size > MAX_FRAME)
        throw new FrameError(`a frame of ${size} bytes: the stream is damaged`);
      const space = size + ((this.alignment - (size % this.alignment)) % this.alignment);
      if (buf.length - pos < space) {
        this.wanted = space;
        break;
      }
      const bytes = buf.subarray(pos, pos + size);
      pos += space;
      this.onFrame({ type: bytes[4], exchange: bytes.readUInt16LE(6), bytes });
    }
    const rest = buf.subarray(pos);
    this.pieces = rest.length > 0 ? [rest] : [];
    this.buffered = rest.length;
  }
}
