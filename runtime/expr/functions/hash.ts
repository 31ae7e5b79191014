/** Hashes, as hexadecimal text of the UTF-8 bytes. */
import { createHash } from 'node:crypto';
import * as t from '../typing.js';
import { PatternError } from '../values/regex.js';
import { defineFamily, type FunctionEntry } from './definition.js';

function hash(name: string, algorithm: string, digits: number): FunctionEntry {
  return {
    names: [name],
    signatures: ['(STRING) -> STRING'],
    infer: (types) =>
      types.length === 1 && (t.isString(types[0]) || types[0].kind === 'NULL')
        ? { argTypes: [types[0].kind === 'NULL' ? t.STRING : types[0]], type: t.char(digits, types[0].nullable) }
        : `${name} takes (STRING)`,
    doc: `The ${name} hash as ${digits} hexadecimal digits.`,
    examples: [],
    call: (text: string) => createHash(algorithm).update(text, 'utf8').digest('hex'),
  };
}

function sha2(text: string, bits: number): string {
  if (![224, 256, 384, 512].includes(bits)) throw new PatternError(`SHA2 has 224, 256, 384 or 512 bits, not ${bits}`);
  return createHash(`sha${bits}`).update(text, 'utf8').digest('hex');
}

export const HASH = defineFamily('hash', [
  hash('MD5', 'md5', 32),
  hash('SHA1', 'sha1', 40),
  hash('SHA224', 'sha224', 56),
  hash('SHA256', 'sha256', 64),
  hash('SHA384', 'sha384', 96),
  hash('SHA512', 'sha512', 128),
  {
    names: ['SHA2'],
    signatures: ['(STRING, INT) -> STRING'],
    infer: (types) =>
      types.length === 2 &&
      (t.isString(types[0]) || types[0].kind === 'NULL') &&
      (t.isInteger(types[1]) || types[1].kind === 'NULL')
        ? {
            argTypes: [types[0].kind === 'NULL' ? t.STRING : types[0], t.withNullable(t.INT, types[1].nullable)],
            type: t.varchar(
              128,
              types.some((type) => type.nullable),
            ),
          }
        : 'SHA2 takes (STRING, INT)',
    doc: 'The SHA-2 hash of 224, 256, 384 or 512 bits as hexadecimal digits.',
    examples: [],
    call: sha2,
  },
]);
