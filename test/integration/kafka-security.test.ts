/** TLS and passwords, against a broker that asks for them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KafkaServer, startKafka } from '../harness/index.js';
import { CollectingReader } from './kafka/collecting-reader.js';
import { RowWriter } from './kafka/row-writer.js';

let kafka: KafkaServer;

beforeAll(async () => {
  kafka = await startKafka({ secured: true });
  await kafka.createTopic('secured', 1);
});
afterAll(() => kafka?.stop());

async function goesThrough(bootstrap: string, options: Record<string, string>): Promise<void> {
  const writer = await new RowWriter({ bootstrap, topic: 'secured', options }).open();
  const row = `row ${Math.random()}`;
  writer.write(row);
  await writer.cut();
  await writer.close();
  const reader = new CollectingReader({ topic: 'secured', 'properties.bootstrap.servers': bootstrap, ...options });
  await reader.start();
  await reader.until(() => reader.values.includes(row));
  await reader.close();
}

const jaas = (username: string, password: string) =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required username="${username}" password="${password}";`;

describe('a broker that asks for a password', () => {
  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('is written and read with %s', async (mechanism) => {
    const { saslPlaintext, username, password } = kafka.secured!;
    await goesThrough(saslPlaintext, {
      'properties.security.protocol': 'SASL_PLAINTEXT',
      'properties.sasl.mechanism': mechanism,
      'properties.sasl.jaas.config': jaas(username, password),
    });
  });

  test('refuses a wrong one, at once and without the password in the message', async () => {
    const { saslPlaintext, username } = kafka.secured!;
    const reader = new CollectingReader({
      topic: 'secured',
      'properties.bootstrap.servers': saslPlaintext,
      'properties.security.protocol': 'SASL_PLAINTEXT',
      'properties.sasl.mechanism': 'PLAIN',
      'properties.sasl.username': username,
      'properties.sasl.password': 'not-it-8731',
    });
    const error = await reader.enumerate().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ code: 'TW3003' });
    expect(JSON.stringify([String(error), error!.stack, reader.log.lines])).not.toContain('not-it-8731');
    await reader.close();
  });
});

describe('a broker that speaks TLS', () => {
  test('is written and read, its certificate from a file or from the option', async () => {
    const { tls, caFile } = kafka.secured!;
    const protocol = { 'properties.security.protocol': 'SSL' };
    await goesThrough(tls, { ...protocol, 'properties.ssl.truststore.location': caFile });
    await goesThrough(tls, { ...protocol, 'properties.ssl.truststore.certificates': readFileSync(caFile, 'utf8') });
  });

  test('and asks for a password as well', async () => {
    const { saslTls, caFile, username, password } = kafka.secured!;
    await goesThrough(saslTls, {
      'properties.security.protocol': 'SASL_SSL',
      'properties.sasl.mechanism': 'SCRAM-SHA-512',
      'properties.sasl.jaas.config': jaas(username, password),
      'properties.ssl.truststore.location': caFile,
    });
  });

  test('is not trusted without its certificate', async () => {
    const reader = new CollectingReader({
      topic: 'secured',
      'properties.bootstrap.servers': kafka.secured!.tls,
      'properties.security.protocol': 'SSL',
    });
    await expect(reader.enumerate()).rejects.toMatchObject({ code: 'TW3003' });
    await reader.close();
  });
});
