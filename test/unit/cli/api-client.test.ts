/** Which jobs run here: those whose process lives. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { addressFile, findJob, runningJobs, writeAddress } from '../../../cli/local/api-client.js';
import { makeFolder } from '../../../runtime/snapshot/make-folder.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-jobs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const address = (pid: number) => ({ host: '127.0.0.1', httpPort: 4, controlPort: 5, pid });

test('a job whose process was killed is not running, whatever file it left', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  await writeAddress(addressFile(dir, 'killed'), address(gone));
  await writeAddress(addressFile(dir, 'alive'), address(process.pid));
  expect(await findJob(dir, 'alive')).toBe('http://127.0.0.1:4');
  await expect(findJob(dir, 'killed')).rejects.toMatchObject({
    code: 'TW8002',
    message: `job 'killed' no longer runs: its process ${gone} is gone`,
    hint: 'Running here: alive; --state-dir names another folder',
  });
  expect(await runningJobs(dir)).toEqual([{ job: 'alive', url: 'http://127.0.0.1:4' }]);
});

test('a folder that can’t be made is an error, also where mkdir would try for ever', async () => {
  // Was: a sink with a path below /proc hung the job.
  await expect(makeFolder('/proc/nothing/here')).rejects.toThrow('ENOENT');
  await makeFolder(join(dir, 'a', 'b'));
  await makeFolder(join(dir, 'a', 'b'));
});
