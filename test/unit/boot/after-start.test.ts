import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, test } from '@jest/globals';
import { collectAfterStart } from '../../../runtime/boot/after-start.js';

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR, NODE_PERFORMANCE_GC_FLAGS_FORCED: FORCED } = constants;

/** Whether a full collection is asked for within some time. */
function collected(withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (is: boolean) => {
      clearTimeout(timer);
      observer.disconnect();
      resolve(is);
    };
    const isAsked = (entry: object) => {
      const { kind, flags } = (entry as { detail: { kind: number; flags: number } }).detail;
      return kind === MAJOR && (flags & FORCED) !== 0;
    };
    const observer = new PerformanceObserver((list) => list.getEntries().some(isAsked) && done(true));
    observer.observe({ entryTypes: ['gc'] });
    const timer = setTimeout(() => done(false), withinMs);
  });
}

test('a full collection is asked for; gc() is left to nobody', async () => {
  const seen = collected(10_000);
  collectAfterStart(1, Number.POSITIVE_INFINITY);
  expect(await seen).toBe(true);
  expect((globalThis as { gc?: unknown }).gc).toBeUndefined();
});

test('a heap with state is left alone', async () => {
  const seen = collected(100);
  collectAfterStart(1, 1);
  expect(await seen).toBe(false);
});
