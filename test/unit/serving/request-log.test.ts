/** Requests as records: what is in them, how many there are, and that nothing they do reaches a request. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { requestLog, validate } from '../../../api/index.js';
import { KafkaRecords } from '../../../runtime/serving/kafka-records.js';
import { type DropReason, type RecordSink, RequestLog } from '../../../runtime/serving/request-log.js';
import { adder, ask, FakeRegistry, type Running, SILENT, start } from './running-server.js';

/** Keeps records; drops them once it holds `room`. */
class Kept implements RecordSink {
  readonly records: any[] = [];
  closed = 0;
  constructor(private readonly room = Number.POSITIVE_INFINITY) {}
  write(record: Buffer): DropReason | undefined {
    if (this.records.length >= this.room) return 'full';
    this.records.push(JSON.parse(record.toString()));
    return undefined;
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

const EVERYTHING = { sampleRate: 1, payload: 'both', maxBytes: 100_000 } as const;
let running: Running | undefined;
const dropped: string[] = [];
const METRICS = { logged: () => undefined, dropped: (reason: string) => void dropped.push(reason) };

afterEach(async () => {
  await running?.server.drain();
  running = undefined;
  dropped.length = 0;
});

async function logging(sink: RecordSink, spec: object = {}, random?: () => number): Promise<string> {
  const log = new RequestLog({ ...EVERYTHING, ...spec }, sink, METRICS, random);
  running = await start(new FakeRegistry({ add: { '1': () => adder(1) } }), { requestLog: log });
  await running.host.load('add', '1');
  return `${running.url}/v2/models/add/infer`;
}
const question = (data: number[], id?: string) => ({
  ...(id === undefined ? {} : { id }),
  inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data }],
});

describe('a record', () => {
  test('has the request, the answer, the version and the time it took', async () => {
    const sink = new Kept();
    const url = await logging(sink);
    const answer = await ask(url, question([1, 2], 'q1'));
    const [record] = sink.records;
    expect(record).toMatchObject({
      model: 'add',
      version: '1',
      id: 'q1',
      status: 200,
      request: question([1, 2], 'q1'),
      answer: answer.json(),
      answerBytes: answer.body.length,
      requestBytes: JSON.stringify(question([1, 2], 'q1')).length,
    });
    expect(record.latencyMs).toBeGreaterThan(0);
    expect(Math.abs(Date.parse(record.time) - Date.now())).toBeLessThan(10_000);
    expect(record).not.toHaveProperty('copy');
  });

  test('of a refused request has the reason and the body as text', async () => {
    const sink = new Kept();
    const url = await logging(sink);
    await ask(url, { inputs: [{ name: 'z', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });
    expect(sink.records[0]).toMatchObject({ status: 400, version: '1', error: expect.stringContaining("input 'x'") });
    expect(JSON.parse(sink.records[0].request)).toMatchObject({ inputs: [{ name: 'z' }] });
    expect(sink.records[0]).not.toHaveProperty('answer');
  });

  test('leaves out payloads that would make it too large, and those that are not asked for', async () => {
    const sink = new Kept();
    const url = await logging(sink, { maxBytes: 2048 });
    await ask(url, question(Array.from({ length: 400 }, (_, i) => i)));
    expect(sink.records[0]).toMatchObject({ cut: true, requestBytes: expect.any(Number) });
    expect(sink.records[0]).not.toHaveProperty('request');
    expect(JSON.stringify(sink.records[0]).length).toBeLessThan(2048);
    await running!.server.drain();
    const answers = new Kept();
    await ask(await logging(answers, { payload: 'answer' }), question([1, 2]));
    expect(Object.keys(answers.records[0])).toEqual(expect.arrayContaining(['answer']));
    expect(answers.records[0]).not.toHaveProperty('request');
  });

  test('of a canary’s copy says so', async () => {
    const sink = new Kept();
    const url = await logging(sink);
    await ask(url, question([1, 2]), { 'tidewheel-copy': 'true' });
    expect(sink.records[0].copy).toBe(true);
  });
});

test('as many are written as the sample rate says', async () => {
  const sink = new Kept();
  let turn = 0;
  const url = await logging(sink, { sampleRate: 0.25 }, () => (turn++ % 8) / 8);
  for (let i = 0; i < 16; i++) await ask(url, question([i, i]));
  expect(sink.records.map((r) => r.request.inputs[0].data[0])).toEqual([0, 1, 8, 9]);
});

test('a log without room drops and counts, and the requests are answered', async () => {
  const url = await logging(new Kept(2));
  for (let i = 0; i < 5; i++) expect((await ask(url, question([i, i]))).status).toBe(200);
  expect(dropped).toEqual(['full', 'full', 'full']);
});

test('a log that throws harms no request', async () => {
  const broken: RecordSink = {
    write: () => {
      throw new Error('broken');
    },
    close: async () => undefined,
  };
  const url = await logging(broken);
  expect((await ask(url, question([1, 2]))).status).toBe(200);
  expect(dropped).toEqual(['lost']);
});

test('while no broker answers records are dropped at once, and the end does not wait for ever', async () => {
  const sink = new KafkaRecords(
    { brokers: '127.0.0.1:1', topic: 'requests', bufferBytes: 65_536 },
    METRICS,
    SILENT,
    (text) => text,
  );
  expect(sink.write(Buffer.from('{}'))).toBe('away');
  const began = performance.now();
  await sink.close(100);
  expect(performance.now() - began).toBeLessThan(2000);
});

test('a password in plain text is refused', () => {
  const spec = (password: string) => ({
    brokers: 'kafka:9092',
    topic: 'requests',
    properties: { 'security.protocol': 'SASL_SSL', 'sasl.password': password },
  });
  expect(validate(requestLog.node, spec('${env:KAFKA_PASSWORD}'))).toEqual([]);
  expect(validate(requestLog.node, spec('hunter2'))).toMatchObject([
    { message: expect.stringContaining('references') },
  ]);
});
