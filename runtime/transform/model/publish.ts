/**
 * Publishes what a `learn` step has learnt as versions of a registry, through a gate.
 *
 * After every so many labelled rows: the metric over the latest of them must reach the threshold, and be better by the margin than
 * that of the promoted version, which is asked about the same rows (before they are learnt, as the learner is). What passes is
 * pushed, with a few golden rows, and promoted.
 *
 * Publishing is done before the rows behind it: a crash in between publishes the same again from the same rows, and a version that
 * says it is of the same rows of the same job is not pushed twice. While a version is being pushed the step takes no rows; the next
 * snapshot has it done or not begun.
 */
import type { PublishSpec } from '../../graph/model-steps.js';
import type { Metric } from '../../learn/index.js';
import type { GoldenRow, LoadedModel, ModelRegistry } from '../../model/contract.js';
import type { TransformContext } from '../contract.js';
import { stepError } from '../in-flight.js';
import { askedRecord } from './columns.js';
import { Errands } from './errands.js';
import { gateMetric, type LearnRecord, measure, type StreamLearner } from './learner.js';

/** How often it is looked whether another version was promoted, at most. */
const LOOK_MS = 2000;

/** Errors of quality: less is better, as the metric says itself. */
function better(metric: Metric, a: number, b: number, margin: number): boolean {
  return metric.biggerIsBetter ? a >= b + margin : a <= b - margin;
}

export class Publisher {
  private registry!: ModelRegistry;
  /** The promoted version, asked about the same rows. */
  private champion: { readonly version: string; readonly model: LoadedModel; readonly quality: Metric } | undefined;
  private readonly golden: LearnRecord[] = [];
  /** Publications under way, one after another. */
  private readonly errands: Errands;
  private lookedMs = Number.NEGATIVE_INFINITY;
  private chain: Promise<void> = Promise.resolve();
  private failure: Error | undefined;

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: PublishSpec,
  ) {
    this.errands = new Errands(ctx);
  }

  async open(): Promise<void> {
    this.registry = await this.ctx.models.registry(this.spec.options);
    await this.followChampion();
  }

  private async followChampion(): Promise<void> {
    const promoted = await this.registry.promoted(this.spec.name);
    if (!promoted || promoted.version === this.champion?.version) return;
    await this.champion?.model.close();
    this.champion = undefined;
    const model = await this.registry.open(this.spec.name, promoted.version);
    this.champion = { version: promoted.version, model, quality: gateMetric(this.spec) };
  }

  /** Asks the promoted version about a record that is about to be learnt. */
  compare(x: LearnRecord, label: unknown): void {
    if (this.golden.length < 3) this.golden.push(x);
    if (!this.champion || this.spec.margin === undefined || !this.champion.model.predictRow) return;
    measure(this.champion.quality, label, this.champion.model.predictRow(askedRecord(x)));
  }

  /** A record was learnt: publishes where it is time. */
  due(learner: StreamLearner): void {
    const isTime = learner.labelled % this.spec.every === 0;
    if (isTime) this.judge(learner);
    // Somebody else may have promoted a version: the next comparison is with that, over rows of its own.
    else if (learner.labelled % this.spec.window !== 0 || this.ctx.now() - this.lookedMs < LOOK_MS) return;
    this.lookedMs = this.ctx.now();
    this.meanwhile(() => this.followChampion());
  }

  /** Publishes what `learner` is now, where it passes the gate. */
  judge(learner: StreamLearner): void {
    const quality = learner.quality!.get();
    const why = this.refusal(learner.quality!, quality);
    const fields = { model: this.spec.name, metric: this.spec.metric, quality, rows: learner.labelled };
    if (why) {
      this.ctx.log.info({ ...fields, why }, 'a learnt model does not pass the gate');
      return;
    }
    // The model goes on learning: what is published is what it is now.
    const bytes = Buffer.from(JSON.stringify(learner.model));
    const rows = learner.labelled;
    this.meanwhile(async () => {
      const version = await this.publish(bytes, rows, quality);
      this.ctx.log.info({ ...fields, version }, 'a learnt model is published');
    });
  }

  /** One after another; the step takes no rows meanwhile. */
  private meanwhile(work: () => Promise<void>): void {
    this.chain = this.chain.then(work).catch((error: unknown) => {
      this.failure ??= stepError(error, this.ctx.node, 'TW7204');
    });
    this.errands.add(this.chain);
  }

  private refusal(metric: Metric, quality: number): string | undefined {
    const { threshold, margin } = this.spec;
    if (!Number.isFinite(quality)) return 'nothing is measured yet';
    if (threshold !== undefined && !better(metric, quality, threshold, 0)) return `threshold ${threshold}`;
    if (margin === undefined || !this.champion?.model.predictRow) return undefined;
    const other = this.champion.quality.get();
    if (!Number.isFinite(other)) return `version ${this.champion.version} is not measured yet`;
    return better(metric, quality, other, margin) ? undefined : `version ${this.champion.version} has ${other}`;
  }

  private async publish(bytes: Buffer, rows: number, quality: number): Promise<string> {
    const { name, promote, metric } = this.spec;
    const labels = { step: this.ctx.node.id, rows: String(rows), metric, quality: String(quality) };
    const latest = (await this.registry.names()).includes(name) ? (await this.registry.list(name)).at(-1) : undefined;
    const same = latest?.labels?.step === labels.step && latest.labels.rows === labels.rows;
    const files = new Map([['learner.json', bytes]]);
    const { version } = same
      ? latest
      : await this.registry.push(name, files, { golden: await this.goldenRows(files), labels });
    if (promote) {
      await this.registry.promote(name, version);
      await this.followChampion();
    }
    return version;
  }

  /** A few records with what the model says of them: what loads it later must say the same. */
  private async goldenRows(files: ReadonlyMap<string, Uint8Array>): Promise<GoldenRow[]> {
    const { openModel } = await this.ctx.models.library();
    const model = await openModel(files, { format: 'tidewheel' });
    const usable = this.golden
      .filter((x) => Object.values(x).every((v) => typeof v === 'number' || typeof v === 'string'))
      .map(askedRecord);
    const rows = model.predictRow
      ? usable.map((inputs) => ({ inputs, outputs: asTensors(model.predictRow!(inputs)) }))
      : [];
    await model.close();
    return rows;
  }

  get busy(): boolean {
    return this.errands.busy;
  }

  /** True once a publication is over. Throws when it failed. */
  resume(): boolean {
    if (!this.errands.resume()) return false;
    if (this.failure) throw this.failure;
    return true;
  }

  async close(): Promise<void> {
    this.errands.close();
    await this.champion?.model.close();
  }
}

/** A list (of a recommender) is one text in an answer of tensors; what was not asked about is in none. */
function asTensors(answer: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answer).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? JSON.stringify(value) : value]],
    ),
  );
}
