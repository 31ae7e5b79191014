/** A line between two threads through memory. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { FRAME_HEADER, type Frame, FrameParser, ROWS, writeHeader } from '../../../runtime/exchange/frame.js';
import { acceptLine, type LineOffer, openLine, refuseLine } from '../../../runtime/task/neighbours.js';

function frame(number: number, size: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER + size, number & 255);
  writeHeader(bytes, ROWS, number, bytes.length);
  return bytes;
}

/** Sizes around the alignment, and some larger than the ring. */
const SIZES = [0, 1, 7, 8, 9, 500, 70_000, 3, 1_300_000, 15, 600_000, 0, 2];

/** A thread that sends back what it gets, as it comes. */
async function echo(): Promise<{ worker: Worker; offer: (offer: LineOffer) => void }> {
  const url = new URL('../../../runtime/task/neighbours.js', import.meta.url);
  const frames = new URL('../../../runtime/exchange/frame.js', import.meta.url);
  const code = `
    const { parentPort } = require('node:worker_threads');
    Promise.all([import(${JSON.stringify(url.href)}), import(${JSON.stringify(frames.href)})]).then(([{ acceptLine }, { FrameParser }]) => {
      parentPort.on('message', (offer) => {
        const line = acceptLine(offer);
        const parser = new FrameParser((frame) => line.write(frame.bytes), line.alignment);
        line.onData((chunk) => parser.push(chunk));
      });
      parentPort.postMessage('ready');
    });`;
  const worker = new Worker(code, { eval: true });
  await once(worker, 'message');
  return { worker, offer: (offer) => worker.postMessage(offer, [offer.end.port]) };
}

test('frames come whole and in order both ways, also those larger than the shared memory', async () => {
  const { worker, offer } = await echo();
  const line = (await openLine(offer, 'there'))!;
  const got: Frame[] = [];
  const sent = Array.from({ length: 200 }, (_, i) => frame(i, SIZES[i % SIZES.length]));
  const all = new Promise<void>((resolve) => {
    const parser = new FrameParser((f) => {
      expect(f.bytes.byteOffset % 8).toBe(0);
      got.push({ ...f, bytes: Buffer.from(f.bytes) });
      if (got.length === sent.length) resolve();
    }, line.alignment);
    line.onData((chunk) => parser.push(chunk));
  });
  for (const bytes of sent) {
    const scratch = Buffer.from(bytes);
    line.write(scratch);
    // The caller's memory is its own again.
    scratch.fill(0xee);
  }
  await all;
  expect(got.map((f) => f.exchange)).toEqual(sent.map((_, i) => i));
  expect(got.every((f, i) => f.bytes.equals(sent[i]))).toBe(true);
  line.destroy();
  await worker.terminate();
});

test('a line closes when the thread at its other end is gone', async () => {
  const { worker, offer } = await echo();
  const line = (await openLine(offer, 'there'))!;
  const closed = new Promise<void>((resolve) => line.onClose(resolve));
  await worker.terminate();
  await closed;
});

test('what comes while a line is paused is read when it goes on', async () => {
  let far: ReturnType<typeof acceptLine> | undefined;
  const near = (await openLine((offer) => {
    far = acceptLine(offer);
  }, 'here'))!;
  const chunks: Buffer[] = [];
  far!.pause();
  far!.onData((chunk) => chunks.push(chunk));
  near.write(frame(1, 8));
  await new Promise((resolve) => setImmediate(resolve));
  expect(chunks).toEqual([]);
  far!.resume();
  expect(Buffer.concat(chunks).equals(frame(1, 8))).toBe(true);
  near.destroy();
});

test('where nobody of this process listens at an address, there is no line in memory', async () => {
  expect(await openLine((offer) => refuseLine(offer.end.port), 'elsewhere')).toBeUndefined();
});
