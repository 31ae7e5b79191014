import { TidewheelError } from '../errors.js';

/**
 * A class label. Labels of different types are different classes: `1`, `'1'` and `true` are three. A bigint, which only
 * stands for integers beyond the safe ones, counts as its decimal digits.
 */
export type Label = string | number | boolean;

/** Class labels and their integer ids, in the order first seen. */
export class LabelIndex {
  readonly labels: Label[] = [];
  private readonly ids = new Map<Label, number>();

  get size(): number {
    return this.labels.length;
  }

  find(label: Label): number {
    return this.ids.get(typeof label === 'bigint' ? String(label) : label) ?? -1;
  }

  idOf(label: Label): number {
    const known = this.ids.get(label);
    if (known !== undefined) return known;
    if (typeof label === 'bigint') return this.idOf(String(label));
    if (label === null || label === undefined || typeof label === 'object') {
      throw new TidewheelError('TW7102', `${String(label)} is not a class label`);
    }
    const id = this.labels.length;
    this.labels.push(label);
    this.ids.set(label, id);
    return id;
  }

  /** Ids in the order of their labels: numbers by value, strings by code unit, false before true. */
  sortedIds(): number[] {
    const { labels } = this;
    return labels.map((_, id) => id).sort((a, b) => (labels[a] < labels[b] ? -1 : labels[a] > labels[b] ? 1 : 0));
  }

  toJSON(): Label[] {
    return [...this.labels];
  }

  static fromJSON(labels: readonly Label[]): LabelIndex {
    const index = new LabelIndex();
    for (const label of labels) index.idOf(label);
    return index;
  }
}
