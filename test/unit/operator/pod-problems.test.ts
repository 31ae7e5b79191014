import { describe, expect, test } from '@jest/globals';
import type { CoordinatorView } from '../../../operator/coordinator-api.js';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { jobProblem } from '../../../operator/reconcile/job-problems.js';
import { missingRunners, podProblem, refusedPods } from '../../../operator/reconcile/pod-problems.js';

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
      { lastState: { terminated: { ...death, reason: 'Error', exitCode: 1, message: 'x\nTW1004: no such table' } } },
    ),
    'PodCrashes',
    /TW1004: no such table/,
  ],
  [
    'no store at start',
    container(
      { waiting: { reason: 'CrashLoopBackOff' } },
      {
        lastState: {
          terminated: { ...death, reason: 'Error', exitCode: 1, message: 'TW4103: s3://b/ at http://x: refused' },
        },
      },
    ),
    'StoreAway',
    /can't start: TW4103/,
  ],
  [
    'evicted',
    pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    'Evicted',
    /low on resource: memory/,
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

describe('pods that are not made', () => {
  const QUOTA =
    'pods "ids-coordinator-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5';
  const deployment = (message: string): KubeObject =>
    pod({ conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] });

  test('a quota and another refusal are told apart', () => {
    expect(refusedPods(deployment(QUOTA))).toMatchObject({
      reason: 'QuotaExceeded',
      message: expect.stringContaining(QUOTA),
    });
    expect(refusedPods(deployment('violates PodSecurity "restricted"'))?.reason).toBe('PodsRefused');
    expect(refusedPods(pod({ conditions: [{ type: 'Available', status: 'True' }] }))).toBeUndefined();
  });

  test('runners that stay away are told, with the place that says why; those that come are not', () => {
    const set = (replicas: number) => ({
      ...pod({ replicas }),
      metadata: { name: 'ids-runner' },
      spec: { replicas: 3 },
    });
    expect(missingRunners(set(1), 20_000)).toMatchObject({
      reason: 'PodsRefused',
      message: expect.stringMatching(/only 1 of 3 .*kubectl describe statefulset ids-runner/),
    });
    expect(missingRunners(set(1), 5000)).toBeUndefined();
    expect(missingRunners(set(3), 20_000)).toBeUndefined();
  });
});

describe('a job that has its pods', () => {
  const view = (more: object) => ({ state: 'running', ...more }) as CoordinatorView;

  test.each([
    [
      { storeTrouble: 's3://b/ at http://minio:9000 does not answer: ECONNREFUSED' },
      'StoreAway',
      /can't be saved: .*ECONNREFUSED/,
    ],
    [
      { checkpointFailures: { count: 3, reason: 'write checkpoints/7: the store does not answer' } },
      'StoreAway',
      /the last 3 checkpoints failed: write/,
    ],
    [
      { checkpointFailures: { count: 1, reason: 'no word yet from 1 of 2 tasks (0/1)' } },
      'CheckpointsFail',
      /the last checkpoint failed: no word/,
    ],
    [{ waitingFor: 'Kafka at kafka:9092 does not answer' }, 'BrokerAway', /waits: Kafka at kafka:9092/],
    [{ waitingFor: 'orders: no answer from its socket for 5 s' }, 'WaitsForSystem', /its socket/],
  ] as const)('%j is told in words', (more, reason, message) => {
    expect(jobProblem(view(more))).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  test('and nothing when all is well, or when nobody answers', () => {
    expect(jobProblem(view({ checkpointFailures: { count: 0 } }))).toBeUndefined();
    expect(jobProblem(undefined)).toBeUndefined();
  });
});
