/**
 * CSV → rows. Columns are told by their position. The general path takes any record apart; records without quotes are
 * tried first by code generated for the columns that are needed (fast-code.ts), which gives up on whatever is unusual.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { RecordDecoder } from '../../source/contract.js';
import { Chunk, Views } from '../chunk.js';
import type { DecoderSpec, DecoderTarget } from '../contract.js';
import { metadataReader } from '../metadata.js';
import { excerpt, Malformed, Mismatch } from '../problems.js';
import { FILTERED, RecordFilter } from '../record-filter.js';
import { rowMaker, rowMakerOfArray } from '../row-maker.js';
import { type TextType, textType } from '../text-values.js';
import { type CsvPlan, compileFast, type FastDecoder } from './fast-code.js';
import { endOfRecord, FieldCursor } from './fields.js';
import { type CsvOptions, csvOptions } from './options.js';

const NOWHERE = 0x7fffffff;

/** Columns that are needed, by position. Throws a FormatError for types that text can't hold. */
function plan(spec: DecoderSpec, options: CsvOptions): CsvPlan {
  const readers = new Map<number, TextType>();
  const positions = spec.read.map((name) => spec.columns.fields.findIndex((f) => f.name === name));
  for (const i of positions) {
    const { name, type } = spec.columns.fields[i];
    readers.set(i, textType('csv', type, name, options.elementDelimiter));
  }
  const filter = spec.filter && new RecordFilter(spec.filter);
  const filterAt = filter?.paths.map(([name]) => spec.columns.fields.findIndex((f) => f.name === name)) ?? [];
  const names = [...spec.read, ...spec.metadata.map((m) => m.field.name)];
  return {
    fields: spec.columns.fields,
    positions,
    readers,
    last: Math.max(-1, ...positions),
    metadata: spec.metadata.map((m) => metadataReader('csv', m.field, m.key)),
    make: rowMaker(names),
    filter,
    filterAt: Math.max(-1, ...filterAt),
  };
}

class CsvDecoder implements RecordDecoder {
  private readonly cursor: FieldCursor;
  private readonly fast: FastDecoder;
  private readonly values: unknown[];
  private readonly views = new Views();
  private readonly chunk = new Chunk();
  private readonly slots = new Map<number, number>();
  private readonly makeOfArray: (values: unknown[]) => Record<string, unknown>;

  constructor(
    private readonly csv: CsvPlan,
    private readonly options: CsvOptions,
    private readonly target: DecoderTarget,
  ) {
    this.cursor = new FieldCursor(options);
    this.fast = compileFast(csv, options, target);
    this.values = new Array(csv.positions.length + csv.metadata.length);
    for (const [slot, position] of csv.positions.entries()) this.slots.set(position, slot);
    const names = Array.from(this.values, (_, i) => String(i));
    this.makeOfArray = rowMakerOfArray(names, csv.make);
  }

  record(buf: Buffer, start: number, end: number): void {
    if (start < 0 || this.passedOver(buf, start, end)) return;
    const record = buf.subarray(start, end);
    const { quote, escaper } = this.options;
    if (!record.includes(quote) && (escaper < 0 || !record.includes(escaper))) {
      const kind = isAscii(record) ? 1 : isUtf8(record) ? 2 : 0;
      if (kind !== 0 && this.fast(buf, this.views.of(buf), start, end, kind) === 1) return;
    }
    this.decode(buf, start, end);
  }

  lines(whole: Buffer, start: number, end: number, maxRecords: number, last: boolean): number {
    const { options, target } = this;
    const { meta } = target;
    this.chunk.open(whole, start, end);
    const { buf, view, kind } = this.chunk;
    const base = meta.offset - start;
    const counted = meta.line > 0;
    const { quote, escaper } = options;
    let { special } = this.chunk;
    let p = start;
    for (let n = 0; n < maxRecords && p < end; n++) {
      if (special < p) special = nextOf(buf, p, quote, escaper);
      let newline = buf.indexOf(10, p);
      let lines = 1;
      if (special < newline) {
        const simple = newline;
        newline = endOfRecord(buf, p, end, options);
        if (counted) for (let q = simple; q >= 0 && q < newline; q = buf.indexOf(10, q + 1)) lines++;
      }
      if (newline < 0) {
        if (!last) break;
        newline = end;
      }
      const stop = newline > p && buf[newline - 1] === 13 ? newline - 1 : newline;
      meta.offset = base + p;
      const skipped = (meta.offset === 0 && options.header) || this.passedOver(buf, p, stop);
      if (!skipped && (kind === 0 || special < stop || this.fast(buf, view, p, stop, kind) === 0))
        this.decode(buf, p, stop);
      if (counted) meta.line += lines;
      p = newline < end ? newline + 1 : end;
    }
    meta.offset = base + p;
    this.chunk.close(p, special);
    return p;
  }

  /** Blank lines, and comments where they are allowed. */
  private passedOver(buf: Buffer, start: number, end: number): boolean {
    return start === end || (buf[start] === 35 && this.options.comments);
  }

  private decode(buf: Buffer, start: number, end: number): void {
    const { target, options } = this;
    const bom = buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf ? 3 : 0;
    try {
      this.fill(buf, start, end, start + bom);
    } catch (problem) {
      if (problem === FILTERED) return;
      if (problem instanceof Mismatch) {
        if (options.ignoreErrors) return;
        const found = excerpt(buf, problem.at, problem.end);
        const reason = `expected ${problem.expected} for column "${problem.column}", found ${found} at byte ${problem.at - start}`;
        target.bad({ reason, column: problem.column, buf, start, end });
      } else if (problem instanceof Malformed) {
        if (!options.ignoreErrors) target.bad({ reason: problem.reason, buf, start, end });
      } else throw problem;
      return;
    }
    const { metadata, positions } = this.csv;
    for (let i = 0; i < metadata.length; i++) this.values[positions.length + i] = metadata[i](target.meta);
    target.emit(this.makeOfArray(this.values), 0);
  }

  private readonly valueOf = (name: string) =>
    this.values[this.csv.positions.findIndex((i) => this.csv.fields[i].name === name)];

  private fill(buf: Buffer, start: number, end: number, from: number): void {
    const { csv, cursor, options } = this;
    cursor.reset(buf, from, end);
    for (let i = 0; i <= csv.last; i++) {
      const slot = this.slots.get(i);
      if (!cursor.next()) {
        if (!options.ignoreErrors) {
          const expected = csv.fields.length;
          throw new Malformed(`expected ${expected} fields, found ${i} at byte ${end - start}`, end);
        }
        if (slot !== undefined) this.values[slot] = null;
      } else if (slot !== undefined) this.values[slot] = this.value(i);
      if (i === csv.filterAt && !csv.filter!.accepts(this.valueOf)) throw FILTERED;
    }
    if (csv.last === csv.fields.length - 1 && !cursor.done && !options.ignoreErrors) {
      let found = csv.fields.length;
      while (cursor.next()) found++;
      throw new Malformed(`expected ${csv.fields.length} fields, found ${found} at byte ${end - start}`, end);
    }
  }

  private value(position: number): unknown {
    const { csv, cursor, options } = this;
    const { name, type } = csv.fields[position];
    const reader = csv.readers.get(position)!;
    const text = cursor.text();
    const isText = type.kind === 'VARCHAR' || type.kind === 'CHAR';
    const isNull = !cursor.quoted && (text === options.nullLiteral || (!isText && text.trim() === ''));
    const value = isNull ? (type.nullable ? null : undefined) : reader.read(text);
    if (value !== undefined) return value;
    if (options.ignoreErrors && type.nullable) return null;
    throw new Mismatch(isNull ? 'a value that is not null' : reader.expected, cursor.fieldStart, cursor.fieldEnd, name);
  }
}

/** First position of either byte at or behind p. */
function nextOf(buf: Buffer, p: number, a: number, b: number): number {
  const first = a < 0 ? -1 : buf.indexOf(a, p);
  const second = b < 0 ? -1 : buf.indexOf(b, p);
  return Math.min(first < 0 ? NOWHERE : first, second < 0 ? NOWHERE : second);
}

/** Throws a FormatError when a column's type or an option can't be had. */
export function csvDecoder(spec: DecoderSpec, target: DecoderTarget): RecordDecoder {
  const options = csvOptions(spec.options);
  return new CsvDecoder(plan(spec, options), options, target);
}
