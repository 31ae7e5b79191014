/** What keeps NULL out of columns that are declared NOT NULL: `$NOT_NULL` (value, where). Only the planner writes it. */
import { withNullable } from '../typing.js';
import { defineFamily } from './definition.js';

/** A NULL where a column is NOT NULL: the row can't be written. */
export class NotNullError extends Error {
  readonly code = 'TW5006';
  override name = 'NotNullError';
}

export const NOT_NULL = defineFamily('auxiliary', [
  {
    names: ['$NOT_NULL'],
    signatures: ['(ANY, STRING) -> T1!'],
    infer: (types) => ({ argTypes: types, type: withNullable(types[0], false) }),
    doc: 'The value; fails for NULL.',
    nulls: 'custom',
    emit: ([value], e) => {
      const column = String(e.literal(1));
      return e.fn((given: unknown) => {
        if (given === null) throw new NotNullError(`column ${column} is NOT NULL, but a row has NULL for it`);
        return given;
      }, value);
    },
  },
]);
