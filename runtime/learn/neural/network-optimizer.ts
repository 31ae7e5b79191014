/**
 * Optimizers over the weights of a network: 32-bit arrays, one for each weight tensor, with the state beside them, so that a
 * snapshot has all of it, bit for bit (TensorFlow.js's own can't be saved exactly). Formulas and defaults are Keras's.
 */
import { TidewheelError } from '../errors.js';

export interface NetworkOptimizer {
  /** Arrays of state for each weight tensor. */
  readonly slots: number;
  /** What new slots are filled with. */
  readonly fill: number;
  /** Moves `w` against `g`; step `t` counts from 1. */
  step(w: Float32Array, g: ArrayLike<number>, slots: readonly Float32Array[], t: number): void;
}

export type NetworkOptimizerSpec = string | { readonly type: string; readonly [param: string]: unknown };

type Params = Record<string, number | undefined>;

const OPTIMIZERS: Readonly<Record<string, (params: Params) => NetworkOptimizer>> = {
  SGD: ({ lr = 0.01 }) => ({
    slots: 0,
    fill: 0,
    step(w, g) {
      for (let i = 0; i < w.length; i++) w[i] -= lr * g[i];
    },
  }),
  Momentum: ({ lr = 0.01, momentum = 0.9 }) => ({
    slots: 1,
    fill: 0,
    step(w, g, [a]) {
      for (let i = 0; i < w.length; i++) {
        a[i] = momentum * a[i] + g[i];
        w[i] -= lr * a[i];
      }
    },
  }),
  AdaGrad: ({ lr = 0.01, initial = 0.1, eps = 1e-7 }) => ({
    slots: 1,
    fill: initial,
    step(w, g, [a]) {
      for (let i = 0; i < w.length; i++) {
        a[i] += g[i] * g[i];
        w[i] -= (lr * g[i]) / Math.sqrt(a[i] + eps);
      }
    },
  }),
  RMSProp: ({ lr = 0.001, decay = 0.9, eps = 1e-7 }) => ({
    slots: 1,
    fill: 0,
    step(w, g, [a]) {
      for (let i = 0; i < w.length; i++) {
        a[i] = decay * a[i] + (1 - decay) * g[i] * g[i];
        w[i] -= (lr * g[i]) / Math.sqrt(a[i] + eps);
      }
    },
  }),
  Adam: ({ lr = 0.001, beta1 = 0.9, beta2 = 0.999, eps = 1e-7 }) => ({
    slots: 2,
    fill: 0,
    step(w, g, [m, v], t) {
      const first = 1 - beta1 ** t;
      const second = 1 - beta2 ** t;
      for (let i = 0; i < w.length; i++) {
        const slope = g[i];
        m[i] = beta1 * m[i] + (1 - beta1) * slope;
        v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
        w[i] -= (lr * (m[i] / first)) / (Math.sqrt(v[i] / second) + eps);
      }
    },
  }),
};

/** Throws `TW7106` for a name that is none of SGD, Momentum, AdaGrad, RMSProp, Adam; `TW7101` for a parameter that is no number. */
export function networkOptimizer(spec: NetworkOptimizerSpec): NetworkOptimizer {
  const { type, ...params }: { type: string; [param: string]: unknown } =
    typeof spec === 'string' ? { type: spec } : spec;
  const make = Object.hasOwn(OPTIMIZERS, type) ? OPTIMIZERS[type] : undefined;
  if (!make) {
    throw new TidewheelError(
      'TW7106',
      `no optimizer of networks is called ${String(type)}: choose one of ${Object.keys(OPTIMIZERS).join(', ')}`,
    );
  }
  for (const [name, value] of Object.entries(params)) {
    if (typeof value !== 'number') {
      throw new TidewheelError('TW7101', `${name} must be a number, but is ${JSON.stringify(value)}`);
    }
  }
  return make(params as Params);
}
