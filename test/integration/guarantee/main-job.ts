/**
 * The main job, as its users run it: Kafka (JSON, event time) → keyBy → 10 s window → aggregate → Kafka, exactly once, snapshots in
 * MinIO, coordinator and runners in processes of their own. Payments are produced while it runs; the expected output is computed
 * here, by hand, from the same payments.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervisor, type SupervisorEvent } from '../../../cli/local/supervisor.js';
import { type S3Location, type TestKafka, uniqueName } from '../../harness/index.js';

const WINDOW_MS = 10_000;
const START_MS = Date.UTC(2026, 0, 1);
/** Rows of a partition are at most this far out of order; the watermark waits 5 s. */
const DISORDER_MS = 3000;

export interface Payment {
  card: string;
  amount: number;
  ts: string;
}

/** A generator that gives the same numbers for the same seed (mulberry32, Tommy Ettinger). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const timeText = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

export interface MainJobOptions {
  readonly kafka: TestKafka;
  readonly s3: S3Location;
  readonly seed: number;
  readonly partitions?: number;
  readonly parallelism?: number;
  readonly runners?: number;
  readonly checkpointInterval?: string;
  readonly checkpointTimeout?: string;
  readonly guarantee?: 'exactly-once' | 'at-least-once';
  /** Further options of the source's table: `'name' = 'value'`, separated by commas. */
  readonly sourceOptions?: string;
  /** Folder of the state in the bucket; default: the job's name. */
  readonly storagePrefix?: string;
  /**
   * Some payments come twice, and the job keeps what it has seen on disk, nearly nothing of it in memory, so as to count each once.
   */
  readonly seenOnDisk?: boolean;
  readonly onEvent?: (event: SupervisorEvent) => void;
}

export class MainJob {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly expected = new Map<string, string>();
  supervisor!: Supervisor;
  private readonly sums = new Map<string, { sum: number; count: number; max: number }>();
  private readonly random: () => number;
  private dir!: string;
  private clock = START_MS;
  private readonly seen = new Set<string>();
  produced = 0;

  constructor(private readonly options: MainJobOptions) {
    this.name = uniqueName('main');
    this.input = `${this.name}-in`;
    this.output = `${this.name}-out`;
    this.random = seeded(options.seed);
  }

  get stateDir(): string {
    return this.dir;
  }

  get file(): string {
    return join(this.dir, 'job.yaml');
  }

  /** What the job's processes need in their environment. */
  get env(): NodeJS.ProcessEnv {
    const { s3 } = this.options;
    return { ...process.env, TIDEWHEEL_S3_ACCESS_KEY: s3.accessKey, TIDEWHEEL_S3_SECRET_KEY: s3.secretKey };
  }

  /** Topics and job file, for those who run it themselves. */
  async prepare(): Promise<void> {
    const { kafka, partitions = 4 } = this.options;
    await kafka.createTopic(this.input, partitions);
    await kafka.createTopic(this.output, 2);
    this.dir = await mkdtemp(join(tmpdir(), 'tidewheel-main-'));
    await writeFile(this.file, this.jobText());
  }

  async start(): Promise<void> {
    await this.prepare();
    await this.restart();
  }

  /** Starts the processes, of a job that was stopped as well. */
  async restart(options: { restoreFrom?: string } = {}): Promise<void> {
    this.supervisor = new Supervisor({
      file: this.file,
      name: this.name,
      runners: this.options.runners ?? 2,
      stateDir: this.dir,
      logLevel: process.env.TIDEWHEEL_TEST_LOG ?? 'silent',
      env: this.env,
      onEvent: this.options.onEvent,
      restoreFrom: options.restoreFrom,
    });
    await this.supervisor.start();
  }

  private jobText(): string {
    const { kafka, s3, parallelism = 2, checkpointInterval = '300ms', checkpointTimeout = '30s' } = this.options;
    const { guarantee = 'exactly-once', storagePrefix = this.name } = this.options;
    const more = this.options.sourceOptions ? `, ${this.options.sourceOptions}` : '';
    const once = this.options.seenOnDisk === true;
    const connection = `'properties.bootstrap.servers' = '${kafka.bootstrap}', 'format' = 'json'`;
    return `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: ${this.name} }
spec:
  parallelism: ${parallelism}
  checkpoint: { interval: ${checkpointInterval}, timeout: ${checkpointTimeout}, guarantee: ${guarantee}, tolerableFailures: 1000 }
  stateBackend: ${once ? '{ type: disk, cache: 64Ki }' : '{ type: heap }'}
  storage: { s3: { endpoint: "${s3.endpoint}", bucket: ${s3.bucket}, prefix: ${storagePrefix} } }
  sql: |
    CREATE TABLE payments (card STRING, amount BIGINT, ts TIMESTAMP(3), arrived AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
      WITH ('connector' = 'kafka', 'topic' = '${this.input}', 'scan.startup.mode' = 'earliest-offset', ${connection}${more});
    CREATE TABLE totals (card STRING, window_end TIMESTAMP(3), spent BIGINT, n BIGINT, largest BIGINT)
      WITH ('connector' = 'kafka', 'topic' = '${this.output}', ${connection});
    CREATE VIEW seen AS SELECT card, amount, ts FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY card, amount, ts ORDER BY arrived) AS place FROM payments
    ) WHERE place = 1;
    INSERT INTO totals
      SELECT card, window_end, SUM(amount), COUNT(*), MAX(amount)
      FROM TABLE(TUMBLE(TABLE ${once ? 'seen' : 'payments'}, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY card, window_start, window_end;
`;
  }

  /** Produces payments, spread over about `eventSeconds` of event time. */
  async produce(count: number, eventSeconds: number): Promise<void> {
    const rows: Payment[] = [];
    for (let i = 0; i < count; i++) {
      const at = this.clock + Math.floor((i / count) * eventSeconds * 1000);
      const ms = at - Math.floor(this.random() * DISORDER_MS);
      const card = `card-${Math.floor(this.random() ** 2 * 200)}`;
      const amount = 1 + Math.floor(this.random() * 1000);
      const payment = { card, amount, ts: timeText(ms) };
      if (this.options.seenOnDisk) {
        const text = JSON.stringify(payment);
        if (this.seen.has(text)) continue;
        this.seen.add(text);
        if (this.random() < 0.3) rows.push(payment);
      }
      rows.push(payment);
      const end = Math.floor(ms / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
      const key = `${card}|${end}`;
      const sum = this.sums.get(key) ?? { sum: 0, count: 0, max: 0 };
      sum.sum += amount;
      sum.count++;
      sum.max = Math.max(sum.max, amount);
      this.sums.set(key, sum);
    }
    this.clock += eventSeconds * 1000;
    this.produced += count;
    const { partitions = 4 } = this.options;
    let next = 0;
    await this.options.kafka.produceJson(this.input, rows, { partition: () => next++ % partitions });
  }

  /** Produces values as they stand, of which nothing is expected here. */
  async produceValues(values: readonly (object | string)[], partition = 0): Promise<void> {
    await this.options.kafka.produceJson(this.input, values, { partition: () => partition });
  }

  /** One late payment a partition closes all windows. What it opens stays open and is not expected. */
  async closeWindows(): Promise<void> {
    const { partitions = 4, kafka } = this.options;
    const end = timeText(this.clock + 3_600_000);
    for (let p = 0; p < partitions; p++) {
      await kafka.produceJson(this.input, [{ card: 'end', amount: 0, ts: end }], { partition: () => p });
    }
  }

  /** Output as the reference computation has it, sorted. */
  expectedLines(): string[] {
    return [...this.sums]
      .map(([key, s]) => {
        const [card, end] = key.split('|');
        return `${card} ${timeText(Number(end))} ${s.sum} ${s.count} ${s.max}`;
      })
      .sort();
  }

  /** Everything that a read_committed consumer finds, sorted; waits for at least as many rows as are expected. */
  async outputLines(timeoutMs = 60_000, untilCount = this.sums.size): Promise<string[]> {
    const records = await this.options.kafka.consumeAll(this.output, {
      readCommitted: true,
      untilCount,
      timeoutMs,
    });
    return records
      .map((r) => {
        const row = JSON.parse(String(r.value));
        const ms = Date.parse(`${row.window_end.replace(' ', 'T')}Z`);
        return `${row.card} ${timeText(ms)} ${row.spent} ${row.n} ${row.largest}`;
      })
      .sort();
  }

  async api<T = any>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const url = await this.supervisor.api();
    const response = await fetch(url + path, { method, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error((answer as { message: string }).message);
    return answer as T;
  }

  /** Waits until a question to the API gets an answer that satisfies `want`. */
  async until<T = any>(path: string, want: (answer: T) => boolean, timeoutMs = 30_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    let last: unknown;
    while (Date.now() < deadline) {
      try {
        const answer = await this.api<T>('GET', path);
        last = answer;
        if (want(answer)) return answer;
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `${path} did not come to what was wanted: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
    );
  }

  /** A metric of the whole job, as the coordinator serves it: its tasks' values added up. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${await this.supervisor.api()}/metrics`)).text();
    const values = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async close(): Promise<void> {
    await this.supervisor?.stop();
    if (this.dir) await rm(this.dir, { recursive: true, force: true });
  }
}
