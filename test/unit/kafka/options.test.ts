import { describe, expect, test } from '@jest/globals';
import { connectionSettings } from '../../../runtime/connectors/kafka/client/settings.js';
import { kafkaSource } from '../../../runtime/connectors/kafka/index.js';
import { sinkSettings } from '../../../runtime/connectors/kafka/sink/options.js';
import { attemptOf, transactionalId } from '../../../runtime/connectors/kafka/sink/transactional-id.js';
import { partitionOfSplit } from '../../../runtime/connectors/kafka/source/enumerate.js';
import { sourceSettings } from '../../../runtime/connectors/kafka/source/options.js';

const servers = { 'properties.bootstrap.servers': 'a:9092, b:9093,PLAINTEXT://[::1]:9094' };
const connection = (options: Record<string, string>) => connectionSettings({ ...servers, ...options }, 'client', '.');

describe('connection options', () => {
  test('take a list of addresses', () => {
    expect(connection({}).bootstrap).toEqual([
      { host: 'a', port: 9092 },
      { host: 'b', port: 9093 },
      { host: '::1', port: 9094 },
    ]);
  });

  test('take name and password from a JAAS line', () => {
    const jaas = String.raw`org.apache.kafka.common.security.scram.ScramLoginModule required username="al\"ice" password='x' password="p;w=1";`;
    const { sasl, tls } = connection({
      'properties.security.protocol': 'SASL_SSL',
      'properties.sasl.mechanism': 'SCRAM-SHA-512',
      'properties.sasl.jaas.config': jaas.replace(" password='x'", ''),
    });
    expect(sasl).toEqual({ mechanism: 'SCRAM-SHA-512', username: 'al"ice', password: 'p;w=1' });
    expect(tls).toEqual({});
  });

  test.each([
    [{ 'properties.bootstrap.servers': 'nowhere' }, /has 'nowhere'; expected host:port/],
    [{ 'properties.bootstrap.servers': '' }, /'properties.bootstrap.servers' is missing/],
    [{ 'properties.security.protocol': 'TLS' }, /is 'TLS'; expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL/],
    [
      { 'properties.security.protocol': 'SASL_SSL', 'properties.sasl.mechanism': 'GSSAPI' },
      /is 'GSSAPI'; expected PLAIN/,
    ],
    [{ 'properties.security.protocol': 'SASL_SSL' }, /needs a name and a password/],
    [{ 'properties.security.protocol': 'SSL', 'properties.ssl.truststore.location': 'no/such.pem' }, /can't be read/],
    [
      {
        'properties.security.protocol': 'SSL',
        'properties.ssl.truststore.location': 'package.json',
        'properties.ssl.truststore.type': 'JKS',
      },
      /is JKS, which can't be read here; give PEM/,
    ],
  ] as [Record<string, string>, RegExp][])('that can not be had are refused: %j', (options, message) => {
    expect(() => connection(options)).toThrow(message);
    expect(() => connection(options)).toThrow(expect.objectContaining({ code: 'TW1302' }));
  });
});

describe('source options', () => {
  test('begin at committed offsets with a group, at the earliest ones without', () => {
    expect(sourceSettings({ topic: 't' }).start).toEqual({ kind: 'end', timestamp: -2 });
    expect(sourceSettings({ topic: 't', 'properties.group.id': 'g' }).start).toEqual({ kind: 'group' });
  });

  test('name topics, or a pattern that must match all of a name', () => {
    expect(sourceSettings({ topic: 'a; b;a' }).topics).toEqual(['a', 'b']);
    const pattern = sourceSettings({ 'topic-pattern': 'pay.*|bank' }).topics as RegExp;
    expect(['payments', 'bank', 'banks', 'repay'].map((name) => pattern.test(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('say whether the source is bounded, and how often to look for partitions', () => {
    expect(kafkaSource.bounded({ topic: 't' })).toBe(false);
    expect(kafkaSource.bounded({ topic: 't', 'scan.bounded.mode': 'latest-offset' })).toBe(true);
    const interval = (options: Record<string, string>) => kafkaSource.discoveryIntervalMs!({ topic: 't', ...options });
    expect(interval({})).toBe(300_000);
    expect(interval({ 'scan.topic-partition-discovery.interval': '10 s' })).toBe(10_000);
    expect(interval({ 'scan.topic-partition-discovery.interval': '0' })).toBeUndefined();
    expect(interval({ 'scan.bounded.mode': 'latest-offset' })).toBeUndefined();
  });

  test.each([
    [{}, /give either 'topic' or 'topic-pattern'/],
    [{ topic: 't', 'topic-pattern': 'x' }, /give either 'topic' or 'topic-pattern'/],
    [{ 'topic-pattern': '(' }, /'topic-pattern' is not a regular expression/],
    [{ topic: 't', 'scan.startup.mode': 'earliest' }, /is 'earliest'; expected earliest-offset, latest-offset/],
    [{ topic: 't', 'scan.startup.mode': 'group-offsets' }, /'properties.group.id' is missing/],
    [{ topic: 't', 'scan.startup.mode': 'timestamp' }, /'scan.startup.timestamp-millis' is missing/],
    [
      { topic: 't', 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': '0:5' },
      /has '0:5'; expected 'partition:0,offset:42/,
    ],
    [
      { topic: 't', 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': 'noon' },
      /is 'noon'; expected a whole number/,
    ],
    [{ topic: 't', 'properties.auto.offset.reset': 'newest' }, /is 'newest'; expected earliest, latest, none/],
    [{ topic: 't', 'scan.topic-partition-discovery.interval': 'often' }, /'scan.topic-partition-discovery.interval'/],
  ] as [Record<string, string>, RegExp][])('that can not be had are refused: %j', (options, message) => {
    expect(() => sourceSettings(options)).toThrow(message);
  });
});

describe('sink options', () => {
  test("take the job's guarantee unless they say otherwise", () => {
    expect(sinkSettings({ topic: 't' }, 'job', 'exactly-once').guarantee).toBe('exactly-once');
    const options = { topic: 't', 'sink.delivery-guarantee': 'at-least-once' };
    expect(sinkSettings(options, 'job', 'exactly-once').guarantee).toBe('at-least-once');
  });

  test.each([
    [{}, /'topic' is missing/],
    [{ topic: 'a;b' }, /a sink writes to one topic/],
    [{ topic: 't', 'sink.partitioner': 'hash' }, /is 'hash'; expected default, fixed, round-robin/],
    [{ topic: 't', 'properties.compression.type': 'brotli' }, /is 'brotli'; expected none, gzip, snappy, lz4, zstd/],
    [{ topic: 't', 'transaction.timeout': '-1 s' }, /'transaction.timeout'/],
  ] as [Record<string, string>, RegExp][])('that can not be had are refused: %j', (options, message) => {
    expect(() => sinkSettings(options, 'job', 'at-least-once')).toThrow(message);
  });
});

test("a transactional id gives back the attempt that made it, for its own sink's ids only", () => {
  const scope = { prefix: 'app', nodeId: 'sink-1' };
  expect(attemptOf(scope, transactionalId(scope, 12, 3, 4))).toBe(12);
  expect(attemptOf(scope, transactionalId({ prefix: 'app', nodeId: 'sink-1-b' }, 12, 3, 4))).toBeUndefined();
  expect(attemptOf({ prefix: 'app', nodeId: 'sink' }, transactionalId(scope, 12, 3, 4))).toBeUndefined();
  expect(attemptOf(scope, 'app-sink-1-1-2')).toBeUndefined();
  expect(attemptOf(scope, 'other-sink-1-1-2-3')).toBeUndefined();
});

test("a split's name gives back topic and partition, also of topics with dashes", () => {
  expect(partitionOfSplit('card-payments-2024-7')).toEqual({ topic: 'card-payments-2024', partition: 7 });
});
