/** BITMAP: sets of integers, and VARIANT: values of any JSON shape. */
import {
  type BitmapOperation,
  bitmapCardinality,
  bitmapFromBytes,
  bitmapOf,
  bitmapToString,
  bitmapValues,
  combineBitmaps,
} from '../values/roaring.js';
import { defineFamily, type FunctionEntry } from './definition.js';

function combine(name: string, operation: BitmapOperation, doc: string, example: string): FunctionEntry {
  return {
    names: [name],
    signatures: ['(BITMAP, BITMAP) -> BITMAP'],
    doc,
    examples: [[`BITMAP_TO_STRING(${name}(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])))`, example]],
    call: (a: Uint8Array, b: Uint8Array) => combineBitmaps(a, b, operation),
  };
}

export const BITMAP = defineFamily('bitmap', [
  {
    names: ['BITMAP_BUILD'],
    signatures: ['(ARRAY<INT>) -> BITMAP'],
    doc: 'The set of the integers of an array; a negative one is its unsigned 32 bits. NULLs are left out.',
    examples: [['BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, 1, 3]))', '{1,3}']],
    call: (values: (number | null)[]) => bitmapOf(values.filter((v) => v !== null)),
  },
  {
    names: ['BITMAP_CARDINALITY'],
    signatures: ['(BITMAP) -> BIGINT'],
    doc: 'Number of integers in the set.',
    examples: [['BITMAP_CARDINALITY(BITMAP_BUILD(ARRAY[3, 1, 3]))', '2']],
    call: bitmapCardinality,
  },
  combine('BITMAP_AND', 'and', 'What is in both sets.', '{2}'),
  combine('BITMAP_OR', 'or', 'What is in one of the sets.', '{1,2,3}'),
  combine('BITMAP_XOR', 'xor', 'What is in exactly one of the sets.', '{1,3}'),
  combine('BITMAP_ANDNOT', 'andnot', 'What is in the first set and not in the second.', '{1}'),
  {
    names: ['BITMAP_TO_ARRAY'],
    signatures: ['(BITMAP) -> ARRAY<INT>'],
    doc: 'The integers, ascending as unsigned numbers.',
    examples: [['BITMAP_TO_ARRAY(BITMAP_BUILD(ARRAY[3, -1]))', '[3, -1]']],
    call: (bitmap: Uint8Array) => Array.from(bitmapValues(bitmap), (v) => v | 0),
  },
  {
    names: ['BITMAP_TO_STRING'],
    signatures: ['(BITMAP) -> STRING'],
    doc: 'The integers in braces, as unsigned numbers.',
    examples: [['BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, -1]))', '{3,4294967295}']],
    call: bitmapToString,
  },
  {
    names: ['BITMAP_TO_BYTES'],
    signatures: ['(BITMAP) -> BYTES'],
    doc: 'The set in the portable Roaring format.',
    examples: [],
    call: (bitmap: Uint8Array) => bitmap,
  },
  {
    names: ['BITMAP_FROM_BYTES'],
    signatures: ['(BYTES) -> BITMAP'],
    doc: 'The set of bytes in the portable Roaring format. Fails for other bytes.',
    examples: [],
    call: bitmapFromBytes,
  },
]);
