/**
 * Shuts out writers of attempts that are over, whose processes may still live, and aborts what they left open: readers
 * that read committed records wait for every open transaction.
 *
 * InitProducerId does both: it raises the id's epoch, so that whoever holds the old one is refused from then on, and aborts
 * the open transaction. Other subtasks of this attempt may be writing already: ids of this attempt are not touched, nor
 * those of later ones (then it is this writer that is over).
 *
 * Ids stay in the brokers' memory for days. So that not all are fenced again at every start, only attempts since the one
 * that wrote the restored checkpoint are: its own start had fenced those before. What is open is aborted, however old.
 */
import type { Logger } from '../../../source/contract.js';
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { ERROR } from '../protocol/error-codes.js';
import { initProducerIdRequest } from '../protocol/init-producer-id.js';
import { LIST_TRANSACTIONS, type ListedTransaction, listTransactionsRequest } from '../protocol/list-transactions.js';
import { askCoordinator, type Committable, describeTransaction } from './commit-transaction.js';
import { attemptOf, type TransactionalIdScope } from './transactional-id.js';

const AT_ONCE = 8;

/** Resolves when no writer of an older attempt can write any more. Waits while the cluster is away. */
export async function fenceOlderAttempts(
  cluster: Cluster,
  scope: TransactionalIdScope,
  attempt: number,
  fencedBelow: number,
  committed: readonly Committable[],
  log: Logger,
): Promise<void> {
  const older = (await listTransactions(cluster)).filter(({ transactionalId, state }) => {
    const of = attemptOf(scope, transactionalId);
    return (
      of !== undefined && of < attempt && (of >= fencedBelow || state === 'Ongoing' || state.startsWith('Prepare'))
    );
  });
  const byId = new Map(committed.map((each) => [each.transactionalId, each]));
  let next = 0;
  let fenced = 0;
  const work = async () => {
    while (next < older.length) {
      const listed = older[next++];
      if (await isAtRest(cluster, listed, byId.get(listed.transactionalId))) continue;
      await fence(cluster, listed.transactionalId);
      fenced++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (fenced > 0) log.info({ fenced, attempt }, 'Kafka: transactions of older attempts are shut out');
}

/** Asks every broker for the transactional ids that it coordinates. */
export function listTransactions(cluster: Cluster): Promise<ListedTransaction[]> {
  return cluster.untilDone('listing transactions', async () => {
    await cluster.refresh([]);
    const all: ListedTransaction[] = [];
    for (const nodeId of cluster.nodeIds) {
      if (!(await cluster.supports(nodeId, LIST_TRANSACTIONS, 0))) {
        throw new KafkaError('TW3305', `broker ${nodeId}: exactly once needs Kafka 3.0 or newer`);
      }
      const answer = await cluster.ask(nodeId, listTransactionsRequest());
      if (answer.error !== 0) throw responseError('listing transactions', answer.error);
      all.push(...answer.transactions);
    }
    return all;
  });
}

/**
 * A transaction just committed from the checkpoint, and nothing begun since: left as it is, so that committing it again
 * still finds it. Nobody will use its id: its writer waits for a word of the checkpoint that it won't get.
 */
async function isAtRest(cluster: Cluster, listed: ListedTransaction, committable?: Committable): Promise<boolean> {
  if (!committable) return false;
  const found = await describeTransaction(cluster, listed.transactionalId);
  return (
    found !== undefined &&
    found.producerEpoch === committable.producerEpoch &&
    (found.state === 'CompleteCommit' || found.state === 'PrepareCommit')
  );
}

async function fence(cluster: Cluster, id: string): Promise<void> {
  const before = await describeTransaction(cluster, id);
  if (!before) return;
  await cluster.untilDone(`fencing transaction ${id}`, () =>
    askCoordinator(cluster, id, async () => {
      const { error } = await cluster.askCoordinator('transaction', id, initProducerIdRequest(id, 60_000));
      if (error === 0) return;
      if (error === ERROR.CONCURRENT_TRANSACTIONS) {
        // Of an open transaction that means: its epoch is raised and it is being aborted. Once more would raise the epoch
        // again, and the abort could not be told from one of a later transaction. See commit-transaction.ts.
        const now = await describeTransaction(cluster, id);
        const raised = now && (now.producerEpoch !== before.producerEpoch || now.producerId !== before.producerId);
        if (raised && now.state === 'CompleteAbort') return;
        if (raised) {
          await untilAborted(cluster, id);
          return;
        }
      }
      throw responseError(`fencing transaction ${id}`, error);
    }),
  );
}

async function untilAborted(cluster: Cluster, id: string): Promise<void> {
  await cluster.untilDone(`aborting transaction ${id}`, async () => {
    const now = await describeTransaction(cluster, id);
    if (now?.state.startsWith('Prepare')) {
      throw new KafkaError('TW3002', `${id} is in state ${now.state}`, { retryable: true });
    }
  });
}
