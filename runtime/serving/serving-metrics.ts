/** Prometheus metrics of the server, per model and version. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ModelHost } from './model-host.js';
import type { LogMetrics } from './request-log.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const LABELS = ['model', 'version'] as const;

/** What a version reports. */
export interface VersionMetrics {
  answered(status: number, seconds: number): void;
  called(rows: number, requests: number, seconds: number): void;
}

export class ServingMetrics {
  readonly registry = new Registry();
  private readonly requests: Counter<'model' | 'version' | 'code'>;
  private readonly latency: Histogram<'model' | 'version'>;
  private readonly predict: Histogram<'model' | 'version'>;
  private readonly batchRows: Histogram<'model' | 'version'>;
  private readonly batchRequests: Counter<'model' | 'version'>;
  readonly loadFailures: Counter<'model' | 'version'>;
  /** Requests that reached no version: unknown names, bodies too large, paths that there aren't. */
  readonly refused: Counter<'code'>;
  private readonly logRecords: Counter;
  private readonly logBytes: Counter;
  private readonly logDropped: Counter<'reason'>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.requests = new Counter({
      name: 'tidewheel_model_requests_total',
      help: 'Inference requests, by status',
      labelNames: [...LABELS, 'code'],
      registers,
    });
    this.latency = new Histogram({
      name: 'tidewheel_model_request_seconds',
      help: 'Time from a request read to its answer',
      labelNames: LABELS,
      buckets: SECONDS,
      registers,
    });
    this.predict = new Histogram({
      name: 'tidewheel_model_predict_seconds',
      help: 'Time of a call of the model',
      labelNames: LABELS,
      buckets: SECONDS,
      registers,
    });
    this.batchRows = new Histogram({
      name: 'tidewheel_model_batch_rows',
      help: 'Rows of a call of the model',
      labelNames: LABELS,
      buckets: ROWS,
      registers,
    });
    this.batchRequests = new Counter({
      name: 'tidewheel_model_batched_requests_total',
      help: 'Requests that shared their call of the model with others',
      labelNames: LABELS,
      registers,
    });
    this.loadFailures = new Counter({
      name: 'tidewheel_model_load_failures_total',
      help: 'Versions that could not be loaded, or answered their golden rows otherwise',
      labelNames: LABELS,
      registers,
    });
    this.refused = new Counter({
      name: 'tidewheel_model_refused_total',
      help: 'Requests that reached no version of a model, by status',
      labelNames: ['code'],
      registers,
    });
    const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
      new Counter<L>({ name, help, labelNames, registers });
    this.logRecords = counter('tidewheel_model_log_records_total', 'Requests written to the request log');
    this.logBytes = counter('tidewheel_model_log_bytes_total', 'Bytes of these');
    this.logDropped = counter(
      'tidewheel_model_log_dropped_total',
      'Requests that were to be logged and were not: the buffer was full, no broker was there, or the writer failed',
      ['reason'],
    );
  }

  /** What becomes of records of the request log. */
  get log(): LogMetrics {
    return {
      logged: (bytes) => {
        this.logRecords.inc();
        this.logBytes.inc(bytes);
      },
      dropped: (reason, records = 1) => this.logDropped.inc({ reason }, records),
    };
  }

  /** Gauges that ask the host when they are read. */
  watch(host: ModelHost): void {
    const gauge = (name: string, help: string, value: (v: { inFlight: number; queued: number }) => number) => {
      const g: Gauge<'model' | 'version'> = new Gauge({
        name,
        help,
        labelNames: LABELS,
        registers: [this.registry],
        collect: () => {
          g.reset();
          for (const served of host.ready()) g.set({ model: served.name, version: served.version }, value(served));
        },
      });
    };
    gauge(
      'tidewheel_model_requests_in_flight',
      'Requests begun and not answered: what autoscaling by concurrency reads',
      (v) => v.inFlight,
    );
    gauge('tidewheel_model_queue_requests', 'Requests that wait for a call of the model', (v) => v.queued);
    const loaded: Gauge<'model' | 'version' | 'format' | 'backend' | 'state'> = new Gauge({
      name: 'tidewheel_model_loaded',
      help: '1 for each version of the server and the state that it is in',
      labelNames: ['model', 'version', 'format', 'backend', 'state'],
      registers: [this.registry],
      collect: () => {
        loaded.reset();
        for (const { name, version, state, format, backend } of host.versions()) {
          loaded.set({ model: name, version, state, format: format ?? '', backend: backend ?? '' }, 1);
        }
      },
    });
  }

  forVersion(model: string, version: string): VersionMetrics {
    const labels = { model, version };
    const latency = this.latency.labels(labels);
    const predict = this.predict.labels(labels);
    const rowsOfBatch = this.batchRows.labels(labels);
    const succeeded = this.requests.labels({ ...labels, code: '200' });
    return {
      answered: (status, seconds) => {
        latency.observe(seconds);
        if (status === 200) succeeded.inc();
        else this.requests.inc({ ...labels, code: String(status) });
      },
      called: (rows, requests, seconds) => {
        predict.observe(seconds);
        rowsOfBatch.observe(rows);
        if (requests > 1) this.batchRequests.inc(labels, requests);
      },
    };
  }
}
