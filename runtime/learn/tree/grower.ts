/**
 * The Hoeffding tree itself, on dense rows and class ids: used by the classifier and, many times, by the forest.
 */
import { Branch, type Node, nodeFrom } from './branch.js';
import { Leaf, type LeafRules } from './leaf.js';
import { NO_SPLIT, type Split, type SplitOptions } from './observer.js';
import { SPLIT_CRITERIA, type SplitCriterionName } from './split-criterion.js';

/** Parameters of growth; names and defaults as in River. */
export interface GrowthRules extends SplitOptions {
  readonly gracePeriod: number;
  readonly maxDepth: number;
  readonly splitCriterion: SplitCriterionName;
  readonly delta: number;
  readonly tau: number;
  readonly maxShareToSplit: number;
  readonly meritPreprune: boolean;
}

export class Grower {
  private root: Node | undefined;

  constructor(
    private readonly growth: GrowthRules,
    private readonly leafRules: LeafRules,
  ) {}

  /** Whether nothing has been learned. */
  get empty(): boolean {
    return this.root === undefined;
  }

  /** `row` is dense with NaN for missing values; `votes` is scratch space for all classes. */
  learn(row: Float64Array, span: number, classId: number, weight: number, votes: Float64Array): void {
    this.root ??= new Leaf(0);
    let parent: Branch | undefined;
    let branch = -1;
    let node: Node = this.root;
    while (node instanceof Branch) {
      const next = node.childFor(node.feature < span ? row[node.feature] : Number.NaN);
      if (next < 0) {
        this.leafOffPath(node, row, span).learn(row, span, classId, weight, this.leafRules, votes);
        return;
      }
      parent = node;
      branch = next;
      node = node.children[next];
    }
    node.learn(row, span, classId, weight, this.leafRules, votes);
    if (!node.active) return;
    if (node.depth >= this.growth.maxDepth) {
      node.deactivate();
      return;
    }
    const seen = node.totalWeight;
    if (seen - node.lastSplitAttemptAt >= this.growth.gracePeriod) {
      this.attemptSplit(node, parent, branch);
      node.lastSplitAttemptAt = seen;
    }
  }

  /** The leaf for a row whose path ends at `branch`: a new one for a new category, else where most rows go. */
  private leafOffPath(branch: Branch, row: Float64Array, span: number): Leaf {
    let node: Node = branch;
    while (node instanceof Branch) {
      const value = node.feature < span ? row[node.feature] : Number.NaN;
      const next = node.childFor(value);
      if (next >= 0) node = node.children[next];
      else if (node.rule.kind === 'values' && !Number.isNaN(value)) {
        const leaf = new Leaf(node.depth + 1);
        node.addChild(value, leaf);
        node = leaf;
      } else node = node.busiest;
    }
    return node;
  }

  private attemptSplit(leaf: Leaf, parent: Branch | undefined, branch: number): void {
    if (leaf.weights.pure) return;
    const split = this.splitFor(leaf);
    if (!split) return;
    if (split.feature < 0) {
      leaf.startAfresh();
      return;
    }
    const children = split.branches.map((weights) => new Leaf(leaf.depth + 1, weights));
    const grown = new Branch(split.feature, split.rule, leaf.depth, children);
    if (parent) parent.children[branch] = grown;
    else this.root = grown;
  }

  /** The split to make now; {@link NO_SPLIT} when it is settled that none helps, undefined when it is too early to say. */
  private splitFor(leaf: Leaf): Split | undefined {
    const { growth } = this;
    const { weights } = leaf;
    const total = weights.total;
    const share = weights.of(weights.greatest) / total;
    if (share > growth.maxShareToSplit) return NO_SPLIT;
    const criterion = SPLIT_CRITERIA[growth.splitCriterion];
    const splits: Split[] = growth.meritPreprune ? [NO_SPLIT] : [];
    const before = criterion.before(weights);
    for (const [feature, observer] of leaf.observations()) {
      splits.push(observer.bestSplit(criterion, before, feature, growth));
    }
    if (splits.length === 0) return undefined;
    splits.sort((a, b) => (a.merit < b.merit ? -1 : a.merit > b.merit ? 1 : 0));
    const best = splits[splits.length - 1];
    if (splits.length === 1 || best.merit === Number.NEGATIVE_INFINITY)
      return best.merit === Number.NEGATIVE_INFINITY ? NO_SPLIT : best;
    const range = criterion.range(weights);
    const bound = Math.sqrt((range * range * Math.log(1 / growth.delta)) / (2 * total));
    return best.merit - splits[splits.length - 2].merit > bound || bound < growth.tau ? best : undefined;
  }

  /** Writes the probabilities of the classes known to the leaf that `row` reaches into `votes`. */
  predict(row: Float64Array, span: number, votes: Float64Array): void {
    let node = this.root;
    if (!node) return;
    while (node instanceof Branch) {
      const next = node.childFor(node.feature < span ? row[node.feature] : Number.NaN);
      node = next < 0 ? node.busiest : node.children[next];
    }
    node.predict(row, span, this.leafRules, votes);
  }

  /** Number of nodes, of leaves, and the greatest depth (a lone leaf has depth 0). */
  get shape(): { nodes: number; leaves: number; depth: number } {
    const shape = { nodes: 0, leaves: 0, depth: 0 };
    const pending: Node[] = this.root ? [this.root] : [];
    for (let node = pending.pop(); node; node = pending.pop()) {
      shape.nodes++;
      shape.depth = Math.max(shape.depth, node.depth);
      if (node instanceof Branch) pending.push(...node.children);
      else shape.leaves++;
    }
    return shape;
  }

  toJSON(): any {
    return { root: this.root?.toJSON() ?? null };
  }

  restore(json: any): void {
    this.root = json.root ? nodeFrom(json.root) : undefined;
  }
}
