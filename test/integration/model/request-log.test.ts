/** The request log against a real broker: what was asked stands in the topic; a topic that is missing harms no request. */
import { expect, test } from '@jest/globals';
import { KafkaRecords } from '../../../runtime/serving/kafka-records.js';
import { RequestLog } from '../../../runtime/serving/request-log.js';
import { sharedKafka, uniqueName } from '../../harness/index.js';
import { adder, ask, FakeRegistry, SILENT, start } from '../../unit/serving/running-server.js';

const SPEC = { sampleRate: 1, payload: 'both', maxBytes: 100_000 } as const;

async function serving(topic: string, dropped: [reason: string, records: number][]) {
  const metrics = {
    logged: () => undefined,
    dropped: (reason: string, records = 1) => void dropped.push([reason, records]),
  };
  const resolve = (text: string) => text.replace('${env:CODEC}', 'gzip');
  const properties = { 'compression.type': '${env:CODEC}' };
  const place = { brokers: sharedKafka().bootstrap, topic, bufferBytes: 1 << 20, properties };
  let ready = () => {};
  const opened = new Promise<void>((done) => {
    ready = done;
  });
  const log = { ...SILENT, info: () => ready(), warn: () => ready() };
  const records = new KafkaRecords(place, metrics, log, resolve);
  const running = await start(new FakeRegistry({ add: { '1': () => adder(1) } }), {
    requestLog: new RequestLog(SPEC, records, metrics),
  });
  await running.host.load('add', '1');
  await opened;
  const infer = (n: number) =>
    ask(`${running.url}/v2/models/add/infer`, {
      id: `q${n}`,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [n, n] }],
    });
  return { infer, end: () => running.server.drain() };
}

test('each request that was sampled is a record of the topic, also those before the end', async () => {
  const topic = uniqueName('requests');
  await sharedKafka().createTopic(topic, 3);
  const dropped: [string, number][] = [];
  const { infer, end } = await serving(topic, dropped);
  for (let n = 0; n < 50; n++) expect((await infer(n)).status).toBe(200);
  await end();
  const records = (await sharedKafka().consumeAll(topic)).map((r) => JSON.parse(r.value as string));
  expect(records.map((r) => r.id).sort()).toEqual(Array.from({ length: 50 }, (_, n) => `q${n}`).sort());
  expect(records.find((r) => r.id === 'q7')).toMatchObject({
    status: 200,
    version: '1',
    request: { inputs: [{ data: [7, 7] }] },
    answer: { outputs: [{ name: 'y', data: [8, 8] }] },
  });
  expect(dropped).toEqual([]);
});

test('a topic that is not there: requests are answered, and what is not logged is counted', async () => {
  const dropped: [string, number][] = [];
  const { infer, end } = await serving(uniqueName('missing'), dropped);
  for (let n = 0; n < 5; n++) expect((await infer(n)).status).toBe(200);
  await end();
  expect(dropped.reduce((sum, [, records]) => sum + records, 0)).toBe(5);
});
