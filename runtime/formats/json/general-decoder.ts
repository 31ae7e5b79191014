/**
 * Decodes one record whatever it looks like: the path that learns nothing and assumes nothing. layout-decoder.ts predicts;
 * what it predicts must come out as here.
 */
import type { Field } from '../../record/types.js';
import type { DecoderSpec, DecoderTarget } from '../contract.js';
import { FormatError } from '../format-error.js';
import { metadataReader } from '../metadata.js';
import { excerpt, Malformed, Mismatch } from '../problems.js';
import { FILTERED, type RecordFilter } from '../record-filter.js';
import { rowMaker, rowMakerOfArray } from '../row-maker.js';
import type { JsonOptions } from './options.js';
import type { RowTemplate } from './record-code.js';
import { type RowReader, rowReader } from './row-reader.js';
import { Scanner } from './scanner.js';

/** The columns of the spec that are to be read, in the order of the row's keys. */
export function readFields(format: string, spec: DecoderSpec): Field[] {
  return spec.read.map((name) => {
    const field = spec.columns.fields.find((f) => f.name === name);
    if (!field) throw new FormatError(format, `the table has no column '${name}'`, 'This is a fault of the plan.');
    return field;
  });
}

export interface GeneralDecoder {
  /** Reads the columns that are to be read. */
  readonly reader: RowReader;
  readonly template: RowTemplate;
  /** Decodes buf[start, end): rows go to the target, or one BadRecord. Returns whether it was a good record. */
  decode(buf: Buffer, start: number, end: number): boolean;
}

export function generalDecoder(
  spec: DecoderSpec,
  options: JsonOptions,
  target: DecoderTarget,
  filter: RecordFilter | undefined,
): GeneralDecoder {
  const scanner = new Scanner();
  const { meta } = target;
  const fields = readFields('json', spec);
  const names = [...fields.map((f) => f.name), ...spec.metadata.map((m) => m.field.name)];
  const metadata = spec.metadata.map((m) => metadataReader('json', m.field, m.key));
  const reader = rowReader(fields, [], { ...options, filter });
  const make = rowMaker(names);
  const makeOfArray = rowMakerOfArray(names, make);
  const values: unknown[] = new Array(names.length);

  const slots = new Map(fields.map((f, i) => [f.name, i]));
  const columnValue = (name: string) => values[slots.get(name)!];

  function emit(): void {
    if (filter && !filter.accepts(columnValue)) return;
    for (let i = 0; i < metadata.length; i++) values[fields.length + i] = metadata[i](meta);
    target.emit(makeOfArray(values), 0);
  }

  function object(): void {
    const { buf } = scanner;
    if (fields.length === 0 && !options.validateRecord) scanner.pos++;
    else if (!reader.fill(scanner, values, options.validateRecord ? 'whole' : 'record')) {
      if (scanner.peek() !== -1) scanner.fail('the end of the record');
      emit();
      return;
    }

    let last = scanner.end - 1;
    while (buf[last] === 32 || buf[last] === 9 || buf[last] === 13 || buf[last] === 10) last--;
    if (last < scanner.pos || buf[last] !== 125) {
      scanner.pos = last < scanner.pos ? scanner.end : last;
      scanner.fail("'}' at the end of the record");
    }
    emit();
  }

  /** An array of objects is as many rows. */
  function array(): void {
    const rows: unknown[][] = [];
    scanner.pos++;
    if (scanner.peek() === 93) scanner.pos++;
    else {
      do {
        filter?.begin();
        if (reader.fill(scanner, values, options.validateRecord ? 'whole' : 'object')) scanner.skipRest(125);
        rows.push(values.slice());
      } while (scanner.more(93));
    }
    if (scanner.peek() !== -1) scanner.fail('the end of the record');
    for (const row of rows) {
      for (let i = 0; i < fields.length; i++) values[i] = row[i];
      emit();
    }
  }

  function decode(buf: Buffer, start: number, end: number): boolean {
    scanner.reset(buf, start, end);
    if (buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf) scanner.pos += 3;
    filter?.begin();
    try {
      const c = scanner.peek();
      if (c === -1) return true;
      if (c !== 123 && c !== 91) scanner.fail("'{'");
      if (c === 123) object();
      else array();
      return true;
    } catch (problem) {
      if (problem === FILTERED) return true;
      if (problem instanceof Mismatch) {
        if (options.ignoreErrors) return false;
        const found = excerpt(buf, problem.at, problem.end);
        const column = problem.column === '' ? undefined : problem.column;
        const subject = column === undefined ? '' : ` for column "${column}"`;
        target.bad({
          reason: `expected ${problem.expected}${subject}, found ${found} at byte ${problem.at - start}`,
          column,
          buf,
          start,
          end,
        });
      } else if (problem instanceof Malformed) {
        if (options.ignoreErrors) return false;
        target.bad({ reason: problem.reason, buf, start, end });
      } else throw problem;
      return false;
    }
  }

  const template: RowTemplate = {
    scanner,
    columns: reader.columns,
    code(cg, codeOf) {
      const columns = reader.columns.map(codeOf);
      const others = metadata.map((read) => `${cg.bind(read, 'metadata')}(${cg.bind(meta, 'meta')})`);
      return `${cg.bind(make, 'make')}(${[...columns, ...others].join(', ')})`;
    },
  };
  return { reader, template, decode };
}
