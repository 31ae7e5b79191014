/** `kafka`: Nexmark's events from a topic through q1 into a topic, JSON on both sides, at least once and exactly once. */
import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaServer, startKafka } from '../../test/harness/index.js';
import { type Flink, type FlinkPeer, startFlinkPeer } from '../engine/flink.js';
import { runTidewheel } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import { nexmarkData } from '../nexmark/data.js';
import { nexmarkQuery, type SqlOptions } from '../nexmark/queries.js';
import { compareResults } from '../nexmark/same-result.js';
import type { Suite, SuiteOptions } from '../suite.js';

const GUARANTEES = ['at-least-once', 'exactly-once'] as const;
type Guarantee = (typeof GUARANTEES)[number];

const PARTITIONS = 4;
const TARGET = 2;
const CHECK_EVENTS = 50_000;
const QUERY = nexmarkQuery('q1');

export const kafka: Suite = {
  describe: 'Kafka JSON → q1 → Kafka JSON, at least once and exactly once',
  names: () => GUARANTEES,
  events: 1_000_000,
  repeat: 2,
  run: async (options) => {
    const broker = await startKafka({ heapMb: 1024 });
    const flinks = new Map<FlinkPeer, Flink>();
    try {
      const topics = new Topics(broker);
      await topics.fill('events', options.events);
      if (options.check && options.peers.length > 0) await topics.fill('sample', CHECK_EVENTS);
      for (const peer of options.peers) flinks.set(peer, await startFlinkPeer(peer));
      for (const guarantee of options.names) await measure(guarantee as Guarantee, topics, flinks, options);
    } finally {
      for (const flink of flinks.values()) await flink.stop();
      await broker.stop();
    }
  },
};

/** Input topics and a fresh output topic for every run. */
class Topics {
  private outputs = 0;

  constructor(readonly broker: KafkaServer) {}

  /** Writes the events of the Nexmark files into a topic, one a record, with the engine itself. */
  async fill(topic: string, events: number): Promise<void> {
    const { folder } = await nexmarkData(events, 1);
    await this.broker.createTopic(topic, PARTITIONS);
    const job = `CREATE TABLE lines (line STRING) WITH ('connector' = 'filesystem', 'path' = '${folder}', 'format' = 'raw');
CREATE TABLE records (line STRING) WITH ('connector' = 'kafka', 'topic' = '${topic}', 'format' = 'raw',
  'properties.bootstrap.servers' = '${this.broker.bootstrap}');
INSERT INTO records SELECT line FROM lines;`;
    await runTidewheel({ job, ending: 'sql', slots: 1 });
  }

  async output(): Promise<string> {
    const topic = `answers-${this.outputs++}`;
    await this.broker.createTopic(topic, PARTITIONS);
    return topic;
  }

  script(input: string, output: string, guarantee: Guarantee): string {
    const connection: SqlOptions = {
      ...{ connector: 'kafka', format: 'json', 'properties.bootstrap.servers': this.broker.bootstrap },
    };
    const source: SqlOptions = {
      ...connection,
      ...{ topic: input, 'scan.startup.mode': 'earliest-offset', 'scan.bounded.mode': 'latest-offset' },
    };
    // The same size of batches for both: Flink's clients come with 16 KiB and no wait.
    const sink: SqlOptions = {
      ...connection,
      ...{ topic: output, 'sink.delivery-guarantee': guarantee, 'sink.transactional-id-prefix': output },
      ...{ 'properties.batch.size': '262144', 'properties.linger.ms': '5' },
    };
    const mode = guarantee.toUpperCase().replaceAll('-', '_');
    return `SET 'execution.checkpointing.interval' = '1s';
SET 'execution.checkpointing.mode' = '${mode}';
${QUERY.script(source, sink)}`;
  }

  /** The records that readers see, as rows. */
  async rows(topic: string) {
    const records = await this.broker.consumeAll(topic);
    return records.map(({ value }) => ({ kind: '+I', values: Object.values(JSON.parse(value!)) }));
  }
}

async function measure(
  guarantee: Guarantee,
  topics: Topics,
  flinks: ReadonlyMap<FlinkPeer, Flink>,
  { events, slots, repeat, profileInto, report }: SuiteOptions,
): Promise<void> {
  const query = `kafka/${guarantee}`;
  const own = async (input: string, output: string, profile?: string) =>
    runTidewheel({
      ...{ job: topics.script(input, output, guarantee), ending: 'sql', slots },
      profileInto: profile,
    });
  let best: Usage | undefined;
  for (let i = 0; i < repeat; i++) {
    const usage = await own('events', await topics.output(), i === 0 ? profileInto?.(guarantee) : undefined);
    if (!best || usage.cpuS < best.cpuS) best = usage;
  }
  const ours = { query, engine: 'tidewheel', events, ...best!, eventsPerCpuS: events / best!.cpuS };
  report.result({ ...ours, ratio: 1 });
  for (const [peer, flink] of flinks) {
    try {
      await flink.insert(topics.script('events', await topics.output(), guarantee), slots);
      await delay(1000);
      const usage = await flink.insert(topics.script('events', await topics.output(), guarantee), slots);
      const theirs = { query, engine: peer, events, ...usage, eventsPerCpuS: events / usage.cpuS };
      const check = await sameAnswers(topics, own, flink, guarantee);
      report.result({ ...theirs, ratio: ours.eventsPerCpuS / theirs.eventsPerCpuS, target: TARGET, check });
    } catch (error) {
      report.problem(query, peer, (error as Error).message);
    }
  }
}

async function sameAnswers(
  topics: Topics,
  own: (input: string, output: string) => Promise<unknown>,
  flink: Flink,
  guarantee: Guarantee,
): Promise<string | undefined> {
  const [ours, theirs] = [await topics.output(), await topics.output()];
  await own('sample', ours);
  await flink.insert(topics.script('sample', theirs, guarantee), 1);
  return compareResults(await topics.rows(ours), await topics.rows(theirs));
}
