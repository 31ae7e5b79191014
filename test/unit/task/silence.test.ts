import { expect, test } from '@jest/globals';
import { Silence } from '../../../runtime/task/silence.js';

test('silence is the time since the last word', () => {
  const silence = new Silence(1000, 0);
  expect(silence.look(1000)).toBe(1000);
  silence.heard(1500);
  expect(silence.look(2000)).toBe(500);
  expect(silence.look(3050)).toBe(1550);
});

test('time in which the listener stood still itself is not held against the other end', () => {
  const silence = new Silence(1000, 0);
  expect(silence.look(1000)).toBe(1000);
  // Looks 13 s late: what was said meanwhile could not be heard yet.
  expect(silence.look(15_000)).toBe(2000);
  silence.heard(15_001);
  expect(silence.look(16_000)).toBe(999);
});

test('a word heard at the end of a standstill is not put into the future', () => {
  const silence = new Silence(1000, 0);
  silence.heard(13_900);
  expect(silence.look(14_000)).toBe(0);
  expect(silence.look(15_000)).toBe(1000);
});
