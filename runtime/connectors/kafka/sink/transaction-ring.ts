/**
 * The transactional ids of one writer. A transaction that is cut waits for its checkpoint while the next one is written
 * under another id; after the commit its id comes round again, under a new epoch. The ring grows with the number of
 * checkpoints that are outstanding.
 *
 * An InitProducerId that got no answer may be carried out late, when its broker comes back, and would then take the epoch
 * from a transaction that was begun since. (KIP-360's repetition with the held epoch does not help: while a transaction is
 * open the broker fences whatever epoch is named.) So an id whose request got no answer is never used again: the slot takes
 * the next name.
 */
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { ERROR } from '../protocol/error-codes.js';
import { initProducerIdRequest, type ProducerIdentity } from '../protocol/init-producer-id.js';
import type { BatchIdentity } from '../protocol/record-batch-builder.js';
import { askCoordinator } from './commit-transaction.js';
import { type TransactionalIdScope, transactionalId } from './transactional-id.js';

/** More than that without a commit: checkpoints do not come to an end, and the job should not go on as if. */
const MAX_SLOTS = 1_000;

export class Slot {
  /** Resolves with the epoch to write under. */
  identity!: Promise<BatchIdentity>;
  /** That epoch, while a transaction under it is open or not known to be committed. */
  epoch: number | undefined;

  constructor(
    /** Final once the identity is there, until the slot is given back. */
    public transactionalId: string,
  ) {}
}

export class TransactionRing {
  private readonly idle: Slot[] = [];
  private readonly slots = new Map<string, Slot>();
  private named = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly scope: TransactionalIdScope,
    private readonly attempt: number,
    private readonly subtask: number,
    private readonly timeoutMs: number,
  ) {}

  /** Has `count` ids ready. Rejects when the brokers refuse them. */
  async prepare(count: number): Promise<void> {
    while (this.slots.size < count) this.idle.push(this.grow());
    await Promise.all(this.idle.map(({ identity }) => identity));
  }

  /** An id for the next transaction. Throws TW3310. */
  take(): Slot {
    const slot = this.idle.shift() ?? this.grow();
    slot.identity.then(
      ({ producerEpoch }) => {
        slot.epoch = producerEpoch;
      },
      () => undefined,
    );
    return slot;
  }

  /**
   * The transaction that was written under the id and epoch is committed: makes the id ready for another one. Ids of other
   * writers and repetitions are passed over.
   */
  giveBack(id: string, epoch: number): void {
    const slot = this.slots.get(id);
    if (slot?.epoch === epoch) this.renew(slot);
  }

  /** Takes back an id under which nothing was written. */
  giveBackUnused(slot: Slot): void {
    slot.epoch = undefined;
    this.idle.push(slot);
  }

  private renew(slot: Slot): void {
    slot.epoch = undefined;
    slot.identity = this.initialise(slot);
    this.idle.push(slot);
  }

  private grow(): Slot {
    const waiting = this.slots.size;
    if (waiting >= MAX_SLOTS) {
      throw new KafkaError(
        'TW3310',
        `${waiting} transactions wait for their checkpoints: no checkpoint has come to its end for as long`,
      );
    }
    const slot = new Slot(this.newName());
    this.slots.set(slot.transactionalId, slot);
    slot.identity = this.initialise(slot);
    return slot;
  }

  private newName(): string {
    return transactionalId(this.scope, this.attempt, this.subtask, this.named++);
  }

  private rename(slot: Slot): void {
    this.slots.delete(slot.transactionalId);
    slot.transactionalId = this.newName();
    this.slots.set(slot.transactionalId, slot);
  }

  private initialise(slot: Slot): Promise<BatchIdentity> {
    const identity = this.cluster
      .untilDone(`initialising a transaction of attempt ${this.attempt}`, () => this.ask(slot))
      .then(({ producerId, producerEpoch }) => ({ producerId, producerEpoch, transactional: true }));
    // Whoever takes the slot sees the failure.
    identity.catch(() => undefined);
    return identity;
  }

  private async ask(slot: Slot): Promise<ProducerIdentity> {
    const id = slot.transactionalId;
    return askCoordinator(this.cluster, id, async () => {
      const request = initProducerIdRequest(id, this.timeoutMs);
      const answer = await this.cluster.askCoordinator('transaction', id, request).catch((error) => {
        this.rename(slot);
        throw error;
      });
      if (answer.error === ERROR.PRODUCER_FENCED || answer.error === ERROR.INVALID_PRODUCER_EPOCH) {
        throw new KafkaError('TW3307', `a newer attempt has taken over transaction ${id}`);
      }
      if (answer.error !== 0) throw responseError(`initialising transaction ${id}`, answer.error);
      return answer;
    });
  }
}
