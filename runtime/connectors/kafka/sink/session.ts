/**
 * Under whose name batches are written. Brokers know a writer by its producer id and epoch, number its batches in each
 * partition, drop those that come twice and refuse those that come out of order: that is what makes it safe to send a batch
 * again when its answer was lost.
 */
import { type Cluster, responseError } from '../client/cluster.js';
import { initProducerIdRequest } from '../protocol/init-producer-id.js';
import type { BatchIdentity } from '../protocol/record-batch-builder.js';

export abstract class Session {
  identity: BatchIdentity | undefined;
  private readonly sequences: number[] = [];

  abstract readonly transactionalId: string | null;

  /**
   * Whether batches for the partition may be sent now. If not, what is missing is asked for, and whoever made the session
   * is told when it is there.
   */
  abstract mayWrite(partition: number): boolean;

  /** The number of the first of `count` records that are next in the partition. */
  nextSequence(partition: number, count: number): number {
    const sequence = this.sequences[partition] ?? 0;
    this.sequences[partition] = (sequence + count) % 2 ** 31;
    return sequence;
  }

  protected restartSequences(): void {
    this.sequences.length = 0;
  }
}

/** A writer without transactions. */
export class IdempotentSession extends Session {
  readonly transactionalId = null;
  private asking = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly changed: () => void,
    private readonly fail: (error: Error) => void,
  ) {
    super();
  }

  /** Asks for an identity before there is anything to write. */
  begin(): void {
    if (!this.asking) void this.ask();
  }

  mayWrite(): boolean {
    if (this.identity) return true;
    this.begin();
    return false;
  }

  /** The broker has lost track of this writer: goes on as a new one. What was unanswered may then stand there twice. */
  startOver(): void {
    this.identity = undefined;
    this.restartSequences();
  }

  private async ask(): Promise<void> {
    this.asking = true;
    try {
      const { producerId, producerEpoch } = await this.cluster.untilDone('getting a producer id', async () => {
        const answer = await this.cluster.askAny(initProducerIdRequest(null, 60_000));
        if (answer.error !== 0) throw responseError('getting a producer id', answer.error);
        return answer;
      });
      this.identity = { producerId, producerEpoch, transactional: false };
      this.changed();
    } catch (error) {
      this.fail(error as Error);
    } finally {
      this.asking = false;
    }
  }
}
