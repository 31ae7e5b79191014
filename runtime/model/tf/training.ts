import type { TensorFlow } from '../../learn/index.js';
import { loadTf } from './load-tf.js';

/**
 * TensorFlow.js as networks of runtime/learn train and answer with it: always the plain backend, because the same weights must give
 * the same answers, bit for bit, on every machine that a job moves to; and because WebAssembly can't train.
 */
export async function trainingTensorFlow(): Promise<TensorFlow> {
  return (await loadTf('tfjs-cpu')) as unknown as TensorFlow;
}
