/** Commits positions to the consumer group when a checkpoint is complete: for people who watch, never read by the job. */
import type { Logger, Split } from '../../../source/contract.js';
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { offsetCommitRequest } from '../protocol/group-offsets.js';
import { type KafkaPosition, partitionOfSplit } from './enumerate.js';

const QUIET_MS = 5_000;

export class OffsetCommits {
  private next: readonly Split[] | undefined;
  private running = false;
  private refused = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly group: string,
    private readonly log: Logger,
  ) {}

  /** While one commit is under way only the newest of those asked for is kept. */
  commit(splits: readonly Split[]): void {
    if (splits.length === 0) return;
    this.next = splits;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    const backoff = this.cluster.newBackoff();
    let failingSince: number | undefined;
    let told = false;
    while (this.next && !this.cluster.closed) {
      const splits = this.next;
      this.next = undefined;
      try {
        await this.send(splits);
        if (told) this.log.info({ group: this.group }, 'Kafka: offsets are committed again');
        failingSince = undefined;
        told = false;
      } catch (error) {
        this.cluster.forgetCoordinator('group', this.group);
        failingSince ??= Date.now();
        // A coordinator that has just begun takes a moment to be there: that is not worth a word.
        if (!told && Date.now() - failingSince > QUIET_MS && !this.cluster.closed) {
          told = true;
          const reason = { group: this.group, err: (error as Error).message };
          this.log.warn(reason, 'Kafka: offsets can not be committed to the group, which nothing but monitoring reads');
        }
        if (error instanceof KafkaError && error.transient) {
          this.next ??= splits;
          await this.cluster.pause(backoff.next());
        } else {
          this.report(error as Error);
        }
      }
    }
    this.running = false;
  }

  /** Said once: a refusal stays one. */
  private report(error: Error): void {
    if (this.refused || this.cluster.closed) return;
    this.refused = true;
    this.log.warn({ group: this.group, err: error.message }, 'Kafka: offsets are not committed to the group');
  }

  private async send(splits: readonly Split[]): Promise<void> {
    const offsets = splits.map(({ id, position }) => ({
      ...partitionOfSplit(id),
      offset: (position as unknown as KafkaPosition).offset,
    }));
    const answers = await this.cluster.askCoordinator('group', this.group, offsetCommitRequest(this.group, offsets));
    const failed = answers.find(({ error }) => error !== 0);
    if (failed) throw responseError(`committing the offset of ${failed.topic}-${failed.partition}`, failed.error);
  }
}
