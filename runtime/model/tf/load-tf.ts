/**
 * Loads TensorFlow with one of its backends, once each. All plain backends share one engine, whose backend in use is global:
 * every call of a model first switches to the model's own (`use`), which costs nothing when it is in use already.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TfModule } from './tf-module.js';

export type TfBackend = 'tfjs-node' | 'tfjs-wasm' | 'tfjs-cpu';

/** A TensorFlow whose backend is ready. */
export interface Tf {
  readonly backend: TfBackend;
  readonly module: TfModule;
  /** Makes the backend that of the calls that follow. */
  use(): void;
}

const ENGINE_NAMES: Readonly<Record<TfBackend, string>> = {
  'tfjs-node': 'tensorflow',
  'tfjs-wasm': 'wasm',
  'tfjs-cpu': 'cpu',
};

const loading = new Map<string, Promise<Tf>>();

/**
 * Throws what the import or the first operation throws. `tfjsNodePath`: a folder with a build of tfjs-node; default: the
 * package of that name.
 */
export function loadTf(backend: TfBackend, tfjsNodePath?: string): Promise<Tf> {
  const key = `${backend} ${tfjsNodePath ?? ''}`;
  let known = loading.get(key);
  if (!known) {
    known = load(backend, tfjsNodePath);
    // A failure is not kept: the next open may find the library.
    known.catch(() => loading.delete(key));
    loading.set(key, known);
  }
  return known;
}

async function load(backend: TfBackend, tfjsNodePath: string | undefined): Promise<Tf> {
  const module = backend === 'tfjs-node' ? await importTfjsNode(tfjsNodePath) : await importTfjs(backend);
  const name = ENGINE_NAMES[backend];
  // Also silences the advice to install tfjs-node, which is on the console otherwise.
  module.enableProdMode();
  if (!(await module.setBackend(name))) throw new Error(`TensorFlow has no backend '${name}'`);
  await module.ready();
  const probe = module.tensor([1, 2], [2], 'float32');
  const [one, two] = probe.dataSync() as Float32Array;
  probe.dispose();
  if (one !== 1 || two !== 2)
    throw new Error(`TensorFlow's backend '${name}' gives back other numbers than it was given`);
  return {
    backend,
    module,
    use: () => {
      // Synchronous for a backend that is initialised, as this one is.
      if (module.getBackend() !== name) void module.setBackend(name);
    },
  };
}

async function importTfjs(backend: TfBackend): Promise<TfModule> {
  const name: string = '@tensorflow/tfjs';
  const module = unwrap(await import(name));
  if (backend === 'tfjs-wasm') {
    const wasmName: string = '@tensorflow/tfjs-backend-wasm';
    const wasm = (await import(wasmName)) as { setWasmPaths(prefix: string): void };
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    wasm.setWasmPaths(`${folder}/`);
  }
  return module;
}

async function importTfjsNode(path: string | undefined): Promise<TfModule> {
  const name =
    path === undefined ? '@tensorflow/tfjs-node' : pathToFileURL(createRequire(`${path}/`).resolve(path)).href;
  return unwrap(await import(name));
}

/** A CommonJS module as import() gives it. */
function unwrap(imported: { default?: TfModule } & Partial<TfModule>): TfModule {
  return (typeof imported.loadLayersModel === 'function' ? imported : imported.default) as TfModule;
}
