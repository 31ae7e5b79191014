/** Columns as in CREATE TABLE, without the table. */
import { TidewheelError } from '../../api/index.js';
import type { Field } from '../record/types.js';
import { bindType } from '../sql/bind/type.js';
import { parseType } from '../sql/parser/index.js';

const BEFORE = 'ROW<';

/**
 * `card STRING, amount DOUBLE NOT NULL` → fields. Throws a TidewheelError of SQL whose `where` has line and column in the text.
 */
export function parseColumns(text: string): Field[] {
  try {
    const type = bindType(parseType(`${BEFORE}${text}\n>`));
    return type.kind === 'ROW' ? [...type.fields] : [];
  } catch (error) {
    if (error instanceof TidewheelError && error.where?.line === 1 && error.where.column !== undefined) {
      Object.assign(error, { where: { ...error.where, column: Math.max(1, error.where.column - BEFORE.length) } });
    }
    throw error;
  }
}
