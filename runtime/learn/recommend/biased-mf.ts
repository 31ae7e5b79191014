import type { Recommender } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkTarget } from '../linear/target.js';
import { type Optimizer, type OptimizerSpec, optimizerOf, restoreOptimizer } from '../optim/index.js';
import { GaussianSource } from '../random/gaussian.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson } from '../state.js';

export interface BiasedMFParams {
  /** Latent factors of a user and of an item (default 10). */
  nFactors?: number;
  /** Optimizer of the biases (default SGD with lr 0.01). */
  biasOptimizer?: OptimizerSpec;
  /** Optimizer of the latent factors (default SGD with lr 0.01). */
  latentOptimizer?: OptimizerSpec;
  l2Bias?: number;
  l2Latent?: number;
  /** Standard deviation of the random start of the factors (default 0.1). */
  latentSigma?: number;
  clipGradient?: number;
  /** Seed of the random start (default 0). */
  seed?: number;
  /**
   * For choices without a rating: with each, so many known items that the user has not chosen are learnt as 0, drawn at random
   * (default 0, for ratings). The items that a user has chosen are then remembered, and not recommended again.
   */
  negatives?: number;
}

/** One side of the factorisation: a bias and `nFactors` factors for each user, or item. */
class Side {
  ids = new LabelIndex();
  biases = new GrowableFloats();
  factors = new GrowableFloats();
  started = 0;

  constructor(
    readonly nFactors: number,
    public biasOptimizer: Optimizer,
    public latentOptimizer: Optimizer,
  ) {}

  /** The number of `id`; a new one starts with bias 0 and random factors. */
  place(id: Label, source: GaussianSource, sigma: number): number {
    const place = this.ids.idOf(id);
    if (place >= this.started) {
      this.biases.ensure(place + 1);
      const factors = this.factors.ensure((place + 1) * this.nFactors);
      for (let f = 0; f < this.nFactors; f++) factors[place * this.nFactors + f] = source.next(0, sigma);
      this.started = place + 1;
    }
    return place;
  }

  toJSON(): any {
    return {
      ids: this.ids.toJSON(),
      biases: this.biases.toJSON(),
      factors: this.factors.toJSON(),
      biasOptimizer: this.biasOptimizer.toJSON(),
      latentOptimizer: this.latentOptimizer.toJSON(),
    };
  }

  static from(json: any, nFactors: number): Side {
    const side = new Side(nFactors, restoreOptimizer(json.biasOptimizer), restoreOptimizer(json.latentOptimizer));
    side.ids = LabelIndex.fromJSON(json.ids);
    side.biases = GrowableFloats.from(json.biases);
    side.factors = GrowableFloats.from(json.factors);
    side.started = side.ids.size;
    return side;
  }
}

/**
 * Matrix factorisation with biases: rating ≈ mean + bias of user + bias of item + their factors multiplied.
 *
 * Users and items are labels of any kind; ratings are finite numbers. State: nFactors + 1 numbers for each user and item. A
 * user or item gets its random factors the first time it is named, in a prediction too. Source: Y. Koren, R. Bell and
 * C. Volinsky, "Matrix factorization techniques for recommender systems", IEEE Computer 42(8), 2009.
 * Errors: `TW7102` for ratings that are no finite numbers.
 */
export class BiasedMF implements Recommender {
  static readonly type = 'BiasedMF';
  readonly kind = 'recommender';
  private readonly params: Required<Omit<BiasedMFParams, 'biasOptimizer' | 'latentOptimizer'>>;
  private users: Side;
  private items: Side;
  private source: GaussianSource;
  /** Of the items learnt as 0. */
  private draws: MersenneTwister;
  /** Items that each user has chosen, where `negatives` are learnt. */
  private chosen: Set<number>[] = [];
  private n = 0;
  private mean = 0;
  private readonly gradients = [new FeatureRow(), new FeatureRow(), new FeatureRow(), new FeatureRow()] as const;

  constructor(params: BiasedMFParams = {}) {
    const { nFactors = 10, l2Bias = 0, l2Latent = 0, latentSigma = 0.1, clipGradient = 1e12, seed = 0 } = params;
    const { negatives = 0 } = params;
    requireParameter(Number.isInteger(negatives) && negatives >= 0, 'negatives', negatives, 'an integer of at least 0');
    requireParameter(Number.isInteger(nFactors) && nFactors > 0, 'nFactors', nFactors, 'an integer above 0');
    this.params = { nFactors, l2Bias, l2Latent, latentSigma, clipGradient, seed, negatives };
    this.draws = MersenneTwister.python(seed);
    const side = (): Side =>
      new Side(nFactors, optimizerOf(params.biasOptimizer).fresh(), optimizerOf(params.latentOptimizer).fresh());
    this.users = side();
    this.items = side();
    this.source = new GaussianSource(MersenneTwister.numpy(seed), 'polar');
  }

  /** The rating that `user` is expected to give `item`. */
  predictOne(user: Label, item: Label): number {
    const { latentSigma } = this.params;
    return this.score(
      this.users.place(user, this.source, latentSigma),
      this.items.place(item, this.source, latentSigma),
    );
  }

  private score(u: number, i: number): number {
    const { nFactors } = this.params;
    const mine = this.users.factors.data;
    const its = this.items.factors.data;
    let product = 0;
    for (let f = 0; f < nFactors; f++) product += mine[u * nFactors + f] * its[i * nFactors + f];
    return this.mean + this.users.biases.data[u] + this.items.biases.data[i] + product;
  }

  /** `user` gave `item` the rating `y`; without one: chose it, which counts as 1. */
  learnOne(user: Label, item: Label, y = 1): void {
    checkTarget(y);
    this.learnRating(user, item, y);
    if (this.params.negatives > 0) this.learnNegatives(user, item);
  }

  private learnNegatives(user: Label, item: Label): void {
    const u = this.users.ids.find(user);
    this.chosen[u] ??= new Set();
    const mine = this.chosen[u];
    mine.add(this.items.ids.find(item));
    const { size } = this.items.ids;
    for (let k = 0; k < this.params.negatives && mine.size < size; k++) {
      let i = this.draws.below(size);
      while (mine.has(i)) i = this.draws.below(size);
      this.learnRating(user, this.items.ids.labels[i], 0);
    }
  }

  private learnRating(user: Label, item: Label, y: number): void {
    this.n++;
    this.mean += (1 / this.n) * (y - this.mean);
    const { nFactors, l2Bias, l2Latent, latentSigma, clipGradient } = this.params;
    const u = this.users.place(user, this.source, latentSigma);
    const i = this.items.place(item, this.source, latentSigma);
    const slope = Math.max(-clipGradient, Math.min(clipGradient, 2 * (this.score(u, i) - y)));
    const [userBias, itemBias, userFactors, itemFactors] = this.gradients;
    for (const gradient of this.gradients) gradient.clear();
    userBias.push(u, slope + l2Bias * this.users.biases.data[u]);
    itemBias.push(i, slope + l2Bias * this.items.biases.data[i]);
    const mine = this.users.factors.data;
    const its = this.items.factors.data;
    for (let f = 0; f < nFactors; f++) {
      const uf = u * nFactors + f;
      const jf = i * nFactors + f;
      userFactors.push(uf, slope * its[jf] + l2Latent * mine[uf]);
      itemFactors.push(jf, slope * mine[uf] + l2Latent * its[jf]);
    }
    this.users.biasOptimizer.step(this.users.biases, userBias);
    this.items.biasOptimizer.step(this.items.biases, itemBias);
    this.users.latentOptimizer.step(this.users.factors, userFactors);
    this.items.latentOptimizer.step(this.items.factors, itemFactors);
  }

  /** `items` from the highest expected rating to the lowest. */
  rank(user: Label, items: Iterable<Label>): { item: Label; score: number }[] {
    return [...items].map((item) => ({ item, score: this.predictOne(user, item) })).sort((a, b) => b.score - a.score);
  }

  /** The `k` items that `user` is expected to like most, without those known to be chosen; best first. Empty for an unknown user. */
  recommend(user: Label, k = 10): { item: Label; score: number }[] {
    const u = this.users.ids.find(user);
    if (u < 0) return [];
    const mine = this.chosen[u];
    const all: { item: Label; score: number }[] = [];
    for (let i = 0; i < this.items.started; i++) {
      if (!mine?.has(i)) all.push({ item: this.items.ids.labels[i], score: this.score(u, i) });
    }
    return all.sort((a, b) => b.score - a.score).slice(0, k);
  }

  /** Items named so far. */
  get knownItems(): readonly Label[] {
    return this.items.ids.labels;
  }

  toJSON(): LearnJson {
    const { params, n, mean } = this;
    return {
      type: BiasedMF.type,
      version: 1,
      params,
      users: this.users.toJSON(),
      items: this.items.toJSON(),
      source: this.source.toJSON(),
      n,
      mean,
      ...(params.negatives > 0
        ? { draws: this.draws.toJSON(), chosen: this.chosen.map((items) => [...(items ?? [])]) }
        : {}),
    };
  }

  static fromJSON(json: LearnJson): BiasedMF {
    checkJson(json, BiasedMF.type);
    const model = new BiasedMF(json.params);
    model.users = Side.from(json.users, model.params.nFactors);
    model.items = Side.from(json.items, model.params.nFactors);
    model.source = GaussianSource.fromJSON(json.source);
    model.n = json.n;
    model.mean = json.mean;
    if (json.draws) model.draws = MersenneTwister.fromJSON(json.draws);
    model.chosen = (json.chosen ?? []).map((items: number[]) => new Set(items));
    return model;
  }
}
