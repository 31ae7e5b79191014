import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { podProblem } from '../../../operator/reconcile/pod-problems.js';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const pod = (status: object): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p-0' }, status });
const container = (state: object, more: object = {}) =>
  pod({ containerStatuses: [{ name: 'tidewheel', image: 'i:1', state, ...more }] });
const death = { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-01T00:00:50Z' };

test.each([
  [
    'no node',
    pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] }),
    'Unschedulable',
    /0\/3 nodes/,
  ],
  [
    'no image',
    container({ waiting: { reason: 'ImagePullBackOff', message: 'not found' } }),
    'ImagePullFailed',
    /i:1 can't be pulled: not found/,
  ],
  [
    'no secret',
    container({ waiting: { reason: 'CreateContainerConfigError', message: 'secret "s" not found' } }),
    'ContainerConfig',
    /secret "s"/,
  ],
  [
    'out of memory',
    container({ running: {} }, { lastState: { terminated: death } }),
    'OutOfMemory',
    /spec\.resources\.memory/,
  ],
  [
    'crashes',
    container(
      { waiting: { reason: 'CrashLoopBackOff' } },
      { lastState: { terminated: { ...death, reason: 'Error', exitCode: 1, message: 'x\nTW4103: no store' } } },
    ),
    'PodCrashes',
    /TW4103: no store/,
  ],
] as const)('%s is told in words', (_, given, reason, message) => {
  expect(podProblem([pod({}), given], NOW)).toMatchObject({ reason, message: expect.stringMatching(message) });
});

test('a death long ago, and a pod that goes away, are no problem', () => {
  expect(podProblem([container({ running: {} }, { lastState: { terminated: death } })], NOW + 600_000)).toBeUndefined();
  const going = container({ waiting: { reason: 'ImagePullBackOff' } });
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(podProblem([going], NOW)).toBeUndefined();
});
