import { describe, expect, test } from '@jest/globals';
import type { Expr } from '../../../runtime/expr/ir.js';
import { csv } from '../../../runtime/formats/csv/index.js';
import { ByteWriter } from '../../../runtime/record/bytes.js';
import type { DataType, Row } from '../../../runtime/record/types.js';
import {
  array,
  BIGINT,
  BOOLEAN,
  BYTES,
  collector,
  columns,
  DATE,
  DOUBLE,
  decimal,
  decodeLines,
  decodeRecords,
  INT,
  map,
  notNull,
  row,
  STRING,
  time,
  timestamp,
  timestampLtz,
} from './decode.js';
import { pick, randomBigint, randomDouble, randomNumbers, randomText } from './random-values.js';

function encode(types: Record<string, DataType>, rows: Row[], options: Record<string, string> = {}): string {
  const out = new ByteWriter(1);
  const encoder = csv.createEncoder({ fields: columns(types) }, options);
  encoder.header?.(out);
  for (const r of rows) {
    encoder.encode(r, 0, out);
    out.byte(10);
  }
  return out.view().toString('utf8');
}

describe('csv', () => {
  test('reads and writes every type', () => {
    const types = {
      bool: BOOLEAN,
      int: INT,
      big: BIGINT,
      dbl: DOUBLE,
      dec: decimal(10, 2),
      text: STRING,
      bytes: BYTES,
      date: DATE,
      time: time(0),
      ts: timestamp(3),
      ltz: timestampLtz(3),
      list: array(INT),
      pair: row({ a: INT, b: STRING }),
    };
    const value = {
      bool: true,
      int: -5,
      big: 9223372036854775807n,
      dbl: 1.5,
      dec: -1205,
      text: 'a "b", c\nd',
      bytes: new Uint8Array([1, 2, 3]),
      date: 20484,
      time: 37230000,
      ts: 1767225600120,
      ltz: 1767225600123,
      list: [1, null, 3],
      pair: { a: 1, b: 'x' },
    };
    const none = Object.fromEntries(Object.keys(types).map((n) => [n, n === 'text' ? '' : null]));
    const text = encode(types, [value, { ...none, text: null }]);
    expect(text).toBe(
      'true,-5,9223372036854775807,1.5,-12.05,"a ""b"", c\nd",AQID,2026-01-31,10:20:30,2026-01-01 00:00:00.12,' +
        '2026-01-01 00:00:00.123Z,1;;3,1;x\n,,,,,,,,,,,,\n',
    );
    const { rows, bad } = decodeLines(csv, types, text);
    expect(bad).toEqual([]);
    expect(rows).toEqual([value, none]);
    expect(decodeRecords(csv, types, [text.split('\n,,')[0]]).rows).toEqual([value]);
  });

  test('takes delimiter, quote, escape, null literal, comments and header as told', () => {
    const types = { a: STRING, b: INT, c: STRING };
    const options = {
      'csv.field-delimiter': '\\t',
      'csv.quote-character': "'",
      'csv.escape-character': '\\',
      'csv.null-literal': 'n/a',
      'csv.allow-comments': 'true',
      'csv.header': 'true',
    };
    const text = "A\tB\tC\n# nothing\nx\t1\t'y''\tz'\n\nn/a\tn/a\t'n/a'\n\\'a\\\tb\t2\tc\r\n";
    const { rows, bad, meta } = decodeLines(csv, types, text, { options });
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      { a: 'x', b: 1, c: "y'\tz" },
      { a: null, b: null, c: 'n/a' },
      { a: "'a\tb", b: 2, c: 'c' },
    ]);
    expect(meta.line).toBe(7);
    expect(encode(types, rows.slice(1, 2), options)).toBe("a\tb\tc\nn/a\tn/a\t'n/a'\n");
  });

  test('without quotes, quotes mean nothing', () => {
    const { rows } = decodeLines(csv, { a: STRING, b: STRING }, '"a,b"\n', {
      options: { 'csv.disable-quote-character': 'true' },
    });
    expect(rows).toEqual([{ a: '"a', b: 'b"' }]);
  });

  test('says what is wrong, and where', () => {
    const types = { a: INT, b: notNull(STRING), c: timestamp(3) };
    const text = '1,x\n1,x,y\n1,x,2026-01-01 00:00:00,z\n"1"2,x,\n99999999999,x,\n2,x,\n"never';
    const { rows, bad } = decodeLines(csv, types, text);
    expect(rows).toEqual([{ a: 2, b: 'x', c: null }]);
    expect(bad.map((b) => `${b.line}: ${b.reason}`)).toEqual([
      '1: expected 3 fields, found 2 at byte 3',
      '2: expected a timestamp like 2026-01-31 23:59:59.123 for column "c", found y at byte 4',
      '3: expected 3 fields, found 4 at byte 25',
      `4: expected ',' behind a closing quote, found 2,x, at byte 3`,
      '5: expected an integer of 32 bits for column "a", found 99999999999 at byte 0',
      '7: the quote at byte 0 is not closed before the record ends',
    ]);
    const ignored = decodeLines(csv, types, text, { options: { 'csv.ignore-parse-errors': 'true' } });
    expect(ignored.bad).toEqual([]);
    expect(ignored.rows).toEqual([
      { a: 1, b: 'x', c: null },
      { a: 1, b: 'x', c: null },
      { a: 1, b: 'x', c: 1767225600000 },
      { a: null, b: 'x', c: null },
      { a: 2, b: 'x', c: null },
    ]);
  });

  test('refuses what text can’t hold', () => {
    expect(() => collector(csv, { m: map(INT) })).toThrow(expect.objectContaining({ code: 'TW3201' }));
    const options = { 'csv.field-delimiter': '||' };
    expect(() => collector(csv, { a: INT }, { options })).toThrow("option 'csv.field-delimiter' is '||'");
  });

  test('a filter drops just the rows that it is not TRUE for', () => {
    const types = { a: INT, b: STRING, c: INT };
    const filter: Expr = {
      op: 'call',
      fn: '=',
      args: [
        { op: 'column', name: 'b', type: STRING },
        { op: 'literal', value: 'x', type: notNull(STRING) },
      ],
      type: BOOLEAN,
    };
    const text = '1,x,2\n1,y,2\n1,"x",3\n1,"y",4\n1,y,broken\n1,x,broken\n';
    const { rows, bad } = decodeLines(csv, types, text, { filter });
    expect(rows.map((r) => r.c)).toEqual([2, 3]);
    expect(bad.map((b) => b.line)).toEqual([6]);
  });

  test('records cut anywhere by chunks come out once; reading fewer columns gives the same', () => {
    const random = randomNumbers(11);
    const types = { i: BIGINT, t: STRING, d: DOUBLE, u: STRING, e: decimal(20, 3), w: timestamp(6), o: BOOLEAN };
    const rows = Array.from({ length: 300 }, () => ({
      i: randomBigint(random),
      t: randomText(random, 60),
      d: randomDouble(random),
      u: pick(random, ['', 'x', 'a,b', 'q"q', 'two\nlines', '"', '日本', 'a long text that is searched by memchr']),
      e: Math.floor((random() - 0.5) * 1e9),
      w: Math.floor(random() * 2e15),
      o: random() < 0.5,
    }));
    const all = Buffer.from(encode(types, rows));
    for (const read of [Object.keys(types), ['d'], ['u', 'i'], ['w', 'o'], []]) {
      const expected = rows.map((r: Row) => Object.fromEntries(read.map((n) => [n, r[n]])));
      expect(decodeLines(csv, types, all, { read }).rows).toEqual(expected);
      const { decoder, out } = collector(csv, types, { read });
      let consumed = 0;
      let available = 0;
      while (consumed < all.length) {
        available = Math.min(all.length, available + Math.floor(random() * 200));
        const buf = Buffer.concat([Buffer.from('5'), all.subarray(consumed, available), Buffer.from('6,"\n')]);
        const stop = 1 + available - consumed;
        consumed += decoder.lines(buf, 1, stop, 1 + Math.floor(random() * 9), available === all.length) - 1;
        expect(out.meta.offset).toBe(consumed);
      }
      expect(out.rows).toEqual(expected);
      expect(out.meta.line).toBe(all.toString().split('\n').length);
    }
  });
});
