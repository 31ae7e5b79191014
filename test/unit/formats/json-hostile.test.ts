import { describe, expect, test } from '@jest/globals';
import { json } from '../../../runtime/formats/json/index.js';
import {
  ANY,
  array,
  BIGINT,
  collector,
  DOUBLE,
  decimal,
  decodeLines,
  decodeRecords,
  INT,
  map,
  row,
  STRING,
} from './decode.js';

const reasons = (bad: readonly { reason: string }[]) => bad.map((b) => b.reason);

describe('hostile json', () => {
  test('deep nesting is refused without exhausting the stack, read or unread', () => {
    for (const open of ['[', '{"a":']) {
      const text = `{"x":${open.repeat(200_000)}`;
      expect(reasons(decodeRecords(json, { a: INT }, [text]).bad)).toEqual([
        expect.stringContaining('expected containers nested at most 1000 deep'),
      ]);
      expect(reasons(decodeRecords(json, { x: ANY }, [text]).bad)).toEqual([
        expect.stringContaining('expected containers nested at most 1000 deep'),
      ]);
    }
    const fine = `{"x":${'['.repeat(900)}${']'.repeat(900)},"a":1}`;
    expect(decodeRecords(json, { a: INT }, [fine, fine]).rows).toEqual([{ a: 1 }, { a: 1 }]);
  });

  test('bytes that are not UTF-8 are refused in what is read', () => {
    const bytes = (...b: (string | number)[]) =>
      Buffer.concat(b.map((x) => (typeof x === 'string' ? Buffer.from(x) : Buffer.from([x]))));
    const lines = [
      bytes('{"a":"ok"}'),
      bytes('{"a":"', 0xff, '"}'),
      bytes('{"a":"', 0xc3, '"}'),
      bytes('{"a":"', 0xed, 0xa0, 0x80, '"}'),
      bytes('{"', 0xff, '":1,"a":"ü"}'),
      bytes('{"a":"ü"}'),
    ];
    const { rows, bad } = decodeRecords(json, { a: STRING }, lines);
    expect(rows).toEqual([{ a: 'ok' }, { a: 'ü' }, { a: 'ü' }]);
    expect(reasons(bad).map((r) => r.slice(0, 14))).toEqual(Array(3).fill('expected UTF-8'));
    const chunk = Buffer.concat(lines.flatMap((l) => [l, Buffer.from('\n')]));
    const inLines = decodeLines(json, { a: STRING }, chunk);
    expect(inLines.rows).toEqual(rows);
    expect(reasons(inLines.bad)).toEqual(reasons(bad));
  });

  test('the last of duplicate keys wins among those read', () => {
    const types = { a: INT, b: INT };
    const lines = ['{"a":1,"b":1}', '{"a":1,"a":2,"b":3}', '{"a":1,"b":3,"a":2}', '{"b":1,"b":2,"a":1,"b":3}'];
    // Once both are there, what follows is not looked at …
    expect(decodeLines(json, types, lines.join('\n')).rows).toEqual([
      { a: 1, b: 1 },
      { a: 2, b: 3 },
      { a: 1, b: 3 },
      { a: 1, b: 2 },
    ]);
    // … unless the whole record is asked for.
    const options = { 'json.validate': 'record' };
    expect(decodeLines(json, types, lines.join('\n'), { options }).rows).toEqual([
      { a: 1, b: 1 },
      { a: 2, b: 3 },
      { a: 2, b: 3 },
      { a: 1, b: 3 },
    ]);
  });

  test('what is behind the columns that are read is looked at only when asked for', () => {
    const lines = ['{"a":1,"b":2}', '{"a":1,"b":oops}', '{"a":1,"b":"cut', '{"a":1}}', '{"a":1}  '];
    const lazy = decodeLines(json, { a: INT }, lines.join('\n'));
    expect(lazy.rows.length).toBe(4);
    expect(reasons(lazy.bad)).toEqual(["expected '}' at the end of the record, found t at byte 14"]);
    const whole = decodeLines(json, { a: INT }, lines.join('\n'), { options: { 'json.validate': 'record' } });
    expect(whole.rows.length).toBe(2);
    expect(reasons(whole.bad)).toEqual([
      'expected a value, found oops} at byte 11',
      'the record ends at byte 15 inside the string that begins at byte 11',
      'expected the end of the record, found } at byte 7',
    ]);
  });

  test('huge numbers are exact or refused', () => {
    const types = { i: BIGINT, d: decimal(38, 2), f: DOUBLE };
    const good = [
      '{"i":9223372036854775807,"d":999999999999999999999999999999999999.99,"f":1e400}',
      '{"i":-9223372036854775808,"d":-0.005,"f":-1e-400}',
      '{"i":9007199254740993,"d":1e5,"f":123456789012345678901234567890}',
      '{"i":1e3,"d":"12.345","f":0.1}',
    ];
    const { rows, bad } = decodeRecords(json, types, [...good, ...good]);
    expect(bad).toEqual([]);
    expect(rows.slice(4)).toEqual(rows.slice(0, 4));
    expect(rows.slice(0, 4)).toEqual([
      { i: 9223372036854775807n, d: 10n ** 38n - 1n, f: Number.POSITIVE_INFINITY },
      { i: -9223372036854775808n, d: -1, f: -0 },
      { i: 9007199254740993n, d: 10000000, f: 1.2345678901234568e29 },
      { i: 1000, d: 1235, f: 0.1 },
    ]);
    const refused = [
      '{"i":9223372036854775808}',
      `{"i":${'9'.repeat(100_000)}}`,
      '{"i":1e999999999}',
      '{"i":0.5}',
      '{"d":1e37}',
      '{"d":1e-999999999999999999999}',
      '{"i":01}',
      '{"i":+1}',
      '{"i":1.}',
      '{"i":.5}',
      '{"i":-}',
      '{"i":0x10}',
      '{"i":NaN}',
    ];
    const results = decodeRecords(json, types, refused);
    expect(results.rows).toEqual([{ i: null, d: 0, f: null }]);
    expect(results.bad.length).toBe(refused.length - 1);
  });

  test('names of prototypes are columns like others', () => {
    const types = { constructor: INT, toString: STRING, hasOwnProperty: INT };
    Object.defineProperty(types, '__proto__', { value: INT, enumerable: true });
    const { rows, bad } = decodeRecords(json, types, [
      '{"__proto__":1,"constructor":2,"toString":"x"}',
      '{"__proto__":1,"constructor":2,"toString":"x"}',
    ]);
    expect(bad).toEqual([]);
    for (const r of rows) {
      expect(Object.getPrototypeOf(r)).toBe(Object.prototype);
      expect(Object.entries(r)).toEqual([
        ['constructor', 2],
        ['toString', 'x'],
        ['hasOwnProperty', null],
        ['__proto__', 1],
      ]);
    }
    const m = decodeRecords(json, { m: map(INT), n: row({ a: INT }) }, [
      '{"m":{"__proto__":1},"n":{"__proto__":{"a":7}}}',
    ]);
    expect(m.rows[0].m).toEqual(new Map([['__proto__', 1]]));
    expect(m.rows[0].n).toEqual({ a: null });
  });

  test('column names that look like code are only names', () => {
    const names = ['");process.exit(1)//', "'", '`${1}`', '\\', '\u2028', 'a b', '日本', '*/', '\n'];
    const types = Object.fromEntries(names.map((n) => [n, INT]));
    const text = JSON.stringify(Object.fromEntries(names.map((n, i) => [n, i])));
    expect(decodeRecords(json, types, [text, text]).rows.map((r) => Object.entries(r))).toEqual(
      Array(2).fill(names.map((n, i) => [n, i])),
    );
  });

  test('byte order marks, CRLF, blank lines, NUL and control characters', () => {
    const text = '\ufeff{"a":"x"}\r\n\r\n  \n{"a":"y\0\tz"}\r\n{"a":"\\u0000"}\n\0\n';
    const { rows, bad, meta } = decodeLines(json, { a: STRING }, text);
    expect(rows).toEqual([{ a: 'x' }, { a: 'y\0\tz' }, { a: '\0' }]);
    expect(reasons(bad)).toEqual(["expected '{', found \\x00 at byte 0"]);
    expect(bad[0].line).toBe(6);
    expect(meta.line).toBe(7);
  });

  test('escapes', () => {
    const { rows, bad } = decodeRecords(json, { a: STRING }, [
      '{"a":"plain"}',
      '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"}',
      '{"\\u0061":"key"}',
      '{"a":"\\x"}',
      '{"a":"\\u12"}',
      '{"a":"\\u12g4"}',
      '{"a":"\\"}',
    ]);
    expect(rows).toEqual([{ a: 'plain' }, { a: '"\\/\b\f\n\r\té😀' }, { a: 'key' }]);
    expect(reasons(bad)).toEqual([
      'expected an escape sequence of JSON, found \\x"} at byte 6',
      'expected four hexadecimal digits behind \\u, found \\u12"} at byte 6',
      'expected four hexadecimal digits behind \\u, found \\u12g4"} at byte 6',
      'the record ends at byte 9 inside the string that begins at byte 5',
    ]);
  });

  test('a value that is not of the column’s type is NULL with ignore-parse-errors, a broken record is skipped', () => {
    const types = { a: INT, b: array(INT), c: STRING };
    const options = { 'json.ignore-parse-errors': 'true' };
    const { rows, bad } = decodeRecords(
      json,
      types,
      ['{"a":"x","b":[1,"y"],"c":[1, 2]}', '{"a":{},"b":7,"c":true}', '{"a":1,"b":[1,],"c":"x"}', 'x'],
      { options },
    );
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      { a: null, b: [1, null], c: '[1,2]' },
      { a: null, b: null, c: 'true' },
    ]);
  });

  test('an array of objects is as many rows; a Kafka tombstone is none', () => {
    const { decoder, out } = collector(json, { a: INT });
    decoder.record(Buffer.alloc(0), -1, -1);
    const text = Buffer.from('[{"a":1},{"b":0,"a":2},{}]');
    decoder.record(text, 0, text.length);
    expect(out.rows).toEqual([{ a: 1 }, { a: 2 }, { a: null }]);
    expect(reasons(decodeRecords(json, { a: INT }, ['[{"a":1},2]', '[{"a":1}', '1', '"x"']).bad)).toEqual([
      'expected an object, found 2 at byte 9',
      "expected ',' or ']', found the end of the record at byte 8",
      "expected '{', found 1 at byte 0",
      `expected '{', found "x" at byte 0`,
    ]);
  });

  test('a reused buffer gives what is in it now', () => {
    const { decoder, out } = collector(json, { a: STRING });
    const buf = Buffer.alloc(64);
    for (const text of ['{"a":"one"}', '{"a":"zwölf"}', '{"a":"t\\"o"}', '{"a":"three"}']) {
      const length = buf.write(text);
      decoder.record(buf, 0, length);
      decoder.lines(buf, 0, length, 10, true);
    }
    expect(out.rows.map((r) => r.a)).toEqual(['one', 'one', 'zwölf', 'zwölf', 't"o', 't"o', 'three', 'three']);
  });

  test('a chunk taken a record a call gives what it gives at once, also when the buffer is filled again', () => {
    const texts = [
      ['{"a":"one"}', '{"a":"t\\"o"}', '{"a":"zwölf"}'],
      ['{"a":"x\\ny"}', '{"a":"four"}', '{"a":"fünf"}'],
      ['{"a":"six"}', '{"a":"se\\tven"}', '{"a":"acht"}'],
    ];
    const { decoder, out } = collector(json, { a: STRING });
    const buf = Buffer.alloc(80);
    for (const lines of texts) {
      buf.fill(' ');
      const length = buf.write(`  ${lines.join('\n')}\n`);
      // Nothing is whole yet; then the same call again with other bytes.
      buf[length - 1] = 32;
      expect(decoder.lines(buf, 2, 12, 9, false)).toBe(2);
      buf[length - 1] = 10;
      for (let p = 2; p < length; ) p = decoder.lines(buf, p, length, 1, false);
    }
    expect(out.rows.map((r) => r.a)).toEqual(texts.flat().map((line) => JSON.parse(line).a));
  });
});

describe('metadata columns', () => {
  test('follow the columns of the record', () => {
    const BYTES = { kind: 'VARBINARY', length: 10, nullable: true } as const;
    const metadata = [
      { field: { name: 'p', type: INT }, key: 'partition' },
      { field: { name: 'o', type: BIGINT }, key: 'offset' },
      {
        field: { name: 'at', type: { kind: 'TIMESTAMP_LTZ', precision: 6, nullable: true } as const },
        key: 'timestamp',
      },
      { field: { name: 't', type: STRING }, key: 'topic' },
      {
        field: { name: 'h', type: { kind: 'MAP', key: STRING, value: BYTES, nullable: true } as const },
        key: 'headers',
      },
    ];
    const { decoder, out } = collector(json, { a: INT }, { metadata });
    out.meta.headers = { x: Buffer.from([1]) };
    const buf = Buffer.from('{"a":1}\n{"a":2}\n');
    decoder.lines(buf, 0, buf.length, 9, true);
    const h = new Map([['x', new Uint8Array([1])]]);
    expect(out.rows).toEqual([
      { a: 1, p: 1, o: 0, at: 1000000, t: 'topic', h },
      { a: 2, p: 1, o: 8, at: 1000000, t: 'topic', h },
    ]);
    expect(Object.keys(out.rows[1])).toEqual(['a', 'p', 'o', 'at', 't', 'h']);
    expect(() => collector(json, { a: INT }, { metadata: [{ field: metadata[0].field, key: 'nope' }] })).toThrow(
      /'nope'/,
    );
  });
});

describe('untyped records', () => {
  test('are what JSON.parse makes of them', () => {
    const { rows, bad } = decodeLines(json, {}, '{"a":[1,{"b":null}]}\n[1]\n\n{"a":\n{"__proto__":1}\n7', {
      untyped: true,
    });
    expect(rows.slice(0, 2)).toEqual([{ a: [1, { b: null }] }, [1]]);
    expect(Object.keys(rows[2])).toEqual(['__proto__']);
    expect(rows[3]).toBe(7);
    expect(bad.map((b) => b.line)).toEqual([4]);
  });
});
