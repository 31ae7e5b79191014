/**
 * Tries each record against the layouts of earlier ones, most frequent first; what fits none goes the general way and may
 * become a layout itself.
 *
 * A record's rows depend on that record alone: a layout takes only what the general path would read alike.
 */
import type { RecordDecoder } from '../../source/contract.js';
import { Chunk, type ChunkKind, Views } from '../chunk.js';
import type { DecoderTarget } from '../contract.js';
import type { RecordCode } from './record-code.js';

/** Layouts kept at a time: a stream of several kinds of records has one for each. */
const MAX_LAYOUTS = 6;
/** Compiled in a decoder's life: a stream whose records are never alike must not keep the compiler busy. */
const MAX_COMPILED = 40;

/** When that many did not do, values that aren't needed are no longer expected to be of the sample's kind. */
const TOLERANT_AFTER = 4;

/** Records that fit no layout before code for any order of members is compiled. */
const COMPILE_KEYED_AFTER = 16;
/** Records that fit not the first layout, over which it is counted how many fit another. */
const WINDOW = 512;

const NO_BACKSLASH = 0x7fffffff;

/** What a decoder does with a record that fits no layout. */
export interface GeneralPath {
  /** Returns whether it was a good record. */
  decode(buf: Buffer, start: number, end: number, kind: ChunkKind): boolean;
  /** A layout from a good record; `tolerant` when many have been learnt and records still differ. */
  learn(buf: Buffer, start: number, end: number, tolerant: boolean): LearntLayout | undefined;
  /** Code for records in which members stand in any order, where it can be had. */
  anyOrder?(): RecordCode | undefined;
  /** Whether rows have strings: then chunks are looked at for what their bytes are. */
  readonly hasStrings: boolean;
}

export interface LearntLayout {
  readonly key: string;
  compile(): RecordCode;
}

export class PredictingDecoder implements RecordDecoder {
  private readonly layouts: { decode: RecordCode; key: string; hits: number }[] = [];
  private first: RecordCode | undefined;
  private compiled = 0;
  /** General records still to pass before the next one is learnt from. */
  private patience = 0;
  private keyed: RecordCode | undefined;
  private generalRecords = 0;
  private windows = 0;
  private windowRecords = 0;
  private windowHits = 0;
  private othersSeldomFit = false;
  private readonly views = new Views();
  private readonly chunk: Chunk;

  constructor(
    private readonly general: GeneralPath,
    private readonly target: DecoderTarget,
  ) {
    this.chunk = new Chunk(general.hasStrings);
  }

  record(buf: Buffer, start: number, end: number): void {
    if (start < 0) return;
    const view = this.views.of(buf);
    const { first } = this;
    if (first !== undefined && first(buf, view, start, end, 0, 0) === 1) return;
    this.unpredicted(buf, view, start, end, 0, 0);
  }

  lines(whole: Buffer, start: number, end: number, maxRecords: number, last: boolean): number {
    const { meta } = this.target;
    this.chunk.open(whole, start, end);
    const { buf, view, kind } = this.chunk;
    const base = meta.offset - start;
    const counted = meta.line > 0 ? 1 : 0;
    let backslash = kind === 0 ? 0 : this.chunk.special;
    let p = start;
    for (let n = 0; n < maxRecords && p < end; n++) {
      let newline = buf.indexOf(10, p);
      if (newline < 0) {
        if (!last) break;
        newline = end;
      }
      if (kind !== 0 && backslash < p) {
        backslash = buf.indexOf(92, p);
        if (backslash < 0) backslash = NO_BACKSLASH;
      }
      const stop = newline > p && buf[newline - 1] === 13 ? newline - 1 : newline;
      meta.offset = base + p;
      const { first } = this;
      if (first === undefined || first(buf, view, p, stop, kind, backslash) === 0) {
        this.unpredicted(buf, view, p, stop, kind, backslash);
      }
      meta.line += counted;
      p = newline < end ? newline + 1 : end;
    }
    meta.offset = base + p;
    this.chunk.close(p, backslash);
    return p;
  }

  private unpredicted(
    buf: Buffer,
    view: DataView,
    start: number,
    end: number,
    kind: ChunkKind,
    backslash: number,
  ): void {
    const { layouts } = this;
    for (let i = this.skipsOthers() ? layouts.length : 1; i < layouts.length; i++) {
      const layout = layouts[i];
      if (layout.decode(buf, view, start, end, kind, backslash) === 0) continue;
      this.windowHits++;
      layout.hits++;
      if (layout.hits > layouts[i - 1].hits) this.promote(i);
      return;
    }
    if (this.keyed === undefined || this.keyed(buf, view, start, end, kind, backslash) === 0) {
      if (!this.general.decode(buf, start, end, kind)) return;
      if (++this.generalRecords === COMPILE_KEYED_AFTER) this.keyed = this.general.anyOrder?.();
    }
    if (this.patience > 0) this.patience--;
    else if (this.compiled < MAX_COMPILED) this.learn(buf, start, end);
  }

  /** Where the other layouts seldom fit, they are tried for one window of records out of eight only. */
  private skipsOthers(): boolean {
    if (++this.windowRecords === WINDOW) {
      this.windows++;
      this.othersSeldomFit = this.windowHits < WINDOW / 8 && (this.windows & 7) !== 0;
      this.windowRecords = 0;
      this.windowHits = 0;
    }
    return this.othersSeldomFit;
  }

  /** Hits are counted only where prediction by the first layout failed, so they say which layout should come first. */
  private promote(i: number): void {
    const { layouts } = this;
    const layout = layouts[i];
    layouts[i] = layouts[i - 1];
    layouts[i - 1] = layout;
    if (i === 1) for (const l of layouts) l.hits >>= 1;
    this.first = layouts[0].decode;
  }

  private learn(buf: Buffer, start: number, end: number): void {
    const { layouts } = this;
    const layout = this.general.learn(buf, start, end, this.compiled >= TOLERANT_AFTER);
    if (layout === undefined || layouts.some((l) => l.key === layout.key)) {
      this.patience = 64;
      return;
    }
    this.compiled++;
    this.patience = this.compiled < 8 ? 0 : 1 << Math.min(this.compiled - 4, 16);
    const decode = layout.compile();
    if (layouts.length === MAX_LAYOUTS) layouts.pop();
    layouts.push({ decode, key: layout.key, hits: 0 });
    this.first = layouts[0].decode;
  }
}
