/** The job of the suite `cluster`, and when something came out of it: the broker's time of each row. */
import { setTimeout as delay } from 'node:timers/promises';
import { type E2eCluster, eventually, Job } from '../../test/harness/kind/index.js';
import { type CountingJob, countingJob } from '../live/counting-job.js';

/** 100 MB of state, 5,000 rows a second in, about a hundred a second out. */
const LOAD: CountingJob = { keys: 900_000, textLength: 100, changesPerS: 5000, checkpointEvery: '5s', printOneIn: 50 };

/** What comes before and after must be of the steady job. */
const STEADY_MS = 3000;

export class BeatingJob extends Job {
  /** `isSmall`: no state to speak of, a hundred rows a second. `version` changes the SQL and nothing that it does. */
  sql(isSmall: boolean, version = 0): string {
    const sink = `'connector' = 'kafka', 'topic' = '${this.topic}', 'format' = 'json',
      'properties.bootstrap.servers' = '${this.cluster.kafka.bootstrap}', 'sink.delivery-guarantee' = 'at-least-once'`;
    const changes = `'connector' = 'upsert-kafka', 'topic' = '${this.topic}', 'key.format' = 'json', 'value.format' = 'json',
      'properties.bootstrap.servers' = '${this.cluster.kafka.bootstrap}', 'sink.delivery-guarantee' = 'at-least-once'`;
    if (!isSmall) {
      return countingJob(LOAD)
        .replaceAll(/^SET .*\n/gm, '')
        .replace('(id BIGINT, n BIGINT)', '(id BIGINT, n BIGINT, PRIMARY KEY (id) NOT ENFORCED)')
        .replace("'connector' = 'print'", changes)
        .replace('WHERE n > 1', `WHERE n > 1 AND n > -${version + 1}`);
    }
    return `CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
      CREATE TABLE beats (id BIGINT) WITH (${sink}); INSERT INTO beats SELECT id FROM ids;`;
  }

  get topic(): string {
    return `${this.name}-beats`;
  }

  static async create(cluster: E2eCluster, namespace: string, name: string): Promise<BeatingJob> {
    const job = new BeatingJob(cluster, namespace, name);
    await cluster.kafka.createTopic(job.topic, 1, { 'message.timestamp.type': 'LogAppendTime' });
    return job;
  }

  /** Milliseconds since the epoch of the rows since then, in order. */
  async beats(fromMs: number): Promise<number[]> {
    const records = await this.cluster.kafka.consumeAll(this.topic, { fromMs });
    return records.map((r) => r.timestampMs).sort((a, b) => a - b);
  }

  /** The first row at or after `fromMs`. */
  async firstBeatFrom(fromMs: number): Promise<number> {
    if (fromMs > Date.now()) await delay(fromMs - Date.now());
    const [first] = await this.cluster.kafka.consumeAll(this.topic, { fromMs, untilCount: 1, timeoutMs: 300_000 });
    return first.timestampMs;
  }

  /** Resolves when every key has come: rows come in at the steady rate and go out. */
  async untilFilled(): Promise<void> {
    await this.untilStatus('is filled', (s) => Number(s.recordsPerSecond) > 0, 300_000);
    await eventually(
      `${this.name}: all keys have come`,
      async () => {
        await delay(5000);
        return (await this.beats(Date.now() - 5000)).length / 5;
      },
      (perSecond) => perSecond > 0.8 * (LOAD.changesPerS / LOAD.printOneIn),
      300_000,
    );
  }

  /**
   * Does something to the job and waits until its status says that it runs again as it should; with the longest time without output
   * meanwhile, and how long the status took. `settles: false`: the status isn't waited for.
   */
  async during(work: () => Promise<unknown>, settles = true): Promise<{ gapMs: number; stableMs: number }> {
    await delay(STEADY_MS);
    const fromMs = Date.now();
    await work();
    if (settles) await this.untilRuns();
    const stableMs = Date.now() - fromMs;
    await this.firstBeatFrom(Date.now() + STEADY_MS);
    const toMs = Date.now();
    const beats = await this.beats(fromMs - STEADY_MS);
    let gapMs = 0;
    for (let i = 1; i < beats.length; i++) {
      if (beats[i] >= fromMs && beats[i - 1] <= toMs) gapMs = Math.max(gapMs, beats[i] - beats[i - 1]);
    }
    return { gapMs, stableMs };
  }

  /** Name of the pod that has the job's one slot. */
  async workingRunner(): Promise<string> {
    const service = `/api/v1/namespaces/${this.namespace}/services/http:${this.name}-coordinator:http/proxy`;
    const { runners } = JSON.parse(await this.kubectl('get', '--raw', `${service}/api/v1/runners`));
    return runners.find((r: { slots: number[] }) => r.slots.length > 0).id;
  }

  checkpointing(): object {
    return { checkpoint: { interval: '5s' }, deadlines: { stable: '5s', start: '120s' }, resources: { memory: '2Gi' } };
  }
}
