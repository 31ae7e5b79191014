import { expect, test } from '@jest/globals';
import { ByteReader, ByteWriter } from '../../../runtime/record/bytes.js';

test.each([0, 1, 23, 24, 41, 42, 43, 126, 127, 128, 129, 5461, 5462, 16_383, 16_384, 65_536, 65_537, 200_000])(
  'texts of %d characters are read as they were written, whatever their bytes',
  (length) => {
    // One, two, three and four bytes a character; at the end, in front, all over.
    const texts = ['x', 'é', '€', '😀'].flatMap((c) => [
      c.repeat(length),
      'x'.repeat(Math.max(0, length - 1)) + c,
      c + 'x'.repeat(Math.max(0, length - 1)),
    ]);
    const out = new ByteWriter(16);
    for (const text of texts) out.string(text);
    out.string('end');
    const input = new ByteReader(out.take());
    for (const text of texts) expect(input.string() === text).toBe(true);
    expect(input.string()).toBe('end');
    expect(input.pos).toBe(input.end);
  },
);
