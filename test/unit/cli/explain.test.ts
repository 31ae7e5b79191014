import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-explain-'));
  writeFileSync(join(dir, 'job.sql'), SQL);
  writeFileSync(join(dir, 'changed.sql'), SQL.replace("INTERVAL '10' SECOND)", "INTERVAL '20' SECOND)"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SQL = `SET 'parallelism.default' = '3';
CREATE TABLE payments (card STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'datagen', 'number-of-rows' = '10');
CREATE TABLE out (card STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO out SELECT card, COUNT(*) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  GROUP BY card, window_start, window_end;
`;

function tidewheel(...args: string[]) {
  return spawnSync(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), ...args], {
    cwd: dir,
    encoding: 'utf8',
  });
}

describe('tidewheel explain', () => {
  test('prints chains with their parallelism and partitioning', () => {
    const { status, stdout, stderr } = tidewheel('explain', 'job.sql');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Chain 1, parallelism 3\n {2}Source: payments/);
    expect(stdout).toMatch(/← hash\(card\) from /);
  });

  test('prints JSON and Mermaid', () => {
    const json = JSON.parse(tidewheel('explain', 'job.sql', '--json', '-p', '2').stdout);
    expect(json).toMatchObject({ job: 'job', parallelism: 2, exchanges: [{ partitioning: 'hash(card)' }] });
    expect(tidewheel('explain', 'job.sql', '--format', 'mermaid').stdout).toMatch(/^flowchart LR\n/);
  });

  test('says what becomes of the state of the version that runs', () => {
    const { status, stdout } = tidewheel('explain', 'changed.sql', '--against', 'job.sql');
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nState:\n/);
    expect(stdout).toMatch(/carried over: Source: payments/);
  });

  test('exits with 3 for a job that is not valid, and with 1 for a file that is not there', () => {
    writeFileSync(join(dir, 'bad.sql'), 'SELEC 1;');
    expect(tidewheel('explain', 'bad.sql')).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^bad\.sql:1:1: TW2001/),
    });
    expect(tidewheel('explain', 'none.sql')).toMatchObject({ status: 1, stderr: expect.stringMatching(/TW1001/) });
  });
});
