/** How the rows of a query are written where they go to a file, a pipe, or stay on the screen as they come. */
import { ROW_KIND_NAMES, type Row, type RowKind } from '../../runtime/record/types.js';
import type { RunningJob } from './engine.js';
import { CurrentRows } from './result.js';
import {
  type Cells,
  columnWidths,
  drawTable,
  headLines,
  isNumber,
  ruler,
  type TableColumn,
  tableLine,
} from './table.js';
import { rowJson, rowTexts } from './value-text.js';

export const FORMATS = ['table', 'changelog', 'jsonl', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Takes a query's rows. `end` is called once, also for a query that was stopped. */
export interface ResultWriter {
  row(row: Row, kind: RowKind): void;
  end(): void;
}

type Shown = Pick<RunningJob, 'fields' | 'updating' | 'bounded' | 'timeZone' | 'order'>;

export function resultWriter(format: Format, job: Shown, write: (text: string) => void): ResultWriter {
  switch (format) {
    case 'jsonl':
      return jsonWriter(job, write);
    case 'csv':
      return csvWriter(job, write);
    case 'changelog':
      return changelogWriter(job, write);
    default:
      // A table that has no end can only be written as it grows.
      return job.bounded ? tableWriter(job, write) : changelogWriter(job, write);
  }
}

export function columnsOf(job: Pick<RunningJob, 'fields'>): TableColumn[] {
  return job.fields.map((f) => ({ name: f.name, right: isNumber(f.type) }));
}

/** The final rows, once all are there. */
function tableWriter(job: Shown, write: (text: string) => void): ResultWriter {
  const rows = new CurrentRows(job.fields, rowTexts(job.fields, job.timeZone), job.order);
  return {
    row: (row, kind) => rows.apply(row, kind),
    end: () => {
      const list = rows.list();
      if (list.length > 0) write(`${drawTable(columnsOf(job), list).join('\n')}\n`);
      write(list.length === 0 ? 'Empty set\n' : `${list.length} ${list.length === 1 ? 'row' : 'rows'} in set\n`);
    },
  };
}

/** Widths are known only of the rows so far: the first hundred or so decide, longer texts are cut off. */
const MEASURED_ROWS = 100;
const MEASURE_MS = 200;
const MIN_TEXT_COLUMN = 12;

/** Each change as it comes, with its kind in front. */
function changelogWriter(job: Shown, write: (text: string) => void): ResultWriter {
  const texts = rowTexts(job.fields, job.timeZone);
  const columns: TableColumn[] = [{ name: 'op' }, ...columnsOf(job)];
  let waiting: Cells[] | undefined = [];
  let widths: number[] = [];
  let total = 0;
  const begin = () => {
    if (!waiting) return;
    widths = columnWidths(columns, waiting).map((w, i) =>
      i === 0 ? 2 : Math.max(w, job.bounded ? 0 : MIN_TEXT_COLUMN),
    );
    const lines = headLines(columns, widths);
    for (const cells of waiting) lines.push(tableLine(columns, widths, cells));
    waiting = undefined;
    write(`${lines.join('\n')}\n`);
  };
  const timer = setTimeout(() => {
    if (total > 0) begin();
  }, MEASURE_MS);
  return {
    row: (row, kind) => {
      const cells = [ROW_KIND_NAMES[kind], ...texts(row)];
      total++;
      if (!waiting) {
        write(`${tableLine(columns, widths, cells)}\n`);
        return;
      }
      waiting.push(cells);
      if (waiting.length >= MEASURED_ROWS) begin();
    },
    end: () => {
      clearTimeout(timer);
      if (total > 0) {
        begin();
        write(`${ruler(widths)}\n`);
      }
      write(`Received a total of ${total} ${total === 1 ? 'row' : 'rows'}\n`);
    },
  };
}

/** Rows as objects; where rows are updated, each change as `{"op":"+U","row":{…}}`. */
function jsonWriter(job: Shown, write: (text: string) => void): ResultWriter {
  const json = rowJson(job.fields);
  return {
    row: (row, kind) =>
      write(job.updating ? `{"op":"${ROW_KIND_NAMES[kind]}","row":${json(row)}}\n` : `${json(row)}\n`),
    end: () => {},
  };
}

/** RFC 4180 with a header; NULL is nothing, an empty text is `""`. Where rows are updated, the first column is `op`. */
function csvWriter(job: Shown, write: (text: string) => void): ResultWriter {
  const texts = rowTexts(job.fields, job.timeZone);
  const names = job.fields.map((f) => f.name);
  const line = (cells: Cells) => `${cells.map(csvCell).join(',')}\n`;
  write(line(job.updating ? ['op', ...names] : names));
  return {
    row: (row, kind) => {
      const cells = texts(row);
      write(line(job.updating ? [ROW_KIND_NAMES[kind], ...cells] : cells));
    },
    end: () => {},
  };
}

export function csvCell(cell: string | null): string {
  if (cell === null) return '';
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** What SHOW and DESCRIBE list, in the same formats. */
export function listingText(format: Format, columns: readonly string[], rows: readonly Cells[]): string {
  if (format === 'jsonl') {
    return rows.map((row) => `${JSON.stringify(Object.fromEntries(columns.map((c, i) => [c, row[i]])))}\n`).join('');
  }
  if (format === 'csv') return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
  const heads = columns.map((name) => ({ name }));
  const shown = rows.map((row) => row.map((cell) => cell ?? ''));
  const count = rows.length === 0 ? 'Empty set' : `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} in set`;
  return rows.length === 0 ? `${count}\n` : `${drawTable(heads, shown, 200).join('\n')}\n${count}\n`;
}
