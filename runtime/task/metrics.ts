/** What a task tells about itself, once a second, to its runner and from there to the coordinator. */
import type { Task } from './task.js';

export interface TaskMetrics {
  readonly stage: number;
  readonly subtask: number;
  readonly node: string;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Time at work, time for which something downstream was full, and the rest, since the task started. */
  readonly busyMs: number;
  readonly blockedMs: number;
  readonly idleMs: number;
  readonly blocked: boolean;
  readonly queued: number;
  /** Milliseconds since the epoch; null before the first. */
  readonly watermark: number | null;
  readonly lateRows: number;
  readonly badRecords: number;
  readonly deadLetters: number;
  readonly stateEntries: number;
  readonly stateBytes: number;
  readonly lag: number | null;
  /** What the source or a sink can't go on without just now, in words; null: nothing. */
  readonly waitingFor: string | null;
}

export function taskMetrics(task: Task): TaskMetrics {
  let lateRows = 0;
  let stateEntries = 0;
  let stateBytes = 0;
  for (const link of task.chain.links) {
    lateRows += link.metrics.lateRows;
    stateEntries += link.state.entries;
    stateBytes += link.state.bytes;
  }
  const { source, blockedMs } = task;
  const { busyMs } = task.metrics;
  const watermark = source ? source.watermark : task.currentWatermark;
  return {
    stage: task.stage.index,
    subtask: Number(task.id.split('/')[1]),
    node: task.stage.nodes[0].id,
    rowsIn: source ? source.recordsOut : task.metrics.rowsIn,
    rowsOut: task.rowsOut,
    bytesIn: task.metrics.bytesIn,
    bytesOut: task.bytesOut,
    busyMs: Math.round(busyMs),
    blockedMs: Math.round(blockedMs),
    idleMs: Math.round(Math.max(0, performance.now() - task.startedMs - busyMs - blockedMs)),
    blocked: task.blocked(),
    queued: task.gate?.queued() ?? 0,
    watermark: Number.isFinite(watermark) ? watermark : null,
    lateRows,
    badRecords: source?.badRecords ?? 0,
    deadLetters: task.deadLetterCount,
    stateEntries,
    stateBytes,
    lag: source?.lag() ?? null,
    waitingFor: source?.status ?? task.chain.sinks.map((s) => s.writer.status).find((s) => s !== undefined) ?? null,
  };
}
