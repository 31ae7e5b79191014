/** CAST, TRY_CAST, TYPEOF. */
import { typeToString } from '../../record/types.js';
import { castCode } from '../casts/cast.js';
import { castMayBeNull } from '../typing.js';
import { defineFamily, type FunctionEntry } from './definition.js';

function cast(name: 'CAST' | 'TRY_CAST', doc: string, examples: readonly (readonly [string, string])[]): FunctionEntry {
  return {
    names: [name],
    syntax: [`${name}(value AS type)`],
    signatures: ['(ANY) -> T1'],
    infer: () => `${name} is written ${name}(value AS type)`,
    mayBeNull: ({ args, type }) => name === 'TRY_CAST' || castMayBeNull(args[0].type, type),
    zoned: true,
    doc,
    examples,
    emit: ([a], e) =>
      castCode(e.types[0], e.type, a, {
        fn: (fn, ...args) => e.fn(fn, ...args),
        tryCast: name === 'TRY_CAST',
        zone: e.zone,
      }),
  };
}

export const CONVERSION = defineFamily('conversion', [
  cast(
    'CAST',
    "The value as another type. Text that can't be read as that type fails the job; a number too large for a DECIMAL is NULL.",
    [
      ["CAST('42' AS INT)", '42'],
      ['CAST(1.005 AS DECIMAL(5, 2))', '1.01'],
    ],
  ),
  cast('TRY_CAST', 'As CAST, but NULL where CAST fails.', [["TRY_CAST('abc' AS INT)", 'NULL']]),
  {
    names: ['TYPEOF'],
    signatures: ['(ANY) -> STRING!', '(ANY, BOOLEAN) -> STRING!'],
    nulls: 'custom',
    doc: 'The type of the value as text.',
    examples: [['TYPEOF(1)', 'INT NOT NULL']],
    emit: (_, e) => JSON.stringify(typeToString(e.types[0])),
  },
]);
