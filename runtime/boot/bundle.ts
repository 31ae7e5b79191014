/** Finds the bundle of an entry point. Imports nothing but Node's own modules: it runs before everything else. */
import { statSync } from 'node:fs';
import * as module from 'node:module';

const DIST = new URL('../../', import.meta.url);

/**
 * URL of the bundled entry point `name`; undefined when there is none, when something was compiled since it was made, and within
 * the bundle itself.
 */
export function freshBundle(name: 'main' | 'slot-thread', dist: URL = DIST): string | undefined {
  if (import.meta.url.includes('/bundle/')) return undefined;
  // A profile is to name modules.
  if (process.execArgv.includes('--cpu-prof')) return undefined;
  const url = new URL(`bundle/${name}.js`, dist);
  const madeMs = changedMs(url);
  if (madeMs === undefined) return undefined;
  // The compiler writes .tsbuildinfo last, whatever it compiled. Installed packages have none, nor times that mean anything.
  const compiledMs = changedMs(new URL('.tsbuildinfo', dist));
  return compiledMs !== undefined && compiledMs > madeMs ? undefined : url.href;
}

/** Keeps compiled code between runs, where this Node can (22.8 and later). */
export function keepCompiledCode(): void {
  (module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
}

function changedMs(url: URL): number | undefined {
  return statSync(url, { throwIfNoEntry: false })?.mtimeMs;
}
