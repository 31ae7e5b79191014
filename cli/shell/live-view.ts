/** The rows of a running query, drawn again and again in the same place of a terminal; at the end the whole table. */
import type { Row, RowKind } from '../../runtime/record/types.js';
import type { RunningJob } from './engine.js';
import { CurrentRows } from './result.js';
import { drawTable } from './table.js';
import { displayWidth, fitted, rowTexts } from './value-text.js';
import { columnsOf, type ResultWriter } from './writers.js';

export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

const FIRST_MS = 400;
const REFRESH_MS = 250;
/** Beside the rows: head, foot, status, and the line of the cursor. */
const FRAME_LINES = 7;
const MAX_FINAL_ROWS = 1000;

export class LiveView implements ResultWriter {
  private readonly rows: CurrentRows;
  private drawn = 0;
  private timer: NodeJS.Timeout;
  private dirty = true;
  private readonly startedMs = Date.now();
  private readonly columns;

  constructor(
    private readonly job: Pick<RunningJob, 'fields' | 'timeZone' | 'order' | 'bounded'>,
    private readonly screen: Screen,
  ) {
    this.rows = new CurrentRows(job.fields, rowTexts(job.fields, job.timeZone), job.order);
    this.columns = columnsOf(job);
    // What is over in a moment is never drawn half.
    this.timer = setTimeout(() => this.refresh(), FIRST_MS);
  }

  row(row: Row, kind: RowKind): void {
    this.rows.apply(row, kind);
    this.dirty = true;
  }

  end(): void {
    clearTimeout(this.timer);
    this.erase();
    const list = this.rows.list(MAX_FINAL_ROWS);
    if (list.length > 0) this.screen.write(`${drawTable(this.columns, list).join('\n')}\n`);
    const { size } = this.rows;
    const cut = size > list.length ? ` (the first ${list.length} are shown)` : '';
    const seconds = ((Date.now() - this.startedMs) / 1000).toFixed(2);
    this.screen.write(
      size === 0
        ? `Empty set (${seconds} s)\n`
        : `${size} ${size === 1 ? 'row' : 'rows'} in set${cut} (${seconds} s)\n`,
    );
  }

  private refresh(): void {
    this.timer = setTimeout(() => this.refresh(), REFRESH_MS);
    if (!this.dirty && this.drawn > 0) return;
    this.dirty = false;
    this.draw();
  }

  private draw(): void {
    const width = this.screen.columns ?? 80;
    const room = Math.max(3, (this.screen.rows ?? 24) - FRAME_LINES);
    const { size, changes } = this.rows;
    const list = this.rows.list();
    // A result with an order shows its head, another one what is newest.
    const shown = this.job.order.length > 0 ? list.slice(0, room) : list.slice(-room);
    const lines = drawTable(this.columns, shown).map((line) =>
      displayWidth(line) > width ? fitted(line, width) : line,
    );
    const hidden = size > shown.length ? `, ${size - shown.length} more not shown` : '';
    const status = `${size} ${size === 1 ? 'row' : 'rows'}, ${changes} changes${hidden} · Ctrl-C ends the query`;
    lines.push(fitted(status, width - 1));
    this.erase();
    this.screen.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  /** Takes away what was drawn last. */
  private erase(): void {
    if (this.drawn > 0) this.screen.write(`\x1b[${this.drawn}A\x1b[0J`);
    this.drawn = 0;
  }
}
