/**
 * One partition's batches on their way: the one being filled, those closed, and those sent without an answer yet. They are
 * acknowledged in order, also over broken connections and changes of the leader: when one is refused, those sent after it
 * are waited for, and all of them sent again, one at a time until one is taken. So is a writer's first batch: a partition
 * that knows nothing of a writer takes it up with whichever of its batches comes first, so that one sent behind a refused
 * first batch would be taken in its stead, and the first then never again.
 */
import type { Backoff } from '../client/backoff.js';
import type { BatchIdentity, RecordBatchBuilder } from '../protocol/record-batch-builder.js';
import type { Batch, Cut } from './batch.js';

/** Brokers remember the last five batches of a writer in a partition to tell repeats from gaps. */
const MAX_UNANSWERED = 5;

export class PartitionQueue {
  open: RecordBatchBuilder | undefined;
  /** Cut that the open batch belongs to. */
  openCut: Cut | undefined;
  openedAt = 0;
  /** The open batch is to be sent as soon as nothing is under way. */
  flushWanted = false;
  /** Not to be sent before that time. */
  retryAt = 0;
  private readonly closed: Batch[] = [];
  private sent: Batch[] = [];
  private careful = false;
  /** Whom the partition has taken a batch of last. */
  private takenFrom: BatchIdentity | undefined;

  constructor(
    readonly partition: number,
    readonly backoff: Backoff,
  ) {}

  get idle(): boolean {
    return this.closed.length === 0 && this.sent.length === 0;
  }

  get waiting(): boolean {
    return this.closed.length > 0;
  }

  push(batch: Batch): void {
    this.closed.push(batch);
  }

  /** The batch to send next, if one may be sent now. It stays until `took` says that it was. */
  next(now: number): Batch | undefined {
    const { closed, sent } = this;
    if (closed.length === 0 || this.retryAt > now) return undefined;
    if (sent.length > 0) {
      if (this.careful || sent.length >= MAX_UNANSWERED || sent[0].identity !== this.takenFrom) return undefined;
      // Another session's batch must not overtake: its order is not guarded by the same sequence.
      if (sent[0].cut.session !== closed[0].cut.session) return undefined;
    }
    return closed[0];
  }

  took(batch: Batch): void {
    this.closed.shift();
    this.sent.push(batch);
  }

  acknowledge(batch: Batch): void {
    this.sent.splice(this.sent.indexOf(batch), 1);
    this.takenFrom = batch.identity;
    if (!this.settle()) this.careful = false;
  }

  /** The batch is to be sent again, as `instead` if it was cut up. */
  giveBack(batch: Batch, instead: readonly Batch[] = [batch]): void {
    for (const each of instead) each.returned = true;
    this.sent.splice(this.sent.indexOf(batch), 1, ...instead);
    this.careful = true;
    this.settle();
  }

  /** Whether a batch sent before this one is still to be acknowledged. */
  hasEarlier(batch: Batch): boolean {
    return this.sent[0] !== batch;
  }

  /** All batches that aren't acknowledged. */
  unacknowledged(): readonly Batch[] {
    return [...this.sent, ...this.closed];
  }

  /** Puts those given back in line again once nothing is under way. True: there are such. */
  private settle(): boolean {
    if (!this.sent.some((each) => each.returned)) return false;
    if (this.sent.every((each) => each.returned)) {
      for (const each of this.sent) each.returned = false;
      this.closed.unshift(...this.sent);
      this.sent = [];
    }
    return true;
  }
}
