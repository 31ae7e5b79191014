/** The body of a request: bounded, and unpacked where it is compressed. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { badRequest, ProtocolError } from './protocol-error.js';

const UNPACKERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip) as never,
  deflate: promisify(inflate) as never,
  br: promisify(brotliDecompress) as never,
};

/** Throws ProtocolError: 413 beyond `maxBytes`, packed or not, 415 for another encoding, 400 for a body cut short. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw badRequest(`the body ended early: ${(error as Error).message}`);
  }
  const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  const encoding = String(request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return body;
  const unpack = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding] : undefined;
  if (!unpack) throw new ProtocolError(415, `content-encoding '${encoding}' is not read: gzip, deflate and br are`);
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw badRequest(`the body is not ${encoding}: ${(error as Error).message}`);
  }
}

function tooLarge(maxBytes: number): ProtocolError {
  // The rest of the body is not read: the connection ends.
  return new ProtocolError(413, `the request is larger than ${maxBytes} bytes`, { connection: 'close' });
}
