import { describe, expect, test } from '@jest/globals';
import { parseExpression, parseScript, parseType } from '../../../runtime/sql/parser/index.js';
import { unparse } from '../../../runtime/sql/unparse/index.js';
import { NEXMARK_QUERIES, NEXMARK_TABLES } from './nexmark-queries.js';
import { EXPRESSION_SAMPLES, STATEMENT_SAMPLES } from './syntax-samples.js';
import { withoutSpans } from './without-spans.js';

function expectScriptRoundTrip(text: string): void {
  const trees = parseScript(text);
  const written = trees.map((tree) => unparse(tree)).join(';\n');
  expect({ written, trees: withoutSpans(parseScript(written)) }).toEqual({ written, trees: withoutSpans(trees) });
  expect(
    parseScript(written)
      .map((tree) => unparse(tree))
      .join(';\n'),
  ).toBe(written);
}

describe('What unparse writes parses to the same tree', () => {
  test.each([['tables', NEXMARK_TABLES], ...Object.entries(NEXMARK_QUERIES)])('Nexmark %s', (_name, text) => {
    expectScriptRoundTrip(text);
  });

  test.each(STATEMENT_SAMPLES)('%s', (text) => {
    expectScriptRoundTrip(text);
  });

  test.each(EXPRESSION_SAMPLES)('%s', (text) => {
    const tree = parseExpression(text);
    const written = unparse(tree);
    expect({ written, tree: withoutSpans(parseExpression(written)) }).toEqual({ written, tree: withoutSpans(tree) });
  });

  test.each([
    'INT',
    'DECIMAL(10, 2) NOT NULL',
    'ROW<>',
    "ROW<`a b` ARRAY<MAP<STRING NOT NULL, BIGINT>> NOT NULL, c MULTISET<TIMESTAMP_LTZ(3)> 'it''s'>",
    'INTERVAL DAY(2) TO SECOND(3)',
    "RAW('com.example.C', 'AAAA')",
    'BITMAP',
    "STRUCTURED<'com.example.C', a INT, b STRING>",
    'TIMESTAMP(3) WITH TIME ZONE',
    'catalog.money',
  ])('type %s is written as it was', (text) => {
    expect(unparse(parseType(text))).toBe(text);
  });
});

describe('Normalised SQL', () => {
  test.each([
    ['(A+b)*count ( * )', '(A + b) * count(*)'],
    ['((a)) or ((b and (c)))', 'a OR b AND c'],
    ['not (a = b)', 'NOT a = b'],
    ['a - (b - c)', 'a - (b - c)'],
    ['- - 1', '- -1'],
    ['`plain` + `select` + `Größe` + `a``b`', 'plain + `select` + `Größe` + `a``b`'],
    ['substring(a from 1 for 2)', 'substring(a, 1, 2)'],
    ["interval '5' minutes", "INTERVAL '5' MINUTE"],
    ['a != b', 'a <> b'],
  ])('%s becomes %s', (text, written) => {
    expect(unparse(parseExpression(text))).toBe(written);
  });

  test('SHOW CREATE TABLE has a line for each column and option', () => {
    const text = "create table t (a int, primary key (a) not enforced) with ('connector'='print', 'k'='it''s')";
    expect(unparse(parseScript(text)[0])).toBe(
      [
        'CREATE TABLE t (',
        '  a INT,',
        '  PRIMARY KEY (a) NOT ENFORCED',
        ')',
        'WITH (',
        "  'connector' = 'print',",
        "  'k' = 'it''s'",
        ')',
      ].join('\n'),
    );
  });

  test('a chain of a thousand operators is written without exhausting the stack', () => {
    const text = Array.from({ length: 900 }, (_, i) => `a = ${i}`).join(' OR ');
    expect(unparse(parseExpression(text))).toBe(text);
  });
});
