/**
 * What a transaction's writer promises over crashes: rows that a checkpoint counts on become visible, once; others never.
 * The broker is real, and writers die by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Cluster } from '../../runtime/connectors/kafka/client/cluster.js';
import { connectionSettings } from '../../runtime/connectors/kafka/client/settings.js';
import { LATEST } from '../../runtime/connectors/kafka/protocol/list-offsets.js';
import type { Json } from '../../runtime/source/contract.js';
import { sharedKafka, uniqueName } from '../harness/index.js';
import { recordingLog } from './kafka/recording-log.js';
import { RowWriter, type RowWriterOptions } from './kafka/row-writer.js';

const children: ChildProcess[] = [];
const writers: RowWriter[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
});

function newWriter(topic: string, more: Partial<RowWriterOptions> = {}): RowWriter {
  const writer = new RowWriter({ bootstrap: sharedKafka().bootstrap, topic, guarantee: 'exactly-once', ...more });
  writers.push(writer);
  return writer;
}

/** A writer of attempt 1 in another process, with one transaction cut and one open. */
async function otherProcess(topic: string) {
  const script = fileURLToPath(new URL('./kafka/writing-process.js', import.meta.url));
  const child = spawn(process.execPath, [script, sharedKafka().bootstrap, topic, '1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  const committables = JSON.parse(await line()) as Json[];
  expect(await line()).toBe('open');
  return {
    committables,
    kill: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
    write: (row: string) => {
      child.stdin!.write(`${row}\n`);
      return line();
    },
  };
}

async function newTopic(partitions = 2): Promise<string> {
  const topic = uniqueName('once');
  await sharedKafka().createTopic(topic, partitions);
  return topic;
}

/**
 * Values that a reader of committed records sees when no transaction is open any more: a commit is answered before its
 * markers are in the partitions. `stillOpen`: how many there are in front of a transaction that stays open.
 */
async function committedValues(topic: string, stillOpen?: number): Promise<string[]> {
  const kafka = sharedKafka();
  if (stillOpen === undefined) await untilNoneIsOpen(topic);
  const records = await kafka.consumeAll(topic, { untilCount: stillOpen });
  return records.map(({ value }) => value!).sort();
}

/** Waits until the end that readers of committed records see is the end of each partition. */
async function untilNoneIsOpen(topic: string): Promise<void> {
  const settings = connectionSettings({ 'properties.bootstrap.servers': sharedKafka().bootstrap }, 'test', '.');
  const cluster = new Cluster(settings, recordingLog());
  try {
    const { topics } = await cluster.refresh([topic]);
    const queries = topics[0].partitions.map(({ partition }) => ({ topic, partition, timestamp: LATEST }));
    const ends = async (readCommitted: boolean) =>
      (await cluster.listOffsets(queries, readCommitted))
        .map(({ partition, offset }) => `${partition}:${offset}`)
        .sort();
    while (`${await ends(true)}` !== `${await ends(false)}`) await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    cluster.close();
  }
}

const values = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix} ${n}`).sort();

describe('a transaction per checkpoint', () => {
  test('shows rows when their checkpoint is complete, and not before', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    for (let n = 0; n < 50; n++) writer.write(`a ${n}`);
    const first = await writer.cut();
    for (let n = 0; n < 50; n++) writer.write(`b ${n}`);
    const second = await writer.cut();
    expect(first).toHaveLength(1);
    expect(second).toHaveLength(1);
    expect(await committedValues(topic, 0)).toEqual([]);
    await writer.writer.commit(first);
    await writer.writer.commit(second);
    expect(await committedValues(topic)).toEqual([...values('a', 50), ...values('b', 50)]);
  });

  test('is not begun for a checkpoint without rows', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    expect(await writer.cut()).toEqual([]);
    writer.write('row');
    expect(await writer.checkpointed()).toHaveLength(1);
    expect(await writer.cut()).toEqual([]);
    expect(await committedValues(topic)).toEqual(['row']);
  });

  test('comes round to the same ids, each time under a new epoch', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    const seen: { transactionalId: string; producerEpoch: number }[] = [];
    for (let n = 0; n < 12; n++) {
      writer.write(`row ${String(n).padStart(2, '0')}`);
      seen.push(...((await writer.checkpointed()) as unknown as typeof seen));
    }
    expect(new Set(seen.map(({ transactionalId }) => transactionalId)).size).toBe(2);
    expect(new Set(seen.map((each) => `${each.transactionalId} ${each.producerEpoch}`)).size).toBe(12);
    expect(await committedValues(topic)).toHaveLength(12);
  });

  test('waits for as many checkpoints as are outstanding', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    const cuts: Json[] = [];
    for (let n = 0; n < 20; n++) {
      writer.write(`row ${n}`);
      cuts.push(...(await writer.cut()));
    }
    expect(new Set(cuts.map((each) => (each as { transactionalId: string }).transactionalId)).size).toBe(20);
    await writer.writer.commit(cuts);
    expect(await committedValues(topic)).toEqual(values('row', 20));
  });

  test('throws away what was written since the last barrier when it is closed', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    writer.write('kept');
    await writer.checkpointed();
    writer.write('dropped');
    writer.writer.flush();
    await writer.close();
    const next = await newWriter(topic, { attempt: 2 }).open();
    next.write('later');
    await next.checkpointed();
    expect(await committedValues(topic)).toEqual(['kept', 'later']);
  });
});

describe('after SIGKILL of the writer', () => {
  test('another process commits what the checkpoint counts on, and aborts the rest', async () => {
    const topic = await newTopic();
    const { committables, kill } = await otherProcess(topic);
    await kill();
    const next = await newWriter(topic, { attempt: 2 }).open({ committables, states: [{ attempt: 1 }] });
    next.write('of the next attempt');
    await next.checkpointed();
    expect(await committedValues(topic)).toEqual([...values('cut', 100), 'of the next attempt'].sort());
  });

  test('without a checkpoint everything that it wrote is aborted', async () => {
    const topic = await newTopic();
    const { kill } = await otherProcess(topic);
    await kill();
    const next = await newWriter(topic, { attempt: 2 }).open(undefined);
    next.write('only this');
    await next.checkpointed();
    expect(await committedValues(topic)).toEqual(['only this']);
  });

  test('committing once more, by any attempt, changes nothing', async () => {
    const topic = await newTopic();
    const { committables, kill } = await otherProcess(topic);
    await kill();
    const restore = { committables, states: [{ attempt: 1 }] };
    for (const attempt of [2, 3, 4]) {
      const next = await newWriter(topic, { attempt }).open(restore);
      await next.writer.commit(committables);
      await next.writer.commit(committables);
      await next.close();
      expect(await committedValues(topic)).toEqual(values('cut', 100));
    }
  });
});

describe('a writer that is over but lives', () => {
  test('can neither go on with its transaction nor begin another', async () => {
    const topic = await newTopic();
    const zombie = await otherProcess(topic);
    const next = await newWriter(topic, { attempt: 2 }).open({
      committables: zombie.committables,
      states: [{ attempt: 1 }],
    });
    expect(await zombie.write('from the grave')).toBe('TW3307');
    next.write('alive');
    await next.checkpointed();
    expect(await committedValues(topic)).toEqual(['alive', ...values('cut', 100)]);
  });

  test('leaves other subtasks of the new attempt alone', async () => {
    const topic = await newTopic();
    const sibling = await newWriter(topic, { attempt: 2, subtask: 1 }).open();
    sibling.write('of the sibling');
    sibling.writer.flush();
    const other = await newWriter(topic, { attempt: 1, nodeId: 'sink-1-b' }).open();
    other.write('of another sink');
    const ofOther = await other.cut();
    await newWriter(topic, { attempt: 2, subtask: 0 }).open({ committables: [], states: [] });
    await sibling.checkpointed();
    await other.writer.commit(ofOther);
    expect(await committedValues(topic)).toEqual(['of another sink', 'of the sibling']);
  });
});

describe('a commit whose transactional id has moved on', () => {
  test('is taken as done when the id was used again after it', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    writer.write('first');
    const first = await writer.checkpointed();
    // Both ids come round again; the one of `first` has an open transaction when its commit is repeated.
    writer.write('second');
    await writer.checkpointed();
    writer.write('third');
    const third = await writer.cut();
    expect(third[0]).toMatchObject({ transactionalId: (first[0] as { transactionalId: string }).transactionalId });
    await writer.writer.commit(first);
    expect(await committedValues(topic, 2)).toEqual(['first', 'second']);
    await writer.writer.commit(third);
    expect(await committedValues(topic)).toEqual(['first', 'second', 'third']);
  });

  test('is taken as done when a later transaction of the id was aborted', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic).open();
    writer.write('first');
    const first = await writer.checkpointed();
    writer.write('second');
    const second = await writer.checkpointed();
    writer.write('third, never cut');
    writer.writer.flush();
    // The next attempt starts from a checkpoint that holds all of them; the third is open under the id of the first.
    const next = await newWriter(topic, { attempt: 2 }).open({
      committables: [...first, ...second],
      states: [{ attempt: 1 }],
    });
    await next.writer.commit([...first, ...second]);
    expect(await committedValues(topic)).toEqual(['first', 'second']);
  });

  test('fails with what was lost when its time-out aborted it', async () => {
    const topic = await newTopic(1);
    const options = { 'transaction.timeout': '1 s' };
    const writer = await newWriter(topic, { options }).open();
    writer.write('too late');
    const committables = await writer.cut();
    // A reader of committed records gets past the transaction when the broker has aborted it.
    await sharedKafka().produceJson(topic, ['behind it']);
    await sharedKafka().consumeAll(topic, { untilCount: 1 });
    await expect(writer.writer.commit(committables)).rejects.toMatchObject({
      code: 'TW3308',
      message: expect.stringContaining(`topic '${topic}', partitions 0`),
    });
    const next = newWriter(topic, { attempt: 2, options: { 'sink.on-lost-transaction': 'ignore' } });
    await next.open({ committables, states: [{ attempt: 1 }] });
    expect(
      next.log.lines.some(({ level, message }) => level === 'error' && message.includes('its rows are lost')),
    ).toBe(true);
  });

  test('asks for a time-out that the brokers allow', async () => {
    const topic = await newTopic(1);
    const writer = newWriter(topic, { options: { 'transaction.timeout': '2 d' } });
    await expect(writer.open()).rejects.toThrow(/INVALID_TRANSACTION_TIMEOUT.*transaction\.max\.timeout\.ms/);
  });
});
