/**
 * Batches of rows whose answers come later: the asynchronous half of a transform, with everything that the contract asks of one.
 *
 * ```ts
 * const batches = new BatchesInFlight(ctx, {
 *   batchRows: 256,
 *   maxCalls: 4,
 *   call: (rows, kinds, signal) => client.lookUp(rows.map((row) => row.id), signal),
 *   emit(batch, from, to) {
 *     for (let i = from; i < to; i++) ctx.emit({ ...batch.rows[i], name: batch.answer[i] }, batch.kind(i));
 *   },
 * });
 * return batches.transform({ open: () => client.connect(), close: () => client.close() });
 * ```
 *
 * Invariants:
 * - Rows and watermarks come out in the order in which they came in, whatever order the calls end in.
 * - At most `maxCalls` calls are under way, each with at most `batchRows` rows. While as many wait, and another batch beside, the
 *   transform is blocked; what still comes (the rest of the batch at hand upstream) waits here.
 * - A batch is called once it is full, or when there is nothing more at hand, or at a barrier. While all calls are taken, rows
 *   wait and make larger batches.
 * - A call that answers at once (not a Promise) costs no turn of the event loop: nothing ahead of it, its rows go out directly.
 * - A call that fails fails the task, when its failure is known, with the step's name and place. After close() nothing is
 *   emitted; `signal` is aborted and what the calls still answer is dropped.
 */
import { ERROR_CODES, type ErrorCode } from '../../api/error-codes.js';
import { TidewheelError } from '../../api/errors.js';
import type { PlanNode } from '../graph/plan.js';
import { INSERT, type Row, type RowKind } from '../record/types.js';
import type { Transform, TransformContext } from './contract.js';

export interface AsyncBatch<A> {
  readonly rows: readonly Row[];
  /** What the call answered. */
  readonly answer: A;
  kind(index: number): RowKind;
}

export interface AsyncBatchOptions<A> {
  /** Rows of a call at most. */
  readonly batchRows: number;
  /** Calls under way at most. Default 1. */
  readonly maxCalls?: number;
  /** Asks for the rows' answers. `kinds` is null where rows are only inserted. Neither array may be kept or changed. */
  call(rows: readonly Row[], kinds: readonly RowKind[] | null, signal: AbortSignal): A | Promise<A>;
  /** Sends on what became of rows `from` (inclusive) to `to` (exclusive). Called in order, more than once for a batch with marks. */
  emit(batch: AsyncBatch<A>, from: number, to: number): void;
  /** Code of the error when a call fails with one that has none. Default TW5001. */
  readonly errorCode?: ErrorCode;
}

/** A watermark, or 'idle', that came behind row `at` − 1 of its batch. */
interface Mark {
  readonly at: number;
  readonly mark: number | 'idle';
}

class Batch<A> implements AsyncBatch<A> {
  readonly rows: Row[] = [];
  readonly marks: Mark[] = [];
  answer!: A;
  state: 'open' | 'called' | 'answered' = 'open';

  constructor(readonly kinds: RowKind[] | null) {}

  kind(index: number): RowKind {
    return this.kinds === null ? INSERT : this.kinds[index];
  }
}

export class BatchesInFlight<A> {
  /** Batches in order; the last may be filling. */
  private readonly queue: Batch<A>[] = [];
  /** The batch that takes rows: last of the queue, or undefined. */
  private filling: Batch<A> | undefined;
  /** Batches that are full and wait for a call. */
  private waiting = 0;
  private calls = 0;
  private failure: Error | undefined;
  private readonly abort = new AbortController();
  private readonly maxCalls: number;
  private readonly updating: boolean;
  /** Rows under way are to be called even if their batch isn't full. */
  private flushing = false;

  constructor(
    private readonly ctx: TransformContext,
    private readonly options: AsyncBatchOptions<A>,
  ) {
    this.maxCalls = options.maxCalls ?? 1;
    this.updating = ctx.inputUpdating[0] === true;
  }

  /** The transform: this and what it has beside. */
  transform(beside: Partial<Transform> = {}): Transform {
    return {
      process: (row, kind) => this.add(row, kind),
      onWatermark: (timestamp) => (this.hold(timestamp) ? undefined : timestamp),
      onIdle: () => this.hold('idle'),
      flush: () => this.flush(),
      tick: () => this.callPartial(),
      blocked: () => this.blocked(),
      busy: () => this.queue.length > 0,
      resume: () => this.resume(),
      ...beside,
      close: () => {
        this.close();
        return beside.close?.();
      },
    };
  }

  /** Takes a row. */
  add(row: Row, kind: RowKind): void {
    let batch = this.filling;
    if (batch === undefined) {
      batch = this.filling = new Batch<A>(this.updating ? [] : null);
      this.queue.push(batch);
    }
    batch.rows.push(row);
    if (batch.kinds !== null) batch.kinds.push(kind);
    if (batch.rows.length >= this.options.batchRows) this.full();
  }

  /** True: rows are ahead of the mark, it comes behind them. */
  hold(mark: number | 'idle'): boolean {
    const last = this.queue.at(-1);
    if (!last) return false;
    const at = last.rows.length;
    const before = last.marks.at(-1);
    // Of two in the same place the later says all that the earlier did.
    if (before?.at === at) last.marks.pop();
    last.marks.push({ at, mark });
    return true;
  }

  /** Calls for all that is here, as calls become free. */
  flush(): void {
    if (this.queue.length === 0) return;
    this.flushing = true;
    this.start();
  }

  /** There is nothing more at hand: rows don't wait for a full batch while a call is free. */
  callPartial(): void {
    if (this.filling && this.calls < this.maxCalls && this.waiting === 0) {
      this.full();
    }
  }

  blocked(): boolean {
    return this.waiting > 0;
  }

  get busy(): boolean {
    return this.queue.length > 0;
  }

  /** Emits a batch that was answered, or starts a call. */
  resume(): boolean {
    if (this.failure) throw this.failure;
    if (this.queue.length === 0) return false;
    const started = this.start();
    const first = this.queue[0];
    if (first?.state !== 'answered') return started;
    this.queue.shift();
    this.hand(first);
    return true;
  }

  close(): void {
    this.abort.abort();
    this.queue.length = 0;
    this.filling = undefined;
    this.waiting = 0;
  }

  private full(): void {
    this.filling = undefined;
    this.waiting++;
    this.start();
  }

  /** Starts calls for batches that wait. */
  private start(): boolean {
    let started = false;
    while (this.calls < this.maxCalls && (this.waiting > 0 || (this.flushing && this.filling))) {
      if (this.waiting === 0) {
        this.filling = undefined;
        this.waiting++;
      }
      this.waiting--;
      this.callFor(this.queue.find((b) => b.state === 'open')!);
      started = true;
    }
    if (this.waiting === 0 && !this.filling) this.flushing = false;
    return started;
  }

  private callFor(batch: Batch<A>): void {
    batch.state = 'called';
    let answer: A | Promise<A>;
    try {
      answer = this.options.call(batch.rows, batch.kinds, this.abort.signal);
    } catch (error) {
      throw this.located(error);
    }
    if (!(answer instanceof Promise)) {
      batch.answer = answer;
      batch.state = 'answered';
      this.settle();
      return;
    }
    this.calls++;
    answer.then(
      (value) => {
        this.calls--;
        batch.answer = value;
        batch.state = 'answered';
        if (!this.abort.signal.aborted) this.ctx.wake();
      },
      (error: unknown) => {
        this.calls--;
        if (this.abort.signal.aborted) return;
        this.failure ??= this.located(error);
        this.ctx.wake();
      },
    );
  }

  /** Answers that were there at once go out at once, when nothing is ahead of them. */
  private settle(): void {
    while (this.queue[0]?.state === 'answered') this.hand(this.queue.shift()!);
  }

  private hand(batch: Batch<A>): void {
    const { rows, marks } = batch;
    let from = 0;
    for (const { at, mark } of marks) {
      if (at > from) this.options.emit(batch, from, at);
      from = at;
      this.ctx.handOn(mark);
    }
    if (rows.length > from) this.options.emit(batch, from, rows.length);
  }

  private located(cause: unknown): Error {
    return stepError(cause, this.ctx.node, this.options.errorCode ?? 'TW5001');
  }
}

/** A failure of a step's call, with the step's name; a code of its own is kept. */
export function stepError(cause: unknown, node: PlanNode, code: ErrorCode): TidewheelError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const own = cause as Partial<TidewheelError> | null | undefined;
  const known = typeof own?.code === 'string' && Object.hasOwn(ERROR_CODES, own.code);
  return new TidewheelError(known ? (own.code as ErrorCode) : code, `step "${node.name}": ${message}`, {
    cause,
    where: own?.where,
    hint: own?.hint,
    retryable: own?.retryable,
  });
}
