import { describe, expect, test } from '@jest/globals';
import {
  COMPRESSIONS,
  canCompress,
  compress,
  decompress,
} from '../../../runtime/connectors/kafka/protocol/compression.js';

/** Numbers from a linear congruence: the same at every run. */
function noise(length: number, seed: number): Buffer {
  const out = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    out[i] = state >>> 16;
  }
  return out;
}

const json = (count: number) =>
  Buffer.from(Array.from({ length: count }, (_, n) => `{"id":${n * 7919},"name":"name of ${n % 13}"}`).join('\n'));

const INPUTS: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['twelve bytes', Buffer.from('abcabcabcabc')],
  ['thirteen equal bytes', Buffer.alloc(13, 'x')],
  ['a long run', Buffer.alloc(200_000, 'y')],
  ['text', json(5_000)],
  ['noise', noise(150_000, 1)],
  [
    'noise with repetitions at every distance',
    Buffer.concat([noise(70_000, 2), noise(70_000, 2), json(10), noise(500, 3)]),
  ],
  ['exactly a block', json(2_000).subarray(0, 65_536)],
  ['a block and a byte', json(2_000).subarray(0, 65_537)],
];

describe.each(COMPRESSIONS.filter(canCompress))('%s', (codec) => {
  const code = COMPRESSIONS.indexOf(codec);

  test.each(INPUTS)('gives back %s', (_name, data) => {
    expect(decompress(code, compress(codec, data)).equals(data)).toBe(true);
  });

  test('gives back texts of every length around the borders of its format', () => {
    const text = json(20);
    for (let length = 0; length <= 600; length++) {
      const part = text.subarray(0, length);
      expect(decompress(code, compress(codec, part)).equals(part)).toBe(true);
    }
  });
});

test.each(['gzip', 'snappy', 'lz4'] as const)('%s makes text of JSON smaller than half', (codec) => {
  const data = json(5_000);
  expect(compress(codec, data).length).toBeLessThan(data.length / 2);
});

test.each(['snappy', 'lz4'] as const)(
  '%s refuses damaged data, whatever byte is wrong, or gives other bytes',
  (codec) => {
    const data = json(30);
    const packed = compress(codec, data);
    for (let at = 0; at < packed.length; at++) {
      const damaged = Buffer.from(packed);
      damaged[at] ^= 0x55;
      try {
        expect(decompress(COMPRESSIONS.indexOf(codec), damaged).length).toBeLessThan(1 << 27);
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
    }
  },
);
