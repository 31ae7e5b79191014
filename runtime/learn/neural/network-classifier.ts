import type { Classifier, Probabilities } from '../contracts.js';
import { TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { binarySign } from '../linear/binary-label.js';
import { checkJson, type LearnJson } from '../state.js';
import { type NetworkParams, NeuralNetwork } from './network.js';

export interface NetworkClassifierParams extends NetworkParams {
  /** Classes in the order of the outputs (default: in the order in which they are first seen). */
  classes?: readonly Label[];
}

/**
 * A neural network that learns classes, in TensorFlow.js.
 *
 * The last layer has one sigmoid unit for the classes false and true, or a softmax unit for each class. Loss: binary or categorical
 * cross entropy, unless another is named. State: weights, the optimizer's, and the labelled rows that wait for their batch.
 * Errors: `TW7102` for a class more than there are outputs, `TW7107` before TensorFlow was given to it.
 */
export class NetworkClassifier extends NeuralNetwork implements Classifier {
  static readonly type = 'NetworkClassifier';
  readonly kind = 'classifier';
  private labels = new LabelIndex();
  private readonly binary: boolean;

  constructor(params: NetworkClassifierParams) {
    const binary = unitsOf(params.layers) === 1;
    super(params, binary ? 'binaryCrossentropy' : 'categoricalCrossentropy');
    this.binary = binary;
    if (!binary) for (const label of params.classes ?? []) this.labels.idOf(label);
  }

  /** Two classes, false and true: `predictProbaOne(x).get(true)` without a map. Undefined for other classes. */
  get probabilityOne(): ((x: FeatureInput) => number) | undefined {
    return this.binary ? (x) => this.ask(x)[0] : undefined;
  }

  get classes(): readonly Label[] {
    return this.binary ? [false, true] : this.labels.labels;
  }

  protected override checkOutputs(outputs: number): void {
    if (this.binary !== (outputs === 1)) {
      throw new TidewheelError('TW7101', 'the last layer must have one unit for two classes, or one for each class');
    }
    if (this.labels.size > outputs) {
      throw new TidewheelError('TW7101', `there are ${this.labels.size} classes, but ${outputs} outputs`);
    }
  }

  protected override get targetSize(): number {
    return this.binary ? 1 : this.outputs;
  }

  protected override target(y: unknown): ArrayLike<number> {
    if (this.binary) return [binarySign(y as Label) === 1 ? 1 : 0];
    const { outputs } = this;
    const id = this.labels.find(y as Label);
    if (id < 0 && this.labels.size >= outputs) {
      throw new TidewheelError('TW7102', `class ${String(y)} is one more than the ${outputs} outputs of the network`);
    }
    const target = new Float32Array(outputs);
    target[id < 0 ? this.labels.idOf(y as Label) : id] = 1;
    return target;
  }

  protected override lossOf(answer: ArrayLike<number>, at: number, target: Float32Array): number {
    const log = (p: number) => -Math.log(Math.max(p, 1e-7));
    if (this.binary) return target[0] === 1 ? log(answer[at]) : log(1 - answer[at]);
    return log(answer[at + target.indexOf(1)]);
  }

  /** The weight of a row is not supported: every row counts 1. */
  learnOne(x: FeatureInput, y: Label): void {
    this.learn(x, y);
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    return this.probabilities(this.ask(x));
  }

  override predictMany(rows: readonly unknown[], prepare: (x: any) => FeatureInput): Probabilities[] {
    return this.askMany(rows, prepare).map((answer) => this.probabilities(answer));
  }

  private probabilities(answer: ArrayLike<number>): Probabilities {
    if (this.binary) {
      return new Map([
        [false, 1 - answer[0]],
        [true, answer[0]],
      ]);
    }
    return new Map(this.labels.labels.map((label, i) => [label, answer[i]]));
  }

  predictOne(x: FeatureInput): Label | undefined {
    let best: Label | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const [label, p] of this.predictProbaOne(x)) if (p > most) [best, most] = [label, p];
    return best;
  }

  toJSON(): LearnJson {
    return { type: NetworkClassifier.type, version: 1, ...this.stateJson(), labels: this.labels.toJSON() };
  }

  static fromJSON(json: LearnJson): NetworkClassifier {
    checkJson(json, NetworkClassifier.type);
    const network = new NetworkClassifier(json.params);
    network.restoreState(json);
    network.labels = LabelIndex.fromJSON(json.labels);
    return network;
  }
}

/** Units of the last layer, where the layers are written as a list. */
function unitsOf(layers: NetworkParams['layers']): number | undefined {
  const list: any = Array.isArray(layers) ? layers : (layers as any)?.config?.layers;
  const last = list?.at?.(-1);
  return last?.units ?? last?.config?.units;
}
