import { describe, expect, test } from '@jest/globals';
import { crc32c, crc32cByTable } from '../../../runtime/connectors/kafka/protocol/crc32c.js';
import {
  NO_IDENTITY,
  RecordBatchBuilder,
  stamp,
} from '../../../runtime/connectors/kafka/protocol/record-batch-builder.js';
import { endOfBatches, RecordBatchReader } from '../../../runtime/connectors/kafka/protocol/record-batch-reader.js';
import type { RecordMeta } from '../../../runtime/source/contract.js';
import { JAVA_BATCHES, JAVA_RECORDS } from './java-batches.js';

const SETTINGS = { readCommitted: true, checkCrcs: true, keys: true, headers: true };

function newMeta(): RecordMeta {
  return { origin: 't', partition: 0, offset: -1, line: 0, timestamp: -1, key: null, headers: null };
}

interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

function newReader(buf: Buffer, { from = 0, stop = Number.POSITIVE_INFINITY, aborted = [] as Aborted[] } = {}) {
  const meta = newMeta();
  const reader = new RecordBatchReader(buf, from, stop, aborted, SETTINGS, 't-0');
  const read = (max = 1_000_000) => {
    const records: { offset: number; timestamp: number; key: string | null; value: string | null }[] = [];
    const record = (body: Buffer, start: number, end: number) => {
      const key = meta.key && Buffer.from(meta.key).toString();
      const value = start < 0 ? null : body.toString('utf8', start, end);
      records.push({ offset: meta.offset, timestamp: meta.timestamp, key, value });
    };
    reader.read({ record }, meta, max);
    return records;
  };
  return { reader, read, meta };
}

/** A batch of our builder at an offset. */
function batchAt(baseOffset: number, values: readonly (string | null)[], identity = NO_IDENTITY): Buffer {
  const builder = new RecordBatchBuilder();
  builder.begin(1_700_000_000_000);
  for (const value of values) {
    builder.beginRecord();
    if (value === null) {
      builder.endRecordWithNull();
      continue;
    }
    builder.out.utf8(value);
    builder.endRecord();
  }
  const batch = Buffer.from(builder.seal('none'));
  stamp(batch, identity, 0);
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  return batch;
}

/** A control batch as a broker writes it: one record, its key version 0 and type 0 (abort) or 1 (commit). */
function markerAt(offset: number, producerId: number, commit: boolean): Buffer {
  const builder = new RecordBatchBuilder();
  builder.begin(1_700_000_000_000);
  builder.beginRecord(Buffer.from([0, 0, 0, commit ? 1 : 0]), 0, 4);
  builder.out.bytes(Buffer.alloc(6));
  builder.endRecord();
  const batch = Buffer.from(builder.seal('none'));
  batch.writeInt16BE(0b100000, 21);
  stamp(batch, { producerId, producerEpoch: 0, transactional: true }, -1);
  batch.writeBigInt64BE(BigInt(offset), 0);
  return batch;
}

describe('batches written by Java', () => {
  test.each(Object.keys(JAVA_BATCHES))('are read in codec %s', (codec) => {
    const { read } = newReader(Buffer.from(JAVA_BATCHES[codec], 'base64'));
    expect(read().map(({ key, value }) => [key, value])).toEqual(JAVA_RECORDS);
  });

  test('give offsets and timestamps', () => {
    const records = newReader(Buffer.from(JAVA_BATCHES['none'], 'base64')).read();
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    // From the batch: base timestamp 0x01a1fe6543 08, deltas 0, 11, 11.
    const base = 0x01a1fe654308;
    expect(records.map(({ timestamp }) => timestamp)).toEqual([base, base + 11, base + 11]);
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('are refused when a byte is wrong (%s)', (codec) => {
    const batch = Buffer.from(JAVA_BATCHES[codec], 'base64');
    batch[80] ^= 1;
    expect(() => newReader(batch).read()).toThrow(/t-0: batch at offset 0 fails its checksum/);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('are refused when what is packed is cut off (%s)', (codec) => {
    const whole = Buffer.from(JAVA_BATCHES[codec], 'base64');
    const batch = Buffer.from(whole.subarray(0, whole.length - 60));
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
    expect(() => newReader(batch).read()).toThrow(expect.objectContaining({ code: 'TW3304' }));
  });
});

test('a batch has the bytes that the protocol says', () => {
  const builder = new RecordBatchBuilder();
  builder.begin(1_600_000_000_000);
  builder.beginRecord(Buffer.from('xkey'), 1, 2);
  builder.out.utf8('v1');
  builder.endRecord();
  builder.beginRecord();
  builder.endRecordWithNull();
  const batch = builder.seal('none');
  stamp(batch, { producerId: 4294967298, producerEpoch: 7, transactional: true }, 42);
  const expected = [
    '0000000000000000', // base offset
    '00000042', // 66 bytes behind this: 49 of the header, 10 and 7 of the records
    'ffffffff', // leader epoch
    '02', // magic
    '________', // crc
    '0010', // transactional
    '00000001', // last offset delta
    '00000174876e8000', // 1600000000000
    '00000174876e8000',
    '0000000100000002',
    '0007',
    '0000002a',
    '00000002',
    '12000000026b04763100', // 9 bytes: key k, value v1, no headers
    '0c000002010100', // 6 bytes: null key, null value, no headers
  ].join('');
  const seen = `${batch.toString('hex', 0, 17)}________${batch.toString('hex', 21)}`;
  expect(seen).toBe(expected);
  expect(batch.readUInt32BE(17)).toBe(crc32cByTable(batch, 21, batch.length));
});

test('values of every length go through unchanged, whatever the length before was', () => {
  // Around 64, 8192 and 2^20 a length takes one byte more; going up and down moves what is written.
  const lengths = [0, 56, 57, 58, 63, 64, 65, 8181, 8183, 8190, 8191, 8192, 10, 70_000, 0, 1_048_576, 5, 64, 63];
  const values = lengths.map((length, n) => `${n}`.padEnd(length, 'é').slice(0, length));
  const batch = batchAt(100, [...values, null, 'last']);
  expect(
    newReader(batch)
      .read()
      .map(({ value }) => value),
  ).toEqual([...values, null, 'last']);
});

test('records may bring their own timestamps and headers', () => {
  const builder = new RecordBatchBuilder();
  builder.begin(1_700_000_000_000);
  const times = [0, -1, 1, 63, 64, -64, -65, 3_600_000, -1_700_000_000_000, 2 ** 40].map((t) => 1_700_000_000_000 + t);
  for (const [n, time] of times.entries()) {
    builder.beginRecord(null, 0, 0, time);
    builder.out.utf8(`v${n}`);
    const value = Buffer.from('x'.repeat(n * 20));
    builder.endRecord(
      n % 3 === 0
        ? undefined
        : [
            [`ä${n}`, value],
            ['null', null],
          ],
    );
  }
  const batch = builder.seal('none');
  stamp(batch, NO_IDENTITY, -1);
  const meta = newMeta();
  const seen: unknown[] = [];
  const record = (body: Buffer, start: number, end: number) => {
    const headers = Object.entries(meta.headers!).map(([name, value]) => [name, value.length]);
    seen.push([body.toString('utf8', start, end), meta.timestamp, headers]);
  };
  new RecordBatchReader(batch, 0, 100, [], SETTINGS, 't-0').read({ record }, meta, 100);
  const headersOf = (n: number) =>
    n % 3 === 0
      ? []
      : [
          [`ä${n}`, n * 20],
          ['null', 0],
        ];
  expect(seen).toEqual(times.map((time, n) => [`v${n}`, time, headersOf(n)]));
  // The largest timestamp of all stands in the batch's header.
  expect(batch.readBigInt64BE(35)).toBe(BigInt(Math.max(...times)));
});

test('a record whose encoder fails is taken back', () => {
  const builder = new RecordBatchBuilder();
  builder.begin(0);
  builder.beginRecord();
  builder.out.utf8('kept');
  builder.endRecord();
  builder.beginRecord();
  builder.out.utf8('half of a rec');
  builder.dropRecord();
  builder.beginRecord();
  builder.out.utf8('kept too');
  builder.endRecord();
  const batch = builder.seal('none');
  stamp(batch, NO_IDENTITY, -1);
  expect(
    newReader(batch)
      .read()
      .map(({ value }) => value),
  ).toEqual(['kept', 'kept too']);
});

describe('reading', () => {
  const batches = Buffer.concat([batchAt(10, ['a', 'b', 'c']), batchAt(20, ['d', 'e']), batchAt(22, ['f'])]);

  test('may stop anywhere and go on, with the position behind the last record', () => {
    const { reader, read } = newReader(batches, { from: 10 });
    const seen: [string | null, number, number][] = [];
    for (;;) {
      const [record] = read(1);
      if (!record) break;
      seen.push([record.value, record.offset, reader.nextOffset]);
    }
    // Behind a batch's last record comes the offset after the batch; gaps are passed with the next batch.
    expect(seen).toEqual([
      ['a', 10, 11],
      ['b', 11, 12],
      ['c', 12, 13],
      ['d', 20, 21],
      ['e', 21, 22],
      ['f', 22, 23],
    ]);
  });

  test('begins within a batch where it is asked to', () => {
    expect(
      newReader(batches, { from: 11 })
        .read()
        .map(({ value }) => value),
    ).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(
      newReader(batches, { from: 15 })
        .read()
        .map(({ value }) => value),
    ).toEqual(['d', 'e', 'f']);
  });

  test('ends before the stop, within a batch, in a gap or at an end', () => {
    const upTo = (stop: number) => {
      const { reader, read } = newReader(batches, { from: 10, stop });
      return [
        read()
          .map(({ value }) => value)
          .join(''),
        reader.nextOffset,
      ];
    };
    expect(upTo(12)).toEqual(['ab', 12]);
    expect(upTo(13)).toEqual(['abc', 13]);
    expect(upTo(15)).toEqual(['abc', 15]);
    expect(upTo(21)).toEqual(['abcd', 21]);
    expect(upTo(23)).toEqual(['abcdef', 23]);
  });

  test('leaves a batch that is cut off for the next fetch', () => {
    const cut = batches.subarray(0, batches.length - 1);
    const { reader, read } = newReader(cut, { from: 10 });
    expect(read().map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(reader.nextOffset).toBe(22);
    expect(endOfBatches(cut)).toBe(22);
    expect(endOfBatches(batches)).toBe(23);
    expect(endOfBatches(batches.subarray(0, 30))).toBe(-1);
  });

  test('refuses a record that overruns its batch', () => {
    const batch = batchAt(0, ['0123456789']);
    batch[61 + 5] = 100;
    batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
    expect(() => newReader(batch).read()).toThrow(expect.objectContaining({ code: 'TW3304' }));
  });

  test('refuses message formats of before Kafka 0.11', () => {
    const batch = batchAt(0, ['a']);
    batch[16] = 1;
    expect(() => newReader(batch).read()).toThrow(/t-0: a batch is in message format 1/);
  });
});

describe('reading committed records', () => {
  const p1 = { producerId: 1, producerEpoch: 0, transactional: true };
  const p2 = { producerId: 2, producerEpoch: 0, transactional: true };

  test('passes over aborted transactions and markers, also of two that overlap', () => {
    const batches = Buffer.concat([
      batchAt(0, ['p1 aborted'], p1),
      batchAt(1, ['p2 aborted'], p2),
      batchAt(2, ['plain']),
      batchAt(3, ['p1 aborted too'], p1),
      markerAt(4, 1, false),
      batchAt(5, ['p1 committed'], p1),
      batchAt(6, ['p2 aborted too'], p2),
      markerAt(7, 2, false),
      markerAt(8, 1, true),
      batchAt(9, ['p2 committed'], p2),
      markerAt(10, 2, true),
    ]);
    const aborted = [
      { producerId: 2, firstOffset: 1 },
      { producerId: 1, firstOffset: 0 },
    ];
    const { reader, read } = newReader(batches, { aborted });
    expect(read().map(({ value }) => value)).toEqual(['plain', 'p1 committed', 'p2 committed']);
    expect(reader.nextOffset).toBe(11);
  });

  test('knows of a transaction that began before what is read', () => {
    const batches = Buffer.concat([batchAt(5, ['aborted'], p1), markerAt(6, 1, false), batchAt(7, ['kept'], p1)]);
    const { read } = newReader(batches, { from: 5, aborted: [{ producerId: 1, firstOffset: 2 }] });
    expect(read().map(({ value }) => value)).toEqual(['kept']);
  });
});

describe('CRC-32C', () => {
  // RFC 3720, B.4; and the check value of the Rocksoft catalogue.
  const vectors: [string, Buffer, number][] = [
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ];
  test.each(vectors)('of %s', (_name, bytes, sum) => {
    const padded = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('y')]);
    expect(crc32cByTable(padded, 2, 2 + bytes.length)).toBe(sum);
    expect(crc32c(padded, 2, 2 + bytes.length)).toBe(sum);
  });

  test('is the same by table and by processor at every length', () => {
    const bytes = Buffer.from(Array.from({ length: 400 }, (_, n) => (n * 131) & 255));
    for (let end = 0; end <= 400; end++) expect(crc32c(bytes, 0, end)).toBe(crc32cByTable(bytes, 0, end));
  });
});
