/**
 * Commits a transaction that a checkpoint counts on. May be asked again and again for the same one, by any process: after a
 * crash nobody knows whether the last commit arrived.
 *
 * The invariant that makes this safe: an epoch of a transactional id carries one transaction only. Its writer uses the id
 * again only after the commit succeeded, and then under the next epoch (InitProducerId). So EndTxn under a committable's
 * epoch can end no other transaction than its own.
 *
 * What the coordinator says to EndTxn(commit) under (producer id, epoch e):
 *
 *   NONE                      committed now, or was already.
 *   CONCURRENT_TRANSACTIONS   its markers are being written: asked again until NONE.
 *   COORDINATOR_*, NOT_COORDINATOR, connection lost: asked again, of whoever coordinates then.
 *   INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE: the id has moved on. Whether
 *   it did so over a commit or over an abort shows in its state (DescribeTransactions):
 *     unknown id              forgotten, transactional.id.expiration.ms (7 days) after its transaction had ended. An open
 *                             transaction is never forgotten, but whether it ended well can't be told: a warning.
 *     epoch ≤ e + 1, aborted  the timeout or a newer attempt's fencing aborted it, each of which raises the epoch by one;
 *                             or an administrator did, under the same epoch: lost.
 *     anything else           the epoch was raised by the writer itself, which it does after a commit only: committed.
 *                             (In particular CompleteAbort at e + 2: a later transaction of the id was aborted.)
 */
import type { Logger } from '../../../source/contract.js';
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { describeTransactionRequest, type TransactionDescription } from '../protocol/describe-transactions.js';
import { endTxnRequest } from '../protocol/end-txn.js';
import { ERROR, errorName } from '../protocol/error-codes.js';

/** What a checkpoint holds of a transaction. */
export interface Committable {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topic: string;
  readonly partitions: readonly number[];
}

const MOVED_ON: readonly number[] = [
  ERROR.INVALID_PRODUCER_EPOCH,
  ERROR.PRODUCER_FENCED,
  ERROR.INVALID_PRODUCER_ID_MAPPING,
  ERROR.INVALID_TXN_STATE,
  ERROR.TRANSACTIONAL_ID_NOT_FOUND,
];

/**
 * Resolves when the transaction is committed; waits while the cluster is away. Rejects with TW3308 when it
 * was aborted, unless `ignoreLost`.
 */
export async function commitTransaction(
  cluster: Cluster,
  committable: Committable,
  ignoreLost: boolean,
  log: Logger,
): Promise<void> {
  const { transactionalId: id, producerId, producerEpoch } = committable;
  const error = await cluster.untilDone(`committing transaction ${id}`, () =>
    askCoordinator(cluster, id, async () => {
      const answer = await cluster.askCoordinator(
        'transaction',
        id,
        endTxnRequest(id, producerId, producerEpoch, true),
      );
      if (answer.error === 0 || MOVED_ON.includes(answer.error)) return answer.error;
      throw responseError(`committing transaction ${id}`, answer.error);
    }),
  );
  if (error === 0) return;
  const found = await describeTransaction(cluster, id);
  if (found === undefined) {
    log.warn(
      { ...committable },
      'Kafka: the brokers have forgotten a transaction of the checkpoint; taken as committed',
    );
    return;
  }
  if (!isLost(committable, found)) return;
  const { topic, partitions } = committable;
  const text =
    `transaction ${id} (producer ${producerId}, epoch ${producerEpoch}) of topic '${topic}', partitions ` +
    `${partitions.join(', ')}, was aborted before it was committed (${errorName(error)}; now ${found.state}, epoch ` +
    `${found.producerEpoch}): its rows are lost. It was open longer than 'transaction.timeout', or a newer attempt of ` +
    `the job aborted it. Start from a newer checkpoint, or from one before it with the rows written again, or set ` +
    `'sink.on-lost-transaction' to 'ignore' to go on without them`;
  if (!ignoreLost) throw new KafkaError('TW3308', text);
  log.error({ ...committable, state: found.state }, `Kafka: ${text}`);
}

function isLost({ producerId, producerEpoch }: Committable, found: TransactionDescription): boolean {
  const aborted = ['PrepareAbort', 'CompleteAbort', 'PrepareEpochFence', 'Dead'].includes(found.state);
  return aborted && found.producerId === producerId && found.producerEpoch <= producerEpoch + 1;
}

/** The state of a transactional id; undefined: the brokers don't know it. Waits while the cluster is away. */
export function describeTransaction(cluster: Cluster, id: string): Promise<TransactionDescription | undefined> {
  return cluster.untilDone(`describing transaction ${id}`, () =>
    askCoordinator(cluster, id, async () => {
      const found = await cluster.askCoordinator('transaction', id, describeTransactionRequest(id));
      if (found.error === ERROR.TRANSACTIONAL_ID_NOT_FOUND) return undefined;
      if (found.error !== 0) throw responseError(`describing transaction ${id}`, found.error);
      return found;
    }),
  );
}

/** Forgets the coordinator after every failure that another one might not have. */
export async function askCoordinator<T>(cluster: Cluster, id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    cluster.forgetCoordinator('transaction', id);
    throw error;
  }
}
