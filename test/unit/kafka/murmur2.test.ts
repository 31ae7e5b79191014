import { expect, test } from '@jest/globals';
import { murmur2 } from '../../../runtime/connectors/kafka/protocol/murmur2.js';

// Expected values are those of Kafka's own test of its hash (UtilsTest.testMurmur2).
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s', (text, hash) => {
  const bytes = Buffer.from(`__${text}_`);
  expect(murmur2(bytes, 2, bytes.length - 1)).toBe(hash);
});
