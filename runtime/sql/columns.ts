import type { Field } from '../record/types.js';
import { bindType } from './bind/type.js';
import { SqlError } from './error.js';
import { parseScript } from './parser/index.js';

const BEFORE = 'CREATE TABLE t (';

/**
 * The columns of a text like `card STRING, amount DECIMAL(10, 2) NOT NULL`, as in CREATE TABLE: physical columns only.
 * Throws SqlError or SqlSyntaxError with the place in the text (line and column from 1).
 */
export function parseColumns(text: string): Field[] {
  // One line of the text's own behind the opening, so that columns count from 1.
  const [statement] = parseScript(`${BEFORE}\n${text}\n) WITH ()`, { line0: 0 });
  if (statement?.kind !== 'CreateTable') throw new SqlError('TW2001', 'not a list of columns', { line: 1, column: 1 });
  const fields: Field[] = [];
  for (const element of statement.elements) {
    if (element.kind !== 'PhysicalColumn') {
      throw new SqlError('TW2004', 'only plain columns can stand here', element.span, {
        expected: 'a name and a type',
      });
    }
    if (fields.some((f) => f.name === element.name.name) || element.name.name === '__proto__') {
      throw new SqlError('TW2002', `column '${element.name.name}' can't be used (again)`, element.name.span);
    }
    fields.push({ name: element.name.name, type: bindType(element.type) });
  }
  return fields;
}
