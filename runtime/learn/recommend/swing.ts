import type { Recommender } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';

export interface SwingParams {
  /** Similar items given for each item (default 100). */
  k?: number;
  /** Items a user must have to count (default 10). */
  minUserBehavior?: number;
  /** Items of a user that are kept, the newest (default 1000). */
  maxUserBehavior?: number;
  /** Users of an item that are compared, the newest (default 1000). */
  maxUserNumPerItem?: number;
  /** Smoothing of the weight of a user (default 15). */
  alpha1?: number;
  /** Smoothing of the weight of a pair of users (default 0). */
  alpha2?: number;
  /** Decay of the weight of users with many items (default 0.3). */
  beta?: number;
}

/**
 * Swing: items are similar when pairs of users who have little else in common have both.
 *
 * similarity(i, j) = Σ over pairs of users u, v who have i and j of wᵤ·wᵥ / (alpha2 + |Iᵤ ∩ Iᵥ|), with
 * wᵤ = 1 / (alpha1 + |Iᵤ|)^beta. Users and items are labels. State: the items of each user and the users of each item,
 * bounded as the parameters say; similarities are worked out when asked, in O(users of the item² · items of a user).
 * Source: X. Yang and others, "Large scale product graph construction for recommendation in e-commerce", 2020;
 * parameters as in Flink ML.
 */
export class Swing implements Recommender {
  static readonly type = 'Swing';
  readonly kind = 'recommender';
  private readonly params: Required<SwingParams>;
  private users = new LabelIndex();
  private items = new LabelIndex();
  /** Items of each user, oldest first; a Set keeps the order of arrival. */
  private itemsOf: Set<number>[] = [];
  private usersOf: Set<number>[] = [];

  constructor(params: SwingParams = {}) {
    const { k = 100, minUserBehavior = 10, maxUserBehavior = 1000, maxUserNumPerItem = 1000 } = params;
    const { alpha1 = 15, alpha2 = 0, beta = 0.3 } = params;
    requireParameter(Number.isInteger(k) && k > 0, 'k', k, 'an integer above 0');
    requireParameter(
      maxUserBehavior >= minUserBehavior,
      'maxUserBehavior',
      maxUserBehavior,
      'at least minUserBehavior',
    );
    this.params = { k, minUserBehavior, maxUserBehavior, maxUserNumPerItem, alpha1, alpha2, beta };
  }

  /** `user` has chosen `item`. Saying it again changes nothing but that the choice is now the newest. */
  learnOne(user: Label, item: Label): void {
    const u = this.users.idOf(user);
    const i = this.items.idOf(item);
    if (u === this.itemsOf.length) this.itemsOf.push(new Set());
    if (i === this.usersOf.length) this.usersOf.push(new Set());
    const mine = this.itemsOf[u];
    mine.delete(i);
    mine.add(i);
    this.usersOf[i].delete(u);
    this.usersOf[i].add(u);
    if (mine.size > this.params.maxUserBehavior) {
      const [oldest] = mine;
      mine.delete(oldest);
      this.usersOf[oldest].delete(u);
    }
    if (this.usersOf[i].size > this.params.maxUserNumPerItem) {
      const [oldest] = this.usersOf[i];
      this.usersOf[i].delete(oldest);
    }
  }

  /** The `k` items most similar to `item`, best first; empty for an item never chosen. */
  similar(item: Label, k = this.params.k): { item: Label; score: number }[] {
    const i = this.items.find(item);
    if (i < 0) return [];
    const { alpha1, alpha2, beta, minUserBehavior } = this.params;
    const users = [...this.usersOf[i]].filter((u) => this.itemsOf[u].size >= minUserBehavior);
    const weights = users.map((u) => 1 / (alpha1 + this.itemsOf[u].size) ** beta);
    const scores = new Map<number, number>();
    for (let a = 0; a < users.length; a++) {
      const first = this.itemsOf[users[a]];
      for (let b = a + 1; b < users.length; b++) {
        const second = this.itemsOf[users[b]];
        const [small, large] = first.size <= second.size ? [first, second] : [second, first];
        const common: number[] = [];
        for (const j of small) if (large.has(j)) common.push(j);
        const weight = (weights[a] * weights[b]) / (alpha2 + common.length);
        for (const j of common) if (j !== i) scores.set(j, (scores.get(j) ?? 0) + weight);
      }
    }
    return [...scores]
      .map(([j, score]) => ({ item: this.items.labels[j], score }))
      .sort((x, y) => y.score - x.score)
      .slice(0, k);
  }

  /** Items for `user`: similar to those chosen, without them, scores added up; best first. */
  recommend(user: Label, k = this.params.k): { item: Label; score: number }[] {
    const u = this.users.find(user);
    if (u < 0) return [];
    const totals = new Map<Label, number>();
    for (const i of this.itemsOf[u]) {
      for (const { item, score } of this.similar(this.items.labels[i])) {
        if (!this.itemsOf[u].has(this.items.find(item))) totals.set(item, (totals.get(item) ?? 0) + score);
      }
    }
    return [...totals]
      .map(([item, score]) => ({ item, score }))
      .sort((a, b) => b.score - a.score)
      .slice(0, k);
  }

  toJSON(): LearnJson {
    return {
      type: Swing.type,
      version: 1,
      params: this.params,
      users: this.users.toJSON(),
      items: this.items.toJSON(),
      itemsOf: this.itemsOf.map((items) => [...items]),
      usersOf: this.usersOf.map((users) => [...users]),
    };
  }

  static fromJSON(json: LearnJson): Swing {
    checkJson(json, Swing.type);
    const model = new Swing(json.params);
    model.users = LabelIndex.fromJSON(json.users);
    model.items = LabelIndex.fromJSON(json.items);
    model.itemsOf = json.itemsOf.map((items: number[]) => new Set(items));
    model.usersOf = json.usersOf.map((users: number[]) => new Set(users));
    return model;
  }
}
