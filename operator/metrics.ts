/** Prometheus metrics of the operator itself. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface OperatorMetrics {
  readonly registry: Registry;
  reconciled(kind: string, seconds: number, error?: string): void;
  /** A change of the spec was reached. */
  changeTook(change: string, seconds: number): void;
  /** A job left a phase. */
  phaseTook(phase: string, seconds: number): void;
  /** A resource waited that long for a hand. */
  waited(seconds: number): void;
}

export function operatorMetrics(look: {
  readonly queueDepth: () => number;
  readonly working: () => number;
  readonly isLeader: () => boolean;
  readonly phases: () => ReadonlyMap<string, number>;
}): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  const seconds = new Histogram({
    name: 'tidewheel_operator_reconcile_seconds',
    help: 'Time of a look at a resource',
    labelNames: ['kind'],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const errors = new Counter({
    name: 'tidewheel_operator_reconcile_errors_total',
    help: 'Looks at a resource that failed, by error code',
    labelNames: ['kind', 'code'],
    registers,
  });
  const changes = new Histogram({
    name: 'tidewheel_operator_change_seconds',
    help: 'From the start of a change to its end',
    labelNames: ['change'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  });
  const phases = new Histogram({
    name: 'tidewheel_operator_phase_seconds',
    help: 'How long jobs were in a phase, told when they leave it',
    labelNames: ['phase'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  const waits = new Histogram({
    name: 'tidewheel_operator_queue_wait_seconds',
    help: 'How long resources waited to be looked at once they were to be',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  new Gauge({
    name: 'tidewheel_operator_queue_depth',
    help: 'Resources that wait to be looked at',
    registers,
    collect() {
      this.set(look.queueDepth());
    },
  });
  new Gauge({
    name: 'tidewheel_operator_working',
    help: 'Resources that are looked at now',
    registers,
    collect() {
      this.set(look.working());
    },
  });
  new Gauge({
    name: 'tidewheel_operator_leader',
    help: 'Whether this operator leads',
    registers,
    collect() {
      this.set(look.isLeader() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tidewheel_operator_jobs',
    help: 'Jobs by phase',
    labelNames: ['phase'],
    registers,
    collect() {
      this.reset();
      for (const [phase, count] of look.phases()) this.set({ phase }, count);
    },
  });
  new Gauge({
    name: 'tidewheel_operator_resident_bytes',
    help: 'Memory of the process',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    registry,
    reconciled: (kind, took, error) => {
      seconds.observe({ kind }, took);
      if (error !== undefined) errors.inc({ kind, code: error });
    },
    changeTook: (change, took) => changes.observe({ change }, took),
    phaseTook: (phase, took) => phases.observe({ phase }, took),
    waited: (took) => waits.observe(took),
  };
}
