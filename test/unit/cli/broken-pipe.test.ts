/** `tidewheel run … | head`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

test('a job ends quietly when nobody reads its output any more', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidewheel-pipe-'));
  const job = join(dir, 'job.sql');
  writeFileSync(
    job,
    `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
     CREATE TABLE printed (id BIGINT) WITH ('connector' = 'print');
     INSERT INTO printed SELECT id FROM numbers;`,
  );
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), 'run', job, '--state-dir', join(dir, 'state')]);
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  expect(code).toBe(141);
  expect(errors).not.toMatch(/EPIPE|at .*\.js:/);
  rmSync(dir, { recursive: true, force: true });
});
