/**
 * Reads an object into a row, whatever the order of its keys. The last of duplicate keys wins among those read; once all
 * columns are there, the rest is skipped (nested rows) or not looked at (the record itself).
 */
import type { Field, Row } from '../../record/types.js';
import { Mismatch } from '../problems.js';
import { rowMaker, rowMakerOfArray } from '../row-maker.js';
import type { Scanner } from './scanner.js';
import { mismatch, nullable, type ReaderContext, type ValueReader, valueReader } from './values.js';

/**
 * How far to read: `object` stops at the value that completes the row, which lies in this object; `record` stops there too,
 * and may leave nested objects open, because what follows is not looked at; `whole` reads to the closing brace.
 */
export type Extent = 'object' | 'record' | 'whole';

/** Up to this many keys, comparing bytes with each is quicker than looking up the key's text. */
const MANY_KEYS = 24;

/** A column of a row with what reads it. */
export interface ColumnReader {
  readonly field: Field;
  /** `bid.price` */
  readonly path: string;
  readonly read: ValueReader;
  /** As `read`, but may leave the value unfinished once its row is complete. */
  readonly readLast: ValueReader;
  /** Of a ROW column. */
  readonly row?: RowReader;
  /** Which of the filter's values it is, or −1. */
  readonly filterIndex: number;
}

export interface RowReader {
  readonly columns: readonly ColumnReader[];
  /** Makes a row of the scanner's `values`. */
  readonly make: (...values: unknown[]) => Row;
  /** A nested row: leaves pos behind the object. */
  readonly read: ValueReader;
  /** A nested row, for the last column that the record lacks: leaves pos wherever the row is complete. */
  readonly readLast: ValueReader;
  /** Fills `values` from the object at pos. True: all columns are there, and the object is still open. */
  fill(scanner: Scanner, values: unknown[], extent: Extent): boolean;
}

/** `path`: of the row's column; empty for the record itself. */
export function rowReader(fields: readonly Field[], path: readonly string[], ctx: ReaderContext): RowReader {
  const columns = fields.map((field): ColumnReader => {
    const names = [...path, field.name];
    const columnPath = names.join('.');
    const filterIndex = ctx.filter?.indexOf(names) ?? -1;
    if (field.type.kind !== 'ROW') {
      const read = valueReader(field.type, columnPath, ctx);
      return { field, path: columnPath, read, readLast: read, filterIndex };
    }
    const row = rowReader(field.type.fields, names, ctx);
    const wrap = (read: ValueReader) => nullable(read, field.type, columnPath, ctx);
    return { field, path: columnPath, read: wrap(row.read), readLast: wrap(row.readLast), row, filterIndex };
  });
  const keys = fields.map((f) => Buffer.from(f.name, 'utf8'));
  const indexOf = new Map(fields.map((f, i) => [f.name, i]));
  const names = fields.map((f) => f.name);
  const make = rowMaker(names);
  const makeOfArray = rowMakerOfArray(names, make);
  // A type does not contain itself, so a reader is never at work twice at once.
  const found = new Uint8Array(fields.length);

  /** Index of the key that is the scanner's token, or −1; `guess` is tried first. */
  function field(scanner: Scanner, guess: number): number {
    if (guess < keys.length && !scanner.tokenEscaped && scanner.tokenIs(keys[guess])) return guess;
    if (keys.length > MANY_KEYS || scanner.tokenEscaped) return indexOf.get(scanner.tokenText()) ?? -1;
    for (let i = 0; i < keys.length; i++) if (scanner.tokenIs(keys[i])) return i;
    return -1;
  }

  function missing(scanner: Scanner, at: number, values: unknown[]): void {
    for (let i = 0; i < fields.length; i++) {
      if (found[i] !== 0) continue;
      if (ctx.failOnMissing || !fields[i].type.nullable) {
        throw new Mismatch(`a field "${fields[i].name}"`, at, scanner.pos, columns[i].path);
      }
      values[i] = null;
    }
  }

  function fill(scanner: Scanner, values: unknown[], extent: Extent): boolean {
    const at = scanner.pos;
    if (scanner.buf[at] !== 123) mismatch(scanner, at, 'an object', path.join('.'));
    found.fill(0);
    let left = fields.length;
    let guess = 0;
    scanner.pos++;
    if (scanner.peek() === 125) scanner.pos++;
    else {
      do {
        if (scanner.pos >= scanner.end || scanner.buf[scanner.pos] !== 34) scanner.fail("a key in '\"'");
        scanner.takeString();
        const i = left > 0 || extent === 'whole' ? field(scanner, guess) : -1;
        scanner.takeColon();
        if (i < 0) {
          scanner.skipValue();
          continue;
        }
        const last = extent === 'record' && left === 1 && found[i] === 0;
        values[i] = last ? columns[i].readLast(scanner) : columns[i].read(scanner);
        if (columns[i].filterIndex >= 0) ctx.filter!.offer(columns[i].filterIndex, values[i]);
        guess = i + 1;
        if (found[i] === 0) {
          found[i] = 1;
          if (--left === 0 && extent !== 'whole') return true;
        }
      } while (scanner.more(125));
    }
    if (left > 0) missing(scanner, at, values);
    return false;
  }

  const read: ValueReader = (scanner) => {
    const values: unknown[] = new Array(fields.length);
    if (fill(scanner, values, ctx.validateRecord ? 'whole' : 'object')) scanner.skipRest(125);
    return makeOfArray(values);
  };
  const readLast: ValueReader = (scanner) => {
    const values: unknown[] = new Array(fields.length);
    fill(scanner, values, 'record');
    return makeOfArray(values);
  };
  return { columns, make, read, readLast, fill };
}
