/** INET_ATON, INET_NTOA, JSON: expected values were read off Flink 2.3. */
import { expect, test } from '@jest/globals';
import { addressToNumber, numberToAddress } from '../../../runtime/expr/values/inet.js';
import { errorOf, outline } from '../sql/planning.js';

test('addresses as numbers and back', () => {
  const given = [
    '127.0.0.1',
    '127.1',
    '255.255.255.255',
    '1',
    '1.2.3',
    'a',
    '256.1.1.1',
    '',
    ' 1.2.3.4',
    '1.2.3.4.5',
    '01.2.3.4',
  ];
  expect(given.map(addressToNumber)).toEqual([
    ...[2130706433, 2130706433, 4294967295, 1, 16908291, null, null, null, null, null, 16909060],
  ]);
  const odd = [
    '127.256',
    '127.255',
    '300',
    '1.2.256',
    '+1.2.3.4',
    '1..2',
    '1.2.3.',
    '.1',
    '00000000001.2.3.4',
    '0x1.2.3.4',
  ];
  expect(odd.map(addressToNumber)).toEqual([...[null, 2130706687, null, null, null, null, null, null, 16909060, null]]);
  expect([2130706433, 0, 4294967295, 4294967296, -1].map(numberToAddress)).toEqual([
    ...['127.0.0.1', '0.0.0.0', '255.255.255.255', null, null],
  ]);
});

test('JSON stands only within what it is put into; what is not here says so', () => {
  expect(outline(`SELECT JSON_OBJECT('K' VALUE JSON('{"a":  1}'))`)[1]).toContain('JSON(');
  expect(errorOf("SELECT JSON('1')")).toMatch(/TW2004 JSON\(…\) outside of JSON_OBJECT and JSON_ARRAY/);
  expect(errorOf('SELECT SOURCE_WATERMARK()')).toMatch(/TW2005 The function SOURCE_WATERMARK isn't supported yet/);
});
