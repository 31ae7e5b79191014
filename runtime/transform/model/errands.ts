/** Calls that a step waits for before it takes more rows, and of whose end it is told by `resume`. */
import type { TransformContext } from '../contract.js';

export class Errands {
  private underWay = 0;
  private settled = 0;
  private closed = false;

  constructor(private readonly ctx: Pick<TransformContext, 'wake'>) {}

  /** `work` must not reject. */
  add(work: Promise<void>): void {
    this.underWay++;
    void work.finally(() => {
      this.settled++;
      if (!this.closed) this.ctx.wake();
    });
  }

  get busy(): boolean {
    return this.underWay > 0;
  }

  /** True once something is over since the last call. */
  resume(): boolean {
    if (this.settled === 0) return false;
    this.underWay -= this.settled;
    this.settled = 0;
    return true;
  }

  close(): void {
    this.closed = true;
  }
}
