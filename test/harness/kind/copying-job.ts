/** A job that works on each row by a function of its own and writes it once: for what depends on the work, not on the result. */
import type { E2eCluster } from './cluster.js';
import { eventually } from './cluster.js';
import { Job } from './job.js';
import { Load } from './load.js';

export class CopyingJob extends Job {
  private constructor(
    cluster: E2eCluster,
    namespace: string,
    name: string,
    readonly load: Load,
  ) {
    super(cluster, namespace, name);
  }

  /** `work`: source text of a function row → row. */
  static async start(
    cluster: E2eCluster,
    namespace: string,
    name: string,
    work: string,
    spec: object,
  ): Promise<CopyingJob> {
    const { kafka } = cluster;
    await kafka.createTopic(`${name}-out`, 1);
    const load = await Load.start(kafka, `${name}-in`);
    const job = new CopyingJob(cluster, namespace, name, load);
    const common = {
      connector: 'kafka',
      'properties.bootstrap.servers': kafka.bootstrap,
      format: 'json',
      schema: 'id BIGINT, k INT',
    };
    const source = {
      ...common,
      topic: load.topic,
      'properties.group.id': name,
      'scan.startup.mode': 'earliest-offset',
    };
    const sink = {
      ...common,
      topic: job.output,
      'sink.delivery-guarantee': 'exactly-once',
      'sink.transactional-id-prefix': name,
    };
    const nodes = [
      { name: 'rows', source },
      { name: 'work', map: work },
      { name: 'copies', sink },
    ];
    await job.apply({ graph: { nodes }, ...spec });
    return job;
  }

  get output(): string {
    return `${this.name}-out`;
  }

  /** Ends the load and resolves when each row that was sent has come out. Rejects where one came twice or was never sent. */
  async untilAllCopied(timeoutMs = 180_000): Promise<void> {
    await this.load.stop();
    const { sent } = this.load;
    const ids = await eventually(
      `${this.name}: all ${sent} rows have come out`,
      async () =>
        (await this.cluster.kafka.consumeAll(this.output)).map((r) => JSON.parse(r.value as string).id as number),
      (all) => all.length >= sent,
      timeoutMs,
    );
    const seen = new Set(ids);
    const wrong = ids.filter((id) => !(Number.isInteger(id) && id >= 0 && id < sent));
    if (wrong.length > 0) throw new Error(`${this.name}: rows that were never sent: ${wrong.slice(0, 10)}`);
    if (seen.size !== ids.length) throw new Error(`${this.name}: ${ids.length - seen.size} rows came twice`);
  }
}
