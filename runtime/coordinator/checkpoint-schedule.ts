/** When the next periodic checkpoint is due, and how many have failed in a row. */
import type { CheckpointStats } from './checkpoints.js';

export interface ScheduleSpec {
  /** 0: none but those that are asked for. */
  readonly intervalMs: number;
  readonly minPauseMs: number;
  /** Failures in a row that the job survives; negative: any number. */
  readonly tolerableFailures: number;
}

export class CheckpointSchedule {
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(
    private readonly spec: ScheduleSpec,
    private readonly due: () => void,
  ) {}

  /** Sets the clock for the one that follows `latest`; not before `leastMs` from now, or the interval where that is shorter. */
  next(latest: Pick<CheckpointStats, 'triggeredAtMs'> | undefined, leastMs = 0): void {
    this.stop();
    const { intervalMs, minPauseMs } = this.spec;
    if (intervalMs <= 0) return;
    const since = latest ? Date.now() - latest.triggeredAtMs : 0;
    const dueMs = latest ? intervalMs - since : intervalMs;
    this.timer = setTimeout(this.due, Math.max(minPauseMs, dueMs, Math.min(leastMs, intervalMs)));
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  succeeded(): void {
    this.failures = 0;
  }

  /** Failures in a row, this one included, and whether they are more than the job survives. */
  failed(): { readonly failures: number; readonly tooMany: boolean } {
    this.failures++;
    const { tolerableFailures } = this.spec;
    return { failures: this.failures, tooMany: tolerableFailures >= 0 && this.failures > tolerableFailures };
  }
}
