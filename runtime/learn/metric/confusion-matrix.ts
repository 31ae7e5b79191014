import type { Metric } from '../contracts.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';

/**
 * Weight of each pair of true and predicted class. What precision, recall and F scores are computed from.
 *
 * `get()` is the accuracy, so that the matrix can stand where a metric is wanted. Size: classes², in numbers.
 */
export class ConfusionMatrix implements Metric {
  static readonly type = 'ConfusionMatrix';
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'label';
  nSamples = 0;
  totalWeight = 0;
  totalTruePositives = 0;
  private labels = new LabelIndex();
  private cells: number[][] = [];
  private rowSums: number[] = [];
  private columnSums: number[] = [];

  private idOf(label: Label): number {
    const id = this.labels.idOf(label);
    if (id === this.rowSums.length) {
      for (const row of this.cells) row.push(0);
      this.cells.push(new Array(id + 1).fill(0));
      this.rowSums.push(0);
      this.columnSums.push(0);
    }
    return id;
  }

  update(yTrue: Label, yPred: Label, w = 1): void {
    this.nSamples++;
    this.add(yTrue, yPred, w);
  }

  revert(yTrue: Label, yPred: Label, w = 1): void {
    this.nSamples--;
    this.add(yTrue, yPred, -w);
  }

  private add(yTrue: Label, yPred: Label, w: number): void {
    const row = this.idOf(yTrue);
    const column = yTrue === yPred ? row : this.idOf(yPred);
    this.cells[row][column] += w;
    this.rowSums[row] += w;
    this.columnSums[column] += w;
    this.totalWeight += w;
    if (row === column) this.totalTruePositives += w;
  }

  /** Classes that occur, as a truth or as a prediction, in the order first seen. */
  get classes(): Label[] {
    return this.labels.labels.filter((_, id) => this.rowSums[id] !== 0 || this.columnSums[id] !== 0);
  }

  /** Weight of rows of class `yTrue` that were predicted as `yPred`. */
  count(yTrue: Label, yPred: Label): number {
    const row = this.labels.find(yTrue);
    const column = this.labels.find(yPred);
    return row < 0 || column < 0 ? 0 : this.cells[row][column];
  }

  /** Weight of rows whose true class is `label`. */
  support(label: Label): number {
    return this.rowSums[this.labels.find(label)] ?? 0;
  }

  /** Weight of rows predicted as `label`. */
  predicted(label: Label): number {
    return this.columnSums[this.labels.find(label)] ?? 0;
  }

  truePositives(label: Label): number {
    return this.count(label, label);
  }

  falsePositives(label: Label): number {
    return this.predicted(label) - this.truePositives(label);
  }

  falseNegatives(label: Label): number {
    return this.support(label) - this.truePositives(label);
  }

  get(): number {
    return this.totalWeight === 0 ? 0 : this.totalTruePositives / this.totalWeight;
  }

  toJSON(): LearnJson {
    return {
      type: ConfusionMatrix.type,
      version: 1,
      nSamples: this.nSamples,
      labels: this.labels.toJSON(),
      cells: this.cells.map((row) => [...row]),
      rowSums: [...this.rowSums],
      columnSums: [...this.columnSums],
      totalWeight: this.totalWeight,
      totalTruePositives: this.totalTruePositives,
    };
  }

  static fromJSON(json: LearnJson): ConfusionMatrix {
    checkJson(json, ConfusionMatrix.type);
    const matrix = new ConfusionMatrix();
    matrix.nSamples = json.nSamples;
    matrix.labels = LabelIndex.fromJSON(json.labels);
    matrix.cells = json.cells.map((row: number[]) => [...row]);
    matrix.rowSums = [...json.rowSums];
    matrix.columnSums = [...json.columnSums];
    matrix.totalWeight = json.totalWeight;
    matrix.totalTruePositives = json.totalTruePositives;
    return matrix;
  }
}

/** Cells of a confusion matrix, or of a rolling one, as [truth, said, weight]; undefined for other metrics. */
export function confusionCells(metric: any): [Label, Label, number][] | undefined {
  const matrix = metric instanceof ConfusionMatrix ? metric : metric?.metric;
  if (!(matrix instanceof ConfusionMatrix)) return undefined;
  return matrix.classes.flatMap((truth) =>
    matrix.classes.map((said): [Label, Label, number] => [truth, said, matrix.count(truth, said)]),
  );
}
