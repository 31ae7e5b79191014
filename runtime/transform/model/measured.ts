/** Labels and predictions as metrics want them. */
import { property } from '../../expr/codegen/codegen.js';
import type { Metric } from '../../learn/index.js';
import { detach } from '../../record/batch-codec.js';
import type { Row, RowSchema } from '../../record/types.js';

/** What was predicted for a row. */
export interface Said {
  readonly prediction: unknown;
  readonly probability: number | undefined;
}

export function update(metric: Metric, label: unknown, said: Said): void {
  if (metric.wants === 'probability') {
    if (said.probability !== undefined) metric.update(truth(label), said.probability);
    return;
  }
  // Predictions that are true and false, and labels that are 1 and 0, mean the same.
  metric.update(typeof said.prediction === 'boolean' ? truth(label) : label, said.prediction);
}

function truth(label: unknown): unknown {
  return label === 1 ? true : label === 0 ? false : label;
}

/** Reads a column as a label, class or number: a DECIMAL as the number that it is, an exact integer as a number. NULL: null. */
export function valueReader(schema: RowSchema, column: string): (row: Row) => unknown {
  const type = schema.fields.find((f) => f.name === column)?.type;
  const scale = type?.kind === 'DECIMAL' ? 10 ** type.scale : 1;
  const read = new Function('row', `return ${property('row', column)};`) as (row: Row) => unknown;
  return (row) => {
    const value = read(row);
    if (value === undefined || value === null) return null;
    if (typeof value === 'bigint') return Number(value) / scale;
    if (typeof value === 'number') return scale === 1 ? value : value / scale;
    return typeof value === 'string' ? detach(value) : value;
  };
}
