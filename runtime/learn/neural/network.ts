/**
 * What networks that learn classes and networks that learn numbers have in common: rows into tensors, mini-batches, state.
 *
 * A row is asked about with the weights of the batches before it; a labelled row waits until `batchSize` have come together, and then
 * one step of the optimizer is taken over them (what tfjs's `trainOnBatch` does). Rows that wait are part of the state, so that
 * where a snapshot is taken changes no answer.
 */
import { requireParameter, TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowStep } from '../features/row-step.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import type { LearnJson } from '../state.js';
import type { Architecture, NetworkMachine, NetworkState } from './machine.js';
import { type NetworkOptimizerSpec, networkOptimizer } from './network-optimizer.js';
import { type LayerSpec, type Topology, topologyOf } from './topology.js';

export interface NetworkParams {
  /** Layers in a row, `{ type: 'Dense', units: 8, activation: 'relu' }`, or a topology of Keras (`{ class_name, config }`). */
  layers: readonly LayerSpec[] | Topology;
  /** Sizes of a row, without the batch: [4], [28, 28, 1]. */
  inputShape: readonly number[];
  /** SGD, Momentum, AdaGrad, RMSProp or Adam, with Keras's defaults (default Adam with lr 0.001). */
  optimizer?: NetworkOptimizerSpec;
  /** Loss of Keras by its name in camelCase. */
  loss?: string;
  /** Labelled rows of a step (default 32). */
  batchSize?: number;
  /** Seed of the first weights, of dropout and of the order of rows in batch training (default 42). */
  seed?: number;
}

export interface FitParams {
  /** Times through the rows, at most (default 20). */
  epochs?: number;
  /** Epochs without a lower loss over the validation rows before training ends (default 3). */
  patience?: number;
}

/** What batch training did. */
export interface FitReport {
  /** Epochs that were run, and the one whose weights were kept. */
  readonly epochs: number;
  readonly best: number;
  /** Loss over the validation rows (without any: NaN), by epoch. */
  readonly losses: readonly number[];
}

export abstract class NeuralNetwork extends RowStep {
  protected readonly params: NetworkParams & { readonly batchSize: number; readonly seed: number };
  readonly architecture: Architecture;
  private readonly size: number;
  private machine: NetworkMachine | undefined;
  private state: NetworkState | undefined;
  /** Labelled rows that wait: values one row after another, and targets. */
  private waitingX: Float32Array;
  private waitingY: number[] = [];
  private waiting = 0;

  constructor(params: NetworkParams, defaultLoss: string) {
    super();
    const { batchSize = 32, seed = 42, optimizer = 'Adam', loss = defaultLoss } = params;
    requireParameter(Number.isInteger(batchSize) && batchSize > 0, 'batchSize', batchSize, 'an integer above 0');
    networkOptimizer(optimizer);
    const topology = topologyOf(params.layers, params.inputShape);
    this.params = { ...params, batchSize, seed };
    this.architecture = { topology, loss, optimizer, seed };
    this.size = params.inputShape.reduce((a, b) => a * b, 1);
    this.waitingX = new Float32Array(batchSize * this.size);
  }

  get inputShape(): readonly number[] {
    return this.params.inputShape;
  }

  /** Gives the network its machine, which must be one of its `architecture`. Throws `TW7104` where saved weights don't fit. */
  attach(machine: NetworkMachine): void {
    if (this.state && !machine.fits(this.state)) {
      throw new TidewheelError('TW7104', 'the saved weights are those of other layers');
    }
    this.checkOutputs(machine.outputs);
    this.machine = machine;
  }

  /** Throws `TW7101` where the last layer does not fit what is learnt. */
  protected abstract checkOutputs(outputs: number): void;

  /** Numbers of a target. */
  protected abstract readonly targetSize: number;

  /** Writes a label as the numbers that the loss compares with. */
  protected abstract target(y: unknown): ArrayLike<number>;

  protected get outputs(): number {
    return this.ready().machine.outputs;
  }

  private ready(): { machine: NetworkMachine; state: NetworkState } {
    const { machine } = this;
    if (!machine) {
      throw new TidewheelError('TW7107', 'the network was asked before TensorFlow was given to it (attachTensorFlow)');
    }
    this.state ??= machine.fresh();
    return { machine, state: this.state };
  }

  private write(row: FeatureRow, to: Float32Array, at: number): void {
    to.fill(0, at, at + this.size);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      if (i >= this.size) {
        throw new TidewheelError(
          'TW7102',
          `feature ${this.features.nameOf(i)} is number ${i + 1}, but inputShape ${JSON.stringify(this.params.inputShape)} has ${this.size}`,
        );
      }
      to[at + i] = row.values[k];
    }
  }

  /** The last layer's answers for a row. */
  protected ask(x: FeatureInput): ArrayLike<number> {
    return this.askMany([x], (row) => row)[0];
  }

  /** Answers for rows in one call, each the same as alone. `prepare` makes of each what the network takes. */
  protected askMany(rows: readonly unknown[], prepare: (x: any) => FeatureInput): ArrayLike<number>[] {
    const { machine, state } = this.ready();
    const values = new Float32Array(rows.length * this.size);
    rows.forEach((x, i) => {
      this.write(this.asRow(prepare(x)), values, i * this.size);
    });
    const answers = machine.predict(state, values, rows.length, this.params.inputShape);
    const { outputs } = machine;
    return rows.map((_, i) => Array.prototype.slice.call(answers, i * outputs, (i + 1) * outputs));
  }

  /** What `predictProbaOne` (of numbers: `predictOne`) says of each row, in one call. */
  abstract predictMany(rows: readonly unknown[], prepare: (x: any) => FeatureInput): unknown[];

  protected learn(x: FeatureInput, y: unknown): void {
    const target = this.target(y);
    this.write(this.asRow(x), this.waitingX, this.waiting * this.size);
    for (let i = 0; i < target.length; i++) this.waitingY.push(target[i]);
    if (++this.waiting < this.params.batchSize) return;
    const { machine, state } = this.ready();
    machine.learn(state, this.waitingX, Float32Array.from(this.waitingY), this.waiting, this.params.inputShape);
    this.waiting = 0;
    this.waitingY = [];
  }

  /**
   * Batch training by tfjs's `fitDataset`: the rows in another order in each epoch, ended where the loss over `validation` has not
   * become lower for `patience` epochs; the weights of the best epoch stay. Goes on from the weights that the network has.
   * `prepare` makes of each row's `x` what the network takes (the transforms of a pipeline).
   */
  async fit(
    rows: readonly { x: any; y: unknown }[],
    validation: readonly { x: any; y: unknown }[],
    { epochs = 20, patience = 3 }: FitParams = {},
    prepare: (x: any) => FeatureInput = (x) => x,
  ): Promise<FitReport> {
    const { machine, state } = this.ready();
    const encoded = rows.map(({ x, y }) => this.encoded(prepare(x), y));
    const held = validation.map(({ x, y }) => this.encoded(prepare(x), y));
    const order = encoded.map((_, i) => i);
    const twister = MersenneTwister.python(this.params.seed);
    const shuffled = function* () {
      for (let i = order.length - 1; i > 0; i--) {
        const j = twister.below(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      for (const i of order) yield encoded[i];
    };
    const losses: number[] = [];
    let best = { epoch: 0, loss: Number.POSITIVE_INFINITY, weights: [] as Float32Array[] };
    await machine.fit(state, shuffled, this.params.inputShape, {
      batchSize: this.params.batchSize,
      epochs,
      after: (epoch) => {
        const loss = held.length > 0 ? this.lossOver(machine, state, held) : Number.NaN;
        losses.push(loss);
        if (held.length === 0 || loss < best.loss) {
          best = { epoch, loss, weights: state.weights.map((w) => w.slice()) };
        }
        return held.length === 0 || epoch - best.epoch < patience;
      },
    });
    if (best.epoch > 0) {
      machine.reload(state);
      state.weights = best.weights;
    }
    return { epochs: losses.length, best: best.epoch, losses };
  }

  private encoded(x: FeatureInput, y: unknown): { x: Float32Array; y: Float32Array } {
    const values = new Float32Array(this.size);
    this.write(this.asRow(x), values, 0);
    return { x: values, y: Float32Array.from(this.target(y)) };
  }

  /** Of one answer against its target, as the loss of validation. */
  protected abstract lossOf(answer: ArrayLike<number>, at: number, target: Float32Array): number;

  private lossOver(
    machine: NetworkMachine,
    state: NetworkState,
    rows: readonly { x: Float32Array; y: Float32Array }[],
  ): number {
    const BATCH = 256;
    let sum = 0;
    for (let from = 0; from < rows.length; from += BATCH) {
      const part = rows.slice(from, from + BATCH);
      const x = new Float32Array(part.length * this.size);
      part.forEach((row, i) => {
        x.set(row.x, i * this.size);
      });
      const answers = machine.predict(state, x, part.length, this.params.inputShape);
      part.forEach((row, i) => {
        sum += this.lossOf(answers, i * machine.outputs, row.y);
      });
    }
    return sum / rows.length;
  }

  protected stateJson(): Omit<LearnJson, 'type' | 'version'> {
    if (this.state) this.machine?.settle(this.state);
    return {
      params: this.params,
      features: this.featuresJson(),
      ...(this.state
        ? {
            weights: this.state.weights.map(pack),
            slots: this.state.slots.map((slots) => slots.map(pack)),
            steps: this.state.steps,
          }
        : {}),
      waiting: {
        x: pack(this.waitingX.subarray(0, this.waiting * this.size)),
        y: pack(Float32Array.from(this.waitingY)),
      },
    };
  }

  protected restoreState(json: LearnJson): void {
    this.restoreFeatures(json.features);
    if (json.weights) {
      this.state = {
        weights: json.weights.map(unpack),
        slots: json.slots.map((slots: string[]) => slots.map(unpack)),
        steps: json.steps,
      };
    }
    const x = unpack(json.waiting.x);
    this.waitingX.set(x);
    this.waiting = x.length / this.size;
    this.waitingY = [...unpack(json.waiting.y)];
  }
}

/** 32-bit floats, little-endian, as base64. */
function pack(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function unpack(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(bytes.length / 4);
  for (let i = 0; i < values.length; i++) values[i] = bytes.readFloatLE(i * 4);
  return values;
}
