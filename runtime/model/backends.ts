/**
 * Which of the libraries that run models are there. An optional one that could not be installed is missing without a word, so
 * it is tried, once, and what became of it can be shown: `tidewheel model backends`, the server's metadata, metrics and log.
 */
import type { ModelBackend, ModelFormat } from './contract.js';
import { loadOrt } from './onnx/open-onnx.js';
import { loadTf, type TfBackend } from './tf/load-tf.js';

/** Best first. */
const ORDER: Readonly<Record<ModelFormat, readonly ModelBackend[]>> = {
  'tfjs-layers': ['tfjs-node', 'tfjs-wasm', 'tfjs-cpu'],
  'tfjs-graph': ['tfjs-node', 'tfjs-wasm', 'tfjs-cpu'],
  keras: ['tfjs-node', 'tfjs-wasm', 'tfjs-cpu'],
  'keras-h5': ['tfjs-node', 'tfjs-wasm', 'tfjs-cpu'],
  'saved-model': ['tfjs-node'],
  onnx: ['onnxruntime-node', 'onnxruntime-web'],
  tidewheel: ['tidewheel'],
};

export function backendsFor(format: ModelFormat): readonly ModelBackend[] {
  return ORDER[format];
}

export interface BackendState {
  readonly backend: ModelBackend;
  readonly available: boolean;
  /** Why it is not. */
  readonly reason?: string;
}

let tfjsNodePath: string | undefined;

/** Where a build of tfjs-node is, for processes that don't have it among their packages. Call it before the first model. */
export function setTfjsNodePath(path: string | undefined): void {
  tfjsNodePath = path;
}

export function tfjsNodeLocation(): string | undefined {
  return tfjsNodePath;
}

/** Loads each library and says which work. Takes seconds where TensorFlow is there: for the start of a server, not of a job. */
export async function probeBackends(
  which: readonly ModelBackend[] = [...new Set(Object.values(ORDER).flat())],
): Promise<readonly BackendState[]> {
  const states: BackendState[] = [];
  for (const backend of which) {
    try {
      if (backend.startsWith('tfjs-')) await loadTf(backend as TfBackend, tfjsNodePath);
      else if (backend !== 'tidewheel') await loadOrt(backend as 'onnxruntime-node' | 'onnxruntime-web');
      states.push({ backend, available: true });
    } catch (error) {
      states.push({ backend, available: false, reason: firstLine(error) });
    }
  }
  return states;
}

export function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0];
}
