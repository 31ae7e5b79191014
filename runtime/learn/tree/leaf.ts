import { ClassWeights } from './class-weights.js';
import { NominalObserver, NumericObserver, type Observer } from './observer.js';

export type LeafPrediction = 'mc' | 'nb' | 'nba';

/** What a leaf needs to know of its tree. */
export interface LeafRules {
  readonly leafPrediction: LeafPrediction;
  readonly nbThreshold: number;
  /** Whether the values of a feature are codes of categories. */
  isNominal(feature: number): boolean;
  /** Features that a new leaf may look at, drawn when it sees its first row; undefined for all. */
  drawFeatures?(row: Float64Array, span: number): number[];
}

/**
 * A leaf of a Hoeffding tree: class weights, an observer for each feature, and how often its two ways of predicting
 * (majority class, naive Bayes) were right. Rows come dense, with NaN for what is missing.
 */
export class Leaf {
  /** Observers by feature id; undefined when this leaf has stopped growing. */
  private observers: (Observer | undefined)[] | undefined = [];
  /** Ids of the features observed, in the order they came. */
  private observed: number[] = [];
  private subspace: number[] | undefined;
  private majorityRight = 0;
  private bayesRight = 0;
  lastSplitAttemptAt: number;

  constructor(
    readonly depth: number,
    readonly weights = new ClassWeights(),
  ) {
    this.lastSplitAttemptAt = weights.total;
  }

  get active(): boolean {
    return this.observers !== undefined;
  }

  get totalWeight(): number {
    return this.weights.total;
  }

  /** Stops observing: the leaf will not split any more. */
  deactivate(): void {
    this.observers = undefined;
    this.observed = [];
  }

  /** Forgets what was observed, and starts observing anew. */
  startAfresh(): void {
    this.observers = [];
    this.observed = [];
  }

  learn(row: Float64Array, span: number, classId: number, weight: number, rules: LeafRules, votes: Float64Array): void {
    const { weights } = this;
    if (this.observers && rules.leafPrediction === 'nba') {
      if (weights.order.length === 0 || weights.greatest === classId) this.majorityRight += weight;
      if (this.bayesVotes(row, span, votes)) {
        let best = -1;
        for (const id of weights.order) if (best < 0 || votes[id] > votes[best]) best = id;
        if (best === classId) this.bayesRight += weight;
      }
    }
    weights.add(classId, weight);
    if (this.observers) this.observe(row, span, classId, weight, rules);
  }

  private observe(row: Float64Array, span: number, classId: number, weight: number, rules: LeafRules): void {
    if (!this.subspace && rules.drawFeatures) this.subspace = rules.drawFeatures(row, span);
    const { subspace } = this;
    const observers = this.observers as (Observer | undefined)[];
    const count = subspace ? subspace.length : span;
    for (let k = 0; k < count; k++) {
      const feature = subspace ? subspace[k] : k;
      const value = row[feature];
      if (Number.isNaN(value) || feature >= span) continue;
      let observer = observers[feature];
      if (!observer) {
        observer = rules.isNominal(feature) ? new NominalObserver() : new NumericObserver();
        while (observers.length <= feature) observers.push(undefined);
        observers[feature] = observer;
        this.observed.push(feature);
      }
      observer.update(value, classId, weight);
    }
  }

  /** Log-likelihood of each class of this leaf in `votes`; false when the leaf has seen nothing. */
  private bayesVotes(row: Float64Array, span: number, votes: Float64Array): boolean {
    const { weights, observed } = this;
    const total = weights.total;
    if (total === 0) return false;
    for (const id of weights.order) {
      const weight = weights.of(id);
      votes[id] = weight > 0 ? Math.log(weight / total) : Number.NEGATIVE_INFINITY;
    }
    const observers = this.observers as (Observer | undefined)[];
    for (let k = 0; k < observed.length; k++) {
      const feature = observed[k];
      if (feature >= span) continue;
      const value = row[feature];
      if (!Number.isNaN(value)) (observers[feature] as Observer).vote(value, weights.order, votes);
    }
    return true;
  }

  /** Probabilities of this leaf's classes in `votes`; classes it has not seen are left as they are. */
  predict(row: Float64Array, span: number, rules: LeafRules, votes: Float64Array): void {
    const { weights } = this;
    const bayes =
      this.active &&
      ((rules.leafPrediction === 'nb' && weights.total >= rules.nbThreshold) ||
        (rules.leafPrediction === 'nba' && this.bayesRight >= this.majorityRight));
    if (bayes) {
      if (!this.bayesVotes(row, span, votes)) return;
      let most = Number.NEGATIVE_INFINITY;
      for (const id of weights.order) if (votes[id] > most) most = votes[id];
      let sum = 0;
      for (const id of weights.order) sum += Math.exp(votes[id] - most);
      const shift = most + Math.log(sum);
      for (const id of weights.order) votes[id] = Math.exp(votes[id] - shift);
      return;
    }
    const total = weights.total;
    for (const id of weights.order) votes[id] = total === 0 ? 0 : weights.of(id) * (1 / total);
  }

  /** The observers with their features, in the order in which features came. */
  *observations(): Iterable<[feature: number, observer: Observer]> {
    if (!this.observers) return;
    for (const feature of this.observed) yield [feature, this.observers[feature] as Observer];
  }

  toJSON(): any {
    const { depth, subspace, majorityRight, bayesRight, lastSplitAttemptAt, active } = this;
    const observers = [...this.observations()].map(([feature, observer]) => ({
      feature,
      nominal: observer instanceof NominalObserver,
      ...observer.toJSON(),
    }));
    const weights = this.weights.toJSON();
    return { leaf: true, depth, weights, active, observers, subspace, majorityRight, bayesRight, lastSplitAttemptAt };
  }

  static from(json: any): Leaf {
    const leaf = new Leaf(json.depth, ClassWeights.from(json.weights));
    leaf.lastSplitAttemptAt = json.lastSplitAttemptAt;
    leaf.majorityRight = json.majorityRight;
    leaf.bayesRight = json.bayesRight;
    leaf.subspace = json.subspace;
    if (!json.active) leaf.deactivate();
    for (const state of json.observers) {
      const observers = leaf.observers as (Observer | undefined)[];
      while (observers.length <= state.feature) observers.push(undefined);
      observers[state.feature] = state.nominal ? NominalObserver.from(state) : NumericObserver.from(state);
      leaf.observed.push(state.feature);
    }
    return leaf;
  }
}
