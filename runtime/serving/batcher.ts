/**
 * Joins requests into batches for one version of a model.
 *
 * Work-conserving: a request that finds the model idle is asked in the next turn of the event loop, together with what came in the
 * same turn; while a call is under way requests queue, and the next call takes as many as fit. While each turn brings more, the
 * batch is held open, at most `maxWaitMs`. Requests join only when their tensors have the same names, types and inner shapes.
 */
import { concatenate, type LoadedModel, sliceRows, type Tensor, type Tensors } from '../model/index.js';
import { ProtocolError, unavailable } from './protocol-error.js';

export interface Batching {
  /** Rows of a call; a request that has more goes alone. */
  readonly maxRows: number;
  readonly maxWaitMs: number;
}

interface Waiting {
  readonly inputs: Tensors;
  readonly rows: number;
  readonly kind: string;
  readonly since: number;
  readonly resolve: (answer: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchObserver {
  /** After each call of the model. */
  called(rows: number, requests: number, seconds: number): void;
}

export class Batcher {
  private queue: Waiting[] = [];
  private calling = false;
  private scheduled = false;
  /** Length of the queue at the last turn; more now: others keep coming. */
  private lastLength = 0;
  /** Whether answers of a batch can be taken apart by rows; found out by the first. */
  private joins: boolean;

  constructor(
    private readonly model: LoadedModel,
    private readonly batching: Batching,
    private readonly maxQueue: number,
    private readonly observer: BatchObserver,
  ) {
    this.joins = model.signature.batchable !== false && batching.maxRows > 1;
  }

  get queued(): number {
    return this.queue.length;
  }

  /** The answer for `inputs`, which have `rows` rows. Throws ProtocolError 503 when the queue is full. */
  ask(inputs: Tensors, rows: number): Promise<Tensors> {
    if (this.queue.length >= this.maxQueue) {
      return Promise.reject(unavailable(`${this.queue.length} requests are waiting already`));
    }
    return new Promise((resolve, reject) => {
      const kind = this.joins ? kindOf(inputs) : '';
      this.queue.push({ inputs, rows, kind, since: performance.now(), resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.calling || this.queue.length === 0) return;
    this.scheduled = true;
    this.lastLength = this.queue.length;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    const growing = this.queue.length > this.lastLength;
    if (growing && this.joins && !this.isFull() && performance.now() - this.queue[0].since < this.batching.maxWaitMs) {
      this.schedule();
      return;
    }
    void this.call(this.take());
  };

  private isFull(): boolean {
    let rows = 0;
    for (const waiting of this.queue) rows += waiting.rows;
    return rows >= this.batching.maxRows;
  }

  /** From the front: the first request, and those behind it that can join. Others keep their order. */
  private take(): Waiting[] {
    const [first, ...rest] = this.queue;
    const batch = [first];
    if (!this.joins) {
      this.queue = rest;
      return batch;
    }
    let { rows } = first;
    const left: Waiting[] = [];
    for (const waiting of rest) {
      if (waiting.kind === first.kind && rows + waiting.rows <= this.batching.maxRows) {
        batch.push(waiting);
        rows += waiting.rows;
      } else left.push(waiting);
    }
    this.queue = left;
    return batch;
  }

  private async call(batch: readonly Waiting[]): Promise<void> {
    this.calling = true;
    try {
      await this.answer(batch);
    } finally {
      this.calling = false;
      this.schedule();
    }
  }

  private async answer(batch: readonly Waiting[]): Promise<void> {
    const rows = batch.reduce((sum, waiting) => sum + waiting.rows, 0);
    const started = performance.now();
    let answer: Tensors;
    try {
      const asked = this.model.predict(batch.length === 1 ? batch[0].inputs : joined(batch));
      answer = asked instanceof Promise ? await asked : asked;
    } catch (error) {
      // One of several may be to blame: each is asked alone.
      if (batch.length > 1) for (const waiting of batch) await this.answer([waiting]);
      else batch[0].reject(error);
      return;
    }
    this.observer.called(rows, batch.length, (performance.now() - started) / 1000);
    if (batch.length === 1) {
      batch[0].resolve(answer);
      return;
    }
    if (Object.values(answer).some((tensor) => tensor.shape[0] !== rows)) {
      // An answer about the batch as a whole: this model's requests can't be joined.
      this.joins = false;
      for (const waiting of batch) await this.answer([waiting]);
      return;
    }
    let from = 0;
    for (const waiting of batch) {
      waiting.resolve(rowsOf(answer, from, from + waiting.rows));
      from += waiting.rows;
    }
  }

  /** What waits is refused. */
  refuseAll(reason: string): void {
    const { queue } = this;
    this.queue = [];
    for (const waiting of queue) waiting.reject(new ProtocolError(503, reason, { 'retry-after': '1' }));
  }
}

function kindOf(inputs: Tensors): string {
  let kind = '';
  for (const name of Object.keys(inputs).sort()) {
    const { datatype, shape } = inputs[name];
    kind += `${name}:${datatype}`;
    for (let i = 1; i < shape.length; i++) kind += `,${shape[i]}`;
    kind += ';';
  }
  return kind;
}

function joined(batch: readonly Waiting[]): Tensors {
  const out: Record<string, Tensor> = {};
  for (const name of Object.keys(batch[0].inputs)) {
    out[name] = concatenate(batch.map((waiting) => waiting.inputs[name]));
  }
  return out;
}

function rowsOf(answer: Tensors, from: number, to: number): Tensors {
  const out: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(answer)) out[name] = sliceRows(tensor, from, to);
  return out;
}
