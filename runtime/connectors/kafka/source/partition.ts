/** One partition that a reader reads: what is fetched and waits to be handed on, and how far it is. */
import type { Split, SplitOutput } from '../../../source/contract.js';
import type { Backoff } from '../client/backoff.js';
import type { FetchedPartition } from '../protocol/fetch.js';
import { endOfBatches, type ReadSettings, RecordBatchReader } from '../protocol/record-batch-reader.js';
import { type KafkaPosition, partitionOfSplit } from './enumerate.js';

/** So many responses may wait: one is worked on while the next is here already. */
const MAX_QUEUED = 2;

export class Partition {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly stop: number;
  /** Offset to ask for next. */
  fetchOffset: number;
  /** A request for it is under way. */
  inFlight = false;
  /** Not to be fetched before that time. */
  retryAt = 0;
  finished = false;
  highWatermark = -1;
  private readonly queue: RecordBatchReader[] = [];

  constructor(
    split: Split,
    readonly output: SplitOutput,
    private readonly settings: ReadSettings,
    readonly backoff: Backoff,
  ) {
    this.id = split.id;
    const { topic, partition } = partitionOfSplit(split.id);
    const position = split.position as unknown as KafkaPosition;
    this.topic = topic;
    this.partition = partition;
    this.fetchOffset = position.offset;
    this.stop = position.stop ?? Number.POSITIVE_INFINITY;
    const { meta } = output;
    meta.origin = topic;
    meta.partition = partition;
    meta.line = 0;
    meta.key = null;
    meta.headers = null;
  }

  /** Offset behind the last record handed on. */
  get position(): number {
    return this.queue.length > 0 ? this.queue[0].nextOffset : this.fetchOffset;
  }

  get waiting(): boolean {
    return this.queue.length > 0;
  }

  /** The position reached the stop: nothing is left to fetch or to hand on. */
  get atEnd(): boolean {
    return this.queue.length === 0 && this.fetchOffset >= this.stop;
  }

  mayFetch(now: number): boolean {
    return !this.inFlight && this.queue.length < MAX_QUEUED && this.fetchOffset < this.stop && this.retryAt <= now;
  }

  /** Takes what was fetched from `fetchOffset`. Returns the number of bytes; 0: nothing new. */
  take(fetched: FetchedPartition): number {
    this.highWatermark = this.settings.readCommitted ? fetched.lastStable : fetched.highWatermark;
    const end = endOfBatches(fetched.records);
    if (end <= this.fetchOffset) return 0;
    const { records, aborted } = fetched;
    this.queue.push(new RecordBatchReader(records, this.fetchOffset, this.stop, aborted, this.settings, this.id));
    this.fetchOffset = Math.min(end, this.stop);
    return records.length;
  }

  /** Hands on at most `max` records. Returns how many. */
  emit(max: number): number {
    const { decoder, meta } = this.output;
    let done = 0;
    while (this.queue.length > 0) {
      done += this.queue[0].read(decoder, meta, max - done);
      if (done >= max) return done;
      this.queue.shift();
    }
    return done;
  }

  snapshot(): Split {
    const offset = this.position;
    return {
      id: this.id,
      position: this.stop === Number.POSITIVE_INFINITY ? { offset } : { offset, stop: this.stop },
    };
  }
}
