import { expect, test } from '@jest/globals';
import type { PlanNode } from '../../../runtime/graph/plan.js';
import type { SinkWriter } from '../../../runtime/sink/contract.js';
import { SinkOutput } from '../../../runtime/task/sink-output.js';

/** A writer whose commits last until they are let go. */
function slowWriter() {
  const letGo: (() => void)[] = [];
  const committed: unknown[] = [];
  const writer = {
    prepareCommit: async (checkpoint: number) => (checkpoint === 1 ? ['first'] : []),
    commit: async (committables: unknown[]) => {
      await new Promise<void>((resolve) => letGo.push(resolve));
      committed.push(...committables);
    },
  } as unknown as SinkWriter;
  return { writer, letGo, committed };
}

// Checkpoints without rows completed while a commit waited for its broker; a restart from one of them lost that commit's rows.
test('what is still being committed is part of later checkpoints, until it is committed', async () => {
  const { writer, letGo, committed } = slowWriter();
  const sink = new SinkOutput({} as PlanNode, writer, 0);
  expect(await sink.cut(1)).toMatchObject({ committables: ['first'] });
  const done = sink.complete(1);
  expect(await sink.cut(2)).toMatchObject({ committables: ['first'] });
  void sink.complete(2);
  expect(await sink.cut(3)).toMatchObject({ committables: ['first'] });
  letGo[0]();
  await done;
  expect(committed).toEqual(['first']);
  expect(await sink.cut(4)).toMatchObject({ committables: [] });
  // Committed once.
  await sink.complete(4);
  expect(committed).toEqual(['first']);
});
