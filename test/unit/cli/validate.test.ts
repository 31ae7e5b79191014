import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-cli-'));
  writeFileSync(join(dir, 'good.yaml'), job('"line => line.trim()"'));
  writeFileSync(join(dir, 'bad.yaml'), job('"line => line."').replace('sink:', 'snik:'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const job = (code: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: trim }
spec:
  graph:
    nodes:
      - { name: in, source: { connector: filesystem, path: in.txt, format: json } }
      - { name: trim, map: ${code} }
      - { name: out, sink: { connector: print } }
`;

function tidewheel(...args: string[]) {
  const main = join(process.cwd(), 'dist/cli/main.js');
  return spawnSync(process.execPath, [main, ...args], { cwd: dir, encoding: 'utf8' });
}

describe('tidewheel validate', () => {
  test('says that a job is valid', () => {
    expect(tidewheel('validate', 'good.yaml')).toMatchObject({
      status: 0,
      stdout: "good.yaml: job 'trim' is valid (3 steps)\n",
      stderr: '',
    });
  });

  test('prints every problem with its place, and exits with 3', () => {
    const { status, stderr, stdout } = tidewheel('validate', 'bad.yaml', 'good.yaml');
    expect(status).toBe(3);
    expect(stderr).toBe("bad.yaml:9:22: TW1003: unknown field 'snik' in 'graph.nodes[2]'. Did you mean 'sink'?\n");
    expect(stdout).toBe("good.yaml: job 'trim' is valid (3 steps)\n");
  });

  test('says that a schedule is neither a duration nor a cron line', () => {
    writeFileSync(join(dir, 'often.yaml'), `${job('"line => line.trim()"')}  savepoint: { schedule: every day }\n`);
    const { status, stderr } = tidewheel('validate', 'often.yaml');
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^often.yaml: TW1004: spec.savepoint.schedule 'every day' is neither a duration \(6h\) nor a cron line/,
    );
  });

  test('checks models and snapshots too, each document of a file', () => {
    const model = (field: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: ModelDeployment
metadata: { name: fraud }
spec:
  model: fraud
  storage: { local: { path: models } }
  ${field}: 2
`;
    writeFileSync(join(dir, 'both.yaml'), `${model('replicas')}---\n${job('"line => line.trim()"')}`);
    writeFileSync(join(dir, 'model.yaml'), model('replica'));
    expect(tidewheel('validate', 'both.yaml')).toMatchObject({
      status: 0,
      stdout: "both.yaml: job 'trim' is valid (3 steps)\nboth.yaml: ModelDeployment 'fraud' is valid\n",
    });
    expect(tidewheel('validate', 'model.yaml')).toMatchObject({
      status: 3,
      stderr: "model.yaml:7:3: TW1003: unknown field 'replica' in 'spec'. Did you mean 'replicas'?\n",
    });
  });

  test('prints JSON for scripts', () => {
    const { status, stdout } = tidewheel('validate', '--json', 'bad.yaml');
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      files: [
        {
          file: 'bad.yaml',
          valid: false,
          resources: [],
          warnings: [],
          problems: [
            {
              code: 'TW1003',
              message: "unknown field 'snik' in 'graph.nodes[2]'",
              where: { file: 'bad.yaml', line: 9, column: 22 },
              hint: "Did you mean 'sink'?",
              retryable: false,
            },
          ],
        },
      ],
    });
  });

  test('exits with 2 for a wrong command line, and says what was meant', () => {
    expect(tidewheel('validate')).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = tidewheel('validat', 'good.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean validate?');
    expect(tidewheel('--version').stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});
