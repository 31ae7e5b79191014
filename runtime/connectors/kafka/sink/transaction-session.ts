/** One transaction: begun when its first batch is there, with the partitions that it touches told to its coordinator. */
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { addPartitionsToTxnRequest } from '../protocol/add-partitions-to-txn.js';
import { ERROR, errorVerdict } from '../protocol/error-codes.js';
import { askCoordinator, type Committable } from './commit-transaction.js';
import { Session } from './session.js';
import type { Slot } from './transaction-ring.js';

export class TransactionSession extends Session {
  private readonly added = new Set<number>();
  private wanted = new Set<number>();
  private asking = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
    readonly slot: Slot,
    private readonly changed: () => void,
    private readonly fail: (error: Error) => void,
  ) {
    super();
    slot.identity.then(
      (identity) => {
        this.identity = identity;
        this.changed();
      },
      (error) => this.fail(error),
    );
  }

  /** Final once the identity is there. */
  get transactionalId(): string {
    return this.slot.transactionalId;
  }

  mayWrite(partition: number): boolean {
    if (this.added.has(partition)) return true;
    this.wanted.add(partition);
    if (this.identity && !this.asking) void this.addWanted();
    return false;
  }

  /** What the checkpoint has to hold. All batches are acknowledged. */
  committable(): Committable {
    const { producerId, producerEpoch } = this.identity!;
    const partitions = [...this.added].sort((a, b) => a - b);
    return { transactionalId: this.transactionalId, producerId, producerEpoch, topic: this.topic, partitions };
  }

  private async addWanted(): Promise<void> {
    this.asking = true;
    try {
      while (this.wanted.size > 0) {
        const partitions = [...this.wanted];
        this.wanted = new Set();
        await this.add(partitions);
        for (const partition of partitions) this.added.add(partition);
      }
      this.asking = false;
      this.changed();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private add(partitions: readonly number[]): Promise<void> {
    const { cluster, transactionalId: id, topic } = this;
    const { producerId, producerEpoch } = this.identity!;
    return cluster.untilDone(`beginning transaction ${id}`, () =>
      askCoordinator(cluster, id, async () => {
        const request = addPartitionsToTxnRequest(id, producerId, producerEpoch, topic, partitions);
        const answers = await cluster.askCoordinator('transaction', id, request);
        // A fatal error explains the others, which then are OPERATION_NOT_ATTEMPTED.
        const refused = answers
          .filter(({ error }) => error !== 0)
          .sort((a, b) => Number(errorVerdict(b.error) === 'fatal') - Number(errorVerdict(a.error) === 'fatal'))[0];
        if (!refused) return;
        const { error, partition } = refused;
        const doing = `beginning transaction ${id} on ${topic}-${partition}`;
        if (error === ERROR.INVALID_PRODUCER_EPOCH || error === ERROR.PRODUCER_FENCED) {
          throw new KafkaError('TW3307', `${doing}: a newer attempt has taken it over, or it has timed out`);
        }
        throw responseError(doing, error);
      }),
    );
  }
}
