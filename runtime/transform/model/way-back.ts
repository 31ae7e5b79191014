/**
 * Promotes the version of a model again that was promoted before, when somebody says that the one in use is no good. Done before the
 * rows behind it; a replay after a crash finds the version already gone back, and leaves it.
 */
import type { RollBackSpec } from '../../graph/model-steps.js';
import type { ModelRegistry } from '../../model/contract.js';
import type { TransformContext } from '../contract.js';
import { Errands } from './errands.js';

export class WayBack {
  private registry!: ModelRegistry;
  /** Versions that were gone back from: never gone back to. */
  private readonly left = new Set<string>();
  private readonly errands: Errands;

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: RollBackSpec,
  ) {
    this.errands = new Errands(ctx);
  }

  /** Whether the registry can be reached at all is found now, not when it matters. */
  async open(): Promise<void> {
    this.registry = await this.ctx.models.registry(this.spec.options);
    await this.registry.promoted(this.spec.name);
  }

  go(why: Readonly<Record<string, string>>): void {
    this.errands.add(this.promote(why));
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
    return this.errands.busy;
  }

  resume(): boolean {
    return this.errands.resume();
  }

  close(): void {
    this.errands.close();
  }
}

/** Whole numbers grow with each push. */
function newer(a: string, b: string): boolean {
  return Number(a) > Number(b);
}
