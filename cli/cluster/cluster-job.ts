/** A StreamJob of a cluster, for the commands that look at it or change it. Everything goes through the resource, as with kubectl. */
import { type StreamJob, TidewheelError } from '../../api/index.js';
import { KubeClient } from '../../operator/kube/client.js';
import { connectKube } from '../../operator/kube/connection.js';
import { type KubeObject, PODS, pathOf, STREAM_JOBS, STREAM_SNAPSHOTS } from '../../operator/kube/objects.js';
import { LABEL_JOB, MAIN_CONTAINER } from '../../operator/resources/names.js';

export interface ClusterArgs {
  readonly context?: string;
  readonly namespace?: string;
}

const POLL_MS = 300;

export class ClusterJob {
  private constructor(
    private readonly client: KubeClient,
    readonly namespace: string,
    readonly name: string,
  ) {}

  static async open(name: string, args: ClusterArgs): Promise<ClusterJob> {
    const connection = await connectKube({ context: args.context });
    return new ClusterJob(new KubeClient(connection), args.namespace ?? connection.namespace, name);
  }

  /** Throws TW8002 when there is no such job. */
  async read(): Promise<StreamJob & KubeObject> {
    const job = await this.client.get<StreamJob & KubeObject>(STREAM_JOBS, this.namespace, this.name);
    if (job) return job;
    const list = await this.client.list<KubeObject>(STREAM_JOBS, this.namespace);
    const known = list.items.map((j) => j.metadata.name).join(', ');
    throw new TidewheelError('TW8002', `no StreamJob '${this.name}' in namespace ${this.namespace}`, {
      hint: known ? `There are: ${known}` : 'There is none; -n names another namespace',
    });
  }

  /** Changes the spec and waits until the job runs by it, or has been suspended. Throws TW8003 when it is refused. */
  async change(spec: object, timeoutMs: number): Promise<StreamJob & KubeObject> {
    await this.read();
    const changed = await this.client.mergePatch<StreamJob>(STREAM_JOBS, this.namespace, this.name, { spec });
    const { generation = 0 } = changed.metadata;
    const end = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.read();
      const { status } = job;
      const isCurrent = (status?.observedGeneration ?? 0) >= generation;
      if (isCurrent && status?.change?.kind === 'refused')
        throw new TidewheelError('TW8003', status.change.message ?? '');
      const wanted = job.spec.state === 'suspended' ? 'Suspended' : 'Running';
      if (isCurrent && status?.phase === wanted && status.change?.completedAt) return job;
      if (Date.now() > end) {
        const message = `not done after ${timeoutMs / 1000} s: ${status?.message ?? status?.phase ?? 'no operator looks at it'}`;
        throw new TidewheelError('TW6006', message);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Takes a savepoint as a StreamSnapshot. Resolves with it when it is complete. */
  async savepoint(name: string, timeoutMs: number): Promise<KubeObject> {
    const { apiVersion } = await this.read();
    const metadata = { name, namespace: this.namespace };
    await this.client.create({ apiVersion, kind: 'StreamSnapshot', metadata, spec: { jobRef: this.name } });
    const end = Date.now() + timeoutMs;
    for (;;) {
      const snapshot = await this.client.get<KubeObject>(STREAM_SNAPSHOTS, this.namespace, name);
      if (snapshot?.status?.phase === 'Complete') return snapshot;
      if (snapshot?.status?.phase === 'Failed') throw new TidewheelError('TW8003', snapshot.status.message);
      if (Date.now() > end)
        throw new TidewheelError('TW6006', `${snapshot?.status?.message ?? 'no operator looks at it'}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Lines of all pods of the job, each with its pod's name. Ends with the pods when it follows. */
  async logs(follow: boolean, tail: number, print: (pod: string, line: string) => void): Promise<void> {
    await this.read();
    const labelSelector = `${LABEL_JOB}=${this.name.slice(0, 63)}`;
    const pods = await this.client.list<KubeObject>(PODS, this.namespace, { labelSelector });
    await Promise.all(
      pods.items.map(async ({ metadata: { name } }) => {
        const path = `${pathOf(PODS, this.namespace, name, 'log')}?container=${MAIN_CONTAINER}&tailLines=${tail}&follow=${follow}`;
        let rest = '';
        for await (const chunk of await this.client.stream(path)) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) print(name, line);
        }
      }),
    );
  }
}

/** All jobs of the namespace. */
export async function listOfCluster(
  args: ClusterArgs,
): Promise<{ readonly namespace: string; readonly jobs: readonly (StreamJob & KubeObject)[] }> {
  const connection = await connectKube({ context: args.context });
  const namespace = args.namespace ?? connection.namespace;
  const list = await new KubeClient(connection).list<StreamJob & KubeObject>(STREAM_JOBS, namespace);
  return { namespace, jobs: list.items };
}

/** As `tidewheel status` prints it. */
export function showStatus(job: StreamJob): string {
  const { status = {} as NonNullable<StreamJob['status']>, metadata } = job;
  const lines = [
    `${metadata.namespace}/${metadata.name}: ${status.phase ?? 'Pending'}, ${status.ready ?? '0/0'} ready on ${status.runners ?? 0} runner(s), ${status.restarts ?? 0} restart(s)`,
    `${status.recordsPerSecond ?? 0} rows/s, lag ${status.lag ?? 0}`,
    status.lastCheckpoint?.time
      ? `last checkpoint ${status.lastCheckpoint.id} at ${status.lastCheckpoint.time}`
      : 'no checkpoint yet',
  ];
  const { change } = status;
  if (change) lines.push(`${change.completedAt ? 'last change' : 'now'}: ${change.message ?? change.kind}`);
  for (const c of status.conditions ?? []) lines.push(`${c.type} ${c.status} (${c.reason}): ${c.message}`);
  return lines.join('\n');
}
