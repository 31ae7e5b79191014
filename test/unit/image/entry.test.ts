/** The entry point of the image starts a runner that is killed again, and nothing else. `node` is a script here that dies as it is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let dir: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-entry-'));
  mkdirSync(join(dir, 'memory'));
  oomKills(0);
  const text = readFileSync('scripts/image/entry.sh', 'utf8').replaceAll('/sys/fs/cgroup', dir);
  write('entry.sh', text);
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
  chmodSync(join(dir, name), 0o755);
}

/** As the kernel tells of them. */
function oomKills(count: number): void {
  writeFileSync(join(dir, 'memory/memory.oom_control'), `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`);
}

/** `lives`: what the process does in each of its lives, `$life` from 1 on. */
function start(lives: string, command = 'runner'): ChildProcess {
  write('node', `#!/bin/sh\necho "$@" >> ${dir}/lives\nlife=$(wc -l < ${dir}/lives)\n${lives}\n`);
  child = spawn(join(dir, 'entry.sh'), [command, '--id=a b'], {
    env: { PATH: `${dir}:${process.env.PATH}`, POD_NAME: 'job-runner-0' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  return child;
}

async function ended(): Promise<{ code: number; lives: string[]; said: string }> {
  let said = '';
  child!.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child!, 'close');
  return { code, lives: readFileSync(join(dir, 'lives'), 'utf8').trim().split('\n'), said };
}

describe('a runner', () => {
  test('that is killed is started again with its arguments, and it is said; its exit code is the container’s', async () => {
    start('[ $life = 1 ] && kill -9 $$; exit 3');
    const { code, lives, said } = await ended();
    expect([code, lives]).toEqual([3, Array(2).fill('/app/dist/cli/main.js runner --id=a b')]);
    expect(JSON.parse(said)).toMatchObject({ level: 40, part: 'job-runner-0', signal: 9 });
  });

  test('that ends by an exit code, or aborts, ends its container', async () => {
    start('kill -ABRT $$');
    expect(await ended()).toMatchObject({ code: 134, lives: { length: 1 } });
  });

  test('that was killed for want of memory ends its container', async () => {
    start(`printf 'oom_kill 1\\n' > ${dir}/memory/memory.oom_control; kill -9 $$`);
    expect(await ended()).toMatchObject({ code: 137, lives: { length: 1 } });
  });

  test('of which nobody can say whether memory was wanting ends its container', async () => {
    rmSync(join(dir, 'memory'), { recursive: true });
    start('kill -9 $$');
    expect(await ended()).toMatchObject({ code: 137, lives: { length: 1 } });
  });

  test('that is killed again and again ends its container', async () => {
    start('kill -9 $$');
    expect(await ended()).toMatchObject({ code: 137, lives: { length: 6 } });
  });

  test('that is asked to end does what it has to before its container ends', async () => {
    start(`trap 'echo moved > ${dir}/moved; exit 0' TERM; : > ${dir}/up; while :; do sleep 0.01; done`);
    const end = ended();
    while (!existsSync(join(dir, 'up'))) await new Promise((resolve) => setTimeout(resolve, 5));
    child!.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 0, lives: { length: 1 } });
    expect(existsSync(join(dir, 'moved'))).toBe(true);
  });

  test('that is killed after it was asked to end stays dead', async () => {
    start(`trap 'kill -9 $$' TERM; : > ${dir}/up; while :; do sleep 0.01; done`);
    const end = ended();
    while (!existsSync(join(dir, 'up'))) await new Promise((resolve) => setTimeout(resolve, 5));
    child!.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 137, lives: { length: 1 } });
  });
});

test('any other command takes the place of the entry point', async () => {
  start('kill -9 $$', 'coordinator');
  const [, signal] = await once(child!, 'close');
  expect(signal).toBe('SIGKILL');
});
