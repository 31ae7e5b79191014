/** At least once: a checkpoint waits until everything before it is acknowledged. Retries neither double nor reorder. */
import type { SinkContext, SinkRestore } from '../../../sink/contract.js';
import type { Json } from '../../../source/contract.js';
import type { Cut } from './batch.js';
import type { SinkSettings } from './options.js';
import { IdempotentSession, type Session } from './session.js';
import { KafkaWriter } from './writer.js';

export class IdempotentWriter extends KafkaWriter {
  private readonly session: IdempotentSession;
  private readonly unfinished = new Set<Cut>();

  constructor(ctx: SinkContext, settings: SinkSettings, upsert: boolean) {
    super(ctx, settings, upsert);
    this.session = new IdempotentSession(
      this.cluster,
      () => this.producer.pump(),
      (error) => this.fail(error),
    );
  }

  override async open(restore: SinkRestore | undefined): Promise<void> {
    this.session.begin();
    await super.open(restore);
  }

  protected newSession(): Session {
    return this.session;
  }

  async prepareCommit(): Promise<Json[]> {
    if (this.failure) throw this.failure;
    const cut = this.endCut();
    if (cut) {
      this.unfinished.add(cut);
      cut.done.then(
        () => this.unfinished.delete(cut),
        () => undefined,
      );
    }
    await Promise.all([...this.unfinished].map(({ done }) => done));
    return [];
  }

  async commit(): Promise<void> {}
}
