/**
 * Compiles the columns into code that takes the members of a record in any order and with any of them missing, as long as
 * there is no white space around them, no key twice and no escape in a key. For streams whose records are seldom alike.
 */
import type { DecoderTarget } from '../contract.js';
import { makeStrings } from '../late-strings.js';
import type { Path, RecordFilter } from '../record-filter.js';
import { skipRest } from './layout-values.js';
import { type RecordCode, RecordCompiler, type RowTemplate } from './record-code.js';
import type { ColumnReader, RowReader } from './row-reader.js';
import type { ReaderContext } from './values.js';

/** Columns found are bits of an integer. */
const MAX_COLUMNS = 30;
/** Lengths of values as they are written most often: there is no sample. */
const TIMESTAMP_BYTES = 25;
const OTHER_BYTES = 12;

class KeyedCompiler extends RecordCompiler {
  /** Of ROW columns: the variable that says whether the row is there. */
  private readonly present = new Map<ColumnReader, string>();
  private readonly missing = this.filter === undefined ? '' : this.declare('missing', String(this.filter.paths.length));

  constructor(
    private readonly reader: RowReader,
    private readonly ctx: ReaderContext,
    template: RowTemplate,
    target: DecoderTarget,
    filter: RecordFilter | undefined,
  ) {
    super(template, target, filter);
  }

  compile(): RecordCode {
    this.variablesOf(this.reader);
    this.lines.push('if (p >= end || buf[p] !== 123) return 0;', 'record: {');
    this.object(this.reader, '', 'true');
    // The closing brace was met: some columns are missing.
    this.lines.push('if (p !== end) return 0;', 'break record;', '}');
    this.lines.push('if (p > end || buf[end - 1] !== 125) return 0;');
    if (this.filter) this.lines.push(`if (${this.missing} > 0) {`, ...this.askFilter(), '}');
    return this.build(false);
  }

  protected rowValue(column: ColumnReader, row: RowReader): string {
    return `(${this.present.get(column)} ? ${this.row(row)} : null)`;
  }

  /** All variables are declared beforehand, because a filter may be asked anywhere. */
  private variablesOf(row: RowReader): void {
    for (const column of row.columns) {
      if (column.row) {
        this.present.set(column, this.declare('present', 'false'));
        this.variablesOf(column.row);
      } else this.declareValue(column, undefined, 0);
    }
  }

  /**
   * The object at p, up to its closing brace; leaves by `break record` when the record is complete. `outer`: condition that
   * all objects around it are complete but for this value; empty for an object whose rest must be read in any case.
   */
  private object(row: RowReader, label: string, outer: string): void {
    const { lines, cg } = this;
    const seen = this.declare('seen', '0');
    const all = 2 ** row.columns.length - 1;
    const loop = cg.fresh(label === '' ? 'members' : label);
    lines.push('p++;', `if (p < end && buf[p] === 125) p++;`, `else ${loop}: for (;;) {`);
    lines.push('if (p >= end || buf[p] !== 34) return 0;', 'q = p + 1;');
    lines.push('while (q < end && (c = buf[q]) !== 34) { if (c === 92) return 0; q++; }');
    lines.push('if (q + 1 >= end || buf[q + 1] !== 58) return 0;', 'n = q - p - 1;');
    row.columns.forEach((column, i) => {
      const bytes = [...Buffer.from(column.field.name, 'utf8')];
      const tests = [`n === ${bytes.length}`, ...bytes.map((b, j) => `buf[p + ${j + 1}] === ${b}`)];
      lines.push(`${i > 0 ? 'else ' : ''}if (${tests.join(' && ')}) {`);
      lines.push(`if ((${seen} & ${1 << i}) !== 0) return 0;`, `${seen} |= ${1 << i};`, 'p = q + 2;');
      this.member(column, outer === '' ? '' : `${outer} && ${seen} === ${all}`);
      lines.push('}');
    });
    lines.push('else {', 'p = q + 2;');
    this.skip('any', 0);
    lines.push('}', 'if (p >= end) return 0;');
    lines.push(`if (${seen} === ${all}) {`);
    if (outer !== '') lines.push(`if (${outer}) break record;`);
    lines.push(`p = ${cg.bind(skipRest, 'skipRest')}(${this.scanner()}, buf, p, start, end);`);
    lines.push('if (p < 0) return 0;', `break ${loop};`, '}');
    lines.push(`if (buf[p] === 44) p++;`, `else if (buf[p] === 125) { p++; break ${loop}; }`, 'else return 0;', '}');
    const needed = row.columns.map((c, i) => (this.ctx.failOnMissing || !c.field.type.nullable ? 1 << i : 0));
    const mask = needed.reduce((a, b) => a | b, 0);
    if (mask !== 0) lines.push(`if ((${seen} & ${mask}) !== ${mask}) return 0;`);
  }

  private member(column: ColumnReader, outer: string): void {
    const { lines } = this;
    if (column.row) {
      lines.push('if (p < end && buf[p] === 123) {', `${this.present.get(column)} = true;`);
      this.object(column.row, 'fields', outer);
      lines.push(...this.orNull(column.field.type.nullable, '} else'));
    } else {
      const isTimestamp = column.field.type.kind === 'TIMESTAMP' || column.field.type.kind === 'TIMESTAMP_LTZ';
      this.readInto(column, isTimestamp ? TIMESTAMP_BYTES : OTHER_BYTES);
    }
    if (column.filterIndex >= 0) lines.push(`if (--${this.missing} === 0) {`, ...this.askFilter(), '}');
  }

  private askFilter(): string[] {
    const filter = this.filter!;
    const lines: string[] = [];
    const values = filter.paths.map((path) => this.valueOfPath(path, lines));
    lines.push(filter.code(values, '1', this.cg));
    return lines;
  }

  private valueOfPath(path: Path, lines: string[]): string {
    let { columns } = this.template;
    for (let i = 0; ; i++) {
      const column = columns.find((c) => c.field.name === path[i]);
      if (column === undefined) return 'null';
      if (i === path.length - 1) {
        this.makeTexts(column, lines);
        return this.columnValue(column);
      }
      if (!column.row) return 'null';
      columns = column.row.columns;
    }
  }

  /** Makes the texts of a column now; they are not made again. */
  private makeTexts(column: ColumnReader, lines: string[]): void {
    const v = this.variables.get(column);
    if (v && v.start !== '') lines.push(...makeStrings([v], 'kind === 2'), `${v.start} = -1; ${v.end} = 0;`);
    for (const inner of column.row?.columns ?? []) this.makeTexts(inner, lines);
  }
}

function narrow(row: RowReader): boolean {
  return row.columns.length <= MAX_COLUMNS && row.columns.every((c) => !c.row || narrow(c.row));
}

/** `undefined` when a row has too many columns. */
export function compileKeyed(
  reader: RowReader,
  ctx: ReaderContext,
  template: RowTemplate,
  target: DecoderTarget,
  filter: RecordFilter | undefined,
): RecordCode | undefined {
  if (!narrow(reader) || reader.columns.length === 0) return undefined;
  return new KeyedCompiler(reader, ctx, template, target, filter).compile();
}
