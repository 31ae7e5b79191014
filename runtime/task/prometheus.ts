/** Prometheus metrics of tasks: on the coordinator for the whole job, on a runner for what it hosts. */
import { Gauge, type Registry } from 'prom-client';
import type { TaskMetrics } from './metrics.js';

/** Metrics that each task has: name, help, value. Counters are given as they stand, since tasks keep them. */
export const TASK_METRICS: readonly (readonly [
  name: string,
  help: string,
  value: (m: TaskMetrics) => number | null,
])[] = [
  ['tidewheel_task_rows_in_total', 'Rows that came into the task', (m) => m.rowsIn],
  ['tidewheel_task_rows_out_total', 'Rows that went out of the task', (m) => m.rowsOut],
  ['tidewheel_task_bytes_in_total', 'Bytes that came from other slots', (m) => m.bytesIn],
  ['tidewheel_task_bytes_out_total', 'Bytes sent to other slots', (m) => m.bytesOut],
  ['tidewheel_task_busy_seconds_total', 'Time at work', (m) => m.busyMs / 1000],
  [
    'tidewheel_task_backpressured_seconds_total',
    'Time for which something downstream was full',
    (m) => m.blockedMs / 1000,
  ],
  ['tidewheel_task_idle_seconds_total', 'Time without anything to do', (m) => m.idleMs / 1000],
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
