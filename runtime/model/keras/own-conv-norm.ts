/**
 * More of Keras for inference that TensorFlow.js lacks or computes otherwise: a Conv1D with causal padding (as WaveNet's, van den Oord et
 * al. 2016), GroupNormalization (Wu and He 2018), and Keras 3's hard_sigmoid, relu6(x + 3) / 6.
 */

export const CAUSAL_CONV1D = 'TidewheelCausalConv1D';
/** The name of the activation in a configuration. */
export const HARD_SIGMOID_3 = 'tidewheelHardSigmoid';

export function hardSigmoid3(tf: any, x: any): any {
  return tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6);
}

/** Classes to register. `classes`: those that this TensorFlow.js has, by name. */
export function convAndNormLayers(tf: any, classes: Readonly<Record<string, readonly any[]>>): any[] {
  const [Conv1D] = classes.Conv1D;
  const Activation = Object.getPrototypeOf(classes.hardSigmoid[0]);
  const { Layer } = tf.layers;

  /** What lies before the first step is zero: step t sees none after t. */
  class CausalConv1D extends Conv1D {
    static className = CAUSAL_CONV1D;
    private readonly before: number;
    private readonly written: any;
    constructor(config: any) {
      super({ ...config, padding: 'valid' });
      const first = (value: any, otherwise: number) => (Array.isArray(value) ? value[0] : (value ?? otherwise));
      this.before = (first(config.kernelSize, 1) - 1) * first(config.dilationRate, 1);
      this.written = config;
    }
    call(inputs: any, kwargs: any): any {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const padding = [
        [0, 0],
        [this.before, 0],
        [0, 0],
      ];
      return super.call([tf.pad(x, padding)], kwargs);
    }
    computeOutputShape(shape: any): any {
      const [batch, steps, channels] = shape;
      return super.computeOutputShape([batch, steps === null ? null : steps + this.before, channels]);
    }
    getConfig(): any {
      return { ...super.getConfig(), ...this.written };
    }
  }

  /** Mean and variance of each row over all positions and the channels of a group. */
  class GroupNormalization extends Layer {
    static className = 'GroupNormalization';
    private readonly config: any;
    private groups = 1;
    private gamma: any;
    private beta: any;
    constructor(config: any) {
      super(config);
      this.config = config;
    }
    build(shape: any): void {
      const channels = shape[shape.length - 1];
      const { groups = 32, scale, center } = this.config;
      this.groups = groups === -1 ? channels : groups;
      const add = (name: string, initializer: any) =>
        (this as any).addWeight(name, [channels], 'float32', initializer, undefined, true);
      if (scale !== false) this.gamma = add('gamma', tf.initializers.ones());
      if (center !== false) this.beta = add('beta', tf.initializers.zeros());
      (this as any).built = true;
    }
    call(inputs: any): any {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const channels = x.shape[x.shape.length - 1];
      const grouped = tf.reshape(x, [x.shape[0], -1, this.groups, channels / this.groups]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const normal = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, this.config.epsilon ?? 1e-3)));
      let out = tf.reshape(normal, x.shape);
      if (this.gamma) out = tf.mul(out, this.gamma.read());
      if (this.beta) out = tf.add(out, this.beta.read());
      return out;
    }
    computeOutputShape(shape: any): any {
      return shape;
    }
  }

  class HardSigmoid extends Activation {
    static className = HARD_SIGMOID_3;
    apply(x: any): any {
      return hardSigmoid3(tf, x);
    }
  }

  return [CausalConv1D, GroupNormalization, HardSigmoid];
}
