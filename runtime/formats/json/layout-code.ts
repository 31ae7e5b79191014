/**
 * Compiles a layout into straight-line code: compares the constant bytes four at a time, reads the needed values where they
 * must stand, makes strings last. Whatever is not exactly as predicted, it gives up on (0) before anything has been handed
 * on, and the general path decides what the record is.
 */

import { Codegen } from '../../expr/codegen/codegen.js';
import type { ChunkKind } from '../chunk.js';
import type { DecoderTarget } from '../contract.js';
import { makeStrings, type StringVariables } from '../late-strings.js';
import type { Path, RecordFilter } from '../record-filter.js';
import { isFixed, valueCode } from '../value-code.js';
import type { Layout, SkippedValue, Token } from './layout.js';
import { endOfString, FAILED, readValue, skipAny, skipNumber } from './layout-values.js';
import type { ColumnReader, RowReader } from './row-reader.js';
import { type Scanner, STRING_STOP } from './scanner.js';

/**
 * Decodes buf[start, end). 1: done (a row was emitted or filtered out). 0: not of this layout. In chunks whose `kind` is
 * known, `backslash` is the position of the first backslash at or behind the record's start.
 */
export type LayoutDecoder = (
  buf: Buffer,
  view: DataView,
  start: number,
  end: number,
  kind: ChunkKind,
  backslash: number,
) => 0 | 1;

/** Strings whose sample is longer are searched for their end by memchr, shorter ones byte by byte. */
const LONG_STRING = 28;

/** What a layout's values become. */
export interface RowTemplate {
  /** Of the decoder's general path. */
  readonly scanner: Scanner;
  /** Columns of the row: where the filter finds its values. */
  readonly columns: readonly ColumnReader[];
  /** The code of the row. */
  code(cg: Codegen, codeOf: (column: ColumnReader) => string): string;
}

class LayoutCompiler {
  private readonly cg = new Codegen();
  private readonly lines: string[] = [];
  private readonly declared: string[] = [];
  private readonly variables = new Map<ColumnReader, StringVariables>();
  /** String columns in the order of the record, whose text is still to be made. */
  private pending: ColumnReader[] = [];
  /** The filter's values that are still to be found. */
  private readonly needed: Set<number>;

  constructor(
    private readonly layout: Layout,
    private readonly template: RowTemplate,
    private readonly target: DecoderTarget,
    private readonly filter: RecordFilter | undefined,
  ) {
    this.needed = new Set(filter?.paths.map((_, i) => i));
  }

  compile(): LayoutDecoder {
    const { cg, layout } = this;
    for (const token of layout.tokens) this.token(token);
    if (layout.early) this.lines.push('if (p >= end || buf[end - 1] !== 125) return 0;');
    else this.lines.push('if (p !== end) return 0;');
    if (this.needed.size > 0) this.askFilter();
    this.lines.push(
      ...makeStrings(
        this.pending.map((c) => this.variables.get(c)!),
        'kind === 2',
      ),
    );
    this.emit();
    const variables = [...this.declared, cg.takeDeclarations().replace(/^let |;\n$/g, '')].filter((v) => v !== '');
    const declarations = variables.length === 0 ? '' : `let ${variables.join(', ')};`;
    return cg.build<LayoutDecoder>(`return (buf, view, start, end, kind, backslash) => {
      let p = start, q = 0, c = 0, n = 0, negative = false;
      ${declarations}
      ${this.lines.join('\n      ')}
      return 1;
    };`);
  }

  private declare(hint: string, initial?: string): string {
    const name = this.cg.fresh(hint);
    this.declared.push(initial === undefined ? name : `${name} = ${initial}`);
    return name;
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
        this.value(token.column, token.at, token.length);
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

  private skip(what: SkippedValue, length: number): void {
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

  private scanner(): string {
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

  private value(column: ColumnReader, at: number, length: number): void {
    const { type } = column.field;
    const value = this.declare(column.field.name, 'null');
    if (type.kind === 'VARCHAR' || type.kind === 'CHAR') {
      const start = this.declare('start', '-1');
      const end = this.declare('end', '0');
      const variables = { value, start, end, at, length };
      this.variables.set(column, variables);
      this.pending.push(column);
      this.string(column, variables, length - 2);
      return;
    }
    this.variables.set(column, { value, start: '', end: '' });
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
  private orNull(isNullable: boolean, prefix: string): string[] {
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
  private row(row: RowReader): string {
    const make = this.cg.bind(row.make, 'make');
    return `${make}(${row.columns.map((c) => this.columnValue(c)).join(', ')})`;
  }

  private columnValue(column: ColumnReader): string {
    const v = this.variables.get(column);
    if (v) return v.value;
    return column.row && this.layout.found.has(column) ? this.row(column.row) : 'null';
  }

  private emit(): void {
    const { cg, template, target } = this;
    const row = template.code(cg, (column) => this.columnValue(column));
    this.lines.push(`${cg.bind(target.emit, 'emit')}(${row}, 0);`);
  }
}

export function compileLayout(
  layout: Layout,
  template: RowTemplate,
  target: DecoderTarget,
  filter: RecordFilter | undefined,
): LayoutDecoder {
  return new LayoutCompiler(layout, template, target, filter).compile();
}
