/** The disk for state with what the job leaves open decided. */
import { tmpdir, totalmem } from 'node:os';
import { StateDisk } from './state-disk.js';

const LARGEST_DEFAULT = 128 * 2 ** 20;

/** `cacheBytes`: default an eighth of the memory that the process may have, at most 128 MiB. Throws StateDiskError. */
export function openStateDisk(options: { readonly folder?: string; readonly cacheBytes?: number }): StateDisk {
  const { folder = tmpdir(), cacheBytes } = options;
  return new StateDisk({ folder, cacheBytes: cacheBytes ?? Math.min(LARGEST_DEFAULT, memoryBytes() / 8) });
}

/** What the container may use, or the machine has. */
function memoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
