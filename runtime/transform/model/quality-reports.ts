/**
 * Tells the registry how good each version of a model is, by its labelled rows: what the quality gates of a ModelDeployment read.
 *
 * Each version has its metrics over its own latest rows, in keyed state. After every so many rows of a version its report is written,
 * at most twice a second and always the newest: a store that is slow or away holds no row up, it only makes reports older. At the end of the
 * input the last ones are waited for.
 */
import type { EvaluateSpec, QualitySpec } from '../../graph/model-steps.js';
import { create, type LearnJson, type Metric, restore } from '../../learn/index.js';
import type { QualityReport } from '../../model/contract.js';
import { detach } from '../../record/batch-codec.js';
import type { Row } from '../../record/types.js';
import type { TransformContext } from '../contract.js';
import { KeptObjects } from './kept-objects.js';
import { type Said, update } from './measured.js';

const DEFAULT_WINDOW = 1000;
/** Versions that are remembered; the one that answered least lately is forgotten first. */
const MAX_VERSIONS = 50;
/** However fast the rows come. */
const LEAST_BETWEEN_MS = 500;

interface VersionQuality {
  metrics: Record<string, Metric>;
  rows: number;
}

class VersionQualities {
  /** The one that answered last comes last. */
  readonly known = new Map<string, VersionQuality>();

  static restore(json: { versions: [string, Record<string, LearnJson>, number][] }): VersionQualities {
    const qualities = new VersionQualities();
    for (const [name, metrics, rows] of json.versions) {
      const restored = Object.entries(metrics).map(([metric, m]) => [metric, restore(m) as Metric]);
      qualities.known.set(name, { metrics: Object.fromEntries(restored), rows });
    }
    return qualities;
  }

  toJSON(): unknown {
    return { version: 1, versions: [...this.known].map(([name, v]) => [name, v.metrics, v.rows]) };
  }
}

export class QualityReports {
  private readonly spec: QualitySpec;
  private readonly window: number;
  private readonly kept: KeptObjects<VersionQualities>;
  /** Reports to be written, the newest of each version. */
  private readonly due = new Map<string, QualityReport>();
  /** The version that answered last. */
  private latest: string | undefined;
  private writing = false;
  /** Of the last writing. */
  private startedMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private ending = false;
  private settled = false;
  private closed = false;

  constructor(
    private readonly ctx: TransformContext,
    private readonly evaluate: EvaluateSpec,
  ) {
    this.spec = evaluate.quality!;
    this.window = evaluate.window ?? DEFAULT_WINDOW;
    this.kept = new KeptObjects(ctx, 'quality', [], (json) =>
      json === undefined ? new VersionQualities() : VersionQualities.restore(json as never),
    );
  }

  async open(): Promise<void> {
    // Whether the registry can be reached at all is found now, not when it matters.
    const registry = await this.ctx.models.registry(this.spec.options);
    await registry.promoted(this.spec.name);
  }

  add(row: Row, label: unknown, said: Said): void {
    const name = row[this.spec.versionColumn];
    if (name === null || name === undefined) return;
    const { known } = this.kept.of(row);
    const version = known.get(name) ?? this.begin(known);
    if (name !== this.latest) {
      this.latest = detach(name as string);
      known.delete(name);
      known.set(this.latest, version);
    }
    for (const metric of Object.values(version.metrics)) update(metric, label, said);
    if (++version.rows % this.spec.every === 0) this.report(name, version);
  }

  private begin(known: Map<string, VersionQuality>): VersionQuality {
    if (known.size >= MAX_VERSIONS) known.delete(known.keys().next().value!);
    const metrics = this.evaluate.metrics.map((name) => {
      const written = /^Rolling/.test(name)
        ? { type: name, windowSize: this.window }
        : { type: 'Rolling', metric: name, windowSize: this.window };
      return [name, create(written) as Metric];
    });
    return { metrics: Object.fromEntries(metrics), rows: 0 };
  }

  private report(version: string, { metrics, rows }: VersionQuality): void {
    const values = Object.entries(metrics).flatMap(([name, metric]) => {
      const value = metric.get();
      return Number.isFinite(value) ? [[name, { value, biggerIsBetter: metric.biggerIsBetter }]] : [];
    });
    this.due.set(version, {
      kind: 'tidewheel-quality',
      reportVersion: 1,
      model: this.spec.name,
      version,
      source: this.spec.source ?? this.ctx.node.id,
      metrics: Object.fromEntries(values),
      samples: rows,
      window: this.window,
      measuredAt: new Date(this.ctx.now()).toISOString(),
    });
    if (this.writing || this.timer) return;
    const waitMs = this.startedMs + LEAST_BETWEEN_MS - performance.now();
    if (waitMs <= 0) void this.write();
    else this.timer = setTimeout(() => void this.write(), waitMs).unref();
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = true;
    this.startedMs = performance.now();
    try {
      const registry = await this.ctx.models.registry(this.spec.options);
      for (let next = this.due.values().next(); !next.done; next = this.due.values().next()) {
        this.due.delete(next.value.version);
        await registry.reportQuality(next.value);
      }
    } catch (error) {
      const reason = (error as Error).message;
      this.ctx.log.warn({ model: this.spec.name, reason }, 'the quality of a version could not be reported');
    } finally {
      this.writing = false;
      if (this.ending && !this.closed) {
        this.settled = true;
        this.ctx.wake();
      }
    }
  }

  flush(): void {
    this.kept.flush();
  }

  /** Reports what every version has come to. */
  endOfInput(): void {
    for (const { object } of this.kept.all())
      for (const [name, version] of object.known) if (version.rows % this.spec.every !== 0) this.report(name, version);
    if (this.due.size > 0 && !this.writing) void this.write();
    this.ending = this.writing;
  }

  /** Whether the end of the input waits for reports. */
  get busy(): boolean {
    return this.ending;
  }

  resume(): boolean {
    if (!this.settled) return false;
    this.settled = false;
    this.ending = false;
    return true;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }
}
