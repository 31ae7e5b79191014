/** Code of a step's output row: the input's columns and those that the step adds. */
import { property, propertyKey } from '../../expr/codegen/codegen.js';
import { detach } from '../../record/batch-codec.js';
import type { Row, RowSchema } from '../../record/types.js';

/** `columns`: code of each added one. Rows of graph bodies, which have no declared columns, get them beside what they have. */
export function outputRow(schema: RowSchema, columns: ReadonlyMap<string, string>): string {
  if (schema.untyped) {
    return `{ ...row, ${[...columns].map(([name, code]) => `${propertyKey(name)}: ${code}`).join(', ')} }`;
  }
  return `{ ${schema.fields
    .map((f) => `${propertyKey(f.name)}: ${columns.get(f.name) ?? property('row', f.name)}`)
    .join(', ')} }`;
}

/** Free of the memory of the batch it came with. */
export function detachedRow(row: Row): Row {
  const out: Row = {};
  for (const name in row) out[name] = typeof row[name] === 'string' ? detach(row[name]) : row[name];
  return out;
}
