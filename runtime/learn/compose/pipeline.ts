/**
 * A pipeline: transforms, then (usually) a learner, as one object with one state.
 *
 * Neighbouring steps that work on numeric rows share one feature index, so a record is turned into a typed row once.
 * Learning goes through the steps as River's does: each unsupervised transform learns the record and then transforms it,
 * a supervised one transforms it first and then learns; predicting only transforms.
 */
import type {
  AnomalyDetector,
  Classifier,
  Clusterer,
  Learner,
  Probabilities,
  Regressor,
  Transformer,
} from '../contracts.js';
import { TidewheelError } from '../errors.js';
import type { FeatureIndex, FeatureInput } from '../features/feature-index.js';
import { FeatureRow } from '../features/feature-row.js';
import type { Label } from '../features/label-index.js';
import { RowEmitter } from '../features/row-emitter.js';
import { RowStep, RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson, type Restore } from '../state.js';

export type Step = Transformer | Learner;

export class Pipeline {
  static readonly type = 'Pipeline';
  readonly steps: readonly Step[];
  private readonly transformers: readonly Transformer[];
  private readonly last: Step;

  /**
   * `steps` run in order; all but the last must be transforms.
   * Throws `TW7101` for no steps at all, or a learner before the last place.
   */
  constructor(...steps: Step[]) {
    if (steps.length === 0) throw new TidewheelError('TW7101', 'a pipeline needs at least one step');
    for (const step of steps.slice(0, -1)) {
      if (step.kind !== 'transformer') {
        throw new TidewheelError('TW7101', `only the last step of a pipeline may be a ${step.kind}`);
      }
    }
    this.steps = steps;
    this.transformers = steps.slice(0, -1) as Transformer[];
    this.last = steps[steps.length - 1];
    let index: FeatureIndex | undefined;
    for (const step of steps) {
      if (index && step instanceof RowStep) step.bind(index);
      index = step instanceof RowTransformer || step instanceof RowEmitter ? step.output : undefined;
    }
  }

  /** 'transformer' when the last step is one, else the last step's kind. */
  get kind(): Step['kind'] {
    return this.last.kind;
  }

  /** The last step. */
  get model(): Step {
    return this.last;
  }

  get supervised(): boolean {
    return this.last.kind === 'classifier' || this.last.kind === 'regressor' || this.steps.some(needsLabel);
  }

  /** Every step learns from the record; `y` and `w` are needed where a step is supervised. */
  learnOne(x: FeatureInput, y?: any, w?: number): void {
    (this.last as any).learnOne(this.learnTransforms(x, y), y, w);
  }

  /** The steps before the last learn from the record; gives what the last one would learn, valid until the next call. */
  learnTransforms(x: FeatureInput, y?: any): any {
    let current: any = x;
    let before: Transformer | undefined;
    for (const step of this.transformers) {
      const input = feed(step, current, before);
      if (step instanceof RowEmitter && !step.supervised) current = step.learnToRow(input);
      else if (step.supervised) {
        const next = apply(step, input);
        step.learnOne(input, y);
        current = next;
      } else {
        step.learnOne(input);
        current = apply(step, input);
      }
      before = step;
    }
    return feed(this.last, current, before);
  }

  /** What the last step says of the record: see its `predictOne`. */
  predictOne(x: FeatureInput): any {
    return (this.last as Classifier | Regressor | Clusterer).predictOne(this.prepare(x));
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    return (this.last as Classifier).predictProbaOne(this.prepare(x));
  }

  /** What the last step says of many records in one call, where it can do that (networks). */
  get predictMany(): ((rows: readonly unknown[]) => unknown[]) | undefined {
    const last = this.last as any;
    return last.predictMany && ((rows) => last.predictMany(rows, (x: unknown) => this.prepare(x)));
  }

  /** Probability of `true`, where the last step is a binary classifier. */
  probabilityOne(x: FeatureInput): number {
    const last = this.last as any;
    const input = this.prepare(x);
    return last.probabilityOne ? last.probabilityOne(input) : (last.predictProbaOne(input).get(true as Label) ?? 0);
  }

  scoreOne(x: FeatureInput): number {
    return (this.last as AnomalyDetector).scoreOne(this.prepare(x));
  }

  /** The record after all steps, which must all be transforms. */
  transformOne(x: any): any {
    const input = this.prepare(x);
    const last = this.last as Transformer;
    const result = apply(last, input);
    return result instanceof FeatureRow ? decoded(last, result) : result;
  }

  /** The record as the last step gets it, valid until the next call. */
  prepare(x: any): any {
    let current = x;
    let before: Transformer | undefined;
    for (const step of this.transformers) {
      current = apply(step, feed(step, current, before));
      before = step;
    }
    return feed(this.last, current, before);
  }

  toJSON(): LearnJson {
    return { type: Pipeline.type, version: 1, steps: this.steps.map((step) => step.toJSON()) };
  }

  static fromJSON(json: LearnJson, restore: Restore): Pipeline {
    checkJson(json, Pipeline.type);
    return new Pipeline(...json.steps.map(restore));
  }
}

function needsLabel(step: Step): boolean {
  return step.kind === 'transformer' && step.supervised;
}

/** `x` in the form that `step` reads: a row for steps that work on rows, else a dictionary or vector. */
function feed(step: Step, x: any, before: Transformer | undefined): any {
  if (step instanceof RowStep) return step.asRow(x);
  return x instanceof FeatureRow && before ? decoded(before, x) : x;
}

/** The dictionary or vector that `row`, made by `step`, stands for. */
function decoded(step: Transformer, row: FeatureRow): any {
  return (step as unknown as RowTransformer | RowEmitter).output.decode(row);
}

function apply(step: Transformer, input: any): any {
  if (step instanceof RowTransformer && input instanceof FeatureRow) return step.transformRow(input);
  return step instanceof RowEmitter ? step.toRow(input) : step.transformOne(input);
}
