import { Leaf } from './leaf.js';
import type { SplitRule } from './observer.js';

export type Node = Branch | Leaf;

/** An inner node: a rule on one feature, and the nodes that rows go on to. */
export class Branch {
  private readonly childOf = new Map<number, number>();

  constructor(
    readonly feature: number,
    readonly rule: SplitRule,
    readonly depth: number,
    readonly children: Node[],
  ) {
    if (rule.kind === 'values') for (const value of rule.values) this.childOf.set(value, this.childOf.size);
  }

  /** Which child `value` goes to; −1 when it is missing, or a category without a child. */
  childFor(value: number): number {
    const { rule } = this;
    if (Number.isNaN(value)) return -1;
    if (rule.kind === 'threshold') return value <= rule.threshold ? 0 : 1;
    if (rule.kind === 'value') return value === rule.value ? 0 : 1;
    return this.childOf.get(value) ?? -1;
  }

  get totalWeight(): number {
    let sum = 0;
    for (const child of this.children) sum += child.totalWeight;
    return sum;
  }

  /** The child that has seen most, the first of equals. */
  get busiest(): Node {
    let best = this.children[0];
    for (const child of this.children) if (child.totalWeight > best.totalWeight) best = child;
    return best;
  }

  /** Gives a new category its own child. */
  addChild(value: number, child: Node): void {
    this.childOf.set(value, this.children.length);
    this.children.push(child);
  }

  toJSON(): any {
    const rule = this.rule.kind === 'values' ? { kind: 'values', values: [...this.childOf.keys()] } : this.rule;
    return {
      leaf: false,
      feature: this.feature,
      rule,
      depth: this.depth,
      children: this.children.map((child) => child.toJSON()),
    };
  }

  static from(json: any): Branch {
    return new Branch(json.feature, json.rule, json.depth, json.children.map(nodeFrom));
  }
}

export function nodeFrom(json: any): Node {
  return json.leaf ? Leaf.from(json) : Branch.from(json);
}
