/** What the main thread of a process did with a stretch of time, as Linux counts it: worked, or wanted a core and had none. */
import { readFileSync } from 'node:fs';

const SAMPLE_MS = 5;

export interface ThreadTime {
  readonly cpuMs: number;
  readonly waitMs: number;
}

interface Sample extends ThreadTime {
  readonly atMs: number;
}

export class MainThreadTimes {
  private readonly samples: Sample[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  /** From the last sample before `fromMs` to the first behind `toMs` of performance.now(): rather too much than too little. */
  between(fromMs: number, toMs: number): ThreadTime {
    const { samples } = this;
    const from = samples[Math.max(0, this.countBefore(fromMs) - 1)];
    const to = samples[Math.min(samples.length - 1, this.countBefore(toMs))];
    return { cpuMs: to.cpuMs - from.cpuMs, waitMs: to.waitMs - from.waitMs };
  }

  private countBefore(atMs: number): number {
    let low = 0;
    for (let high = this.samples.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.samples[middle].atMs < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    try {
      const [cpu, wait] = readFileSync(`/proc/${this.pid}/task/${this.pid}/schedstat`, 'latin1').split(' ');
      this.samples.push({ atMs: performance.now(), cpuMs: Number(cpu) / 1e6, waitMs: Number(wait) / 1e6 });
    } catch {
      // It has ended.
    }
  }
}
