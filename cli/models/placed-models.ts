/**
 * Models that are served from where they lie, without a registry: a file or folder (a mounted ConfigMap), or a file by HTTP.
 * `golden.jsonl` in the folder, where it is, is asked as the registry would.
 */
import { TidewheelError } from '../../api/index.js';
import type { LoadedModel, ModelFiles, ModelRegistry, OpenOptions } from '../../runtime/model/index.js';
import { readModel } from './model-store.js';

export type ModelSource = Pick<ModelRegistry, 'open' | 'promoted'> &
  Partial<Pick<ModelRegistry, 'promote' | 'latest' | 'quality'>>;

export interface PlacedModel {
  readonly name: string;
  readonly version: string;
  /** Path or URL. */
  readonly at: string;
}

const GOLDEN = 'golden.jsonl';
const MAX_BYTES = 4 * 1024 ** 3;

/** `name=path`, `name@version=path`; the path may be an http(s) URL. Throws TW8001. */
export function parsePlaced(written: string): PlacedModel {
  const match = /^([^=@]+)(?:@([^=]+))?=(.+)$/.exec(written);
  if (!match) throw new TidewheelError('TW8001', `--file ${written}: write name=path or name@version=path`);
  return { name: match[1], version: match[2] ?? '1', at: match[3] };
}

/** `placed` by name and version; all others from `registry`. */
export function withPlacedModels(registry: ModelSource, placed: readonly PlacedModel[]): ModelSource {
  return {
    promoted: (name) => registry.promoted(name),
    promote: registry.promote?.bind(registry),
    latest: registry.latest?.bind(registry),
    quality: registry.quality?.bind(registry),
    open: (name, version, options) => {
      const found = placed.find((each) => each.name === name && each.version === version);
      return found ? openPlaced(found, options) : registry.open(name, version, options);
    },
  };
}

async function openPlaced({ at }: PlacedModel, options: OpenOptions | undefined): Promise<LoadedModel> {
  const { checkGolden, openModel, parseGolden } = await import('../../runtime/model/index.js');
  const files = new Map(/^https?:\/\//.test(at) ? await fetchModel(at) : await readModel(at));
  const golden = files.get(GOLDEN);
  files.delete(GOLDEN);
  const model = await openModel(files, options);
  if (!golden) return model;
  try {
    await checkGolden(model, parseGolden(new TextDecoder().decode(golden), `${at}/${GOLDEN}`), 1e-4);
    return model;
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** Throws TW7308, which may pass. */
async function fetchModel(url: string): Promise<ModelFiles> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new TidewheelError('TW7308', `${url} can’t be reached: ${String((error as Error).cause ?? error)}`, {
      cause: error,
    });
  }
  if (!response.ok)
    throw new TidewheelError('TW7308', `${url} answers ${response.status}`, { retryable: response.status >= 500 });
  if (Number(response.headers.get('content-length') ?? 0) > MAX_BYTES) {
    throw new TidewheelError('TW7308', `${url} is larger than ${MAX_BYTES} bytes`, { retryable: false });
  }
  const name = new URL(url).pathname.split('/').pop() || 'model';
  return new Map([[name, new Uint8Array(await response.arrayBuffer())]]);
}
