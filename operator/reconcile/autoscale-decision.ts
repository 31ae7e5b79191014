/**
 * How many instances a load needs. Pure. After DS2 (Kalavri et al., "Three steps is all you need", OSDI 2018): from the time that
 * the instances are busy follows what they can do at most, and from the rate that must be worked off how many are needed; one
 * decision goes all the way. A slot runs one instance of every step in one thread, so the busy time of a slot is that of its steps
 * together.
 */
export interface LoadSample {
  readonly atMs: number;
  /** Rows read by all sources since the job was deployed. */
  readonly rowsIn: number;
  /** Busy time of all instances of all steps since then. */
  readonly busyMs: number;
  readonly lag: number;
  readonly parallelism: number;
}

export interface AutoscalerSettings {
  readonly minParallelism: number;
  readonly maxParallelism: number;
  readonly targetUtilization: number;
  readonly tolerance: number;
  readonly catchUpMs: number;
  readonly cooldownMs: number;
  readonly windowMs: number;
}

/** The last change that the autoscaler made. */
export interface LastScaling {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly rowsPerSecond: number;
  readonly lag: number;
  /** No rows were worked on for that long. */
  readonly pauseMs?: number;
}

export interface ScalingDecision {
  readonly recommended: number;
  readonly change: boolean;
  readonly reason: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A scaling up that brings less than this share of rows more, and doesn't work the lag off, is undone. */
const LEAST_GAIN = 0.05;
/** After that, no scaling up for so many cooldowns. */
const REST_COOLDOWNS = 10;

export const COOLS_DOWN = 'cools down after the last change';

export function decideScaling(
  samples: readonly LoadSample[],
  settings: AutoscalerSettings,
  last: LastScaling | undefined,
  nowMs: number,
): ScalingDecision {
  const current = samples.at(-1);
  const stay = (reason: string, metrics: Record<string, number> = {}): ScalingDecision => ({
    recommended: current?.parallelism ?? settings.minParallelism,
    change: false,
    reason,
    metrics,
  });
  if (!current) return stay('no load was measured yet');
  const { parallelism } = current;
  // Only what was measured at this parallelism, after the pause of the change to it.
  const settledMs = last ? last.atMs + (last.pauseMs ?? 0) : 0;
  const usable = samples.filter(
    (s) => s.parallelism === parallelism && s.atMs >= nowMs - settings.windowMs && s.atMs >= settledMs,
  );
  const first = usable[0];
  const spanMs = first ? current.atMs - first.atMs : 0;
  if (!first || spanMs < settings.windowMs / 2) return stay('measures the load');
  const rowsPerSecond = ((current.rowsIn - first.rowsIn) * 1000) / spanMs;
  const utilization = (current.busyMs - first.busyMs) / spanMs / parallelism;
  if (rowsPerSecond < 0 || utilization < 0) return stay('the job was restarted meanwhile');
  const lagPerSecond = ((current.lag - first.lag) * 1000) / spanMs;
  // Lag that grows is input that was not worked off; lag that shrinks is work that will not be there when it is gone.
  const arriving = Math.max(0, rowsPerSecond + lagPerSecond);
  // What the change itself would add to the lag is to be caught up with too.
  const backlog = current.lag + (arriving * (last?.pauseMs ?? 0)) / 1000;
  const rate = arriving + (current.lag > 0 ? (backlog * 1000) / settings.catchUpMs : 0);
  const needed =
    rowsPerSecond > 0 ? (parallelism * utilization * rate) / rowsPerSecond / settings.targetUtilization : 0;
  const bounded = Math.min(settings.maxParallelism, Math.max(settings.minParallelism, Math.ceil(needed - 1e-9)));
  const metrics = {
    utilization: round(utilization),
    rowsPerSecond: round(rowsPerSecond),
    wantedRowsPerSecond: round(rate),
    lag: current.lag,
    needed: round(needed),
  };
  if (last && nowMs - last.atMs < settings.cooldownMs) return stay(COOLS_DOWN, metrics);
  const undo = whyUndo(last, parallelism, rowsPerSecond, current.lag, settings, nowMs);
  if (undo) return { recommended: last!.from, change: true, reason: undo, metrics };
  const load = needed / parallelism;
  if (parallelism >= settings.minParallelism && parallelism <= settings.maxParallelism) {
    if (Math.abs(load - 1) <= settings.tolerance) return stay('the load fits', metrics);
    if (bounded === parallelism) return stay(load > 1 ? 'is at its upper bound' : 'the load fits', metrics);
  }
  const wasUndone =
    last && last.to < last.from && last.lag > 0 && nowMs - last.atMs < settings.cooldownMs * REST_COOLDOWNS;
  if (wasUndone && bounded > parallelism) return stay('scaling up did not help before', metrics);
  const percent = Math.round(utilization * 100);
  const reason = `busy ${percent} % at ${Math.round(rowsPerSecond)} rows/s, ${Math.round(rate)} rows/s wanted, lag ${current.lag}`;
  return { recommended: bounded, change: bounded !== parallelism, reason, metrics };
}

function whyUndo(
  last: LastScaling | undefined,
  parallelism: number,
  rowsPerSecond: number,
  lag: number,
  settings: AutoscalerSettings,
  nowMs: number,
): string | undefined {
  if (!last || last.to <= last.from || last.to !== parallelism) return undefined;
  // Only the first look after the cooldown judges.
  if (nowMs - last.atMs > settings.cooldownMs + settings.windowMs * 2) return undefined;
  const gained = rowsPerSecond > last.rowsPerSecond * (1 + LEAST_GAIN);
  if (gained || lag < last.lag || last.lag === 0) return undefined;
  return `${last.from} → ${last.to} did not help: ${Math.round(last.rowsPerSecond)} rows/s before, ${Math.round(rowsPerSecond)} now, lag ${lag}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
