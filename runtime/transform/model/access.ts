/** How steps get at models: what the slot (and the coordinator) gives them. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve as resolvePath } from 'node:path';
import { TidewheelError } from '../../../api/errors.js';
import type { ModelOptions } from '../../graph/model-steps.js';
import type { TensorFlow } from '../../learn/index.js';
import type { GoldenRow, LoadedModel, ModelFiles, ModelRegistry, OpenModel } from '../../model/contract.js';
import type { ObjectStore, StoreSpec } from '../../snapshot/store.js';
import type { IdleModels } from './idle-models.js';
import { registryStore } from './registry-location.js';

/** The model library, loaded when a step first asks for it: jobs without models pay nothing. */
export interface ModelLibrary {
  readonly openModel: OpenModel;
  createRegistry(store: ObjectStore): ModelRegistry;
  /** For networks that are trained. Rejects where TensorFlow.js can't be loaded. */
  trainingTensorFlow(): Promise<TensorFlow>;
  /** Throws TW7305 when the model answers otherwise. */
  checkGolden(model: LoadedModel, golden: readonly GoldenRow[], tolerance: number): Promise<void>;
}

export interface ModelAccess {
  library(): Promise<ModelLibrary>;
  /** The registry that options name. */
  registry(options: ModelOptions): Promise<ModelRegistry>;
  /** A model's file, or all files of its folder; relative to the job. */
  files(path: string): Promise<ModelFiles>;
  /** Where models are left that may be wanted again soon. */
  readonly idle?: IdleModels;
}

export interface ModelAccessParts {
  library(): Promise<ModelLibrary>;
  openStore(spec: StoreSpec): Promise<ObjectStore>;
  readonly baseDir: string;
  readonly resolve: (text: string) => string;
  readonly idle?: IdleModels;
}

export function modelAccess(parts: ModelAccessParts): ModelAccess {
  return {
    library: () => parts.library(),
    registry: async (options) => {
      const { createRegistry } = await parts.library();
      return createRegistry(await parts.openStore(registryStore(options, parts.baseDir, parts.resolve)));
    },
    idle: parts.idle,
    files: (path) => readModelFiles(resolvePath(parts.baseDir, parts.resolve(path))),
  };
}

async function readModelFiles(path: string): Promise<ModelFiles> {
  try {
    if (!(await stat(path)).isDirectory()) return new Map([[basename(path), await readFile(path)]]);
    const files = new Map<string, Uint8Array>();
    for (const name of await readdir(path, { recursive: true })) {
      // A mounted ConfigMap keeps its data in hidden folders, to which links with the files' names lead.
      if (name.startsWith('..')) continue;
      const file = join(path, name);
      if ((await stat(file)).isFile()) files.set(name.replaceAll('\\', '/'), await readFile(file));
    }
    return files;
  } catch (cause) {
    throw new TidewheelError('TW7402', `no model can be read from ${path}: ${(cause as Error).message}`, { cause });
  }
}
