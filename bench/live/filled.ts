/** What the suites on a running job wait for and look up before they measure. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FileStore } from '../../runtime/snapshot/file-store.js';
import { latestManifest } from '../../runtime/snapshot/manifest.js';
import type { CountingJob } from './counting-job.js';
import type { LiveJob } from './live-job.js';

const LOOK_MS = 1000;

/** Resolves when every key has come once and a checkpoint has it. */
export async function filled(live: LiveJob, { keys, changesPerS }: CountingJob): Promise<void> {
  let before = 0;
  await live.until('every key has come', async () => {
    await delay(LOOK_MS);
    const { rowsIn } = await live.call<{ rowsIn: number }>('GET', '/api/v1/job');
    const added = rowsIn - before;
    before = rowsIn;
    return rowsIn >= keys && added < changesPerS * 3;
  });
  await nextCheckpoints(live, 2);
}

/** The next `count` checkpoints that are triggered and completed from now on, oldest first. */
export async function nextCheckpoints(live: LiveJob, count: number) {
  const seen = Math.max(0, ...(await live.checkpoints()).map((c) => c.id));
  const found = async () => (await live.checkpoints()).filter((c) => c.id > seen && c.status === 'complete');
  await live.until(`${count} checkpoints`, async () => (await found()).length >= count);
  return (await found()).slice(-count).reverse();
}

/** Bytes that the segments of the latest checkpoint have together. */
export async function segmentBytes(live: LiveJob): Promise<number> {
  const store = new FileStore(join(live.dir, 'state', 'job'));
  const manifest = await latestManifest(store);
  const segments = Object.values(manifest?.nodes ?? {}).flatMap((node) => node.keyed?.segments ?? []);
  return segments.reduce((sum, segment) => sum + segment.bytes, 0);
}
