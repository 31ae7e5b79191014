import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { heldBackAfterMs } from '../../../operator/reconcile/crash-loops.js';
import { runnerPodsOf, runnersOf } from '../../../operator/resources/deployed.js';

const podWith = (waiting: string | undefined, livedS: number, deletionTimestamp?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'b', ...(deletionTimestamp ? { deletionTimestamp } : {}) },
  status: {
    containerStatuses: [
      {
        state: waiting ? { waiting: { reason: waiting } } : { running: {} },
        lastState: {
          terminated: {
            exitCode: 137,
            startedAt: '2026-01-01T00:00:00Z',
            finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, livedS)).toISOString(),
          },
        },
      },
    ],
  },
});

test('only a pod whose next start is put off is held back, and it is known how long it lived', () => {
  expect(heldBackAfterMs(podWith('CrashLoopBackOff', 42))).toBe(42_000);
  expect(heldBackAfterMs(podWith('CrashLoopBackOff', 1))).toBe(1000);
  expect(heldBackAfterMs(podWith('ContainerCreating', 42))).toBeUndefined();
  expect(heldBackAfterMs(podWith(undefined, 42))).toBeUndefined();
  expect(heldBackAfterMs(podWith('CrashLoopBackOff', 42, '2026-01-01T00:01:00Z'))).toBeUndefined();
});

test('a second death of late is known to be held back before the kubelet says so', () => {
  const died = (fromS: number, toS: number) => ({
    terminated: {
      exitCode: 137,
      startedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, fromS)).toISOString(),
      finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, toS)).toISOString(),
    },
  });
  const pod = (state: object, lastState: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'b' },
    status: { containerStatuses: [{ state, lastState }] },
  });
  expect(heldBackAfterMs(pod(died(31, 44), died(0, 30)))).toBe(13_000);
  // The kubelet starts these at once: the first death, and one after it has forgotten the last.
  expect(heldBackAfterMs(pod(died(0, 30), {}))).toBeUndefined();
  expect(heldBackAfterMs(pod(died(31, 700), died(0, 30)))).toBeUndefined();
});

test('runners that stand by come beyond those that the slots need', () => {
  expect(runnersOf({ parallelism: 5, slotsPerRunner: 2 })).toBe(3);
  expect(runnerPodsOf({ parallelism: 5, slotsPerRunner: 2 })).toBe(3);
  expect(runnerPodsOf({ parallelism: 5, slotsPerRunner: 2, standbyRunners: 2 })).toBe(5);
});
