/** Parts of the job's view that are worked out: each step's counters, the last checkpoint, how far a restore has come. */
import { type Manifest, stateBytes } from '../snapshot/manifest.js';
import type { Checkpoints } from './checkpoints.js';
import type { Coordinator } from './coordinator.js';

/** Counters of a chain of steps that run as one, all instances together unless it says otherwise. They begin anew with `attempt`. */
export interface StepView {
  /** Of the first step of the chain. */
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly busyMs: number;
  /** Each instance's, by its number: the busiest one is what limits the step. */
  readonly busyMsOf: readonly number[];
  readonly blockedMsOf: readonly number[];
  /** Of sources. */
  readonly lag?: number;
  readonly watermark: number | null;
}

export function stepViews(c: Coordinator): StepView[] {
  const stages = c.deployment?.stages ?? [];
  return stages.map((stage) => {
    const tasks = [...c.taskMetrics.values()]
      .filter((m) => m.stage === stage.index)
      .sort((a, b) => a.subtask - b.subtask);
    const sum = (of: (m: (typeof tasks)[number]) => number) => tasks.reduce((total, m) => total + of(m), 0);
    const watermarks = tasks.flatMap((m) => m.watermark ?? []);
    return {
      id: stage.nodes[0].id,
      name: stage.nodes.map((n) => n.name).join(' → '),
      parallelism: stage.parallelism,
      rowsIn: sum((m) => m.rowsIn),
      rowsOut: sum((m) => m.rowsOut),
      busyMs: sum((m) => m.busyMs),
      busyMsOf: tasks.map((m) => m.busyMs),
      blockedMsOf: tasks.map((m) => m.blockedMs),
      ...(stage.inputs.length === 0 ? { lag: sum((m) => m.lag ?? 0) } : {}),
      watermark: watermarks.length === 0 ? null : Math.min(...watermarks),
    };
  });
}

/** The latest checkpoint with its size and cost; the cost is known only to the coordinator that took it. */
export function checkpointView(checkpoints: Checkpoints): object | undefined {
  const { latest } = checkpoints;
  if (!latest) return undefined;
  const stats = checkpoints.history.find((s) => s.id === latest.id && s.status === 'complete');
  return {
    id: latest.id,
    atMs: latest.createdAtMs,
    stateBytes: stateBytes(latest),
    ...(stats ? { durationMs: stats.durationMs, uploadedBytes: stats.bytes, kind: stats.kind } : {}),
  };
}

/** Checkpoints given up since the last complete one, and why the newest of them was. */
export function checkpointFailures(checkpoints: Checkpoints): { count: number; reason?: string } {
  const ended = checkpoints.history.filter((s) => s.status !== 'in progress');
  const good = ended.findIndex((s) => s.status === 'complete');
  const failed = good < 0 ? ended : ended.slice(0, good);
  return failed.length === 0 ? { count: 0 } : { count: failed.length, reason: failed[0].reason };
}

/** The savepoint that this coordinator took last. */
export function savepointView(checkpoints: Checkpoints): object | undefined {
  const stats = checkpoints.history.find((s) => s.savepoint !== undefined && s.status === 'complete');
  if (!stats) return undefined;
  const atMs = stats.triggeredAtMs + stats.durationMs;
  return { id: stats.id, location: `savepoints/${stats.savepoint}.json`, atMs, durationMs: stats.durationMs };
}

/** While tasks are being deployed: how many have their state. */
export function restoreView(c: Coordinator): object | undefined {
  const { deployment } = c;
  const from: Manifest | undefined = c.checkpoints.latest;
  if (c.state !== 'deploying' || !deployment || !from) return undefined;
  return {
    slots: deployment.places.length,
    slotsReady: deployment.places.length - deployment.slotsMissing,
    restoredBytes: deployment.restoredBytes,
    stateBytes: stateBytes(from),
  };
}
