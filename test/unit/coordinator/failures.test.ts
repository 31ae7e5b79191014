import { expect, test } from '@jest/globals';
import { TidewheelError } from '../../../api/index.js';
import { Failures } from '../../../runtime/coordinator/failures.js';
import { DEFAULT_RESTART } from '../../../runtime/coordinator/restart.js';

const lost = () => new TidewheelError('TW5002', 'runner a was lost');
const at = (checkpoint: number) => ({ attempt: 1, checkpoint });

test('a runner that is lost behind a new checkpoint costs no delay, however often that happens', () => {
  const failures = new Failures(DEFAULT_RESTART);
  expect([1, 3, 4, 9].map((checkpoint) => failures.add(lost(), at(checkpoint)))).toEqual([0, 0, 0, 0]);
});

test('one that is lost again before the job has come on is waited for longer and longer', () => {
  const failures = new Failures(DEFAULT_RESTART);
  expect([1, 1, 1, 1].map((checkpoint) => failures.add(lost(), at(checkpoint)))).toEqual([0, 250, 500, 1000]);
});

test('failures of the job itself are not forgotten with its next checkpoint', () => {
  const failures = new Failures(DEFAULT_RESTART);
  const own = (checkpoint: number) => failures.add(new Error(`row ${checkpoint}`), at(checkpoint));
  expect([1, 2, 3].map(own)).toEqual([0, 250, 500]);
});

test('restarts that are counted stay counted', () => {
  const failures = new Failures({ kind: 'fixed', delayMs: 10, maxAttempts: 2 });
  expect([1, 2, 3].map((checkpoint) => failures.add(lost(), at(checkpoint)))).toEqual([10, 10, undefined]);
});
