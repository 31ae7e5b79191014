/**
 * Reads an object into a row, whatever the order of its keys. The last of duplicate keys wins among those read; once all
 * columns are there, the rest is skipped (nested rows) or not looked at (the record itself).
 */
import type { Field, Row } from '../../record/types.js';
import { Mismatch } from '../problems.js';
import { rowMaker, rowMakerOfArray } from '../row-maker.js';
import type { Scanner } from './scanner.js';
import { mismatch, type ReaderContext, type ValueReader, valueReader } from './values.js';

export interface RowReader {
  /** Makes a row of the scanner's `values`. */
  readonly make: (...values: unknown[]) => Row;
  /** A nested row: leaves pos behind the object. */
  readonly read: ValueReader;
  /**
   * Fills `values` from the object at pos. `whole`: goes on to the closing brace. Otherwise stops behind the value that
   * completed the row; the result says whether that happened before the closing brace.
   */
  fill(scanner: Scanner, values: unknown[], whole: boolean): boolean;
}

export function rowReader(fields: readonly Field[], path: string, ctx: ReaderContext): RowReader {
  const columns = fields.map((f) => (path === '' ? f.name : `${path}.${f.name}`));
  const readers = fields.map((f, i) => valueReader(f.type, columns[i], ctx));
  const keys = fields.map((f) => Buffer.from(f.name, 'utf8'));
  const indexOf = new Map(fields.map((f, i) => [f.name, i]));
  const names = fields.map((f) => f.name);
  const make = rowMaker(names);
  const makeOfArray = rowMakerOfArray(names, make);
  // A type does not contain itself, so a reader is never at work twice at once.
  const found = new Uint8Array(fields.length);

  /** Index of the key that is the scanner's token, or −1; `guess` is tried first. */
  function field(scanner: Scanner, guess: number): number {
    if (guess < keys.length) {
      const key = keys[guess];
      const { buf, tokenStart: start, tokenEnd: end } = scanner;
      if (end - start === key.length) {
        let i = 0;
        while (i < key.length && buf[start + i] === key[i]) i++;
        if (i === key.length) return guess;
      }
    }
    return indexOf.get(scanner.tokenText()) ?? -1;
  }

  function missing(scanner: Scanner, at: number, values: unknown[]): void {
    for (let i = 0; i < fields.length; i++) {
      if (found[i] !== 0) continue;
      if (ctx.failOnMissing || !fields[i].type.nullable) {
        throw new Mismatch(`a field "${fields[i].name}"`, at, scanner.pos, columns[i]);
      }
      values[i] = null;
    }
  }

  function fill(scanner: Scanner, values: unknown[], whole: boolean): boolean {
    const at = scanner.pos;
    if (scanner.buf[at] !== 123) mismatch(scanner, at, 'an object', path);
    found.fill(0);
    let left = fields.length;
    let guess = 0;
    scanner.pos++;
    if (scanner.peek() === 125) scanner.pos++;
    else {
      do {
        if (scanner.pos >= scanner.end || scanner.buf[scanner.pos] !== 34) scanner.fail("a key in '\"'");
        scanner.takeString();
        const i = left > 0 || whole ? field(scanner, guess) : -1;
        scanner.takeColon();
        if (i < 0) {
          scanner.skipValue();
          continue;
        }
        values[i] = readers[i](scanner);
        guess = i + 1;
        if (found[i] === 0) {
          found[i] = 1;
          if (--left === 0 && !whole) return true;
        }
      } while (scanner.more(125));
    }
    if (left > 0) missing(scanner, at, values);
    return false;
  }

  const read: ValueReader = (scanner) => {
    const values: unknown[] = new Array(fields.length);
    if (fill(scanner, values, false)) scanner.skipRest(125);
    return makeOfArray(values);
  };
  return { make, read, fill };
}
