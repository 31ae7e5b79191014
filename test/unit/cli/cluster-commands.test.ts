/** Commands for jobs of a cluster, against an API server in memory: arguments, what they change, what they say, exit codes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import yargs from 'yargs';
import { TidewheelError } from '../../../api/index.js';
import { logs, resume, suspend } from '../../../cli/commands/cluster-control.js';
import { rescale, savepoint, status } from '../../../cli/commands/job-control.js';
import { reportFailure } from '../../../cli/failure.js';
import { isKubectlPlugin, isPluginCommand, pluginArguments } from '../../../cli/kubectl-plugin.js';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { TestApiServer } from '../../harness/cluster/api-server.js';

let dir: string;
let api: TestApiServer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-cli-'));
  api = new TestApiServer();
  await api.start();
  const cluster = { name: 'c', cluster: { server: `http://127.0.0.1:${api.port}`, 'insecure-skip-tls-verify': true } };
  const contexts = ['home', 'away'].map((name) => ({
    name,
    context: { cluster: 'c', user: 'u', namespace: `team-${name}` },
  }));
  const config = { apiVersion: 'v1', kind: 'Config', 'current-context': 'home', clusters: [cluster], contexts };
  writeFileSync(join(dir, 'kubeconfig'), JSON.stringify({ ...config, users: [{ name: 'u', user: {} }] }));
  process.env.KUBECONFIG = join(dir, 'kubeconfig');
  symlinkSync(join(process.cwd(), 'dist/cli/main.js'), join(dir, 'kubectl-tidewheel'));
  // An operator that does at once what is asked.
  api.onChange((type, object) => {
    if (type === 'DELETED') return;
    if (object.kind === 'StreamJob' && object.status?.observedGeneration !== object.metadata.generation) {
      setImmediate(() => api.put({ ...object, status: reached(object) }, 'status'));
    }
    if (object.kind === 'StreamSnapshot' && !object.status) {
      const status = { phase: 'Complete', location: `savepoints/${object.metadata.name}.json` };
      setImmediate(() => api.put({ ...object, status }, 'status'));
    }
  });
});

afterAll(() => {
  api.stop();
  rmSync(dir, { recursive: true, force: true });
});

function reached({ spec, metadata }: KubeObject): object {
  const isRefused = spec.parallelism > 8;
  const message = isRefused ? 'parallelism must not exceed maxParallelism' : `rescaled to ${spec.parallelism}`;
  return {
    observedGeneration: metadata.generation,
    phase: spec.state === 'suspended' ? 'Suspended' : 'Running',
    ...{ ready: `${spec.parallelism}/${spec.parallelism}`, runners: 1, restarts: 0, recordsPerSecond: '300', lag: '7' },
    change: { kind: isRefused ? 'refused' : 'inPlace', message, completedAt: '2026-01-01T00:00:00Z' },
    ...(spec.state === 'suspended' ? { lastSavepoint: { location: 'savepoints/s.json' } } : {}),
  };
}

beforeEach(() => {
  for (const namespace of ['team-home', 'team-away']) {
    const metadata = { name: 'ids', namespace };
    api.put({ apiVersion: 'tidewheel.dev/v1alpha1', kind: 'StreamJob', metadata, spec: { parallelism: 1 } });
  }
});

const specOf = (namespace: string) => api.get('streamjobs', 'ids', namespace).spec;

/** One command line in this process, as cli/main.ts runs it. */
async function tidewheel(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    jest.spyOn(console, 'log').mockImplementation((text) => void out.push(String(text))),
    jest.spyOn(console, 'error').mockImplementation((text) => void err.push(String(text))),
  ];
  let code = 0;
  try {
    const line = yargs(args).strict().exitProcess(false).version(false);
    line.fail((message, error) => {
      throw error ?? new TidewheelError('TW8001', message);
    });
    for (const command of [status, savepoint, rescale, suspend, resume, logs]) line.command(command as never);
    await line.parseAsync();
  } catch (error) {
    code = reportFailure(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** As kubectl starts it. */
function kubectl(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { PATH: process.env.PATH, KUBECONFIG: join(dir, 'kubeconfig') };
  return new Promise((resolve) =>
    execFile(process.execPath, [join(dir, 'kubectl-tidewheel'), ...args], { cwd: dir, env }, (error, out) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, out: out.trim() }),
    ),
  );
}

describe('tidewheel against a cluster', () => {
  test('status of a job of the current context, of another one, and of all jobs', async () => {
    expect((await tidewheel('status', 'ids', '--cluster')).out).toMatch(/^team-home\/ids: Running, 1\/1 ready/);
    expect((await tidewheel('status', 'ids', '--context', 'away')).out).toMatch(/^team-away\/ids: Running/);
    expect((await tidewheel('status', 'ids', '-n', 'team-away')).out).toMatch(/^team-away\/ids: Running/);
    expect((await tidewheel('status', '--cluster')).out).toBe('ids: Running, 1/1 ready, 300 rows/s, lag 7');
    expect((await tidewheel('status', '-n', 'empty')).out).toBe('No StreamJob in namespace empty');
    const { out } = await tidewheel('status', 'ids', '--cluster', '--json');
    expect(JSON.parse(out)).toMatchObject({ phase: 'Running', lag: '7' });
  });

  test('a job that is not there is named with those that are', async () => {
    const { code, err } = await tidewheel('status', 'idz', '--cluster');
    expect(code).toBe(1);
    expect(err).toMatch(/TW8002: no StreamJob 'idz' in namespace team-home[\s\S]*There are: ids/);
  });

  test('rescale changes the spec and waits; what is refused is told with exit code 1', async () => {
    expect(await tidewheel('rescale', 'ids', '3', '--cluster')).toMatchObject({ code: 0, out: 'rescaled to 3' });
    expect([specOf('team-home').parallelism, specOf('team-away').parallelism]).toEqual([3, 1]);
    const refused = await tidewheel('rescale', 'ids', '9', '--cluster');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('TW8003: parallelism must not exceed') });
  });

  test('suspend says where the state is, resume what runs', async () => {
    expect((await tidewheel('suspend', 'ids')).out).toBe('suspended, state in savepoints/s.json');
    expect(specOf('team-home').state).toBe('suspended');
    expect((await tidewheel('resume', 'ids')).out).toBe('running, 1/1 ready');
  });

  test('savepoint makes a StreamSnapshot and prints its location', async () => {
    expect((await tidewheel('savepoint', 'ids', 'before', '--cluster')).out).toBe('savepoints/before.json');
    expect(api.get('streamsnapshots', 'before', 'team-home').spec).toEqual({ jobRef: 'ids' });
  });

  test('a command line that is wrong has exit code 2', async () => {
    for (const wrong of [['suspend'], ['rescale', 'ids', '--cluster'], ['logs', 'ids', '--tial', '3']]) {
      expect([wrong, (await tidewheel(...wrong)).code]).toEqual([wrong, 2]);
    }
  });
});

describe('as kubectl plugin', () => {
  test('jobs are those of the cluster without being told', async () => {
    expect((await kubectl('status', 'ids')).out).toMatch(/^team-home\/ids: /);
  });

  test('help names itself as it is called and has no commands for this machine', async () => {
    const { out } = await kubectl('--help');
    expect(out).toMatch(/kubectl tidewheel rescale <job> <parallelism>/);
    expect(out).not.toMatch(/tidewheel run/);
  });

  test('it is known by its name alone', () => {
    expect(['/usr/bin/kubectl-tidewheel', 'kubectl-tidewheel', '/x/tidewheel', undefined].map(isKubectlPlugin)).toEqual(
      [true, true, false, false],
    );
    expect(pluginArguments(['status', 'a', '-n', 'b'])).toEqual(['status', '--cluster', 'a', '-n', 'b']);
    expect(pluginArguments(['suspend', 'a'])).toEqual(['suspend', 'a']);
    expect(pluginArguments([])).toEqual([]);
    expect([isPluginCommand('logs'), isPluginCommand('run')]).toEqual([true, false]);
  });
});
