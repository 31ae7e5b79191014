/** Which buckets wait for which window's end, by event time or by the clock. Made again from the buckets after a restore. */
import type { Bucket } from '../state/bucket-table.js';
import type { TransformContext } from './contract.js';

const END = Number.MAX_SAFE_INTEGER;

export class WindowBuckets {
  /** Windows that end at or before it are closed. */
  watermark: number;
  late = 0;
  private readonly byEnd = new Map<number, Bucket[]>();

  constructor(
    private readonly ctx: TransformContext,
    private readonly byClock: boolean,
    /** Called with each bucket whose window has ended, in the order of the ends. */
    private readonly close: (bucket: Bucket) => void,
  ) {
    this.watermark = byClock ? Number.NEGATIVE_INFINITY : ctx.restoredWatermark;
  }

  add(end: number, bucket: Bucket): void {
    const buckets = this.byEnd.get(end);
    if (buckets) buckets.push(bucket);
    else {
      this.byEnd.set(end, [bucket]);
      if (this.byClock) this.ctx.schedule(end);
    }
  }

  onWatermark(timestamp: number): number {
    this.ctx.metrics.lateRows = this.late;
    if (!this.byClock || timestamp === END) this.advance(timestamp);
    return timestamp;
  }

  onProcessingTime(nowMs: number): void {
    if (this.byClock) this.advance(nowMs - 1);
  }

  private advance(timestamp: number): void {
    if (timestamp > this.watermark) this.watermark = timestamp;
    if (this.byEnd.size === 0) return;
    const due = [...this.byEnd.keys()].filter((end) => end - 1 <= timestamp).sort((a, b) => a - b);
    for (const end of due) {
      for (const bucket of this.byEnd.get(end)!) this.close(bucket);
      this.byEnd.delete(end);
    }
  }
}
