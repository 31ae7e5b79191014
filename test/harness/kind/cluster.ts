/** The cluster of the end-to-end tests, with Kafka and MinIO beside it on this machine. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { KubeClient } from '../../../operator/kube/client.js';
import { connectKube } from '../../../operator/kube/connection.js';
import { PODS, STREAM_JOBS } from '../../../operator/kube/objects.js';
import { KindCluster, OPERATOR_NAMESPACE } from '../../../scripts/cluster/kind-cluster.js';
import { runCommand } from '../../../scripts/cluster/run-command.js';
import { type KafkaServer, type MinioServer, startKafka, startMinio } from '../index.js';

const PREFIX = 'tidewheel-e2e-';
const IMAGE = 'tidewheel:e2e';

export interface E2eCluster {
  readonly kind: KindCluster;
  readonly kafka: KafkaServer;
  readonly minio: MinioServer;
  /** Address of this machine as pods reach it. */
  readonly host: string;
  /** Makes a namespace in which pods must be of the profile `restricted`, with the keys of MinIO in the Secret `minio-credentials`. */
  createNamespace(name: string): Promise<void>;
  apply(namespace: string, object: object): Promise<void>;
  /** What `kubectl get -o json` says of one object or, without a name, of a list. */
  get(namespace: string, type: string, name?: string, ...more: readonly string[]): Promise<any>;
  /** The same of a job, which is asked for again and again: a kubectl for each would take a third of a core from what is tested. */
  streamJob(namespace: string, name: string): Promise<any>;
  /** The pods with these labels. */
  podsOf(namespace: string, labelSelector: string): Promise<any[]>;
  /** Sends SIGKILL to all processes of a pod, and so to its container. */
  killProcess(namespace: string, pod: string): Promise<void>;
  /** Sends SIGKILL to the runner of a pod: whoever watches over it in its container stays. */
  killRunner(namespace: string, pod: string): Promise<void>;
  /** Resident memory of a pod's processes. */
  residentBytes(namespace: string, pod: string): Promise<number>;
  /** Names of the operator's pods that are ready. */
  operators(): Promise<string[]>;
  /** Which of them leads. */
  leader(): Promise<string>;
  /** What went on, for a failed test. */
  report(namespace: string): Promise<string>;
  remove(): Promise<void>;
}

export interface E2eOptions {
  /** Default 3. */
  readonly nodes?: number;
  /** Operators. Default 2. */
  readonly replicas?: number;
}

/**
 * Builds the image, makes a cluster of three nodes, installs the chart. What fails half-way is removed.
 *
 * While one writes tests: TIDEWHEEL_E2E_CLUSTER names a cluster of `npm run cluster:up`; it is taken as it is and left standing.
 */
export async function startE2eCluster(options: E2eOptions = {}): Promise<E2eCluster> {
  const existing = process.env.TIDEWHEEL_E2E_CLUSTER;
  if (existing === undefined) await removeLeftOvers();
  const kind = new KindCluster({
    name: existing ?? `${PREFIX}${randomBytes(3).toString('hex')}`,
    nodes: options.nodes ?? 3,
    image: existing === undefined ? IMAGE : 'tidewheel:dev',
    nodeImage: process.env.KIND_NODE_IMAGE,
  });
  const began = Date.now();
  const told = (what: string) => console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  const servers: { stop(): Promise<void> }[] = [];
  const remove = async () => {
    await Promise.allSettled(servers.map((server) => server.stop()));
    if (existing === undefined) await kind.remove();
  };
  try {
    if (existing === undefined) {
      await kind.buildImage();
      told('image built');
      await kind.create();
      told('cluster up');
      await kind.loadImage();
    }
    const host = await gateway();
    const kafka = await startKafka({ host });
    servers.push(kafka);
    const minio = await startMinio({ host });
    servers.push(minio);
    await kind.install([`replicas=${options.replicas ?? 2}`]);
    told('chart installed');
    return { kind, kafka, minio, host, remove, ...callsOf(kind, minio) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Of a run that was killed. */
async function removeLeftOvers(): Promise<void> {
  for (const name of (await runCommand('kind', ['get', 'clusters'])).split('\n').filter((n) => n.startsWith(PREFIX))) {
    await new KindCluster({ name, nodes: 1, image: IMAGE }).remove();
  }
}

function callsOf(kind: KindCluster, minio: MinioServer) {
  const apply = async (namespace: string, object: object) => {
    await kind.kubectl(['apply', '-n', namespace, '-f', '-'], { input: stringify(object) });
  };
  const get = async (namespace: string, type: string, name?: string, ...more: readonly string[]): Promise<any> =>
    JSON.parse(await kind.kubectl(['get', type, ...(name ? [name] : []), '-n', namespace, '-o', 'json', ...more]));
  let client: Promise<KubeClient> | undefined;
  const api = () =>
    (client ??= connectKube({ context: kind.context }).then((connection) => new KubeClient(connection)));
  /** Does something for each process `$p` of a pod, on its node. Each pod has its name in its environment. */
  const onNode = async (namespace: string, pod: string, work: string): Promise<string> => {
    const { spec } = await get(namespace, 'pod', pod);
    const isOfPod = `tr '\\0' '\\n' < $p/environ 2> /dev/null | grep -qx POD_NAME=${pod}`;
    const all = `for p in /proc/[0-9]*; do if ${isOfPod}; then ${work}; fi; done`;
    return runCommand('docker', ['exec', spec.nodeName, 'sh', '-c', all]);
  };
  return {
    apply,
    get,
    streamJob: async (namespace: string, name: string): Promise<any> => {
      const found = await (await api()).get(STREAM_JOBS, namespace, name);
      if (!found) throw new Error(`StreamJob ${namespace}/${name} is not there`);
      return found;
    },
    podsOf: async (namespace: string, labelSelector: string): Promise<any[]> =>
      (await (await api()).list(PODS, namespace, { labelSelector })).items,
    createNamespace: async (name: string) => {
      // Of an earlier run on a cluster that was left standing.
      await kind.kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout=90s']);
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await apply('default', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      const { accessKey, secretKey } = minio;
      const metadata = { name: 'minio-credentials' };
      await apply(name, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { accessKey, secretKey } });
    },
    // A process can't kill the first one of its own container.
    killProcess: async (namespace: string, pod: string) => {
      await onNode(namespace, pod, 'kill -9 ${p#/proc/}');
    },
    killRunner: async (namespace: string, pod: string) => {
      await onNode(namespace, pod, 'case $(readlink $p/exe) in */node) kill -9 ${p#/proc/};; esac');
    },
    residentBytes: async (namespace: string, pod: string) => {
      const lines = await onNode(namespace, pod, 'grep VmRSS $p/status');
      return [...lines.matchAll(/VmRSS:\s+(\d+) kB/g)].reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
    },
    operators: async () => {
      const { items } = await get(OPERATOR_NAMESPACE, 'pods', undefined, '-l', OPERATOR_LABEL);
      return items.filter(isReady).map((p: any) => p.metadata.name as string);
    },
    leader: async () => (await get(OPERATOR_NAMESPACE, 'lease', 'tidewheel-operator')).spec.holderIdentity as string,
    report: async (namespace: string) => {
      const parts = [
        ['get', 'streamjobs,pods', '-n', namespace, '-o', 'wide'],
        ['get', 'streamjobs', '-n', namespace, '-o', 'yaml'],
        ['get', 'events', '-n', namespace, '--sort-by=.lastTimestamp'],
        ['logs', '-n', namespace, '--selector', 'tidewheel.dev/job', '--prefix', '--tail=50'],
        ['logs', '-n', OPERATOR_NAMESPACE, '--selector', OPERATOR_LABEL, '--tail=100'],
      ];
      const texts = await Promise.all(parts.map((args) => kind.kubectl(args).catch((error: Error) => error.message)));
      return texts.join('\n---\n');
    },
  };
}

const OPERATOR_LABEL = 'app.kubernetes.io/name=tidewheel-operator';

export function isReady(pod: any): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  return !!pod.status?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');
}

/**
 * Asks again until the answer is right. An error of the asking counts as a wrong answer: the API server may be away. Rejects with
 * the last answer when that takes too long.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean = (answer) => !!answer,
  timeoutMs = 120_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await ask();
      if (isRight(answer)) return answer;
      last = answer;
    } catch (error) {
      last = (error as Error).message;
    }
    if (Date.now() > until) {
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(last)?.slice(0, 4000)}`);
    }
    await pause(300);
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
