import type { Classifier, DriftDetector, Probabilities } from '../contracts.js';
import { ADWIN } from '../drift/adwin.js';
import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson, type Restore } from '../state.js';
import { CategoricalRows } from '../tree/categorical-rows.js';
import { Grower, type GrowthRules } from '../tree/grower.js';
import { growthRules, type HoeffdingTreeParams, leafPredictionOf } from '../tree/hoeffding-tree-classifier.js';
import type { LeafPrediction, LeafRules } from '../tree/leaf.js';

export interface ARFClassifierParams extends HoeffdingTreeParams {
  /** Trees (default 10). */
  nModels?: number;
  /** Features that a leaf looks at: a number, 'sqrt' (default) or 'log2' of the features, a share in (0, 1), or null for all. */
  maxFeatures?: number | 'sqrt' | 'log2' | null;
  /** Mean of the Poisson weight of a row in each tree (default 6). */
  lambdaValue?: number;
  /** Trees vote alike, instead of by their accuracy so far (default false). */
  disableWeightedVote?: boolean;
  /** Sensitivity of the detector that replaces a tree (ADWIN's delta, default 0.001). */
  driftDelta?: number;
  /** Sensitivity of the detector that starts a tree in the background (ADWIN's delta, default 0.01). */
  warningDelta?: number;
  /** Seed of everything random (default 0). */
  seed?: number;
}

interface Member {
  tree: Grower;
  background: Grower | undefined;
  drift: DriftDetector;
  warning: DriftDetector;
  right: number;
  asked: number;
}

/**
 * Adaptive random forest: Hoeffding trees over random subspaces and online bagging; a tree whose errors rise is replaced by
 * one that has grown in the background since the first warning.
 *
 * Shapes and errors as {@link HoeffdingTreeClassifier}, with gracePeriod 50 and delta 0.01 by default. Source: H. M. Gomes
 * and others, "Adaptive random forests for evolving data stream classification", Machine Learning 106, 2017. With the same
 * seed the draws are River's.
 */
export class ARFClassifier extends CategoricalRows implements Classifier, LeafRules {
  static readonly type = 'ARFClassifier';
  readonly kind = 'classifier';
  readonly leafPrediction: LeafPrediction;
  readonly nbThreshold: number;
  private readonly params: ARFClassifierParams;
  private readonly growth: GrowthRules;
  private twister: MersenneTwister;
  private labels = new LabelIndex();
  private members: Member[] = [];
  private subspaceSize = 0;
  private votes = new Float64Array(8);
  private sums = new Float64Array(8);
  /** Rank of each feature in the order of names, for draws that don't depend on the order of arrival. */
  private ranked: number[] = [];

  constructor(params: ARFClassifierParams = {}) {
    super(params.nominalAttributes ?? []);
    this.params = params;
    const nModels = params.nModels ?? 10;
    requireParameter(Number.isInteger(nModels) && nModels > 0, 'nModels', nModels, 'an integer above 0');
    this.growth = growthRules(params, { gracePeriod: 50, delta: 0.01 });
    this.leafPrediction = leafPredictionOf(params);
    this.nbThreshold = params.nbThreshold ?? 0;
    this.twister = MersenneTwister.python(params.seed ?? 0);
  }

  drawFeatures(row: Float64Array, span: number): number[] {
    if (this.ranked.length !== this.features.size) this.ranked = this.features.sortedIds();
    const present = this.ranked.filter((feature) => feature < span && !Number.isNaN(row[feature]));
    return present.length >= this.subspaceSize ? this.twister.sample(present, this.subspaceSize) : present;
  }

  private newDrift(): DriftDetector {
    return new ADWIN({ delta: this.params.driftDelta ?? 0.001 });
  }

  private newWarning(): DriftDetector {
    return new ADWIN({ delta: this.params.warningDelta ?? 0.01 });
  }

  private newTree(): Grower {
    return new Grower(this.growth, this);
  }

  /** Makes the trees, when the first row tells how many features there are. */
  private plant(features: number): void {
    const { maxFeatures = 'sqrt', nModels = 10 } = this.params;
    let size = features;
    if (maxFeatures === 'sqrt') size = Math.round(Math.sqrt(features));
    else if (maxFeatures === 'log2') size = Math.round(Math.log2(features));
    else if (typeof maxFeatures === 'number') {
      size = maxFeatures > 0 && maxFeatures < 1 ? Math.trunc(maxFeatures * features) : maxFeatures;
      if (size < 0) size += features;
    }
    this.subspaceSize = Math.min(features, Math.max(1, size));
    for (let i = 0; i < nModels; i++) {
      this.members.push({
        tree: this.newTree(),
        background: undefined,
        drift: this.newDrift(),
        warning: this.newWarning(),
        right: 0,
        asked: 0,
      });
    }
  }

  learnOne(x: FeatureInput, y: Label): void {
    const row = this.asRow(x);
    const { span } = row;
    if (this.members.length === 0) this.plant(row.size);
    const dense = this.densify(row);
    const classId = this.labels.idOf(y);
    if (classId >= this.votes.length) {
      this.votes = new Float64Array(classId * 2);
      this.sums = new Float64Array(classId * 2);
    }
    const { votes } = this;
    const order = this.labels.sortedIds();
    for (const member of this.members) {
      votes.fill(0, 0, order.length);
      member.tree.predict(dense, span, votes);
      let best = order[0];
      for (const id of order) if (votes[id] > votes[best]) best = id;
      const right = best === classId && !member.tree.empty;
      member.asked++;
      if (right) member.right++;
      const weight = this.twister.poisson(this.params.lambdaValue ?? 6);
      if (weight === 0) continue;
      member.background?.learn(dense, span, classId, weight, votes);
      member.tree.learn(dense, span, classId, weight, votes);
      this.watch(member, right ? 0 : 1);
    }
  }

  private watch(member: Member, error: number): void {
    if (member.warning.update(error)) {
      member.background = this.newTree();
      member.warning = this.newWarning();
    }
    if (!member.drift.update(error)) return;
    if (member.background) {
      member.tree = member.background;
      member.background = undefined;
      member.warning = this.newWarning();
    } else {
      member.tree = this.newTree();
    }
    member.drift = this.newDrift();
    member.right = member.asked = 0;
  }

  /** Weighted mean of the trees' probabilities, in `sums`. */
  private score(x: FeatureInput): Float64Array {
    const row = this.asRow(x);
    const dense = this.densify(row);
    const classes = this.labels.size;
    const { votes, sums } = this;
    sums.fill(0, 0, classes);
    for (const member of this.members) {
      votes.fill(0, 0, classes);
      member.tree.predict(dense, row.span, votes);
      const accuracy = member.asked === 0 ? 0 : member.right / member.asked;
      const weight = this.params.disableWeightedVote || accuracy === 0 ? 1 : accuracy;
      for (let id = 0; id < classes; id++) sums[id] += votes[id] * weight;
    }
    let total = 0;
    for (let id = 0; id < classes; id++) total += sums[id];
    if (total > 0) for (let id = 0; id < classes; id++) sums[id] /= total;
    return sums;
  }

  predictOne(x: FeatureInput): Label | undefined {
    const sums = this.score(x);
    let best = -1;
    for (const id of this.labels.sortedIds()) if (best < 0 || sums[id] > sums[best]) best = id;
    return this.labels.labels[best];
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    const sums = this.score(x);
    const probabilities = new Map<Label, number>();
    for (let id = 0; id < this.labels.size; id++) probabilities.set(this.labels.labels[id], sums[id]);
    return probabilities;
  }

  toJSON(): LearnJson {
    return {
      type: ARFClassifier.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      categories: this.categoriesJson(),
      labels: this.labels.toJSON(),
      twister: this.twister.toJSON(),
      subspaceSize: this.subspaceSize,
      members: this.members.map(({ tree, background, drift, warning, right, asked }) => ({
        tree: tree.toJSON(),
        background: background?.toJSON() ?? null,
        drift: drift.toJSON(),
        warning: warning.toJSON(),
        right,
        asked,
      })),
    };
  }

  static fromJSON(json: LearnJson, restore: Restore): ARFClassifier {
    checkJson(json, ARFClassifier.type);
    const model = new ARFClassifier(json.params);
    model.restoreFeatures(json.features);
    model.restoreCategories(json.categories);
    model.labels = LabelIndex.fromJSON(json.labels);
    model.twister = MersenneTwister.fromJSON(json.twister);
    model.subspaceSize = json.subspaceSize;
    model.votes = new Float64Array(Math.max(8, model.labels.size));
    model.sums = new Float64Array(Math.max(8, model.labels.size));
    const grown = (state: any): Grower => {
      const tree = model.newTree();
      tree.restore(state);
      return tree;
    };
    model.members = json.members.map((member: any) => ({
      tree: grown(member.tree),
      background: member.background ? grown(member.background) : undefined,
      drift: restore(member.drift),
      warning: restore(member.warning),
      right: member.right,
      asked: member.asked,
    }));
    return model;
  }
}
