import type { Classifier, Probabilities } from '../contracts.js';
import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { CategoricalRows } from './categorical-rows.js';
import { Grower, type GrowthRules } from './grower.js';
import type { LeafPrediction, LeafRules } from './leaf.js';
import { SPLIT_CRITERIA, type SplitCriterionName } from './split-criterion.js';

export interface HoeffdingTreeParams {
  /** Weight that a leaf sees between attempts to split (default 200). */
  gracePeriod?: number;
  /** Depth at which leaves stop splitting (default: none). */
  maxDepth?: number;
  /** 'info_gain' (default) or 'gini'. */
  splitCriterion?: SplitCriterionName;
  /** Chance that a split is not the one that all data would choose (default 1e-7). */
  delta?: number;
  /** Bound below which ties are broken (default 0.05). */
  tau?: number;
  /** 'mc': majority class, 'nb': naive Bayes, 'nba' (default): whichever of them was right more often in the leaf. */
  leafPrediction?: LeafPrediction;
  /** With 'nb': weight from which naive Bayes is used (default 0). */
  nbThreshold?: number;
  /** Features whose numbers are codes of categories. Strings are categories without being named here. */
  nominalAttributes?: readonly string[];
  /** Only splits in two (default false: a category may get a branch for each value). */
  binarySplit?: boolean;
  /** Least share of the weight in at least two branches (default 0.01). */
  minBranchFraction?: number;
  /** Share of the majority class above which a leaf does not split (default 0.99). */
  maxShareToSplit?: number;
  /** Not to split competes with the splits (default true). */
  meritPreprune?: boolean;
  /** Thresholds tried for a numeric feature (default 10). */
  nSplits?: number;
}

/** Parameters with their defaults. Throws `TW7101`. */
export function growthRules(
  params: HoeffdingTreeParams,
  defaults: { gracePeriod: number; delta: number },
): GrowthRules {
  const rules = {
    gracePeriod: params.gracePeriod ?? defaults.gracePeriod,
    maxDepth: params.maxDepth ?? Number.MAX_SAFE_INTEGER,
    splitCriterion: params.splitCriterion ?? 'info_gain',
    delta: params.delta ?? defaults.delta,
    tau: params.tau ?? 0.05,
    binarySplit: params.binarySplit ?? false,
    minBranchFraction: params.minBranchFraction ?? 0.01,
    maxShareToSplit: params.maxShareToSplit ?? 0.99,
    meritPreprune: params.meritPreprune ?? true,
    nSplits: params.nSplits ?? 10,
  };
  requireParameter(rules.gracePeriod > 0, 'gracePeriod', rules.gracePeriod, 'above 0');
  requireParameter(rules.delta > 0 && rules.delta < 1, 'delta', rules.delta, 'between 0 and 1');
  requireParameter(
    Object.hasOwn(SPLIT_CRITERIA, rules.splitCriterion),
    'splitCriterion',
    rules.splitCriterion,
    Object.keys(SPLIT_CRITERIA).join(' or '),
  );
  return rules;
}

export function leafPredictionOf(params: HoeffdingTreeParams): LeafPrediction {
  const chosen = params.leafPrediction ?? 'nba';
  requireParameter(['mc', 'nb', 'nba'].includes(chosen), 'leafPrediction', chosen, 'mc, nb or nba');
  return chosen;
}

/**
 * Very fast decision tree: splits a leaf once the Hoeffding bound says that the best split of the rows seen is, with
 * chance 1 − delta, the best of all rows to come.
 *
 * Shapes: rows of numbers and categories (strings), any of them missing; any labels, at any time. State: the tree, and for
 * each leaf five numbers a feature and class. Probabilities of a leaf that has seen nothing are all 0.
 * Source: P. Domingos and G. Hulten, "Mining high-speed data streams", KDD 2000; naive Bayes leaves by J. Gama and others,
 * KDD 2003, adaptive ones by G. Holmes and others, 2005. Parameters and order of ties as in River.
 */
export class HoeffdingTreeClassifier extends CategoricalRows implements Classifier, LeafRules {
  static readonly type = 'HoeffdingTreeClassifier';
  readonly kind = 'classifier';
  readonly leafPrediction: LeafPrediction;
  readonly nbThreshold: number;
  private readonly grower: Grower;
  private readonly params: HoeffdingTreeParams;
  private labels = new LabelIndex();
  private votes = new Float64Array(8);

  constructor(params: HoeffdingTreeParams = {}) {
    super(params.nominalAttributes ?? []);
    this.params = params;
    this.leafPrediction = leafPredictionOf(params);
    this.nbThreshold = params.nbThreshold ?? 0;
    this.grower = new Grower(growthRules(params, { gracePeriod: 200, delta: 1e-7 }), this);
  }

  learnOne(x: FeatureInput, y: Label, w = 1): void {
    const row = this.asRow(x);
    const classId = this.labels.idOf(y);
    if (classId >= this.votes.length) this.votes = new Float64Array(classId * 2);
    this.grower.learn(this.densify(row), row.span, classId, w, this.votes);
  }

  private vote(x: FeatureInput): Float64Array {
    const row = this.asRow(x);
    this.votes.fill(0, 0, this.labels.size);
    this.grower.predict(this.densify(row), row.span, this.votes);
    return this.votes;
  }

  predictOne(x: FeatureInput): Label | undefined {
    const votes = this.vote(x);
    let best = -1;
    for (const id of this.labels.sortedIds()) if (best < 0 || votes[id] > votes[best]) best = id;
    return this.labels.labels[best];
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    const votes = this.vote(x);
    const probabilities = new Map<Label, number>();
    for (let id = 0; id < this.labels.size; id++) probabilities.set(this.labels.labels[id], votes[id]);
    return probabilities;
  }

  /** Number of nodes, of leaves, and the greatest depth. */
  get shape(): { nodes: number; leaves: number; depth: number } {
    return this.grower.shape;
  }

  toJSON(): LearnJson {
    return {
      type: HoeffdingTreeClassifier.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      categories: this.categoriesJson(),
      labels: this.labels.toJSON(),
      tree: this.grower.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): HoeffdingTreeClassifier {
    checkJson(json, HoeffdingTreeClassifier.type);
    const model = new HoeffdingTreeClassifier(json.params);
    model.restoreFeatures(json.features);
    model.restoreCategories(json.categories);
    model.labels = LabelIndex.fromJSON(json.labels);
    model.votes = new Float64Array(Math.max(8, model.labels.size));
    model.grower.restore(json.tree);
    return model;
  }
}
