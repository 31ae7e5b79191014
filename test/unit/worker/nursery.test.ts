import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** A thread of a process that has a small nursery says how large its own becomes, in MB, while it makes objects. */
async function nurseryOfThread(mib: string): Promise<number> {
  const module = new URL('../../../runtime/worker/nursery.js', import.meta.url);
  const work = `
    const { getHeapSpaceStatistics } = require('node:v8');
    const kept = [];
    let most = 0;
    for (let i = 0; i < 2e6; i++) {
      kept[i % 100000] = { i };
      if (i % 1000 === 0) most = Math.max(most, getHeapSpaceStatistics().find((s) => s.space_name === 'new_space').space_size);
    }
    console.log(Math.round(most / 1e6));`;
  const start = `
    const { Worker } = require('node:worker_threads');
    import('${module}').then(({ setSlotNursery }) => {
      setSlotNursery('${mib}');
      new Worker(${JSON.stringify(work)}, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 64 } });
    });`;
  const args = ['--max-semi-space-size=2', '--eval', start];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

test('a slot has the nursery it is given, though that of its process is small', async () => {
  expect(await nurseryOfThread('16')).toBeGreaterThan(25);
  expect(await nurseryOfThread('')).toBeLessThan(10);
});
