import { type PackedNumber, packFloats, unpackFloats } from '../state.js';

/** Weight seen of each class, by class id, with the order in which the classes came. */
export class ClassWeights {
  readonly order: number[] = [];
  private weights = new Float64Array(4);

  add(classId: number, weight: number): void {
    if (classId >= this.weights.length) {
      const grown = new Float64Array(classId * 2);
      grown.set(this.weights);
      this.weights = grown;
    }
    if (!this.order.includes(classId)) this.order.push(classId);
    this.weights[classId] += weight;
  }

  of(classId: number): number {
    return classId < this.weights.length ? this.weights[classId] : 0;
  }

  /** The weights in the order in which the classes came. */
  get inOrder(): number[] {
    return this.order.map((id) => this.weights[id]);
  }

  /** Summed afresh each time, in one order, so that a restored tree splits at the same row. */
  get total(): number {
    let sum = 0;
    for (const id of this.order) sum += this.weights[id];
    return sum;
  }

  /** The class with the greatest weight, the first of equals; −1 when there is none. */
  get greatest(): number {
    let best = -1;
    for (const id of this.order) if (best < 0 || this.weights[id] > this.weights[best]) best = id;
    return best;
  }

  /** Whether fewer than two classes have weight. */
  get pure(): boolean {
    let seen = 0;
    for (const id of this.order) if (this.weights[id] !== 0 && ++seen === 2) return false;
    return true;
  }

  toJSON(): { order: number[]; weights: PackedNumber[] } {
    return { order: [...this.order], weights: packFloats(this.order.map((id) => this.weights[id])) };
  }

  static from(json: { order: number[]; weights: PackedNumber[] }): ClassWeights {
    const weights = new ClassWeights();
    const values = unpackFloats(json.weights);
    json.order.forEach((id, i) => {
      weights.add(id, values[i]);
    });
    return weights;
  }
}
