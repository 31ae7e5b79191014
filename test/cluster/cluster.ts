/** The cluster of the end-to-end tests, with Kafka and MinIO beside it on this machine. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { KindCluster, OPERATOR_NAMESPACE } from '../../scripts/cluster/kind-cluster.js';
import { runCommand } from '../../scripts/cluster/run-command.js';
import { type KafkaServer, type MinioServer, startKafka, startMinio } from '../harness/index.js';

const PREFIX = 'tidewheel-e2e-';
const IMAGE = 'tidewheel:e2e';

export interface E2eCluster {
  readonly kind: KindCluster;
  readonly kafka: KafkaServer;
  readonly minio: MinioServer;
  /** Makes a namespace in which pods must be of the profile `restricted`, with the keys of MinIO in the Secret `minio-credentials`. */
  createNamespace(name: string): Promise<void>;
  apply(namespace: string, object: object): Promise<void>;
  /** What went on, for a failed test. */
  report(namespace: string): Promise<string>;
  remove(): Promise<void>;
}

/** Builds the image, makes a cluster of three nodes, installs the chart. What fails half-way is removed. */
export async function startE2eCluster(): Promise<E2eCluster> {
  // Of a run that was killed.
  for (const name of (await runCommand('kind', ['get', 'clusters'])).split('\n').filter((n) => n.startsWith(PREFIX))) {
    await new KindCluster({ name, nodes: 1, image: IMAGE }).remove();
  }
  const kind = new KindCluster({
    name: `${PREFIX}${randomBytes(3).toString('hex')}`,
    nodes: 3,
    image: IMAGE,
    nodeImage: process.env.KIND_NODE_IMAGE,
  });
  const began = Date.now();
  const told = (what: string) => console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  const servers: { stop(): Promise<void> }[] = [];
  const remove = async () => {
    await Promise.allSettled(servers.map((server) => server.stop()));
    await kind.remove();
  };
  try {
    await kind.buildImage();
    told('image built');
    await kind.create();
    told('cluster up');
    const host = await gateway();
    const kafka = await startKafka({ host });
    servers.push(kafka);
    const minio = await startMinio({ host });
    servers.push(minio);
    await kind.loadImage();
    await kind.install(['replicas=2']);
    told('chart installed');
    const apply = async (namespace: string, object: object) => {
      await kind.kubectl(['apply', '-n', namespace, '-f', '-'], { input: stringify(object) });
    };
    return {
      kind,
      kafka,
      minio,
      apply,
      createNamespace: async (name) => {
        const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
        await apply('default', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
        const { accessKey, secretKey } = minio;
        const metadata = { name: 'minio-credentials' };
        await apply(name, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { accessKey, secretKey } });
      },
      report: async (namespace) => {
        const parts = [
          ['get', 'streamjobs,pods', '-n', namespace, '-o', 'wide'],
          ['get', 'streamjobs', '-n', namespace, '-o', 'yaml'],
          ['get', 'events', '-n', namespace],
          ['logs', '-n', namespace, '--selector', 'tidewheel.dev/job', '--prefix', '--tail=50'],
          ['logs', '-n', OPERATOR_NAMESPACE, '--selector', 'app.kubernetes.io/name=tidewheel-operator', '--tail=100'],
        ];
        const texts = await Promise.all(parts.map((args) => kind.kubectl(args).catch((error: Error) => error.message)));
        return texts.join('\n---\n');
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Asks again until the answer is right. Rejects with the last answer when that takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > until)
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(answer)}`);
    await pause(500);
  }
}

/** Where pods of kind's network reach programs of this machine. */
async function gateway(): Promise<string> {
  const format = '{{range .IPAM.Config}}{{.Gateway}} {{end}}';
  const addresses = (await runCommand('docker', ['network', 'inspect', 'kind', '--format', format])).split(/\s+/);
  const address = addresses.find((a) => /^\d+\.\d+\.\d+\.\d+$/.test(a));
  if (!address) throw new Error(`kind's network has no IPv4 gateway: ${addresses.join(' ')}`);
  return address;
}
