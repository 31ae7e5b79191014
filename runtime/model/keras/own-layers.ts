/**
 * Layers of Keras that TensorFlow.js lacks, for inference: Subtract, Normalization, and the cell of a GRU with `reset_after`
 * (Keras' default: Cho et al. 2014, v3, with the reset gate after the matrix product and a bias of its own).
 */
import type { TfModule } from '../tf/tf-module.js';
import { convAndNormLayers, HARD_SIGMOID_3, hardSigmoid3 } from './own-conv-norm.js';

/** The class of a GRU with `reset_after`. */
export const GRU_RESET_AFTER = 'TidewheelGru';

const ACTIVATION_OPERATIONS: Readonly<Record<string, string>> = {
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  relu: 'relu',
  elu: 'elu',
  selu: 'selu',
  softplus: 'softplus',
};

/** Whether the cell can be made with that activation. */
export function hasGruActivation(name: unknown): boolean {
  return name === 'linear' || name === HARD_SIGMOID_3 || (typeof name === 'string' && name in ACTIVATION_OPERATIONS);
}

const registered = new WeakSet<object>();

/** Makes the layers known to this TensorFlow.js. */
export function registerOwnLayers(module: TfModule): void {
  if (registered.has(module)) return;
  registered.add(module);
  const tf = module as any;
  const { Layer, RNN, RNNCell } = tf.layers;

  class Subtract extends Layer {
    static className = 'Subtract';
    call(inputs: any): any {
      return tf.sub(inputs[0], inputs[1]);
    }
    computeOutputShape(shapes: any): any {
      return shapes[0].length >= shapes[1].length ? shapes[0] : shapes[1];
    }
  }

  class Normalization extends Layer {
    static className = 'Normalization';
    private mean: any;
    private variance: any;
    build(shape: any): void {
      const zeros = tf.initializers.zeros();
      const size = [shape[shape.length - 1]];
      this.mean = (this as any).addWeight('mean', size, 'float32', zeros, undefined, false);
      this.variance = (this as any).addWeight('variance', size, 'float32', zeros, undefined, false);
      (this as any).built = true;
    }
    call(inputs: any): any {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      // Keras' epsilon.
      const deviation = tf.maximum(tf.sqrt(this.variance.read()), 1e-7);
      return tf.div(tf.sub(tf.cast(x, 'float32'), this.mean.read()), deviation);
    }
    computeOutputShape(shape: any): any {
      return shape;
    }
  }

  class GruCell extends RNNCell {
    static className = 'TidewheelGruCell';
    readonly stateSize: number;
    private readonly config: any;
    private kernel: any;
    private recurrentKernel: any;
    private bias: any;
    constructor(config: any) {
      super(config);
      this.config = config;
      this.stateSize = config.units;
    }
    build(shape: any): void {
      const { units, useBias } = this.config;
      const add = (name: string, size: number[]) =>
        (this as any).addWeight(name, size, 'float32', tf.initializers.zeros(), undefined, true);
      this.kernel = add('kernel', [shape[shape.length - 1], units * 3]);
      this.recurrentKernel = add('recurrent_kernel', [units, units * 3]);
      if (useBias !== false) this.bias = add('bias', [2, units * 3]);
      (this as any).built = true;
    }
    call(inputs: any): any {
      const { units, activation, recurrentActivation } = this.config;
      const [x, before] = inputs;
      let given = tf.matMul(x, this.kernel.read());
      let kept = tf.matMul(before, this.recurrentKernel.read());
      if (this.bias) {
        const [ofInput, ofState] = tf.split(this.bias.read(), 2, 0);
        given = tf.add(given, ofInput);
        kept = tf.add(kept, ofState);
      }
      const [givenZ, givenR, givenH] = tf.split(given, [units, units, units], 1);
      const [keptZ, keptR, keptH] = tf.split(kept, [units, units, units], 1);
      const gate = (value: any) => activate(tf, recurrentActivation, value);
      const z = gate(tf.add(givenZ, keptZ));
      const r = gate(tf.add(givenR, keptR));
      const candidate = activate(tf, activation, tf.add(givenH, tf.mul(r, keptH)));
      const h = tf.add(tf.mul(z, before), tf.mul(tf.sub(1, z), candidate));
      return [h, h];
    }
  }

  class Gru extends RNN {
    static className = GRU_RESET_AFTER;
    private readonly config: any;
    constructor(config: any) {
      super({ ...config, cell: new GruCell({ ...config, name: undefined }) });
      this.config = config;
    }
    static fromConfig(cls: any, config: any): any {
      return new cls(config);
    }
    /** A bidirectional layer makes its two halves of it. */
    getConfig(): any {
      const { cell: _, ...rest } = super.getConfig();
      return { ...this.config, ...rest };
    }
  }

  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const layer of [Subtract, Normalization, GruCell, Gru, ...convAndNormLayers(tf, classNameMap)])
    tf.serialization.registerClass(layer);
}

function activate(tf: any, name: string, value: any): any {
  if (name === HARD_SIGMOID_3) return hardSigmoid3(tf, value);
  return name === 'linear' ? value : tf[ACTIVATION_OPERATIONS[name]](value);
}
