/**
 * The rows of one key group, as bytes: records one behind the other in pages, and for each key the chain of its rows, in typed arrays.
 * Nothing of it but the keys and the pages is an object that the collector has to look at.
 *
 * A record is that of a segment's block, so that a cut copies ranges of pages: number of the table · PUT · key, number in its key, values.
 */
import { ByteReader, ByteWriter } from '../../record/bytes.js';
import type { EntryReader } from '../../record/object-codec.js';
import { type Entry, type MapKey, PUT } from '../table.js';
import type { DecodedKey } from './decoded-keys.js';

/** No record begins behind that in a page. */
const PAGE_BYTES = 128 * 1024;
const FIRST_PAGE_BYTES = 1024;
const NONE = -1;
/** Bytes of a record before its key: the table's number, and its kind. */
const HEADER = 2;

/** A place between two records. */
export interface Place {
  readonly page: number;
  readonly offset: number;
  /** How many rows stand before it. */
  readonly rows: number;
}

export const START: Place = { page: 0, offset: 0, rows: 0 };

/** Where the bytes of rows are read. */
interface Page {
  readonly out: ByteWriter;
  /** Of `out.buf`, as long as it is that one. */
  view: DataView;
}

export class RowPages {
  /** Place of each key in `chains`. */
  private readonly keys = new Map<MapKey, number>();
  /** Four numbers a key, which stand in one line of a cache: first and last row, how many, number of the next one · 2 + asked for. */
  private chains = new Int32Array(16);
  /** Three a row: page and offset where it begins, the next row of its key. */
  private links = new Int32Array(24);
  private rows = 0;
  private readonly pages: Page[] = [newPage(FIRST_PAGE_BYTES)];
  /** What a page keeps free behind the last beginning of a record, so that it need not grow. */
  private slack = 256;
  private start = 0;
  /** Up to there it is in segments. */
  saved: Place = START;
  /** Index: place of a key / 4. Of keys that were asked for lately. */
  private decoded: (DecodedKey | undefined)[] = [];

  /** `table`: number of the table in segments. */
  constructor(private table: number) {}

  /** Where a key's chain is, or -1. */
  find(key: MapKey): number {
    return this.keys.get(key) ?? NONE;
  }

  /** Makes a key that is not there. `key` is kept: detach strings. Its first row must follow. */
  make(key: MapKey): number {
    const at = this.keys.size * 4;
    this.keys.set(key, at);
    if (at === this.chains.length) {
      this.chains = grown(this.chains);
      if (this.decoded.length > 0) this.makeRoomForDecoded();
    }
    this.chains[at] = NONE;
    return at;
  }

  /** The decoded rows of a key, where they are kept. */
  decodedOf(at: number): DecodedKey | undefined {
    return this.decoded[at >> 2];
  }

  keepDecoded(key: DecodedKey): void {
    if (this.decoded.length === 0) this.makeRoomForDecoded();
    this.decoded[key.at >> 2] = key;
  }

  dropDecoded(at: number): void {
    this.decoded[at >> 2] = undefined;
  }

  /** One for each key that there is room for: V8 makes a slow dictionary of an array that has large gaps. */
  private makeRoomForDecoded(): void {
    const decoded = new Array<DecodedKey | undefined>(this.chains.length >> 2);
    for (let i = 0; i < this.decoded.length; i++) decoded[i] = this.decoded[i];
    this.decoded = decoded;
  }

  forgetDecoded(): void {
    this.decoded = [];
  }

  /** Whether a key was asked for before; it is from now on. */
  wasAsked(at: number): boolean {
    const before = this.chains[at + 3];
    this.chains[at + 3] = before | 1;
    return (before & 1) === 1;
  }

  /** How many rows a key has. */
  count(at: number): number {
    return this.chains[at + 2];
  }

  /** The number that the next row of a key gets. */
  nextNumber(at: number): number {
    return this.chains[at + 3] >> 1;
  }

  lastOf(at: number): number {
    return this.chains[at + 1];
  }

  get size(): number {
    return this.rows;
  }

  /** Begins the record of a row: the caller writes key, number and values into what is returned, then calls end(). */
  begin(): ByteWriter {
    let { out } = this.pages[this.pages.length - 1];
    if (out.pos + this.slack > PAGE_BYTES) {
      const page = newPage(PAGE_BYTES);
      this.pages.push(page);
      out = page.out;
    }
    this.start = out.pos;
    out.byte(this.table);
    out.byte(PUT);
    return out;
  }

  /** Ends the record of a row of that key, whose number among the key's rows is `number`. */
  end(at: number, number: number): void {
    const { out } = this.pages[this.pages.length - 1];
    const bytes = out.pos - this.start;
    // Writing a text makes room for three times its length.
    if (4 * bytes > this.slack) this.slack = Math.min(4 * bytes, PAGE_BYTES / 2);
    if (out.buf.length > PAGE_BYTES && this.start > 0) this.moveToNewPage(out, bytes);
    const page = this.pages.length - 1;
    const row = this.rows++;
    const link = row * 3;
    if (link === this.links.length) this.links = grown(this.links);
    const { chains, links } = this;
    links[link] = page;
    links[link + 1] = this.start;
    links[link + 2] = NONE;
    if (chains[at] === NONE) chains[at] = row;
    else links[chains[at + 1] * 3 + 2] = row;
    chains[at + 1] = row;
    chains[at + 2]++;
    chains[at + 3] = ((number + 1) << 1) | (chains[at + 3] & 1);
  }

  /** The last record had no room in its page, and made it larger: that would cost the memory of two pages. */
  private moveToNewPage(out: ByteWriter, bytes: number): void {
    const page = newPage(Math.max(PAGE_BYTES, bytes));
    page.out.slice(out.buf, this.start, out.pos);
    this.pages.push(page);
    out.pos = this.start;
    out.buf = out.take();
    out.pos = this.start;
    this.start = 0;
  }

  /** Appends the rows of a key that come behind row `after` (-1: all) to `into`, in the order in which they came. */
  readKey(at: number, after: number, read: EntryReader<Entry>, into: Entry[]): void {
    const { links } = this;
    for (let row = after < 0 ? this.chains[at] : links[after * 3 + 2]; row !== NONE; row = links[row * 3 + 2]) {
      const page = this.pages[links[row * 3]];
      const { buf } = page.out;
      if (page.view.buffer !== buf.buffer) page.view = viewOf(buf);
      into.push(read(buf, page.view, links[row * 3 + 1] + HEADER));
    }
  }

  /** Shows all rows, as they came, to who reads them: from behind a record's kind to its end. */
  readAll(read: (input: ByteReader) => void): void {
    for (const { out } of this.pages) {
      for (const input = new ByteReader(out.buf, 0, out.pos); input.pos < out.pos; ) {
        input.skip(HEADER);
        read(input);
      }
    }
  }

  /** Where the next record begins. */
  get here(): Place {
    const page = this.pages.length - 1;
    return { page, offset: this.pages[page].out.pos, rows: this.rows };
  }

  /** What a page holds between two places. */
  copyPage(page: number, from: Place, to: Place, into: ByteWriter): void {
    const { buf, pos } = this.pages[page].out;
    into.slice(buf, page === from.page ? from.offset : 0, page === to.page ? to.offset : pos);
  }

  /** The rows belong to another table from now on. */
  renumber(table: number): void {
    if (table === this.table) return;
    this.table = table;
    const { links } = this;
    for (let link = 0; link < this.rows * 3; link += 3) this.pages[links[link]].out.buf[links[link + 1]] = table;
  }
}

function newPage(bytes: number): Page {
  const out = new ByteWriter(bytes);
  return { out, view: viewOf(out.buf) };
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}
