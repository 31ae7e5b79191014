/** What a task acknowledges of its event time at a barrier. */
import { describe, expect, test } from '@jest/globals';
import { NodeState } from '../../../runtime/state/node-state.js';
import type { Link } from '../../../runtime/task/chain.js';
import { TaskCheckpoints } from '../../../runtime/task/checkpoints.js';
import type { TaskAck } from '../../../runtime/task/environment.js';
import { MemoryStore } from '../transform/plan-run.js';

type Parts = ConstructorParameters<typeof TaskCheckpoints>[0];

async function acknowledged(restoredWatermark: number, inputWatermark: number): Promise<number | null | undefined> {
  const link = {
    node: { id: 'window' },
    transform: { snapshotOperator: () => ({}) },
    state: new NodeState('window', 4, [0, 1, 2, 3]),
    restoredWatermark,
  } as unknown as Link;
  const ack = await new Promise<TaskAck>((resolve, reject) => {
    const parts = {
      stage: { index: 0, nodes: [{ id: 'window' }] },
      subtask: 0,
      env: { deployment: { attempt: 1 } },
      store: new MemoryStore(),
      chain: { links: [link], sinks: [], head: () => () => {} },
      outputs: [],
      ack: resolve,
      decline: (_: number, error: Error) => reject(error),
    } as unknown as Parts;
    new TaskCheckpoints(parts, { checkpointBytes: 0 }).cut({ type: 'barrier', id: 7, stop: false }, inputWatermark);
  });
  return ack.nodes.window.watermark;
}

describe('the watermark of a checkpoint', () => {
  test('is the one before the restart while none has come since: rows that were late stay late', async () => {
    expect(await acknowledged(5000, Number.NEGATIVE_INFINITY)).toBe(5000);
  });

  test('never goes back', async () => {
    expect(await acknowledged(5000, 4000)).toBe(5000);
    expect(await acknowledged(5000, 6000)).toBe(6000);
  });

  test('is null where there has never been one', async () => {
    expect(await acknowledged(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBeNull();
  });
});
