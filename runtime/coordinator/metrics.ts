/** Prometheus metrics of the job, from what the tasks report once a second. */
import { Gauge, Registry } from 'prom-client';
import type { TaskMetrics } from '../task/metrics.js';
import type { Coordinator } from './coordinator.js';

/** Metrics that each task has: name, help, value. Counters are given as they stand, since tasks keep them. */
export const TASK_METRICS: readonly (readonly [
  name: string,
  help: string,
  value: (m: TaskMetrics) => number | null,
])[] = [
  ['tidewheel_task_rows_in_total', 'Rows that came into the task', (m) => m.rowsIn],
  ['tidewheel_task_rows_out_total', 'Rows that went out of the task', (m) => m.rowsOut],
  ['tidewheel_task_busy_seconds_total', 'Time at work', (m) => m.busyMs / 1000],
  ['tidewheel_task_backpressured', '1 while something downstream is full', (m) => (m.blocked ? 1 : 0)],
  ['tidewheel_task_queued_batches', 'Batches waiting in the input', (m) => m.queued],
  [
    'tidewheel_task_watermark_seconds',
    'Event time reached, seconds since the epoch',
    (m) => (m.watermark === null ? null : m.watermark / 1000),
  ],
  ['tidewheel_task_late_rows_total', 'Rows dropped because their window was closed', (m) => m.lateRows],
  ['tidewheel_task_bad_records_total', 'Records that could not be decoded', (m) => m.badRecords],
  ['tidewheel_task_dead_letters_total', 'Records sent to the dead letters', (m) => m.deadLetters],
  ['tidewheel_task_state_entries', 'Entries of keyed state', (m) => m.stateEntries],
  ['tidewheel_task_state_bytes', 'Size of keyed state, as written', (m) => m.stateBytes],
  ['tidewheel_source_lag_records', 'Records behind the end of the input', (m) => m.lag],
];

const STATES = [
  'starting',
  'deploying',
  'running',
  'stopping',
  'restarting',
  'finished',
  'stopped',
  'failed',
  'cancelled',
];

export function coordinatorMetrics(coordinator: Coordinator): Registry {
  const registry = new Registry();
  const job = coordinator.job;
  const gauge = (name: string, help: string, value: () => number | undefined) => {
    const g: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      labelNames: ['job'],
      collect: () => {
        const v = value();
        if (v !== undefined) g.set({ job }, v);
      },
    });
  };
  const last = () => coordinator.checkpoints.history.find((c) => c.status === 'complete');
  gauge('tidewheel_job_restarts_total', 'Restarts of the job', () => coordinator.restarts);
  gauge('tidewheel_job_parallelism', 'Slots of the job', () => coordinator.parallelism);
  gauge('tidewheel_job_runners', 'Runners connected', () => coordinator.runners.list.length);
  gauge('tidewheel_checkpoints_completed_total', 'Complete checkpoints', () => coordinator.checkpoints.completed);
  gauge('tidewheel_checkpoints_failed_total', 'Checkpoints given up', () => coordinator.checkpoints.failed);
  gauge('tidewheel_last_checkpoint_seconds', 'Duration of the last complete checkpoint', () => {
    const c = last();
    return c && c.durationMs / 1000;
  });
  gauge('tidewheel_last_checkpoint_bytes', 'Bytes that the last complete checkpoint wrote', () => last()?.bytes);
  gauge('tidewheel_last_rescale_pause_seconds', 'No rows were worked on for this long', () =>
    coordinator.lastRescale === undefined ? undefined : coordinator.lastRescale.pauseMs / 1000,
  );
  const state: Gauge = new Gauge({
    name: 'tidewheel_job_state',
    help: '1 for the state that the job is in',
    labelNames: ['job', 'state'],
    registers: [registry],
    collect: () => {
      for (const s of STATES) state.set({ job, state: s }, coordinator.state === s ? 1 : 0);
    },
  });
  taskGauges(registry, job, () => coordinator.taskMetrics.values());
  return registry;
}

/** Registers TASK_METRICS over whatever tasks there are when they are asked for. */
export function taskGauges(registry: Registry, job: string, tasks: () => Iterable<TaskMetrics>): void {
  for (const [name, help, value] of TASK_METRICS) {
    const g: Gauge = new Gauge({
      name,
      help,
      labelNames: ['job', 'node', 'subtask'],
      registers: [registry],
      collect: () => {
        g.reset();
        for (const m of tasks()) {
          const v = value(m);
          if (v !== null) g.set({ job, node: m.node, subtask: String(m.subtask) }, v);
        }
      },
    });
  }
}
