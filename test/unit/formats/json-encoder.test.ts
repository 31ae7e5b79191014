import { describe, expect, test } from '@jest/globals';
import { json } from '../../../runtime/formats/json/index.js';
import { ByteWriter } from '../../../runtime/record/bytes.js';
import type { DataType, Row } from '../../../runtime/record/types.js';
import {
  ANY,
  array,
  BIGINT,
  BOOLEAN,
  BYTES,
  columns,
  DATE,
  DOUBLE,
  decimal,
  decodeRecords,
  INT,
  map,
  row,
  STRING,
  time,
  timestamp,
  timestampLtz,
} from './decode.js';
import { randomBigint, randomDouble, randomNumbers, randomText } from './random-values.js';

function encode(types: Record<string, DataType>, value: Row, options: Record<string, string> = {}): string {
  const out = new ByteWriter(1);
  json.createEncoder({ fields: columns(types) }, options).encode(value, 0, out);
  return out.view().toString('utf8');
}

describe('json encoder', () => {
  test('writes every type as Flink does', () => {
    const types = {
      bool: BOOLEAN,
      int: INT,
      big: BIGINT,
      dbl: DOUBLE,
      flt: { kind: 'FLOAT', nullable: true } as DataType,
      dec: decimal(10, 2),
      text: STRING,
      bytes: BYTES,
      date: DATE,
      time: time(0),
      ts: timestamp(3),
      whole: timestamp(3),
      nanos: timestamp(9),
      ltz: timestampLtz(3),
      list: array(STRING),
      counts: map(INT),
      nested: row({ a: INT, b: array(row({ c: INT })) }),
      any: ANY,
      none: STRING,
    };
    const value = {
      bool: true,
      int: -5,
      big: 9223372036854775807n,
      dbl: 12,
      flt: Math.fround(0.1),
      dec: -1205,
      text: 'a"b\\c\n\u0001ü😀',
      bytes: new Uint8Array([1, 2, 3]),
      date: 20484,
      time: 37230000,
      ts: 1767225600120,
      whole: 1767225600000,
      nanos: 1767225600123456789n,
      ltz: 1767225600123,
      list: ['x', null],
      counts: new Map([
        ['k', 1],
        ['l', null],
      ]),
      nested: { a: 1, b: [{ c: 2 }, { c: null }] },
      any: { deep: [1, 12345678901234567890n] },
      none: null,
    };
    expect(encode(types, value)).toBe(
      '{"bool":true,"int":-5,"big":9223372036854775807,"dbl":12.0,"flt":0.1,"dec":-12.05,' +
        '"text":"a\\"b\\\\c\\n\\u0001ü😀","bytes":"AQID","date":"2026-01-31","time":"10:20:30",' +
        '"ts":"2026-01-01 00:00:00.12","whole":"2026-01-01 00:00:00","nanos":"2026-01-01 00:00:00.123456789",' +
        '"ltz":"2026-01-01 00:00:00.123Z","list":["x",null],"counts":{"k":1,"l":null},' +
        '"nested":{"a":1,"b":[{"c":2},{"c":null}]},"any":{"deep":[1,12345678901234567890]},"none":null}',
    );
  });

  test('writes ISO-8601 timestamps when asked', () => {
    const types = { ts: timestamp(3), ltz: timestampLtz(3) };
    expect(
      encode(types, { ts: 1767225600123, ltz: 1767225600123 }, { 'json.timestamp-format.standard': 'ISO-8601' }),
    ).toBe('{"ts":"2026-01-01T00:00:00.123","ltz":"2026-01-01T00:00:00.123Z"}');
  });

  test('leaves NULL fields out when asked', () => {
    const types = { a: INT, b: STRING, n: row({ c: INT }) };
    const options = { 'json.encode.ignore-null-fields': 'true' };
    expect(encode(types, { a: null, b: 'x', n: { c: null } }, options)).toBe('{"b":"x","n":{}}');
    expect(encode(types, { a: null, b: null, n: null }, options)).toBe('{}');
    expect(encode(types, { a: 1, b: null, n: { c: 2 } }, options)).toBe('{"a":1,"n":{"c":2}}');
  });

  test('does with NULL keys of maps as asked', () => {
    const types = { m: map(INT) };
    const value = {
      m: new Map([
        [null, 1],
        ['a', 2],
      ] as [string | null, number][]),
    };
    expect(() => encode(types, value)).toThrow(/TW3201|NULL key/);
    expect(encode(types, value, { 'json.map-null-key.mode': 'DROP' })).toBe('{"m":{"a":2}}');
    expect(encode(types, value, { 'json.map-null-key.mode': 'LITERAL', 'json.map-null-key.literal': 'none' })).toBe(
      '{"m":{"none":1,"a":2}}',
    );
  });

  test('writes what is not a number as a string, and reads it back', () => {
    const types = { a: DOUBLE, b: DOUBLE };
    const text = encode(types, { a: Number.NaN, b: Number.NEGATIVE_INFINITY });
    expect(text).toBe('{"a":"NaN","b":"-Infinity"}');
    expect(decodeRecords(json, types, [text]).rows).toEqual([{ a: Number.NaN, b: Number.NEGATIVE_INFINITY }]);
  });

  test('names of columns are data, not code', () => {
    const names = ['"];throw 1;//', '__proto__', 'constructor', '\\', '\n', 'ä'];
    const types = Object.fromEntries(names.map((n) => [n, INT]));
    Object.defineProperty(types, '__proto__', { value: INT, enumerable: true });
    const fields = names.map((name) => ({ name, type: INT }));
    const out = new ByteWriter();
    const value = JSON.parse(`{${names.map((n, i) => `${JSON.stringify(n)}:${i}`).join(',')}}`);
    json.createEncoder({ fields }, {}).encode(value, 0, out);
    expect(Object.entries(JSON.parse(out.view().toString()))).toEqual(names.map((n, i) => [n, i]));
  });

  test('what it writes, JSON.parse and the decoder read back the same', () => {
    const random = randomNumbers(7);
    const types = { d: DOUBLE, t: STRING, i: BIGINT, e: decimal(30, 6), u: timestamp(6) };
    for (let n = 0; n < 3000; n++) {
      const value = {
        d: randomDouble(random),
        t: randomText(random, 120),
        i: randomBigint(random),
        e: randomBigint(random),
        u: Math.floor((random() - 0.3) * 8e15),
      };
      const text = encode(types, value);
      const parsed = JSON.parse(text);
      expect(parsed.d).toBe(value.d);
      expect(parsed.t).toBe(value.t);
      expect(text).toContain(`"i":${value.i},`);
      expect(decodeRecords(json, types, [text]).rows).toEqual([value]);
    }
  });

  test('timestamps in any order are written with as few digits as they need', () => {
    const random = randomNumbers(8);
    const types = { p3: timestamp(3), p0: timestamp(0), p9: timestamp(9) };
    const encoder = json.createEncoder({ fields: columns(types) }, {});
    for (let n = 0; n < 2000; n++) {
      const near = random() < 0.8 ? 1767225600000 + Math.floor(random() * 200_000) : random() * 2.5e14 - 6e13;
      const ms = Math.floor(near / [1, 10, 100, 1000][n % 4]) * [1, 10, 100, 1000][n % 4];
      const out = new ByteWriter();
      encoder.encode({ p3: ms, p0: Math.floor(ms / 1000) * 1000, p9: BigInt(ms) * 1000000n }, 0, out);
      const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
      const [whole, fraction] = text.split('.');
      const digits = fraction.replace(/0+$/, '');
      const expected = digits === '' ? whole : `${whole}.${digits}`;
      expect(out.view().toString()).toBe(`{"p3":"${expected}","p0":"${whole}","p9":"${expected}"}`);
    }
  });
});
