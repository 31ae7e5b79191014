/**
 * The layout of a record: what stands between the values that are needed, byte for byte, and where they stand among it.
 * Learnt from one record that the general path has read; layout-code.ts compiles it.
 */
import type { ColumnReader, Extent, RowReader } from './row-reader.js';
import { Scanner } from './scanner.js';

/** What a value that isn't needed was in the sample; `any`: it may be anything. */
export type SkippedValue = 'string' | 'number' | 'boolean' | 'container' | 'any';

export type Token =
  /** Exactly these bytes: punctuation, keys, white space, `null` of a row. */
  | { readonly op: 'text'; readonly bytes: number[] }
  /** A value that is needed, with its position and length in the sample. */
  | { readonly op: 'value'; readonly column: ColumnReader; readonly at: number; readonly length: number }
  /** A ROW that the filter needs as a whole is complete. */
  | { readonly op: 'complete'; readonly column: ColumnReader }
  /** A value that isn't. */
  | { readonly op: 'skip'; readonly what: SkippedValue; readonly length: number };

export interface Layout {
  readonly tokens: readonly Token[];
  /** Columns found in the record; ROW columns that are null there are not among them. */
  readonly found: ReadonlySet<ColumnReader>;
  /** All columns are found before the record's end, and what follows is not looked at. */
  readonly early: boolean;
  /** Layouts with the same key are the same. */
  readonly key: string;
}

/** Objects that aren't needed are taken apart up to this many members, so that their values may vary in length. */
const MAX_TOKENS = 400;

/** Thrown when no layout can be told from a record. */
export class Unlearnable {}

/** Collects the tokens of a record while a scanner walks it. */
export class LayoutBuilder {
  readonly tokens: Token[] = [];
  readonly found = new Set<ColumnReader>();
  private text: number[] = [];
  private from: number;

  constructor(readonly scanner: Scanner) {
    this.from = scanner.pos;
  }

  /** Ends the constant text that reaches from the last value to pos. */
  constant(): void {
    const { buf, pos } = this.scanner;
    for (let p = this.from; p < pos; p++) this.text.push(buf[p]);
    this.from = pos;
    if (this.text.length > 0) this.tokens.push({ op: 'text', bytes: this.text });
    this.text = [];
    if (this.tokens.length > MAX_TOKENS) throw new Unlearnable();
  }

  /** The value at pos, which is not constant text. */
  variable(make: (length: number, at: number) => Token): void {
    this.constant();
    const start = this.scanner.pos;
    this.scanner.skipValue();
    this.tokens.push(make(this.scanner.pos - start, start - this.scanner.start));
    this.from = this.scanner.pos;
  }

  /** The key at pos and its colon. */
  key(): string {
    const { scanner } = this;
    scanner.takeString();
    const key = scanner.buf.utf8Slice(scanner.tokenStart, scanner.tokenEnd);
    if (key.includes('\\')) throw new Unlearnable();
    scanner.takeColon();
    return key;
  }

  /** The layout, `early` or up to the record's end. */
  finish(early: boolean): Layout {
    if (!early) {
      this.scanner.peek();
      this.constant();
    }
    return { tokens: this.tokens, found: this.found, early, key: this.tokens.map(keyOf).join('\u0102') };
  }
}

function keyOf(token: Token): string {
  switch (token.op) {
    case 'text':
      return String.fromCharCode(...token.bytes);
    case 'value':
      return `\u0100${token.column.path}`;
    case 'complete':
      return `\u0103${token.column.path}`;
    default:
      return `\u0101${token.what}`;
  }
}

class Learner {
  constructor(
    private readonly builder: LayoutBuilder,
    private readonly tolerant: boolean,
  ) {}

  private skip(): void {
    const { builder } = this;
    const { scanner } = builder;
    const c = scanner.buf[scanner.pos];
    if (this.tolerant) builder.variable((length) => ({ op: 'skip', what: 'any', length }));
    else if (c === 123) this.object(undefined, 'object');
    else if (c === 110) scanner.skipValue();
    else {
      const what = c === 34 ? 'string' : c === 91 ? 'container' : c === 116 || c === 102 ? 'boolean' : 'number';
      builder.variable((length) => ({ op: 'skip', what, length }));
    }
  }

  /** Walks an object as RowReader.fill does; the result is the same. With `object`, goes on to the closing brace. */
  object(row: RowReader | undefined, extent: Extent): boolean {
    const { builder } = this;
    const { scanner } = builder;
    const seen = new Set<ColumnReader>();
    scanner.pos++;
    if (scanner.peek() === 125) {
      scanner.pos++;
      return false;
    }
    do {
      const key = builder.key();
      const complete = seen.size === row?.columns.length && extent !== 'whole';
      const column = complete ? undefined : row?.columns.find((c) => c.field.name === key);
      if (column === undefined) {
        this.skip();
        continue;
      }
      if (seen.has(column)) throw new Unlearnable();
      seen.add(column);
      const last = extent === 'record' && seen.size === row!.columns.length;
      const c = scanner.buf[scanner.pos];
      // A ROW that is neither an object nor null has been made NULL: nothing to predict from.
      if (column.row && c !== 123 && c !== 110) throw new Unlearnable();
      if (column.row && c === 110) scanner.skipValue();
      else {
        builder.found.add(column);
        if (!column.row) builder.variable((length, at) => ({ op: 'value', column, at, length }));
        else {
          const inner = last ? 'record' : extent === 'whole' ? 'whole' : 'object';
          if (this.object(column.row, inner) && last) {
            if (column.filterIndex >= 0) builder.tokens.push({ op: 'complete', column });
            return true;
          }
        }
      }
      if (column.row && column.filterIndex >= 0) {
        builder.constant();
        builder.tokens.push({ op: 'complete', column });
      }
      if (last) {
        builder.constant();
        return true;
      }
    } while (scanner.more(125));
    return false;
  }
}

/**
 * The layout of the object in buf[start, end), or undefined when none can be told from it. `tolerant`: values that aren't
 * needed may be anything the next time.
 */
export function learnLayout(
  buf: Buffer,
  start: number,
  end: number,
  row: RowReader,
  wholeRecord: boolean,
  tolerant: boolean,
): Layout | undefined {
  const scanner = new Scanner();
  scanner.reset(buf, start, end);
  const builder = new LayoutBuilder(scanner);
  try {
    if (scanner.peek() !== 123 || row.columns.length === 0) return undefined;
    return builder.finish(new Learner(builder, tolerant).object(row, wholeRecord ? 'whole' : 'record'));
  } catch {
    return undefined;
  }
}
