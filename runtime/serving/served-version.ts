/** One loaded version: its batcher, what it is doing, and what became of its requests. */
import { checkInputs, type LoadedModel, type Tensors } from '../model/index.js';
import { Batcher, type Batching } from './batcher.js';
import { asProtocolError, notReady } from './protocol-error.js';
import type { ServingMetrics, VersionMetrics } from './serving-metrics.js';

/** Latencies that quantiles are made of: those of the latest requests. */
const REMEMBERED = 1024;

export interface Quantiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export class ServedVersion {
  /** Requests that were begun and not answered. */
  inFlight = 0;
  requests = 0;
  /** Of these, those that the server is to blame for (status 5xx). */
  failures = 0;
  private readonly batcher: Batcher;
  private readonly metrics: VersionMetrics;
  private readonly latencies = new Float64Array(REMEMBERED);
  private idle: (() => void)[] = [];
  private leaving = false;

  constructor(
    readonly name: string,
    readonly version: string,
    readonly model: LoadedModel,
    batching: Batching,
    maxQueue: number,
    metrics: ServingMetrics,
  ) {
    this.metrics = metrics.forVersion(name, version);
    this.batcher = new Batcher(model, batching, maxQueue, {
      called: (rows, requests, seconds) => this.metrics.called(rows, requests, seconds),
    });
  }

  get queued(): number {
    return this.batcher.queued;
  }

  /** Throws ProtocolError. */
  async infer(inputs: Tensors): Promise<Tensors> {
    if (this.leaving) throw notReady(`version '${this.version}' of model '${this.name}' is being unloaded`);
    const started = performance.now();
    this.inFlight++;
    let status = 200;
    try {
      const rows = checkInputs(this.model.signature, inputs);
      return await this.batcher.ask(inputs, rows);
    } catch (error) {
      const problem = asProtocolError(error);
      status = problem.status;
      problem.counted = true;
      throw problem;
    } finally {
      this.inFlight--;
      this.finished(status, performance.now() - started);
    }
  }

  private finished(status: number, tookMs: number): void {
    this.latencies[this.requests % REMEMBERED] = tookMs;
    this.requests++;
    if (status >= 500) this.failures++;
    this.metrics.answered(status, tookMs / 1000);
    if (this.inFlight === 0) for (const wake of this.idle.splice(0)) wake();
  }

  /** Of the latest requests; undefined when there were none. */
  quantiles(): Quantiles | undefined {
    const count = Math.min(this.requests, REMEMBERED);
    if (count === 0) return undefined;
    const sorted = this.latencies.slice(0, count).sort();
    const at = (share: number) => Math.round(sorted[Math.min(count - 1, Math.floor(count * share))] * 1000) / 1000;
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
  }

  /** Takes no more requests, answers those that were begun (at most `patienceMs`), and frees the model. */
  async unload(patienceMs: number): Promise<void> {
    this.leaving = true;
    await this.whenIdle(patienceMs);
    this.batcher.refuseAll(`version '${this.version}' of model '${this.name}' was unloaded`);
    await this.model.close();
  }

  private async whenIdle(patienceMs: number): Promise<void> {
    if (this.inFlight === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.idle.push(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      }),
    ]);
    clearTimeout(timer);
  }
}
