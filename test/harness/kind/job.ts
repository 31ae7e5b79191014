/** StreamJobs under test: by what a user does to them, and by what they write. */
import type { E2eCluster } from './cluster.js';
import { eventually } from './cluster.js';
import { Load } from './load.js';
import { type Count, completeUpTo, countingSql, countsOf, ROWS_PER_WINDOW } from './readings.js';

export class Job {
  constructor(
    readonly cluster: E2eCluster,
    readonly namespace: string,
    readonly name: string,
  ) {}

  /** The storage is the cluster's MinIO unless `spec` says otherwise; phases have short deadlines. */
  async apply(spec: object): Promise<void> {
    const { endpoint, bucket } = this.cluster.minio;
    await this.cluster.apply(this.namespace, {
      apiVersion: 'tidewheel.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name: this.name },
      spec: {
        checkpoint: { interval: '1s' },
        storage: { s3: { endpoint, bucket, secretRef: 'minio-credentials' } },
        deadlines: { stable: '2s', start: '60s' },
        ...spec,
      },
    });
  }

  async patch(spec: object): Promise<void> {
    const patch = JSON.stringify({ spec });
    await this.kubectl('patch', 'streamjob', this.name, '--type', 'merge', '--patch', patch);
  }

  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kind.kubectl([...args, '-n', this.namespace]);
  }

  async get(): Promise<any> {
    const job = await this.cluster.streamJob(this.namespace, this.name);
    return { ...job, status: job.status ?? {} };
  }

  async status(): Promise<any> {
    return (await this.get()).status;
  }

  /** Resolves with the status when the latest generation is what runs, with all its instances. */
  async untilRuns(parallelism?: number, timeoutMs = 180_000): Promise<any> {
    const job = await eventually(
      `${this.name} runs as its spec says`,
      () => this.get(),
      ({ metadata, spec, status }) => {
        const wanted = parallelism ?? spec.parallelism;
        return (
          status.observedGeneration === metadata.generation &&
          status.phase === 'Running' &&
          status.ready === `${wanted}/${wanted}` &&
          (status.change?.completedAt !== undefined || status.change?.generation !== metadata.generation)
        );
      },
      timeoutMs,
    );
    return job.status;
  }

  async untilStatus(what: string, isRight: (status: any) => boolean, timeoutMs = 120_000): Promise<any> {
    return eventually(`${this.name}: ${what}`, () => this.status(), isRight, timeoutMs);
  }

  /** Pods that are not on their way out. */
  async pods(component?: 'coordinator' | 'runner'): Promise<any[]> {
    return (await this.allPods(component)).filter((p: any) => !p.metadata.deletionTimestamp);
  }

  async allPods(component?: 'coordinator' | 'runner'): Promise<any[]> {
    const selector = `tidewheel.dev/job=${this.name}${component ? `,tidewheel.dev/component=${component}` : ''}`;
    return this.cluster.podsOf(this.namespace, selector);
  }

  async podName(component: 'coordinator' | 'runner'): Promise<string> {
    const [pod] = await this.pods(component);
    if (!pod) throw new Error(`${this.name} has no ${component}`);
    return pod.metadata.name;
  }

  async events(): Promise<string> {
    return this.kubectl('get', 'events', '--field-selector', `involvedObject.name=${this.name}`, '-o', 'wide');
  }

  async delete(timeout = '120s'): Promise<void> {
    await this.cluster.kind.kubectl(
      ['delete', 'streamjob', this.name, '-n', this.namespace, '--ignore-not-found', '--timeout', timeout],
      { timeoutMs: 200_000 },
    );
  }

  /** Objects that carry the job's label. */
  async objects(): Promise<string> {
    const types =
      'deployments,statefulsets,pods,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets';
    return (await this.kubectl('get', types, '--selector', `tidewheel.dev/job=${this.name}`, '-o', 'name')).trim();
  }
}

/** A job that counts a load; what it has written so far can be judged at any time. */
export class CountingJob extends Job {
  private constructor(
    cluster: E2eCluster,
    namespace: string,
    name: string,
    readonly load: Load,
  ) {
    super(cluster, namespace, name);
  }

  static async start(cluster: E2eCluster, namespace: string, name: string, spec: object): Promise<CountingJob> {
    const { kafka } = cluster;
    await kafka.createTopic(`${name}-out`, 2);
    const load = await Load.start(kafka, `${name}-in`);
    const job = new CountingJob(cluster, namespace, name, load);
    await job.apply({ sql: job.sql(), ...spec });
    return job;
  }

  get output(): string {
    return `${this.name}-out`;
  }

  sql(where?: string, window?: number): string {
    return countingSql(this.cluster.kafka.bootstrap, this.load.topic, this.output, where, window);
  }

  async counts(): Promise<Count[]> {
    return countsOf(await this.cluster.kafka.consumeAll(this.output));
  }

  /**
   * Resolves when all that was sent before this call has come out, checked row by row; with how long that took. Rejects at once when
   * a row is wrong or repeated.
   */
  async untilCaughtUp(timeoutMs = 120_000): Promise<number> {
    const began = Date.now();
    const until = Math.floor(this.load.sent / ROWS_PER_WINDOW);
    let broken: Error | undefined;
    await eventually(
      `${this.name}: seconds up to ${until} have come out`,
      async () => {
        const counts = await this.counts();
        try {
          return completeUpTo(counts, Number.MAX_SAFE_INTEGER);
        } catch (error) {
          broken = error as Error;
          return until + 1;
        }
      },
      (complete) => complete > until,
      timeoutMs,
    );
    if (broken) throw new Error(`${this.name}: ${broken.message}`);
    return Date.now() - began;
  }

  /** Ends the load and resolves when the output is exactly what was sent. */
  async untilAllCounted(timeoutMs = 120_000): Promise<void> {
    await this.load.finish();
    const { sent } = this.load;
    const end = Math.ceil(sent / ROWS_PER_WINDOW);
    const counts = await eventually(
      `${this.name}: all ${end} seconds have come out`,
      () => this.counts(),
      (rows) => rows.length >= end * 4,
      timeoutMs,
    );
    const complete = completeUpTo(counts, sent);
    if (complete !== end) throw new Error(`${this.name}: complete up to second ${complete} of ${end}`);
  }
}
