import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { provisionMinio } from '../provision/minio.js';
import { removeContainer, serversFrom, startContainer } from '../server/docker.js';
import { startNative } from '../server/native-process.js';
import { freePort } from '../server/port.js';
import { type ServerControls, startServer } from '../server/test-server.js';

/** Where an object store is and how to get in. */
export interface S3Location {
  /** As `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** A bucket that exists. */
  readonly bucket: string;
}

export interface MinioOptions {
  /** Keeps data and log here after {@link ServerControls.stop}. Default: a temporary folder. */
  readonly dir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Address to listen on and to be reached at. Default loopback; pods of a kind cluster reach the gateway of its network. */
  readonly host?: string;
  /** Default `tidewheel-test`. */
  readonly bucket?: string;
}

export interface MinioServer extends S3Location, ServerControls {
  readonly port: number;
  readonly dir: string;
}

/** Starts a real MinIO server, on loopback unless told otherwise, and answers when its bucket exists. */
export async function startMinio(options: MinioOptions = {}): Promise<MinioServer> {
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'tidewheel-minio-')));
  const host = options.host ?? '127.0.0.1';
  const location: S3Location = {
    endpoint: `http://${host}:${port}`,
    accessKey: 'tidewheel',
    secretKey: 'tidewheel-secret',
    bucket: options.bucket ?? 'tidewheel-test',
  };
  const env = { MINIO_ROOT_USER: location.accessKey, MINIO_ROOT_PASSWORD: location.secretKey, MINIO_BROWSER: 'off' };
  const lives =
    serversFrom() === 'docker'
      ? inContainer(host, port, env)
      : await onThisMachine(host, port, dir, env, options.dir ? undefined : dir);
  const client = minioClient(location);
  const controls = await startServer({
    name: `MinIO at ${location.endpoint}`,
    launch: lives.launch,
    probe: async () => {
      const answer = await fetch(`${location.endpoint}/minio/health/ready`, { signal: AbortSignal.timeout(1_000) });
      if (!answer.ok) throw new Error(`not ready: HTTP status ${answer.status}`);
      if (!(await client.bucketExists(location.bucket))) await client.makeBucket(location.bucket);
    },
    cleanUp: async () => {
      await lives.cleanUp();
      if (!options.dir) await rm(dir, { recursive: true, force: true });
    },
  });
  return { ...location, ...controls, port, dir };
}

/** A client of the `minio` package for the location. */
export function minioClient(location: S3Location): Client {
  const url = new URL(location.endpoint);
  return new Client({
    endPoint: url.hostname,
    port: Number(url.port),
    useSSL: url.protocol === 'https:',
    accessKey: location.accessKey,
    secretKey: location.secretKey,
  });
}

async function onThisMachine(
  host: string,
  port: number,
  dir: string,
  env: Record<string, string>,
  scratchDir?: string,
) {
  const installed = await provisionMinio();
  const data = join(dir, 'data');
  await mkdir(data, { recursive: true });
  return {
    launch: () =>
      startNative({
        command: join(installed.dir, 'bin', 'minio'),
        args: ['server', '--quiet', '--address', `${host}:${port}`, data],
        env: { ...env, MINIO_CI_CD: '1' },
        logFile: join(dir, 'server.log'),
        scratchDir,
      }),
    cleanUp: async () => {},
  };
}

function inContainer(host: string, port: number, env: Record<string, string>) {
  const name = `tidewheel-minio-${randomBytes(4).toString('hex')}`;
  return {
    launch: () =>
      startContainer({
        image: 'minio/minio',
        name,
        host,
        hostPort: port,
        containerPort: 9000,
        env,
        args: ['server', '--quiet', '/data'],
      }),
    cleanUp: () => removeContainer(name),
  };
}
