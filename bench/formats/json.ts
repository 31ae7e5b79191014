/**
 * Speed of the json format on Nexmark bids: `node dist/bench/formats/json.js [name of a case]`. CPU time, best of several.
 */
import type { Expr } from '../../runtime/expr/ir.js';
import { formats } from '../../runtime/formats/index.js';
import { ByteWriter } from '../../runtime/record/bytes.js';
import type { DataType, Field, Row } from '../../runtime/record/types.js';

const BIGINT: DataType = { kind: 'BIGINT', nullable: true };
const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
const TIMESTAMP: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: true };
const row = (fields: Field[]): DataType => ({ kind: 'ROW', fields, nullable: true });

const BID: Field[] = [
  { name: 'auction', type: BIGINT },
  { name: 'bidder', type: BIGINT },
  { name: 'price', type: BIGINT },
  { name: 'channel', type: STRING },
  { name: 'url', type: STRING },
  { name: 'dateTime', type: TIMESTAMP },
  { name: 'extra', type: STRING },
];

function int(value: number): Expr {
  return { op: 'literal', value, type: { kind: 'INT', nullable: false } };
}

let seed = 42;
function random(n: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return Math.floor((seed / 0x80000000) * n);
}

function letters(n: number): string {
  let text = '';
  for (let i = 0; i < n; i++) text += String.fromCharCode(97 + random(26));
  return text;
}

function bid(i: number): string {
  const time = new Date(1767225600000 + Math.floor(i / 10)).toISOString().replace('T', ' ').slice(0, -1);
  const channel = random(2) === 0 ? ['Google', 'Facebook', 'Baidu', 'Apple'][random(4)] : `channel-${random(10000)}`;
  const url = `https://www.nexmark.com/${letters(3)}/${letters(3)}/${letters(3)}/item.htm?query=1`;
  return `{"auction":${1000 + random(10000)},"bidder":${1000 + random(1000)},"price":${100 + random(10000000)},"channel":"${channel}","url":"${url}","dateTime":"${time}","extra":"${letters(10 + random(20))}"}`;
}

const COUNT = 20_000;
const flat: string[] = [];
const nested: string[] = [];
for (let i = 0; i < COUNT; i++) {
  const b = bid(i);
  flat.push(b);
  const time = /"dateTime":"[^"]*"/.exec(b)![0];
  nested.push(`{"event_type":2,"person":null,"auction":null,"bid":${b},${time}}`);
}
const flatLines = Buffer.from(`${flat.join('\n')}\n`);
const nestedLines = Buffer.from(`${nested.join('\n')}\n`);

const only = process.argv[2];

/** Runs it several times over all records; prints the best. */
function measure(name: string, bytesPerRecord: number, run: () => void): void {
  if (only !== undefined && !name.includes(only)) return;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 8; i++) run();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / (8 * COUNT));
  }
  const size = bytesPerRecord.toFixed(0).padStart(4);
  console.log(`${name.padEnd(44)} ${size} bytes ${(1 / best).toFixed(2).padStart(7)} M records per CPU second`);
}

let emitted = 0;
let lastRow: Row = {};

function decoder(format: string, columns: Field[], read: string[], filter?: Expr) {
  const meta = { origin: 'file', partition: 0, offset: 0, line: 1, timestamp: -1, key: null, headers: null };
  return formats[format].createDecoder(
    { columns: { fields: columns, untyped: columns.length === 0 }, read, metadata: [], options: {}, filter },
    {
      meta,
      emit(r) {
        emitted++;
        lastRow = r;
      },
      bad(record) {
        throw new Error(record.reason);
      },
    },
  );
}

/** As a file source does it: chunks of 64 KiB, 1,024 records a call. */
function lines(name: string, format: string, input: Buffer, columns: Field[], read: string[], filter?: Expr): void {
  const d = decoder(format, columns, read, filter);
  measure(name, input.length / COUNT, () => {
    let p = 0;
    emitted = 0;
    while (p < input.length) {
      const stop = Math.min(p + 65536, input.length);
      const chunk = input.subarray(p, stop);
      let at = 0;
      for (;;) {
        const next = d.lines(chunk, at, chunk.length, 1024, stop === input.length);
        if (next === at) break;
        at = next;
      }
      p += at;
    }
    if (emitted !== COUNT && !filter) throw new Error(`${emitted} rows`);
  });
}

function records(name: string, format: string, input: string[], columns: Field[], read: string[]): void {
  const d = decoder(format, columns, read);
  const bytes = Buffer.from(input.join(''));
  const ends: number[] = [];
  let end = 0;
  for (const text of input) ends.push((end += Buffer.byteLength(text)));
  measure(name, bytes.length / COUNT, () => {
    let start = 0;
    for (let i = 0; i < COUNT; i++) {
      d.record(bytes, start, ends[i]);
      start = ends[i];
    }
  });
}

const BID_NAMES = BID.map((f) => f.name);
const NESTED: Field[] = [{ name: 'bid', type: row(BID) }];
const TWO = BID.filter((f) => f.name === 'auction' || f.name === 'price');

lines('decode lines, all bid columns, flat', 'json', flatLines, BID, BID_NAMES);
lines('decode lines, all bid columns, nested', 'json', nestedLines, NESTED, ['bid']);
lines('decode lines, two numbers, flat', 'json', flatLines, BID, ['auction', 'price']);
lines('decode lines, two numbers, nested', 'json', nestedLines, [{ name: 'bid', type: row(TWO) }], ['bid']);
lines('decode lines, one string, flat', 'json', flatLines, BID, ['channel']);
lines('decode lines, time and price, flat', 'json', flatLines, BID, ['price', 'dateTime']);
const auction: Expr = { op: 'column', name: 'auction', type: BIGINT };
const modulo: Expr = { op: 'call', fn: '%', args: [auction, int(123)], type: BIGINT };
const few: Expr = { op: 'call', fn: '=', args: [modulo, int(0)], type: { kind: 'BOOLEAN', nullable: true } };
lines('decode lines, all where MOD(auction, 123) = 0', 'json', flatLines, BID, BID_NAMES, few);
lines('decode lines, untyped', 'json', flatLines, [], []);
records('decode records, all bid columns, flat', 'json', flat, BID, BID_NAMES);
records('decode records, two numbers, flat', 'json', flat, BID, ['auction', 'price']);

// Not made by a decoder: V8 would learn that its rows live long.
const rows: Row[] = flat.map((text) => {
  const { auction, bidder, price, channel, url, dateTime, extra } = JSON.parse(text);
  return { auction, bidder, price, channel, url, dateTime: Date.parse(`${dateTime.replace(' ', 'T')}Z`), extra };
});

function encode(name: string, format: string, columns: Field[]): void {
  const encoder = formats[format].createEncoder({ fields: columns }, {});
  const out = new ByteWriter(65536);
  measure(name, 0, () => {
    for (let i = 0; i < COUNT; i++) {
      encoder.encode(rows[i], 0, out);
      if (out.pos > 50000) {
        out.pos = 0;
      }
    }
  });
}

const csvOut = new ByteWriter();
const csvEncoder = formats.csv.createEncoder({ fields: BID }, {});
for (const r of rows) {
  csvEncoder.encode(r, 0, csvOut);
  csvOut.byte(10);
}
const csvLines = csvOut.take();
lines('decode lines, all bid columns, csv', 'csv', csvLines, BID, BID_NAMES);
lines('decode lines, two numbers, csv', 'csv', csvLines, BID, ['auction', 'price']);
lines('decode lines, time and price, csv', 'csv', csvLines, BID, ['price', 'dateTime']);
encode('encode all bid columns, csv', 'csv', BID);

encode(
  'encode four columns (3 numbers, time)',
  'json',
  BID.filter((f) => f.type.kind !== 'VARCHAR'),
);
encode(
  'encode four columns (2 numbers, string, time)',
  'json',
  BID.filter((f) => /auction|price|channel|dateTime/.test(f.name)),
);
encode('encode all bid columns', 'json', BID);

measure('JSON.parse, flat', flatLines.length / COUNT, () => {
  for (const text of flat) lastRow = JSON.parse(text);
});
void lastRow;
