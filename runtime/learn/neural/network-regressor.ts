import type { Regressor } from '../contracts.js';
import { TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import { checkTarget } from '../linear/target.js';
import { checkJson, type LearnJson } from '../state.js';
import { type NetworkParams, NeuralNetwork } from './network.js';

/**
 * A neural network that learns a number, in TensorFlow.js. The last layer has one unit; loss: mean squared error, unless another
 * is named. State and errors as NetworkClassifier's.
 */
export class NetworkRegressor extends NeuralNetwork implements Regressor {
  static readonly type = 'NetworkRegressor';
  readonly kind = 'regressor';
  protected override readonly targetSize = 1;

  constructor(params: NetworkParams) {
    super(params, 'meanSquaredError');
  }

  protected override checkOutputs(outputs: number): void {
    if (outputs !== 1) throw new TidewheelError('TW7101', `the last layer must have one unit, but has ${outputs}`);
  }

  protected override target(y: unknown): ArrayLike<number> {
    return [checkTarget(y as number)];
  }

  protected override lossOf(answer: ArrayLike<number>, at: number, target: Float32Array): number {
    return (answer[at] - target[0]) ** 2;
  }

  /** The weight of a row is not supported: every row counts 1. */
  learnOne(x: FeatureInput, y: number): void {
    this.learn(x, y);
  }

  predictOne(x: FeatureInput): number {
    return this.ask(x)[0];
  }

  override predictMany(rows: readonly unknown[], prepare: (x: any) => FeatureInput): number[] {
    return this.askMany(rows, prepare).map((answer) => answer[0]);
  }

  toJSON(): LearnJson {
    return { type: NetworkRegressor.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): NetworkRegressor {
    checkJson(json, NetworkRegressor.type);
    const network = new NetworkRegressor(json.params);
    network.restoreState(json);
    return network;
  }
}
