import { expect, test } from '@jest/globals';
import { type Frame, FrameParser, ROWS } from '../../../runtime/exchange/frame.js';
import { BATCH_ROWS, INITIAL_CREDIT, OutputWriter, RemoteChannel } from '../../../runtime/exchange/output.js';
import { compileBatchCodec } from '../../../runtime/record/batch-codec.js';
import { UNTYPED } from '../../../runtime/record/types.js';

function remote() {
  const sent: Buffer[] = [];
  let wakes = 0;
  const channel = new RemoteChannel(
    3,
    compileBatchCodec(UNTYPED),
    (frame) => sent.push(Buffer.from(frame)),
    () => wakes++,
  );
  return { channel, sent, wakes: () => wakes };
}

test('without credit, batches wait, the writer is not ready, and control elements keep their place', () => {
  const { channel, sent, wakes } = remote();
  const writer = new OutputWriter([channel], false);
  const row = { a: 1 };
  for (let i = 0; i < BATCH_ROWS * INITIAL_CREDIT; i++) writer.write(0, row, 0);
  expect(sent).toHaveLength(INITIAL_CREDIT);
  expect(writer.ready).toBe(true);
  for (let i = 0; i < BATCH_ROWS; i++) writer.write(0, row, 0);
  expect(writer.ready).toBe(false);
  writer.broadcast({ type: 'barrier', id: 9, stop: false });
  expect(sent).toHaveLength(INITIAL_CREDIT);
  channel.addCredit(1);
  expect(sent).toHaveLength(INITIAL_CREDIT + 2);
  expect(sent[INITIAL_CREDIT][4]).toBe(ROWS);
  expect(sent[INITIAL_CREDIT + 1][4]).not.toBe(ROWS);
  expect(writer.ready).toBe(true);
  expect(wakes()).toBe(1);
});

test('frames are cut right from a stream that comes in any pieces', () => {
  const { channel, sent } = remote();
  channel.rows([{ x: 'é', n: 12345678901234567890n }], null);
  channel.control({ type: 'watermark', timestamp: 42 });
  channel.rows([{ x: null }], [3]);
  const stream = Buffer.concat(sent);
  for (const step of [1, 2, 3, 7, 64, stream.length]) {
    const frames: Frame[] = [];
    const parser = new FrameParser((f) => frames.push({ ...f, bytes: Buffer.from(f.bytes) }));
    for (let i = 0; i < stream.length; i += step) parser.push(stream.subarray(i, i + step));
    expect(Buffer.concat(frames.map((f) => f.bytes)).equals(stream)).toBe(true);
    expect(frames.map((f) => f.exchange)).toEqual([3, 3, 3]);
  }
});

test('a length that no frame can have ends the stream', () => {
  const parser = new FrameParser(() => {});
  expect(() => parser.push(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]))).toThrow(/damaged/);
});

test('a watermark on its way to another slot waits for the batch that is being filled', () => {
  const { channel, sent } = remote();
  const writer = new OutputWriter([channel], false);
  writer.write(0, { a: 1 }, 0);
  writer.broadcast({ type: 'watermark', timestamp: 1 });
  writer.write(0, { a: 2 }, 0);
  writer.broadcast({ type: 'watermark', timestamp: 2 });
  expect(sent).toHaveLength(0);
  writer.broadcast({ type: 'barrier', id: 1, stop: false });
  // One batch, the last watermark, the barrier.
  expect(sent.map((bytes) => bytes[4])).toEqual([ROWS, 3, 4]);
  expect(sent[1].readDoubleLE(8)).toBe(2);
});
