import { expect, test } from '@jest/globals';
import { isScalar, parseDocument } from 'yaml';
import { offsetInScalar } from '../../../runtime/job/scalar-position.js';

// Each text has one X, in the file as in the value.
test.each([
  ['plain', 'a: some Xtext'],
  ['plain over lines', 'a: some\n   more Xtext'],
  ['plain over a blank line', 'a: some\n\n\n   Xtext'],
  ['single quotes', "a: 'it''s Xtext'"],
  ['double quotes', 'a: "tab\\t \\u00e9 \\"q\\" Xtext"'],
  ['double quotes with a joined line', 'a: "one \\\n  two Xthree"'],
  ['double quotes over lines', 'a: "one\n  two\n\n  Xthree"'],
  ['a literal block', 'a: |\n  one\n    two\n\n  three Xfour\n'],
  ['a literal block with a keep sign and a comment', 'a: |+ # comment\n    one\n    Xtwo\n\n'],
  ['a literal block with an indentation sign', 'a: |2\n   one\n   Xtwo\n'],
  ['a folded block', 'a: >\n  one\n  two Xthree\n'],
])('a character of %s is found in the file', (_what, text) => {
  const node = parseDocument(text).get('a', true);
  if (!isScalar(node) || typeof node.value !== 'string') throw new Error('not a text');
  const index = node.value.indexOf('X');
  const style = node.type as Parameters<typeof offsetInScalar>[1];
  expect(offsetInScalar(text, style, node.range![0], node.range![1], node.value, index)).toBe(text.indexOf('X'));
});
