/**
 * Judges the versions of a model by their labelled rows, and goes back to the version before where the promoted one is worse.
 *
 * Each version has the metric over its own latest rows. Once a new version has enough of them, its metric is compared with what the
 * version before it had when it was replaced. Worse by more than the tolerance: the version before is promoted again. A version is
 * judged once.
 */
import type { EvaluateSpec, GuardSpec } from '../../graph/model-steps.js';
import { create, type LearnJson, type Metric, restore } from '../../learn/index.js';
import type { Row } from '../../record/types.js';
import type { TransformContext } from '../contract.js';
import { Errands } from './errands.js';
import { KeptObjects } from './kept-objects.js';
import { type Said, update } from './measured.js';

const DEFAULT_WINDOW = 1000;

/** Versions in the order in which they first answered. */
class Versions {
  readonly known = new Map<string, { metric: Metric; rows: number; judged: boolean }>();

  static restore(json: { versions: [string, LearnJson, number, boolean][] }): Versions {
    const versions = new Versions();
    for (const [name, metric, rows, judged] of json.versions) {
      versions.known.set(name, { metric: restore(metric) as Metric, rows, judged });
    }
    return versions;
  }

  toJSON(): unknown {
    return { version: 1, versions: [...this.known].map(([name, v]) => [name, v.metric, v.rows, v.judged]) };
  }
}

export class VersionGuard {
  private readonly spec: GuardSpec;
  private readonly window: number;
  private readonly kept: KeptObjects<Versions>;
  private readonly errands: Errands;

  constructor(
    private readonly ctx: TransformContext,
    evaluate: EvaluateSpec,
  ) {
    this.spec = evaluate.guard!;
    this.errands = new Errands(ctx);
    this.window = evaluate.window ?? DEFAULT_WINDOW;
    this.kept = new KeptObjects(ctx, 'versions', [], (json) =>
      json === undefined ? new Versions() : Versions.restore(json as never),
    );
  }

  async open(): Promise<void> {
    // Whether the registry can be reached at all is found now, not when it matters.
    const registry = await this.ctx.models.registry(this.spec.options);
    await registry.promoted(this.spec.name);
  }

  add(row: Row, label: unknown, said: Said): void {
    const { spec } = this;
    const name = row[spec.versionColumn];
    if (name === null || name === undefined) return;
    const { known } = this.kept.of(row);
    let version = known.get(name);
    if (!version) {
      version = {
        metric: create({ type: 'Rolling', metric: spec.metric, windowSize: this.window }),
        rows: 0,
        judged: false,
      };
      known.set(name, version);
    }
    update(version.metric, label, said);
    version.rows++;
    if (version.judged || version.rows < spec.minRows) return;
    version.judged = true;
    const names = [...known.keys()];
    const before = names[names.indexOf(name) - 1];
    const other = before === undefined ? undefined : known.get(before)!;
    if (!other || other.rows < spec.minRows) return;
    const [now, was] = [version.metric.get(), other.metric.get()];
    const worse = version.metric.biggerIsBetter ? now < was - spec.tolerance : now > was + spec.tolerance;
    const fields = { model: spec.name, metric: spec.metric, version: name, quality: now, before, beforeQuality: was };
    if (!worse) {
      this.ctx.log.info(fields, 'a version of a model is as good as the one before');
      return;
    }
    this.ctx.log.warn(fields, 'a version of a model is worse than the one before, which is promoted again');
    // Known again as the newest, so that what comes after the way back is compared with it.
    known.delete(before);
    known.set(before, { ...other, judged: true });
    this.errands.add(this.goBack(name, before));
  }

  /** Only where that version is still the promoted one: somebody may have gone on meanwhile. */
  private async goBack(from: string, to: string): Promise<void> {
    try {
      const registry = await this.ctx.models.registry(this.spec.options);
      if ((await registry.promoted(this.spec.name))?.version === from) await registry.promote(this.spec.name, to);
    } catch (error) {
      this.ctx.log.error(
        { model: this.spec.name, version: to, error: (error as Error).message },
        'a version can’t be promoted',
      );
    }
  }

  flush(): void {
    this.kept.flush();
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
