/**
 * Exactly once: a transaction per checkpoint.
 *
 * At a barrier the transaction is cut: rows written afterwards go into the next one, under another transactional id. When
 * all its batches are acknowledged, its name, producer id and epoch go into the snapshot; from then on any process can
 * commit it. It is committed when the checkpoint is complete, or after a crash by whoever starts from that checkpoint.
 * Without rows no transaction is begun.
 */
import type { SinkContext, SinkRestore } from '../../../sink/contract.js';
import type { Json } from '../../../source/contract.js';
import { initProducerIdRequest } from '../protocol/init-producer-id.js';
import type { Cut } from './batch.js';
import type { Committable } from './commit-transaction.js';
import { fenceOlderAttempts } from './fence-attempts.js';
import type { SinkSettings } from './options.js';
import type { Session } from './session.js';
import { TransactionRing } from './transaction-ring.js';
import { TransactionSession } from './transaction-session.js';
import type { TransactionalIdScope } from './transactional-id.js';
import { KafkaWriter } from './writer.js';

/** One is written to while another waits for its checkpoint. */
const READY_SLOTS = 2;
/** What an unclean end may cost: then the transaction's timeout, or the next attempt, aborts it. */
const ABORT_TIMEOUT_MS = 2_000;

interface WriterState {
  readonly attempt: number;
}

export class TransactionalWriter extends KafkaWriter {
  private readonly ring: TransactionRing;
  private readonly scope: TransactionalIdScope;

  constructor(ctx: SinkContext, settings: SinkSettings, upsert: boolean) {
    super(ctx, settings, upsert);
    this.scope = { prefix: settings.transactionalIdPrefix, nodeId: ctx.nodeId };
    const { attempt, subtask } = ctx;
    this.ring = new TransactionRing(this.cluster, this.scope, attempt, subtask, settings.transactionTimeoutMs);
  }

  override async open(restore: SinkRestore | undefined): Promise<void> {
    await super.open(restore);
    const prepared = this.ring.prepare(READY_SLOTS);
    // A refusal is seen below, when the older attempts are shut out.
    prepared.catch(() => undefined);
    if (this.ctx.subtask === 0) {
      const committables = (restore?.committables ?? []) as unknown as Committable[];
      const attempts = ((restore?.states ?? []) as unknown as WriterState[]).map(({ attempt }) => attempt);
      const fencedBelow = attempts.length > 0 ? Math.min(...attempts) : 0;
      const { attempt, log } = this.ctx;
      await fenceOlderAttempts(this.cluster, this.scope, attempt, fencedBelow, committables, log);
    }
    await prepared;
  }

  snapshotState(): Json {
    return { attempt: this.ctx.attempt };
  }

  protected newSession(): Session {
    return new TransactionSession(
      this.cluster,
      this.settings.topic,
      this.ring.take(),
      () => this.producer.pump(),
      (error) => this.fail(error),
    );
  }

  async prepareCommit(): Promise<Json[]> {
    if (this.failure) throw this.failure;
    const cut = this.endCut();
    if (!cut) return [];
    const session = cut.session as TransactionSession;
    if (!cut.written) {
      this.ring.giveBackUnused(session.slot);
      return [];
    }
    await cut.done;
    return [session.committable() as unknown as Json];
  }

  async commit(committables: readonly Json[]): Promise<void> {
    await this.commitAll(committables as unknown as Committable[]);
  }

  protected override committed({ transactionalId, producerEpoch }: Committable): void {
    this.ring.giveBack(transactionalId, producerEpoch);
  }

  /** Aborts the transaction that isn't cut yet. Those that are cut may be in a checkpoint: they stay. */
  override async close(): Promise<void> {
    const { cut } = this;
    if (cut?.written && cut.session.identity) await this.abort(cut);
    await super.close();
  }

  /** By a new epoch, not by EndTxn: an abort under the writer's own epoch would look like a lost transaction. */
  private async abort({ session }: Cut): Promise<void> {
    const id = session.transactionalId!;
    const request = initProducerIdRequest(id, this.settings.transactionTimeoutMs);
    const { cluster } = this;
    const asked = cluster.askCoordinator('transaction', id, request).catch(() => undefined);
    await Promise.race([asked, cluster.pause(ABORT_TIMEOUT_MS)]);
  }
}
