/**
 * A sink at the end of a chain: the bookkeeping of the two-phase commit.
 *
 * What was prepared at a barrier stays pending until its checkpoint is known to be complete, and is part of every snapshot until
 * then: a checkpoint that is given up hands its committables to the next one.
 */
import type { PlanNode } from '../graph/plan.js';
import type { SinkWriter } from '../sink/contract.js';
import type { NodeSnapshot } from '../snapshot/manifest.js';
import type { Json } from '../source/contract.js';
import type { NodeAck } from './environment.js';

export class SinkOutput {
  private pending: { checkpoint: number; committables: Promise<Json[]> }[] = [];
  private committing: Promise<void> = Promise.resolve();
  rowsOut = 0;

  constructor(
    readonly node: PlanNode,
    readonly writer: SinkWriter,
    private readonly subtask: number,
  ) {}

  async open(restored: NodeSnapshot | undefined): Promise<void> {
    await this.writer.open(
      restored && {
        committables: this.subtask === 0 ? (restored.committables ?? []) : [],
        states: restored.sinkStates ?? [],
      },
    );
  }

  /** At the barrier: cuts; the promise has what the snapshot needs. */
  cut(checkpoint: number): Promise<Pick<NodeAck, 'committables' | 'sinkState'>> {
    const prepared = this.writer.prepareCommit(checkpoint);
    // A rejection is seen by whoever awaits the checkpoint, and again by the next one.
    prepared.catch(() => {});
    const sinkState = this.writer.snapshotState?.();
    this.pending.push({ checkpoint, committables: prepared });
    const upToHere = [...this.pending];
    return (async () => {
      const all: Json[] = [];
      for (const p of upToHere) all.push(...(await p.committables));
      return { committables: all, sinkState };
    })();
  }

  /**
   * Checkpoint `id` is complete: everything prepared up to it becomes visible. In order; resolves when it is. What is being committed
   * stays pending until it is committed: later checkpoints may complete meanwhile, and a restart from one of them must find it.
   */
  complete(id: number): Promise<void> {
    this.committing = this.committing.then(async () => {
      while (this.pending.length > 0 && this.pending[0].checkpoint <= id) {
        const committables = await this.pending[0].committables;
        if (committables.length > 0) await this.writer.commit(committables);
        this.pending.shift();
      }
    });
    return this.committing;
  }
}
