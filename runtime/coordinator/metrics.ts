/** Prometheus metrics of the job, from what the tasks report once a second. */
import { Gauge, Registry } from 'prom-client';
import { taskGauges } from '../task/prometheus.js';
import type { Coordinator } from './coordinator.js';

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
  const version: Gauge = new Gauge({
    name: 'tidewheel_model_version_info',
    help: '1 for the version of a model that a step asks, 0 for one that was refused',
    labelNames: ['job', 'node', 'model', 'version'],
    registers: [registry],
    collect: () => {
      version.reset();
      for (const m of coordinator.models.status()) {
        const labels = { job, node: m.node, model: m.model };
        if (m.version !== undefined) version.set({ ...labels, version: m.version }, 1);
        if (m.refused) version.set({ ...labels, version: m.refused.version }, 0);
      }
    },
  });
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
