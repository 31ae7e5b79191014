/**
 * Promotes the version of a model again that was promoted before, when somebody says that the one in use is no good. Done before the
 * rows behind it; a replay after a crash finds the version already gone back, and leaves it.
 */
import type { RollBackSpec } from '../../graph/model-steps.js';
import type { ModelRegistry } from '../../model/contract.js';
import type { TransformContext } from '../contract.js';

export class WayBack {
  private registry!: ModelRegistry;
  /** Versions that were gone back from: never gone back to. */
  private readonly left = new Set<string>();
  private underWay = 0;
  private settled = 0;
  private closed = false;

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: RollBackSpec,
  ) {}

  /** Whether the registry can be reached at all is found now, not when it matters. */
  async open(): Promise<void> {
    this.registry = await this.ctx.models.registry(this.spec.options);
    await this.registry.promoted(this.spec.name);
  }

  go(why: Readonly<Record<string, string>>): void {
    this.underWay++;
    void this.promote(why).finally(() => {
      this.settled++;
      if (!this.closed) this.ctx.wake();
    });
  }

  private async promote(why: Readonly<Record<string, string>>): Promise<void> {
    const { name } = this.spec;
    try {
      const promoted = await this.registry.promoted(name);
      const before = promoted?.previous;
      // What was promoted by a way back stays: the one before it was left for its errors.
      if (!promoted || before === undefined || this.left.has(before) || newer(before, promoted.version)) return;
      this.left.add(promoted.version);
      await this.registry.promote(name, before);
      this.ctx.log.warn(
        { ...why, model: name, version: promoted.version, before },
        'drift: the version before is promoted again',
      );
    } catch (error) {
      this.ctx.log.error({ model: name, error: (error as Error).message }, 'a version can’t be promoted');
    }
  }

  get busy(): boolean {
    return this.underWay > 0;
  }

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

/** Whole numbers grow with each push. */
function newer(a: string, b: string): boolean {
  return Number(a) > Number(b);
}
