/**
 * A network in TensorFlow, with the weights of whoever asks at the moment: learners of one architecture (one for each key of a job)
 * share it, each with its own weights in plain arrays. Nothing of TensorFlow needs to be freed when a learner is dropped.
 */
import { TidewheelError } from '../errors.js';
import { type NetworkOptimizer, type NetworkOptimizerSpec, networkOptimizer } from './network-optimizer.js';
import { type Forward, quickForward } from './quick-forward.js';
import { installQuickKernels } from './quick-kernels.js';
import type { TensorFlow, TfLayer, TfModel, TfTensor, TfVariable } from './tensorflow.js';
import { mixed, seeded, type Topology } from './topology.js';

export interface Architecture {
  readonly topology: Topology;
  readonly loss: string;
  readonly optimizer: NetworkOptimizerSpec;
  readonly seed: number;
}

/** What a learner has of its own. */
export interface NetworkState {
  /** Of all weights, in the order of the model. */
  weights: Float32Array[];
  /** State of the optimizer, for each trainable weight. */
  slots: Float32Array[][];
  /** Batches learnt. */
  steps: number;
}

export interface FitOptions {
  readonly batchSize: number;
  readonly epochs: number;
  /** After each epoch (from 1), with the state as it is; false ends the training. */
  after(epoch: number): boolean;
}

const machines = new WeakMap<TensorFlow, Map<string, Promise<NetworkMachine>>>();

/** The machine for an architecture; the same for equal ones. Rejects with `TW7101` where TensorFlow refuses the layers. */
export function machineFor(
  tf: TensorFlow,
  architecture: Architecture,
  inputShape: readonly number[],
): Promise<NetworkMachine> {
  let known = machines.get(tf);
  if (!known) machines.set(tf, (known = new Map()));
  const key = JSON.stringify(architecture);
  let machine = known.get(key);
  if (!machine) known.set(key, (machine = NetworkMachine.build(tf, architecture, inputShape)));
  return machine;
}

export class NetworkMachine {
  private readonly model: TfModel;
  private readonly all: readonly TfVariable[];
  private readonly trainable: readonly TfVariable[];
  private readonly initial: readonly Float32Array[];
  private readonly dropouts: readonly TfLayer[];
  private readonly train: (data: TfTensor[]) => TfTensor[];
  /** Numbers that the network gives for a row. */
  readonly outputs: number;
  /** Whose weights are in the model; they may be newer than those in its arrays. */
  private owner: NetworkState | undefined;
  private touched = false;
  private readonly seed: number;

  private constructor(
    private readonly tf: TensorFlow,
    model: TfModel,
    private readonly optimizer: NetworkOptimizer,
    architecture: Architecture,
    private readonly forward: Forward | undefined,
  ) {
    const apply = (gradients: readonly { tensor: TfTensor }[]) => this.apply(gradients.map((g) => g.tensor));
    const Own = class extends tf.module.Optimizer {
      applyGradients(gradients: readonly { tensor: TfTensor }[]): void {
        apply(gradients);
      }
      getConfig(): object {
        return {};
      }
      getClassName(): string {
        return 'TidewheelOptimizer';
      }
    };
    model.compile({ optimizer: new Own(), loss: architecture.loss });
    // A Sequential trains by the model within it.
    this.model = model.model ?? model;
    this.train = this.model.makeTrainFunction();
    this.all = model.weights.map((w) => w.read());
    this.trainable = model.trainableWeights.map((w) => w.read());
    this.initial = this.all.map((w) => Float32Array.from(w.dataSync()));
    this.dropouts = dropoutsOf(model.layers);
    this.seed = architecture.seed;
    this.outputs = model.outputs[0].shape.slice(1).reduce<number>((n, d) => n * (d ?? 1), 1);
  }

  static async build(
    tf: TensorFlow,
    architecture: Architecture,
    inputShape: readonly number[],
  ): Promise<NetworkMachine> {
    tf.use();
    installQuickKernels(tf);
    const optimizer = networkOptimizer(architecture.optimizer);
    let draft: TfModel | undefined;
    try {
      // Written out by TensorFlow once, so that initializers that the job left out are there to be seeded.
      draft = await tf.module.models.modelFromJSON({ modelTopology: architecture.topology });
      const topology = seeded(draft.toJSON(undefined, false), architecture.seed);
      const model = await tf.module.models.modelFromJSON({ modelTopology: topology });
      return new NetworkMachine(tf, model, optimizer, architecture, quickForward(topology, sizeOf(inputShape)));
    } catch (error) {
      if (error instanceof TidewheelError) throw error;
      throw new TidewheelError('TW7101', `TensorFlow can’t make the network: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      draft?.dispose();
    }
  }

  /** As a learner begins: the same weights whenever the seed is the same. */
  fresh(): NetworkState {
    return {
      weights: this.initial.map((w) => w.slice()),
      slots: this.trainable.map((w) =>
        Array.from({ length: this.optimizer.slots }, () => new Float32Array(sizeOf(w.shape)).fill(this.optimizer.fill)),
      ),
      steps: 0,
    };
  }

  /** Whether arrays are those of this network: by their number and lengths. */
  fits(state: NetworkState): boolean {
    return (
      state.weights.length === this.initial.length &&
      state.weights.every((w, i) => w.length === this.initial[i].length) &&
      state.slots.length === this.trainable.length &&
      state.slots.every(
        (slots, i) =>
          slots.length === this.optimizer.slots &&
          slots.every((slot) => slot.length === sizeOf(this.trainable[i].shape)),
      )
    );
  }

  private own(state: NetworkState): void {
    this.tf.use();
    if (this.owner === state) return;
    if (this.owner) this.settle(this.owner);
    this.owner = state;
    this.all.forEach((variable, i) => this.assign(variable, state.weights[i]));
  }

  private assign(variable: TfVariable, values: Float32Array): void {
    const tensor = this.tf.module.tensor(values, variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }

  /** Brings the arrays of `state` up to date with what was trained. */
  settle(state: NetworkState): void {
    if (this.owner !== state || !this.touched) return;
    this.touched = false;
    state.weights = this.all.map((w) => Float32Array.from(w.dataSync()));
  }

  /** Forgets what the model has of `state`: its arrays were replaced. */
  reload(state: NetworkState): void {
    if (this.owner !== state) return;
    this.owner = undefined;
    this.touched = false;
  }

  /** Answers of `rows` rows, one after another. `x` has all their values. */
  predict(state: NetworkState, x: Float32Array, rows: number, shape: readonly number[]): ArrayLike<number> {
    if (this.forward) {
      this.settle(state);
      return this.forward(state.weights, x, rows);
    }
    this.own(state);
    const engine = this.tf.module.engine();
    engine.startScope();
    try {
      const answer = this.model.predictOnBatch(this.tf.module.tensor(x, [rows, ...shape], 'float32'));
      return (Array.isArray(answer) ? answer[0] : answer).dataSync();
    } finally {
      engine.endScope();
    }
  }

  /** One step of the optimizer over a batch; gives the loss before it. */
  learn(state: NetworkState, x: Float32Array, y: Float32Array, rows: number, shape: readonly number[]): number {
    this.own(state);
    this.beforeBatch(state);
    const { module } = this.tf;
    const engine = module.engine();
    engine.startScope();
    try {
      const inputs = module.tensor(x, [rows, ...shape], 'float32');
      const targets = module.tensor(y, [rows, y.length / rows], 'float32');
      return this.train([inputs, targets])[0].dataSync()[0];
    } finally {
      engine.endScope();
    }
  }

  /** Trains by `fitDataset`: `rows` gives the rows of an epoch, in the order in which they are to be learnt. */
  async fit(
    state: NetworkState,
    rows: (epoch: number) => Iterable<{ x: Float32Array; y: Float32Array }>,
    shape: readonly number[],
    options: FitOptions,
  ): Promise<void> {
    this.own(state);
    const { module } = this.tf;
    let epoch = 0;
    function* tensors() {
      for (const { x, y } of rows(epoch)) {
        yield { xs: module.tensor(x, shape, 'float32'), ys: module.tensor(y, [y.length], 'float32') };
      }
    }
    const control = this.model as unknown as { stopTraining: boolean };
    await this.model.fitDataset(module.data.generator(tensors).batch(options.batchSize), {
      epochs: options.epochs,
      verbose: 0,
      yieldEvery: 'auto',
      callbacks: {
        onBatchBegin: async () => {
          this.own(state);
          this.beforeBatch(state);
        },
        onEpochEnd: async () => {
          epoch++;
          this.own(state);
          this.settle(state);
          if (!options.after(epoch)) control.stopTraining = true;
          // The rest of `after` may have asked another learner of this architecture.
          this.own(state);
        },
      },
    });
  }

  /** Dropout is another in each batch, and the same when the batch comes again. */
  private beforeBatch(state: NetworkState): void {
    this.dropouts.forEach((layer, i) => {
      layer.seed = mixed(this.seed ^ 0x5bd1e995, state.steps * this.dropouts.length + i);
    });
  }

  private apply(gradients: readonly TfTensor[]): void {
    const state = this.owner!;
    state.steps++;
    this.trainable.forEach((variable, i) => {
      const w = Float32Array.from(variable.dataSync());
      this.optimizer.step(w, gradients[i].dataSync(), state.slots[i], state.steps);
      this.assign(variable, w);
    });
    this.touched = true;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function dropoutsOf(layers: readonly TfLayer[]): TfLayer[] {
  return layers.flatMap((layer) =>
    layer.layers ? dropoutsOf(layer.layers) : /Dropout/.test(layer.getClassName()) ? [layer] : [],
  );
}
