/**
 * The answers of a network of dense layers alone, as loops over its weights: for a row at a time a call of TensorFlow.js costs a hundred
 * times what there is to compute. All answers of such a network are computed here, so that one row and many get the same.
 */
type Activation = (values: Float32Array, from: number, size: number) => void;

const each =
  (f: (v: number) => number): Activation =>
  (values, from, size) => {
    for (let i = from; i < from + size; i++) values[i] = f(values[i]);
  };

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: () => {},
  relu: each((v) => Math.max(v, 0)),
  tanh: each(Math.tanh),
  sigmoid: each((v) => 1 / (1 + Math.exp(-v))),
  softmax(values, from, size) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + size; i++) most = Math.max(most, values[i]);
    let sum = 0;
    for (let i = from; i < from + size; i++) {
      values[i] = Math.exp(values[i] - most);
      sum += values[i];
    }
    for (let i = from; i < from + size; i++) values[i] /= sum;
  },
};

interface Dense {
  readonly units: number;
  /** Places among the weights; −1: no bias. */
  readonly kernel: number;
  readonly bias: number;
  readonly activation: Activation;
}

export type Forward = (weights: readonly Float32Array[], x: Float32Array, rows: number) => Float32Array;

/** Undefined where there are other layers than Dense, Dropout, Flatten and Activation in a row. `topology`: as written out and seeded. */
export function quickForward(topology: any, inputSize: number): Forward | undefined {
  if ((topology.class_name ?? topology.className) !== 'Sequential') return undefined;
  const layers: Dense[] = [];
  let weights = 0;
  for (const { class_name, className, config } of topology.config.layers) {
    const name = class_name ?? className;
    const activation = ACTIVATIONS[config.activation ?? 'linear'];
    const shape = config.batch_input_shape ?? config.batchInputShape;
    // A Dense over more than a vector works on its last dimension.
    const flat = shape === undefined || shape === null || shape.length === 2 || name === 'Flatten';
    if (!flat || !activation) return undefined;
    if (name === 'Dense') {
      const useBias = config.use_bias ?? config.useBias ?? true;
      layers.push({ units: config.units, kernel: weights, bias: useBias ? weights + 1 : -1, activation });
      weights += useBias ? 2 : 1;
    } else if (name === 'Activation' && layers.length > 0) {
      const last = layers.pop()!;
      layers.push({
        ...last,
        activation: (values, from, size) => {
          last.activation(values, from, size);
          activation(values, from, size);
        },
      });
    } else if (name !== 'Dropout' && name !== 'Flatten') return undefined;
  }
  if (layers.length === 0) return undefined;
  return (given, x, rows) => {
    let input = x;
    let size = inputSize;
    for (const { units, kernel, bias, activation } of layers) {
      const out = new Float32Array(rows * units);
      const k = given[kernel];
      for (let row = 0; row < rows; row++) {
        const from = row * units;
        for (let o = 0; o < units; o++) {
          let sum = bias < 0 ? 0 : given[bias][o];
          for (let i = 0, at = o; i < size; i++, at += units) sum += input[row * size + i] * k[at];
          out[from + o] = sum;
        }
        activation(out, from, units);
      }
      input = out;
      size = units;
    }
    return input;
  };
}
