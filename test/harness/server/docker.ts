import { spawn } from 'node:child_process';
import { runTool } from '../provision/run-tool.js';
import type { RunningServer } from './running-server.js';

/** Where test servers come from: built and run here, or ordinary images on a Docker engine. */
export function serversFrom(): 'native' | 'docker' {
  const value = process.env.TIDEWHEEL_TEST_SERVERS || 'native';
  if (value !== 'native' && value !== 'docker') {
    throw new Error(`TIDEWHEEL_TEST_SERVERS is '${value}'; expected native or docker`);
  }
  return value;
}

export interface ContainerCommand {
  readonly image: string;
  readonly name: string;
  /** Address of this machine at which the port is published. Default loopback. */
  readonly host?: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly env: Record<string, string>;
  readonly args?: readonly string[];
}

const docker = (...args: string[]) => runTool('docker', args, { purpose: 'run test servers as containers' });

/** Starts the container, or starts it again with its data where it is there already. It dies with this process. */
export async function startContainer(command: ContainerCommand): Promise<RunningServer> {
  const known = await docker('ps', '-a', '--format', '{{.Names}}');
  if (known.split('\n').includes(command.name)) {
    await docker('start', command.name);
  } else {
    const env = Object.entries(command.env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const publish = `${command.host ?? '127.0.0.1'}:${command.hostPort}:${command.containerPort}`;
    await docker('run', '-d', '--name', command.name, '-p', publish, ...env, command.image, ...(command.args ?? []));
  }
  const watchdog = spawn(
    'sh',
    ['-c', 'trap "" INT TERM HUP; cat > /dev/null; docker rm -fv "$1"', 'watchdog', command.name],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
  const exited = docker('wait', command.name).then(
    () => undefined,
    () => undefined,
  );
  void exited.then(() => watchdog.kill('SIGKILL'));
  return {
    exited,
    logTail: () => docker('logs', '--tail', '30', command.name),
    kill: async () => {
      await docker('kill', command.name).catch(() => '');
      await exited;
    },
    pause: async () => void (await docker('pause', command.name)),
    resume: async () => void (await docker('unpause', command.name)),
  };
}

/** Removes a stopped container with its data. */
export async function removeContainer(name: string): Promise<void> {
  await docker('rm', '-fv', name);
}
