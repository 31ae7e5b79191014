import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What a provision step answers: where the thing is, and whether this call had to make it. */
export interface Provisioned {
  readonly name: string;
  readonly dir: string;
  readonly built: boolean;
  readonly tookMs: number;
}

/** `$XDG_CACHE_HOME/tidewheel`, or `~/.cache/tidewheel`. */
export function cacheRoot(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tidewheel');
}

/**
 * Answers the cache folder called `name` (which carries the version), filling it with `build` where it is missing.
 *
 * The folder appears whole or not at all: `build` fills a folder beside it, which is then renamed. Of two runs that
 * want the same thing at once, one builds and the other waits for it. What a killed run left behind is taken over.
 */
export async function cached(name: string, build: (dir: string) => Promise<void>): Promise<Provisioned> {
  const started = Date.now();
  const root = cacheRoot();
  const dir = join(root, name);
  const answer = (built: boolean) => ({ name, dir, built, tookMs: Date.now() - started });
  if (existsSync(dir)) return answer(false);
  await mkdir(root, { recursive: true });
  const unlock = await lock(join(root, `${name}.lock`), name);
  try {
    if (existsSync(dir)) return answer(false);
    const fresh = await mkdtemp(join(root, `.${name}-`));
    try {
      await build(fresh);
      await rename(fresh, dir);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
    return answer(true);
  } finally {
    await unlock();
  }
}

/** A lock file holding its owner's pid. `link` makes it appear with its content, so that nobody reads it half written. */
async function lock(path: string, name: string): Promise<() => Promise<void>> {
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(mine, String(process.pid));
  let told = false;
  try {
    for (;;) {
      try {
        await link(mine, path);
        return () => rm(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (owner && !isAlive(owner)) {
        // Should two waiters both remove it, both build, and the second rename fails without harm to the first.
        await rm(path, { force: true });
        continue;
      }
      if (!told) console.log(`${name}: waiting for process ${owner}, which is making it`);
      told = true;
      await delay(200);
    }
  } finally {
    await unlink(mine);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
