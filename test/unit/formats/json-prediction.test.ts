import { describe, expect, test } from '@jest/globals';
import type { Expr } from '../../../runtime/expr/ir.js';
import { json } from '../../../runtime/formats/json/index.js';
import type { DataType } from '../../../runtime/record/types.js';
import {
  array,
  BIGINT,
  BOOLEAN,
  collector,
  type Decoded,
  type DecodeOptions,
  DOUBLE,
  decimal,
  INT,
  map,
  notNull,
  row,
  STRING,
  timestamp,
} from './decode.js';
import { pick, randomBigint, randomDouble, randomNumbers, randomText } from './random-values.js';

const TYPES: Record<string, DataType> = {
  id: BIGINT,
  name: STRING,
  price: DOUBLE,
  amount: decimal(12, 2),
  ok: BOOLEAN,
  at: timestamp(3),
  note: STRING,
  who: row({ age: INT, city: STRING, at: timestamp(3) }),
  tags: array(STRING),
  counts: map(INT),
};

type Random = () => number;

function jsonString(random: Random, text: string): string {
  let out = JSON.stringify(text);
  if (random() < 0.05) out = out.replace(/[a-z]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return out;
}

function value(random: Random, name: string): string {
  if (random() < 0.04) return 'null';
  if (random() < 0.02) {
    return pick(random, [
      '"x"',
      '12',
      '-0',
      '1e3',
      '1.50',
      'true',
      '[]',
      '{}',
      '"7"',
      '" 8 "',
      '"true"',
      '007',
      '1.',
      '-',
    ]);
  }
  switch (name) {
    case 'id':
      return String(randomBigint(random));
    case 'price':
      return String(randomDouble(random));
    case 'amount':
      return (random() * 1000).toFixed(Math.floor(random() * 4));
    case 'ok':
      return String(random() < 0.5);
    case 'at':
      return pick(random, [
        '"2026-01-01 00:00:00.123"',
        '"2026-01-01 00:00:00"',
        '"2026-01-01T10:11:12.5"',
        '"2026-13-01 00:00:00"',
      ]);
    case 'who':
      return object(random, ['age', 'city', 'at', 'more'], 0.1);
    case 'age':
    case 'more':
      return String(Math.floor(random() * 100));
    case 'tags':
      return `[${Array.from({ length: Math.floor(random() * 3) }, () => jsonString(random, randomText(random, 9))).join(',')}]`;
    case 'counts':
      return `{"a":${Math.floor(random() * 9)},"b":null}`;
    default:
      return jsonString(random, randomText(random, random() < 0.5 ? 10 : 90));
  }
}

function object(random: Random, names: readonly string[], odd: number, twice = true): string {
  let members = names.map((n) => n);
  if (random() < odd) members = members.filter(() => random() < 0.8);
  if (random() < odd) members.sort(() => random() - 0.5);
  if (twice && random() < odd) members.push(pick(random, names));
  const space = random() < odd ? pick(random, [' ', '\t', '  ']) : '';
  const text = members.map((n) => `${JSON.stringify(n)}:${space}${value(random, n)}`).join(`,${space}`);
  return `{${space}${text}${space}}`;
}

/** A record like the others, but sometimes damaged. */
function record(random: Random, twice = true): string {
  const names = pick(random, [Object.keys(TYPES), [...Object.keys(TYPES), 'unread', 'longer'].reverse()]);
  let text = object(random, names, pick(random, [0.05, 0.05, 0.5]), twice);
  if (random() < 0.05) {
    const at = Math.floor(random() * text.length);
    text = pick(random, [
      text.slice(0, at),
      text.slice(0, at) + text.slice(at + 1),
      `${text.slice(0, at)}${pick(random, ['"', '{', '}', '\\', ',', '0', ' ', '\0'])}${text.slice(at)}`,
      `${text} `,
      `${text}}`,
      `[${text}]`,
      '',
    ]);
  }
  return text;
}

/** What each record gives when the decoder has seen nothing before it. */
function withoutHistory(lines: readonly Buffer[], options: DecodeOptions): Decoded {
  const all = collector(json, TYPES, options).out;
  let offset = 0;
  lines.forEach((line, i) => {
    const { decoder, out } = collector(json, TYPES, options);
    out.meta.offset = offset;
    out.meta.line = i + 1;
    decoder.lines(line, 0, line.length, 1, true);
    all.rows.push(...out.rows);
    all.bad.push(...out.bad);
    offset += line.length + 1;
  });
  return all;
}

const READS: readonly (readonly string[])[] = [
  Object.keys(TYPES),
  ['id', 'price'],
  ['note'],
  ['at', 'who'],
  ['who'],
  ['tags', 'counts', 'amount'],
  ['name', 'note'],
  [],
];

describe('a predicted record gives what it gives by itself', () => {
  const lossy = (b: Buffer, random: Random) => {
    if (random() < 0.01 && b.length > 0) b[Math.floor(random() * b.length)] = 0xff;
    return b;
  };
  for (const options of [
    {},
    { 'json.ignore-parse-errors': 'true' },
    { 'json.validate': 'record' },
    { 'json.fail-on-missing-field': 'true' },
  ] as Record<string, string>[]) {
    test.each(READS.map((r) => [r]))(`${JSON.stringify(options)} %j`, (read) => {
      const random = randomNumbers(read.length * 31 + Object.keys(options).length);
      const lines = Array.from({ length: 200 }, () => lossy(Buffer.from(record(random).replaceAll('\n', ' ')), random));
      const expected = withoutHistory(lines, { read, options });
      const chunk = Buffer.concat(lines.flatMap((l) => [l, Buffer.from('\n')]));
      const whole = collector(json, TYPES, { read, options });
      whole.decoder.lines(chunk, 0, chunk.length, 1e9, true);
      expect(whole.out.rows).toEqual(expected.rows);
      expect(whole.out.bad).toEqual(expected.bad);

      const single = collector(json, TYPES, { read, options });
      let at = 0;
      for (const line of lines) {
        single.decoder.record(chunk, at, at + line.length);
        at += line.length + 1;
      }
      expect(single.out.rows).toEqual(expected.rows);
      expect(single.out.bad.map((b) => b.reason)).toEqual(expected.bad.map((b) => b.reason));
    });
  }
});

const column = (name: string, type = TYPES[name]): Expr => ({ op: 'column', name, type });
const literal = (value: number | string, type: DataType): Expr => ({ op: 'literal', value, type: notNull(type) });
const call = (fn: string, ...args: Expr[]): Expr => ({ op: 'call', fn, args, type: BOOLEAN });
const age: Expr = { op: 'call', fn: 'FIELD', args: [column('who'), literal('age', STRING)], type: INT };

describe('a filter', () => {
  const FILTERS: [string, Expr, (r: any) => boolean | null][] = [
    ['of a number', call('>', column('id'), literal(0, BIGINT)), (r) => r.id > 0],
    ['of a string', call('=', column('name'), literal('', STRING)), (r) => r.name === ''],
    ['of a field of a row', call('>', age, literal(50, INT)), (r) => r.who?.age > 50],
    [
      'of two columns',
      call('OR', call('>', age, literal(80, INT)), call('IS NOT NULL', column('note'))),
      (r) => r.who?.age > 80 || r.note !== null,
    ],
    ['of a whole row', call('IS NULL', column('who')), (r) => r.who === null],
  ];
  for (const options of [{}, { 'json.ignore-parse-errors': 'true' }, { 'json.validate': 'record' }] as Record<
    string,
    string
  >[]) {
    test.each(FILTERS)(
      `${JSON.stringify(options)} %s drops just those rows, with and without prediction`,
      (_, filter, wanted) => {
        const random = randomNumbers(17);
        const lines = Array.from({ length: 300 }, () => Buffer.from(record(random, false).replaceAll('\n', ' ')));
        const chunk = Buffer.concat(lines.flatMap((l) => [l, Buffer.from('\n')]));
        const plain = collector(json, TYPES, { options });
        plain.decoder.lines(chunk, 0, chunk.length, 1e9, true);
        const filtered = collector(json, TYPES, { options, filter });
        filtered.decoder.lines(chunk, 0, chunk.length, 1e9, true);
        const expected = withoutHistory(lines, { options, filter });
        expect(filtered.out.rows).toEqual(expected.rows);
        expect(filtered.out.bad).toEqual(expected.bad);
        // Where a record is bad behind what the filter needs, it may be dropped or bad: it is the same one way or the other.
        expect(filtered.out.rows).toEqual(plain.out.rows.filter(wanted));
      },
    );
  }
});

describe('against JSON.parse', () => {
  test('gives the same values for records that are as they should be', () => {
    const random = randomNumbers(99);
    const types = { id: INT, name: STRING, price: DOUBLE, ok: BOOLEAN, who: row({ age: INT, city: STRING }) };
    const lines = Array.from({ length: 5000 }, () => {
      const shape = Math.floor(random() * 3);
      const names =
        shape === 0 ? Object.keys(types) : shape === 1 ? Object.keys(types).reverse() : ['x', 'name', 'who', 'id'];
      const members = names.map((n) => {
        const v = {
          id: Math.floor(random() * 2 ** 31),
          name: randomText(random, 100),
          price: randomDouble(random),
          ok: random() < 0.5,
          who: random() < 0.2 ? null : { city: randomText(random, 20), age: Math.floor(random() * 99), x: [1, {}] },
          x: { y: [randomText(random, 50)] },
        }[n];
        return `${JSON.stringify(n)}:${JSON.stringify(v)}`;
      });
      return `{${members.join(',')}}`;
    });
    const { decoder, out } = collector(json, types);
    const chunk = Buffer.from(lines.join('\n'));
    decoder.lines(chunk, 0, chunk.length, 1e9, true);
    const orNull = (v: unknown) => (v === undefined ? null : v);
    const expected = lines.map((line) => {
      const v = JSON.parse(line);
      return {
        id: orNull(v.id),
        name: orNull(v.name),
        price: orNull(v.price),
        ok: orNull(v.ok),
        who: v.who ? { age: v.who.age, city: v.who.city } : null,
      };
    });
    expect(out.bad).toEqual([]);
    expect(out.rows).toEqual(expected);
  });
});

describe('untyped records', () => {
  const decodeAll = (lines: readonly string[]) => {
    const { decoder, out } = collector(json, {}, { untyped: true });
    const chunk = Buffer.from(lines.join('\n'));
    decoder.lines(chunk, 0, chunk.length, 1e9, true);
    return out;
  };

  test('are what JSON.parse makes of them, with and without prediction', () => {
    const random = randomNumbers(3);
    const any = (depth: number): unknown => {
      switch (Math.floor(random() * (depth > 2 ? 5 : 7))) {
        case 0:
          return null;
        case 1:
          return random() < 0.5;
        case 2:
          return pick(random, [Math.floor(random() * 1e6), random(), -0, 1e21, 1e-7, 123456.789]);
        case 3:
        case 4:
          return randomText(random, 40);
        case 5:
          return Array.from({ length: Math.floor(random() * 4) }, () => any(depth + 1));
        default:
          return Object.fromEntries(
            ['z', '1', 'a', '__proto__'].slice(Math.floor(random() * 3)).map((k) => [k, any(depth + 1)]),
          );
      }
    };
    const lines = Array.from({ length: 3000 }, (_, i) => {
      const shape = i % 3;
      const values: Record<string, unknown> = {
        id: Math.floor(random() * 1e9),
        name: randomText(random, 50),
        ok: random() < 0.5,
      };
      if (shape > 0) values.who = { age: random() < 0.3 ? null : 7, tags: [randomText(random, 9)], deep: { x: -0.5 } };
      if (shape > 1) values.any = any(0);
      return JSON.stringify(values);
    });
    const { rows, bad } = decodeAll(lines);
    expect(bad).toEqual([]);
    expect(rows.map((r) => JSON.stringify(r))).toEqual(lines.map((l) => JSON.stringify(JSON.parse(l))));
  });

  test('keep integers that a double can’t hold', () => {
    const lines = [1, 2, 3].map(
      (i) => `{"id":1234567890123456789${i},"n":[9007199254740993,9007199254740991],"d":0.12345678901234567890}`,
    );
    expect(decodeAll(lines).rows).toEqual(
      [1n, 2n, 3n].map((i) => ({
        id: 12345678901234567890n + i,
        n: [9007199254740993n, 9007199254740991],
        d: 0.12345678901234568,
      })),
    );
  });

  test('are bad alike with and without prediction', () => {
    const good = '{"a":1,"b":"x","c":[1]}';
    const odd = [
      '{"a":1,"b":"x\ty","c":[1]}',
      '{"a":1,"b":"x","c":[1}',
      '{"a":01,"b":"x","c":[]}',
      '{"a":1,"b":"x","c":[]}}',
      '{"a":1,"b":"x',
      '{"a":tru,"b":1}',
    ];
    const alone = odd.map((line) => decodeAll([line]));
    const together = decodeAll(odd.flatMap((line) => [good, line]));
    expect(together.rows.length).toBe(odd.length + 1);
    expect(together.bad.map((b) => b.reason)).toEqual(alone.flatMap((o) => o.bad.map((b) => b.reason)));
    expect(alone[0].rows).toEqual([{ a: 1, b: 'x\ty', c: [1] }]);
  });
});

describe('chunks', () => {
  test('records cut anywhere by chunks come out once, with their offsets and lines', () => {
    const random = randomNumbers(5);
    const types = { a: INT, b: STRING };
    let text = '';
    for (let i = 0; i < 200; i++) {
      text += i % 17 === 3 ? 'broken' : `{"a":${i},"b":${JSON.stringify(randomText(random, 30))}}`;
      text += i % 5 === 0 ? '\r\n' : '\n';
    }
    const all = Buffer.from(`${text}{"a":-1}`);
    const whole = collector(json, types);
    whole.decoder.lines(all, 0, all.length, 1e9, true);
    expect(whole.out.rows.length).toBe(200 - 12 + 1);
    for (let round = 0; round < 30; round++) {
      const { decoder, out } = collector(json, types);
      let consumed = 0;
      let available = 0;
      while (consumed < all.length) {
        available = Math.min(all.length, available + Math.floor(random() * 100));
        // Other bytes stand in front of and behind the chunk in the buffer.
        const buf = Buffer.concat([
          Buffer.from('junk"\n'),
          all.subarray(consumed, available),
          Buffer.from('}\n{"a":7}\n'),
        ]);
        const before = consumed;
        const stop = 6 + available - before;
        const next = decoder.lines(buf, 6, stop, 1 + Math.floor(random() * 9), available === all.length);
        consumed = before + next - 6;
        expect(out.meta.offset).toBe(consumed);
      }
      expect(out.rows).toEqual(whole.out.rows);
      expect(out.bad).toEqual(whole.out.bad);
      expect(out.meta.line).toBe(202);
    }
    const lines = all.toString('latin1').split('\n');
    for (const b of whole.out.bad) {
      expect(lines[b.line - 1]).toMatch(/^broken/);
      expect(b.offset).toBe(lines.slice(0, b.line - 1).reduce((n, l) => n + l.length + 1, 0));
    }
  });
});

describe('NOT NULL columns', () => {
  test('a null or missing value is a bad record', () => {
    const { decoder, out } = collector(json, { a: notNull(INT), b: STRING });
    const buf = Buffer.from('{"a":1,"b":"x"}\n{"a":null,"b":"x"}\n{"b":"x"}\n{"a":2}\n');
    decoder.lines(buf, 0, buf.length, 1e9, true);
    expect(out.rows).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: null },
    ]);
    expect(out.bad.map((b) => b.reason)).toEqual([
      'expected a value that is not null for column "a", found null at byte 5',
      'expected a field "a" for column "a", found {"b":"x"} at byte 0',
    ]);
  });
});
