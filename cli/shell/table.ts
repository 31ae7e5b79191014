/** Tables of text, as Flink's SQL client draws them; numbers stand on the right. */
import type { DataType } from '../../runtime/record/types.js';
import { displayWidth, fitted } from './value-text.js';

export interface TableColumn {
  readonly name: string;
  /** Text stands on the left, numbers on the right. */
  readonly right?: boolean;
}

export type Cells = readonly (string | null)[];

export const NULL_TEXT = '<NULL>';
/** As Flink's sql-client.display.max-column-width. */
const MAX_COLUMN = 60;

const NUMBERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL']);

export function isNumber(type: DataType): boolean {
  return NUMBERS.has(type.kind);
}

/** Widths of the columns for the rows that are known. */
export function columnWidths(columns: readonly TableColumn[], rows: readonly Cells[], max = MAX_COLUMN): number[] {
  return columns.map((column, i) => {
    let width = displayWidth(column.name);
    for (const row of rows) width = Math.max(width, displayWidth(row[i] ?? NULL_TEXT));
    return Math.min(width, max);
  });
}

export function ruler(widths: readonly number[]): string {
  return `+${widths.map((w) => '-'.repeat(w + 2)).join('+')}+`;
}

export function tableLine(columns: readonly TableColumn[], widths: readonly number[], cells: Cells): string {
  const padded = cells.map((cell, i) => {
    const text = fitted(cell ?? NULL_TEXT, widths[i]);
    const space = ' '.repeat(Math.max(0, widths[i] - displayWidth(text)));
    return columns[i].right ? space + text : text + space;
  });
  return `| ${padded.join(' | ')} |`;
}

export function headLines(columns: readonly TableColumn[], widths: readonly number[]): string[] {
  const line = ruler(widths);
  const names = columns.map((c) => c.name);
  return [line, tableLine(columns, widths, names), line];
}

/** The whole table; without rows there is only its head. */
export function drawTable(columns: readonly TableColumn[], rows: readonly Cells[], max = MAX_COLUMN): string[] {
  const widths = columnWidths(columns, rows, max);
  const lines = headLines(columns, widths);
  for (const row of rows) lines.push(tableLine(columns, widths, row));
  if (rows.length > 0) lines.push(ruler(widths));
  return lines;
}
