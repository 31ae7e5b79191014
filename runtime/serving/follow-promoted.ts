/**
 * Serves the version of a model that is promoted, as the registry's pointer moves. The new one is loaded beside the old; when it
 * has answered its golden rows it takes the requests, and the old one goes when it has answered its own. One that fails changes
 * nothing: the old one goes on.
 */
import type { ModelRegistry } from '../model/index.js';
import type { Logger } from '../source/contract.js';
import type { ModelHost } from './model-host.js';

export interface Following {
  /** Looks now. Never throws: what fails is logged, and tried again when the pointer moves. */
  check(): Promise<void>;
  stop(): void;
}

export function followPromoted(
  host: ModelHost,
  registry: Pick<ModelRegistry, 'promoted'>,
  name: string,
  options: { readonly intervalMs: number; readonly log: Logger },
): Following {
  const { log } = options;
  let current: string | undefined;
  let tried: string | undefined;
  let checking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      const version = (await registry.promoted(name))?.version;
      if (version === undefined || version === tried) return;
      tried = version;
      await host.load(name, version, { makeDefault: true });
      const before = current;
      current = version;
      if (before !== undefined && before !== version) await host.unload(name, before);
    } catch (error) {
      log.warn({ model: name, reason: (error as Error).message }, `${name}: goes on with version ${current ?? 'none'}`);
      // A store that is away says nothing of the version.
      if ((error as { code?: string }).code === 'TW4103') tried = current;
    }
  };
  const check = (): Promise<void> => {
    checking ??= look().finally(() => {
      checking = undefined;
    });
    return checking;
  };
  const timer = setInterval(() => void check(), options.intervalMs);
  timer.unref();
  return { check, stop: () => clearInterval(timer) };
}
