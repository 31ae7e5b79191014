/**
 * What the code of all generated decoders of records is made of: reading or skipping the value at p, and making the row.
 *
 * Generated code gives up (0) on whatever is not as it expects, before anything has been handed on, and the general path
 * decides what the record is. It takes only what the general path would read alike.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { ChunkKind } from '../chunk.js';
import type { DecoderTarget } from '../contract.js';
import { makeStrings, type StringVariables } from '../late-strings.js';
import type { RecordFilter } from '../record-filter.js';
import { isFixed, valueCode } from '../value-code.js';
import type { SkippedValue } from './layout.js';
import { endOfString, FAILED, readValue, skipAny, skipNumber } from './layout-values.js';
import type { ColumnReader, RowReader } from './row-reader.js';
import { type Scanner, STRING_STOP } from './scanner.js';

/**
 * Decodes buf[start, end). 1: done (a row was emitted or filtered out). 0: not as expected. In chunks whose `kind` is
 * known, `backslash` is the position of the first backslash at or behind the record's start.
 */
export type RecordCode = (
  buf: Buffer,
  view: DataView,
  start: number,
  end: number,
  kind: ChunkKind,
  backslash: number,
) => 0 | 1;

/** Strings that are expected to be longer are searched for their end by memchr, shorter ones byte by byte. */
const LONG_STRING = 28;

/** What the values of a record become. */
export interface RowTemplate {
  /** Of the decoder's general path. */
  readonly scanner: Scanner;
  /** Columns of the row: where the filter finds its values. */
  readonly columns: readonly ColumnReader[];
  /** The code of the row. */
  code(cg: Codegen, codeOf: (column: ColumnReader) => string): string;
}

export abstract class RecordCompiler {
  protected readonly cg = new Codegen();
  protected readonly lines: string[] = [];
  private readonly declared: string[] = [];
  protected readonly variables = new Map<ColumnReader, StringVariables>();
  /** String columns whose text is still to be made. */
  protected pending: ColumnReader[] = [];

  constructor(
    protected readonly template: RowTemplate,
    protected readonly target: DecoderTarget,
    protected readonly filter: RecordFilter | undefined,
  ) {}

  /** The decoder of what `lines` do. `ordered`: members stand in the order in which columns were declared. */
  protected build(ordered: boolean): RecordCode {
    const { cg } = this;
    this.lines.push(
      ...makeStrings(
        this.pending.map((c) => this.variables.get(c)!),
        'kind === 2',
        ordered,
      ),
    );
    this.emit();
    const variables = [...this.declared, cg.takeDeclarations().replace(/^let |;\n$/g, '')].filter((v) => v !== '');
    const declarations = variables.length === 0 ? '' : `let ${variables.join(', ')};`;
    return cg.build<RecordCode>(`return (buf, view, start, end, kind, backslash) => {
      let p = start, q = 0, c = 0, n = 0, negative = false;
      ${declarations}
      ${this.lines.join('\n      ')}
      return 1;
    };`);
  }

  /** The code of a ROW column's value. */
  protected abstract rowValue(column: ColumnReader, row: RowReader): string;

  protected declare(hint: string, initial?: string): string {
    const name = this.cg.fresh(hint);
    this.declared.push(initial === undefined ? name : `${name} = ${initial}`);
    return name;
  }

  protected skip(what: SkippedValue, length: number): void {
    const { cg, lines } = this;
    switch (what) {
      case 'string':
        lines.push('if (buf[p] !== 34) return 0;', ...this.endOfString(length - 2), 'p = q + 1;');
        return;
      case 'number':
        lines.push(`p = ${cg.bind(skipNumber, 'skipNumber')}(buf, p, end);`, 'if (p < 0) return 0;');
        return;
      case 'boolean':
        lines.push(
          'if (p + 5 > end) return 0;',
          'if (view.getInt32(p, true) === 0x65757274) p += 4;',
          'else if (view.getInt32(p + 1, true) === 0x65736c61 && buf[p] === 102) p += 5;',
          'else return 0;',
        );
        return;
      case 'container':
      case 'any':
        lines.push(
          `p = ${cg.bind(skipAny, 'skipAny')}(${this.scanner()}, buf, p, start, end);`,
          'if (p < 0) return 0;',
        );
    }
  }

  protected scanner(): string {
    return this.cg.bind(this.template.scanner, 'scanner');
  }

  /**
   * Puts the position of the closing quote of the string that opens at p into q. Gives up on the prediction when the string
   * isn't closed before the record ends.
   */
  private endOfString(length: number): string[] {
    const end = this.cg.bind(endOfString, 'endOfString');
    const memchr = [
      'q = buf.indexOf(34, p + 1);',
      `if (q < 0 || q > backslash) q = ${end}(buf, p, end);`,
      'if (q < 0 || q >= end) return 0;',
    ];
    if (length > LONG_STRING) {
      return ['if (kind !== 0) {', ...memchr, '} else {', `q = ${end}(buf, p, end);`, 'if (q < 0) return 0;', '}'];
    }
    return [`q = ${end}(buf, p, end);`, 'if (q < 0) return 0;'];
  }

  /** The variables of a column; `at` and `length` are those of the sample. */
  protected declareValue(column: ColumnReader, at: number | undefined, length: number): void {
    const { kind } = column.field.type;
    const value = this.declare(column.field.name, 'null');
    if (kind === 'VARCHAR' || kind === 'CHAR') {
      const start = this.declare('start', '-1');
      const end = this.declare('end', '0');
      this.variables.set(column, { value, start, end, at, length });
      this.pending.push(column);
    } else this.variables.set(column, { value, start: '', end: '' });
  }

  /** Reads the value at p, whose bytes are about `length`, into its column's variables. */
  protected readInto(column: ColumnReader, length: number): void {
    const { type } = column.field;
    const variables = this.variables.get(column)!;
    if (variables.start !== '') {
      this.string(column, variables, length - 2);
      return;
    }
    const { value } = variables;
    const code = isFixed(type) ? valueCode(type, value, length, this.cg) : undefined;
    if (code !== undefined) {
      this.lines.push(...code.read, ...this.orNull(type.nullable, code.unless));
      return;
    }
    const read = `${this.cg.bind(readValue, 'readValue')}(${this.scanner()}, ${this.cg.bind(column.read, 'reader')}, buf, p, start, end)`;
    this.lines.push(`${value} = ${read};`, `if (${value} === ${this.cg.bind(FAILED, 'FAILED')}) return 0;`);
    this.lines.push(`p = ${this.scanner()}.pos;`);
  }

  /** What to do where a value's first byte is not that of its type: `null` if it may be NULL, else give up. */
  protected orNull(isNullable: boolean, prefix: string): string[] {
    if (!isNullable) return [`${prefix} return 0;`];
    return [`${prefix} if (p + 4 <= end && view.getInt32(p, true) === 0x6c6c756e) p += 4; else return 0;`];
  }

  private string(column: ColumnReader, v: StringVariables, length: number): void {
    const slow = this.cg.bind(readValue, 'readValue');
    const reader = this.cg.bind(column.read, 'reader');
    const slowPath = [
      `${v.value} = ${slow}(${this.scanner()}, ${reader}, buf, p, start, end);`,
      `if (${v.value} === ${this.cg.bind(FAILED, 'FAILED')}) return 0;`,
      `p = ${this.scanner()}.pos;`,
    ];
    const take = [`${v.start} = p + 1; ${v.end} = q; p = q + 1;`];
    const memchr = [
      'q = buf.indexOf(34, p + 1);',
      `if (q < 0 || q > backslash) { ${slowPath.join(' ')} }`,
      `else { ${take.join(' ')} }`,
    ];
    const stop = this.cg.bind(STRING_STOP, 'STRING_STOP');
    const loop = [
      'q = p + 1;',
      `while (${stop}[buf[q]] === 0) q++;`,
      `if (buf[q] !== 34) { ${slowPath.join(' ')} }`,
      `else { ${take.join(' ')} }`,
    ];
    this.lines.push('if (buf[p] === 34) {');
    if (length > LONG_STRING) this.lines.push('if (kind !== 0) {', ...memchr, '} else {', ...loop, '}');
    else this.lines.push('if (kind === 2) {', ...memchr, '} else {', ...loop, '}');
    this.lines.push(...this.orNull(column.field.type.nullable, '} else'));
  }

  /** The code of a row's value from the variables of its columns. */
  protected row(row: RowReader): string {
    const make = this.cg.bind(row.make, 'make');
    return `${make}(${row.columns.map((c) => this.columnValue(c)).join(', ')})`;
  }

  protected columnValue(column: ColumnReader): string {
    const v = this.variables.get(column);
    if (v) return v.value;
    return column.row ? this.rowValue(column, column.row) : 'null';
  }

  private emit(): void {
    const { cg, template, target } = this;
    const row = template.code(cg, (column) => this.columnValue(column));
    this.lines.push(`${cg.bind(target.emit, 'emit')}(${row}, 0);`);
  }
}
