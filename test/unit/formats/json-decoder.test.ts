import { describe, expect, test } from '@jest/globals';
import { json } from '../../../runtime/formats/json/index.js';
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

describe('json decoder', () => {
  test('reads every type', () => {
    const types = {
      bool: BOOLEAN,
      int: INT,
      big: BIGINT,
      dbl: DOUBLE,
      dec: decimal(38, 10),
      text: STRING,
      bytes: BYTES,
      date: DATE,
      time: time(3),
      ts: timestamp(3),
      micros: timestamp(6),
      nanos: timestamp(9),
      ltz: timestampLtz(3),
      list: array(INT),
      counts: map(BIGINT),
      nested: row({ a: INT, b: STRING }),
      any: ANY,
    };
    const record = `{"bool":true,"int":-5,"big":9223372036854775807,"dbl":1.5e-7,"dec":12345678901234567890.0123456789,"text":"täxt",
      "bytes":"AQID","date":"2026-01-31","time":"10:20:30.5","ts":"2026-01-01 00:00:00.123","micros":"2026-01-01T00:00:00.123456",
      "nanos":"2026-01-01 00:00:00.123456789","ltz":"2026-01-01 00:00:00.123Z","list":[1, null ,3],"counts":{"a":1,"b":null},
      "nested":{"c":1,"b":"x","a":2},"any":{"deep":[1,{"x":null}]}}`;
    const { rows, bad } = decodeRecords(json, types, [record]);
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      {
        bool: true,
        int: -5,
        big: 9223372036854775807n,
        dbl: 1.5e-7,
        dec: 123456789012345678900123456789n,
        text: 'täxt',
        bytes: new Uint8Array([1, 2, 3]),
        date: 20484,
        time: 37230500,
        ts: 1767225600123,
        micros: 1767225600123456,
        nanos: 1767225600123456789n,
        ltz: 1767225600123,
        list: [1, null, 3],
        counts: new Map([
          ['a', 1],
          ['b', null],
        ]),
        nested: { a: 2, b: 'x' },
        any: { deep: [1, { x: null }] },
      },
    ]);
    expect(Object.keys(rows[0])).toEqual(Object.keys(types));
  });

  test('says what it found and expected, and where', () => {
    const types = { id: BIGINT, price: DOUBLE, at: timestamp(3), who: row({ age: INT }) };
    const { rows, bad } = decodeLines(
      json,
      types,
      [
        '{"id":1,"price":"abc","at":null}',
        '{"id":1}',
        '{"id":1.5,"price":2}',
        '{"id":1,"price":2',
        '{"id" 1}',
        'nonsense',
        '{"id":1,"price":2,"at":"2026-02-30 00:00:00"}',
        '{"id":1,"price":2,"at":null,"who":{"age":99999999999}}',
        '{"id":1,"price":2,"at":"2026',
        '{"id":[1],"price":2}',
        '',
        '{"id":2}',
      ].join('\n'),
    );
    expect(bad.map((b) => b.reason)).toEqual([
      'expected a number for column "price", found "abc" at byte 16',
      'expected an integer of 64 bits for column "id", found 1.5 at byte 6',
      "expected ',' or '}', found the end of the record at byte 17",
      "expected ':', found 1} at byte 6",
      "expected '{', found nonsense at byte 0",
      'expected a timestamp like 2026-01-31 23:59:59.123 for column "at", found "2026-02-30 00:00:00" at byte 23',
      'expected an integer of 32 bits for column "who.age", found 99999999999 at byte 41',
      'the record ends at byte 28 inside the string that begins at byte 23',
      'expected a number for column "id", found [1] at byte 6',
    ]);
    expect(bad.map((b) => b.line)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(bad[1].offset).toBe(33 + 9);
    expect(bad[1].text).toBe('{"id":1.5,"price":2}');
    expect(rows).toEqual([
      { id: 1, price: null, at: null, who: null },
      { id: 2, price: null, at: null, who: null },
    ]);
    void columns;
    void notNull;
  });
});
