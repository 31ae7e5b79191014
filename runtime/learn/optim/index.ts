/**
 * Optimizers and losses. `optimizerOf` takes either a ready optimizer or its description `{ type: 'AdaGrad', lr: 0.1 }`,
 * so that jobs can name one in plain data.
 */
import { TidewheelError } from '../errors.js';
import type { LearnJson } from '../state.js';
import { AdaGrad } from './ada-grad.js';
import { Adam } from './adam.js';
import { FTRLProximal } from './ftrl-proximal.js';
import { Momentum } from './momentum.js';
import type { Optimizer } from './optimizer.js';
import { RMSProp } from './rms-prop.js';
import { SGD } from './sgd.js';

export { AdaGrad, Adam, FTRLProximal, Momentum, type Optimizer, RMSProp, SGD };

const OPTIMIZERS = { SGD, AdaGrad, FTRLProximal, Adam, RMSProp, Momentum } as const;
export type OptimizerType = keyof typeof OPTIMIZERS;
/** An optimizer, its name, or its name with parameters. */
export type OptimizerSpec = Optimizer | OptimizerType | ({ type: OptimizerType } & { [param: string]: unknown });

/** Throws `TW7106` for a name that is none of SGD, AdaGrad, FTRLProximal, Adam, RMSProp, Momentum. */
export function optimizerOf(spec: OptimizerSpec | undefined): Optimizer {
  if (spec === undefined) return new SGD();
  if (typeof spec === 'object' && 'step' in spec && typeof spec.step === 'function') return spec as Optimizer;
  const { type, ...params } = typeof spec === 'string' ? { type: spec } : (spec as { type: OptimizerType });
  if (!Object.hasOwn(OPTIMIZERS, type)) throw unknown(type);
  return new OPTIMIZERS[type](params);
}

export function restoreOptimizer(json: LearnJson): Optimizer {
  if (!Object.hasOwn(OPTIMIZERS, json?.type)) throw unknown(json?.type);
  return OPTIMIZERS[json.type as OptimizerType].fromJSON(json);
}

function unknown(type: unknown): TidewheelError {
  return new TidewheelError(
    'TW7106',
    `no optimizer is called ${String(type)}: choose one of ${Object.keys(OPTIMIZERS).join(', ')}`,
  );
}
