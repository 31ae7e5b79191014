import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { minioClient, sharedKafka, sharedMinio, startKafka, startMinio, uniqueName } from '../harness/index.js';

describe('the shared broker', () => {
  test('gives back what was produced, in order within each partition', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('harness');
    await kafka.createTopic(topic, 3);
    const rows = Array.from({ length: 5000 }, (_, n) => ({ n, text: `row ${n}` }));
    await kafka.produceJson(topic, rows, {
      key: (row) => `k${row.n}`,
      partition: (row) => row.n % 3,
      timestampMs: (row) => 1_000 * row.n,
      headers: () => ({ origin: 'test' }),
    });
    const records = await kafka.consumeAll(topic);
    for (const partition of [0, 1, 2]) {
      const got = records.filter((record) => record.partition === partition);
      const expected = rows.filter((row) => row.n % 3 === partition);
      expect(got.map((record) => JSON.parse(record.value!))).toEqual(expected);
    }
    const first = records.find((record) => record.key === 'k4999');
    expect(first).toEqual({
      partition: 1,
      offset: 1666,
      timestampMs: 4_999_000,
      key: 'k4999',
      value: '{"n":4999,"text":"row 4999"}',
      headers: { origin: 'test' },
    });
  });

  test('shows committed rows only, unless asked for all', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('harness');
    await kafka.createTopic(topic, 1);
    const producers = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => {
        const producer = kafka
          .client()
          .producer({ transactionalId: `${topic}-${name}`, maxInFlightRequests: 1, idempotent: true });
        await producer.connect();
        return { name, producer, transaction: await producer.transaction() };
      }),
    );
    const [a, b, c, d] = producers;
    const send = (from: typeof a, value: string, key: Buffer | null = null) =>
      from.transaction.send({ topic, messages: [{ key, value }] });
    // Two transactions open at once and both aborted: a reader must drop the first record of each.
    await send(a, 'a1: aborted');
    await send(b, 'b1: aborted');
    // A data key of four zero bytes looks like an end marker's.
    await send(a, 'a2: aborted', Buffer.from([0, 0, 0, 0]));
    await send(c, 'c1: committed', Buffer.from([0, 0, 0, 0]));
    await send(a, 'a3: aborted');
    await b.transaction.abort();
    await a.transaction.abort();
    await send(c, 'c2: committed');
    await c.transaction.commit();
    await send(d, 'd1: open');

    const committed = await kafka.consumeAll(topic, { untilCount: 2 });
    expect(committed.map((record) => record.value)).toEqual(['c1: committed', 'c2: committed']);
    const all = await kafka.consumeAll(topic, { readCommitted: false });
    expect(all.map((record) => record.value)).toEqual([
      'a1: aborted',
      'b1: aborted',
      'a2: aborted',
      'c1: committed',
      'a3: aborted',
      'c2: committed',
      'd1: open',
    ]);
    await d.transaction.commit();
    const later = await kafka.consumeAll(topic, { untilCount: 3 });
    expect(later.at(-1)!.value).toBe('d1: open');
    await Promise.all(producers.map(({ producer }) => producer.disconnect()));
  });

  test('says how far it came when the rows waited for do not come', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('harness');
    await kafka.createTopic(topic, 2);
    await kafka.produceJson(topic, [{ n: 1 }]);
    await expect(kafka.consumeAll(topic, { untilCount: 2, timeoutMs: 1_000 })).rejects.toThrow(
      '1 records within the time, 2 expected',
    );
  });
});

describe('the shared object store', () => {
  test('gives back an object, whole and in part, and refuses to write over it with If-None-Match', async () => {
    const location = sharedMinio();
    const client = minioClient(location);
    const name = `${uniqueName('harness')}/object`;
    const content = Buffer.from('0123456789');
    await client.putObject(location.bucket, name, content, content.length, { 'If-None-Match': '*' });
    const read = async (offset: number, length: number) => {
      const parts: Buffer[] = [];
      for await (const part of await client.getPartialObject(location.bucket, name, offset, length)) parts.push(part);
      return Buffer.concat(parts).toString();
    };
    expect(await read(0, 10)).toBe('0123456789');
    expect(await read(3, 4)).toBe('3456');
    await expect(
      client.putObject(location.bucket, name, Buffer.from('other'), 5, { 'If-None-Match': '*' }),
    ).rejects.toMatchObject({ code: 'PreconditionFailed' });
    expect(await read(0, 10)).toBe('0123456789');
  });
});

describe('a server of one’s own', () => {
  test('Kafka keeps its data and port through kill and restart, and answers nothing while paused', async () => {
    const kafka = await startKafka();
    try {
      await kafka.createTopic('t', 2);
      await kafka.produceJson('t', [{ n: 1 }, { n: 2 }]);
      await kafka.kill();
      await expect(kafka.consumeAll('t', { timeoutMs: 500 })).rejects.toThrow('0 records within the time');
      await kafka.restart();
      await kafka.produceJson('t', [{ n: 3 }]);
      await kafka.pause();
      const reading = kafka.consumeAll('t');
      expect(await Promise.race([reading, delay(700, 'nothing')])).toBe('nothing');
      await kafka.resume();
      expect((await reading).map((record) => JSON.parse(record.value!).n).sort()).toEqual([1, 2, 3]);
    } finally {
      await kafka.stop();
    }
    expect(existsSync(kafka.dir)).toBe(false);
  });

  test('Kafka with secured listeners lets in who has the certificate and the password, and nobody else', async () => {
    const kafka = await startKafka({ secured: true });
    try {
      const { tls, saslPlaintext, saslTls, username, password, caFile } = kafka.secured!;
      const ssl = { ca: [await readFile(caFile, 'utf8')] };
      const mechanism = 'scram-sha-256' as const;
      const ways: Partial<KafkaConfig>[] = [
        { brokers: [tls], ssl },
        { brokers: [saslPlaintext], sasl: { mechanism: 'plain', username, password } },
        { brokers: [saslPlaintext], sasl: { mechanism: 'scram-sha-512', username, password } },
        { brokers: [saslTls], ssl, sasl: { mechanism, username, password } },
      ];
      const clusterSeenBy = async (way: Partial<KafkaConfig>) => {
        const admin = new Kafka({ brokers: [], logLevel: logLevel.NOTHING, retry: { retries: 0 }, ...way }).admin();
        try {
          await admin.connect();
          return (await admin.describeCluster()).brokers.length;
        } finally {
          await admin.disconnect();
        }
      };
      for (const way of ways) expect(await clusterSeenBy(way)).toBe(1);
      const wrong = { brokers: [saslTls], ssl, sasl: { mechanism, username, password: 'wrong' } };
      await expect(clusterSeenBy(wrong)).rejects.toThrow(/credentials|authentication/i);
      await expect(clusterSeenBy({ brokers: [tls], ssl: true })).rejects.toThrow(/certificate/);
    } finally {
      await kafka.stop();
    }
  });

  test('MinIO keeps its data and port through kill and restart', async () => {
    const minio = await startMinio({ bucket: 'own' });
    const client = minioClient(minio);
    try {
      await client.putObject('own', 'x', Buffer.from('kept'));
      await minio.restart();
      expect((await client.statObject('own', 'x')).size).toBe(4);
    } finally {
      await minio.stop();
    }
    expect(existsSync(minio.dir)).toBe(false);
  });

  test('a server dies with the process that started it, also when that is killed', async () => {
    const module = new URL('../harness/index.js', import.meta.url).href;
    const script = `
      const { startMinio } = await import(${JSON.stringify(module)});
      const minio = await startMinio();
      console.log(minio.endpoint + ' ' + minio.dir);
      setInterval(() => {}, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    const [endpoint, dir] = line.split(' ');
    expect((await fetch(`${endpoint}/minio/health/live`)).status).toBe(200);
    parent.kill('SIGKILL');
    const isUp = () =>
      fetch(`${endpoint}/minio/health/live`).then(
        () => true,
        () => false,
      );
    while (await isUp()) await delay(20);
    while (existsSync(dir)) await delay(20);
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(dir);
  });
});
