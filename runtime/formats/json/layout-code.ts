/**
 * Compiles a layout into straight-line code: compares the constant bytes four at a time, reads the needed values where they
 * must stand, makes strings last.
 */
import type { DecoderTarget } from '../contract.js';
import { makeStrings } from '../late-strings.js';
import type { Path, RecordFilter } from '../record-filter.js';
import type { Layout, Token } from './layout.js';
import { type RecordCode, RecordCompiler, type RowTemplate } from './record-code.js';
import type { ColumnReader, RowReader } from './row-reader.js';

class LayoutCompiler extends RecordCompiler {
  /** The filter's values that are still to be found. */
  private readonly needed: Set<number>;

  constructor(
    private readonly layout: Layout,
    template: RowTemplate,
    target: DecoderTarget,
    filter: RecordFilter | undefined,
  ) {
    super(template, target, filter);
    this.needed = new Set(filter?.paths.map((_, i) => i));
  }

  compile(): RecordCode {
    for (const token of this.layout.tokens) this.token(token);
    if (this.layout.early) this.lines.push('if (p >= end || buf[end - 1] !== 125) return 0;');
    else this.lines.push('if (p !== end) return 0;');
    if (this.needed.size > 0) this.askFilter();
    return this.build(true);
  }

  /** Which ROWs are there is known beforehand. */
  protected rowValue(column: ColumnReader, row: RowReader): string {
    return this.layout.found.has(column) ? this.row(row) : 'null';
  }

  /** A value of the filter is known; with the last one, the filter is asked. */
  private known(column: ColumnReader): void {
    if (this.needed.delete(column.filterIndex) && this.needed.size === 0) this.askFilter();
  }

  private askFilter(): void {
    const filter = this.filter!;
    this.needed.clear();
    const values = filter.paths.map((path) => this.valueOfPath(path));
    this.lines.push(filter.code(values, '1', this.cg));
  }

  /** The value of a column or of a field within a row; NULL where the record has no such row. */
  private valueOfPath(path: Path): string {
    let columns = this.template.columns;
    for (let i = 0; ; i++) {
      const column = columns.find((c) => c.field.name === path[i]);
      if (column === undefined || !this.layout.found.has(column)) return 'null';
      if (i === path.length - 1) {
        this.makePending(column);
        return this.columnValue(column);
      }
      if (!column.row) return 'null';
      columns = column.row.columns;
    }
  }

  /** Makes the texts of a column, or of a row's columns, now. */
  private makePending(column: ColumnReader): void {
    if (this.pending.includes(column)) {
      this.lines.push(...makeStrings([this.variables.get(column)!], 'kind === 2'));
      this.pending = this.pending.filter((c) => c !== column);
    }
    for (const inner of column.row?.columns ?? []) this.makePending(inner);
  }

  private token(token: Token): void {
    switch (token.op) {
      case 'text':
        this.text(token.bytes);
        return;
      case 'skip':
        this.skip(token.what, token.length);
        return;
      case 'value':
        this.declareValue(token.column, token.at, token.length);
        this.readInto(token.column, token.length);
        this.known(token.column);
        return;
      case 'complete':
        this.known(token.column);
    }
  }

  /** Exactly these bytes. Reads past `end` stay in the buffer, because its length is checked first. */
  private text(bytes: readonly number[]): void {
    const n = bytes.length;
    const tests: string[] = [];
    const word = (at: number) =>
      `view.getInt32(p + ${at}, true) === ${bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)}`;
    let at = 0;
    for (; at + 4 <= n; at += 4) tests.push(word(at));
    if (at < n && n >= 4) tests.push(word(n - 4));
    else for (; at < n; at++) tests.push(`buf[p + ${at}] === ${bytes[at]}`);
    this.lines.push(`if (p + ${n} > end || !(${tests.join(' && ')})) return 0;`, `p += ${n};`);
  }
}

export function compileLayout(
  layout: Layout,
  template: RowTemplate,
  target: DecoderTarget,
  filter: RecordFilter | undefined,
): RecordCode {
  return new LayoutCompiler(layout, template, target, filter).compile();
}
