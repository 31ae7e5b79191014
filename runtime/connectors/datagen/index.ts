/**
 * Generated rows, with the options of Flink's datagen: `rows-per-second`, `number-of-rows`, `fields.NAME.kind` (random or
 * sequence), `min`, `max`, `length`, `start`, `end` … and `seed`.
 *
 * Each row is a function of seed and number, its time a function of number and the time at which the job first started: a replay
 * gives the same rows. Numbers are dealt to `splits` splits, whatever the parallelism, so that a rescale changes nothing.
 */
import { TidewheelError } from '../../../api/errors.js';
import type {
  Json,
  PollResult,
  ReaderContext,
  SourceConnector,
  SourceReader,
  Split,
  SplitOutput,
} from '../../source/contract.js';
import { checkFieldOptions, columnGenerator, type GeneratedColumn } from './column.js';
import { seedOf } from './random.js';

const DEFAULT_ROWS_PER_SECOND = 10_000;
const DEFAULT_SPLITS = 8;
/** Rows that may come at once after the reader was held up. */
const MAX_BURST_SECONDS = 1;

export const source: SourceConnector = {
  name: 'datagen',
  bounded: (options) =>
    options['number-of-rows'] !== undefined ||
    Object.entries(options).some(([name, value]) => /^fields\..*\.kind$/.test(name) && value === 'sequence') ||
    Object.keys(options).some((name) => /^fields\..*\.start$/.test(name)),
  options: {
    'rows-per-second': {
      default: String(DEFAULT_ROWS_PER_SECOND),
      doc: 'Rows a second, of all subtasks together. 0: as fast as they are taken.',
    },
    'number-of-rows': { doc: 'Rows in all. Left out: without end, unless a column is a sequence.' },
    seed: { default: '0', doc: 'Another seed gives other rows; the same gives the same.' },
    'start-time': {
      doc: 'Time of the first row, as ISO 8601 text or milliseconds. Default: when the job first starts.',
    },
    splits: {
      default: String(DEFAULT_SPLITS),
      doc: 'Parts into which rows are dealt: an upper bound of useful parallelism.',
    },
    'fields.*': {
      doc: 'Of a column: `fields.NAME.kind` (random, sequence), `.min`, `.max`, `.max-past` (of times), `.length`, `.var-len`, `.null-rate`, `.start`, `.end`.',
    },
  },
  async enumerate(ctx, known) {
    // Dealt once and for all: another number of splits would deal rows anew.
    if (known && known.size > 0) return [];
    const count = Math.max(1, wholeOption(ctx.options, 'splits') ?? DEFAULT_SPLITS);
    const start = startTime(ctx.options);
    return Array.from({ length: count }, (_, i): Split => ({ id: `${i}/${count}`, position: { next: i, start } }));
  },
  createReader: (ctx) => new DatagenReader(ctx),
};

interface SplitState {
  readonly id: string;
  readonly count: number;
  readonly start: number;
  next: number;
  readonly output: SplitOutput;
  finished: boolean;
}

class DatagenReader implements SourceReader {
  private readonly splits: SplitState[] = [];
  /** Undefined when splits have come since. */
  private turn: Turn | undefined;
  private readonly rowsPerSecond: number;
  private readonly rows: number;
  private readonly makeRow: (index: number, timeMs: number) => Record<string, unknown>;
  private noMore = false;
  private timer: NodeJS.Timeout | undefined;
  /** Rows that may still be emitted for what time has passed. */
  private credit = 0;
  private lastMs = performance.now();

  constructor(private readonly ctx: ReaderContext) {
    const { options, spec } = ctx;
    if (spec.columns.untyped) {
      throw new TidewheelError('TW1302', 'datagen needs to know the columns', {
        hint: 'Add schema: "id BIGINT, name STRING, ts TIMESTAMP(3)" to the source',
      });
    }
    checkFieldOptions(spec.columns.fields, options);
    const seed = seedOf(options['seed']);
    const columns = spec.columns.fields.map(
      (field, i) => [field.name, columnGenerator(field, options, seed, i)] as const,
    );
    this.rows = Math.min(
      wholeOption(options, 'number-of-rows') ?? Number.POSITIVE_INFINITY,
      ...columns.map(([, column]) => column.rows ?? Number.POSITIVE_INFINITY),
    );
    this.rowsPerSecond = wholeOption(options, 'rows-per-second') ?? DEFAULT_ROWS_PER_SECOND;
    this.makeRow = rowMaker(
      columns.filter(([name]) => spec.read.includes(name)),
      spec.read,
    );
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, position } of splits) {
      const { next, start } = position as { next: number; start: number };
      const output = this.ctx.openSplit(id);
      output.meta.origin = id;
      this.splits.push({ id, count: Number(id.split('/')[1]), start, next, output, finished: false });
    }
    this.turn = undefined;
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.noMore = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    let wanted = maxRecords;
    const limited = this.rowsPerSecond > 0;
    if (limited) {
      this.earn();
      wanted = Math.min(maxRecords, Math.floor(this.credit));
      if (wanted === 0 && this.splits.some((split) => !split.finished)) return this.later();
    }
    let emitted = 0;
    this.turn ??= new Turn(this.splits.filter((split) => !this.isThrough(split)));
    const { turn } = this;
    while (emitted < wanted) {
      const split = turn.first;
      if (!split) break;
      const timeMs = split.start + (limited ? Math.floor((split.next * 1000) / this.rowsPerSecond) : 0);
      split.output.meta.offset = split.next;
      split.output.emit(this.makeRow(split.next, timeMs), 0);
      split.next += split.count;
      emitted++;
      if (this.isThrough(split)) turn.leave();
      else turn.pass();
    }
    this.credit -= emitted;
    if (this.splits.every((split) => split.finished)) return this.noMore ? 'end' : 'wait';
    return limited && this.credit < 1 ? this.later() : 'more';
  }

  snapshot(): Split[] {
    return this.splits.map(({ id, next, start }) => ({ id, position: { next, start } satisfies Json }));
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
  }

  /** Finishes a split whose rows have all come. */
  private isThrough(split: SplitState): boolean {
    if (split.next < this.rows) return false;
    if (!split.finished) split.output.finish();
    split.finished = true;
    return true;
  }

  /** This reader's share of the rows is that of its splits. */
  private get share(): number {
    return this.splits.length === 0 ? 0 : (this.rowsPerSecond * this.splits.length) / this.splits[0].count;
  }

  private earn(): void {
    const now = performance.now();
    this.credit = Math.min(
      this.credit + ((now - this.lastMs) / 1000) * this.share,
      Math.max(1, this.share * MAX_BURST_SECONDS),
    );
    this.lastMs = now;
  }

  private later(): PollResult {
    if (!this.timer && this.share > 0) {
      const rows = Math.max(1, this.share / 100) - this.credit;
      this.timer = setTimeout(
        () => {
          this.timer = undefined;
          this.ctx.wake();
        },
        Math.max(1, Math.ceil((rows / this.share) * 1000)),
      );
    }
    return 'wait';
  }
}

/**
 * Whose row comes next: that of the split which is furthest back, so that row numbers, and times, rise, also behind a restore. A ring in
 * the order of the next rows: while all are equally far, each that has had its turn is the last, and nothing is moved.
 */
class Turn {
  private readonly ring: SplitState[];
  private at = 0;

  constructor(splits: readonly SplitState[]) {
    this.ring = [...splits].sort((a, b) => a.next - b.next);
  }

  get first(): SplitState | undefined {
    return this.ring[this.at];
  }

  /** The first one's next row is another now. */
  pass(): void {
    const { ring } = this;
    const n = ring.length;
    const split = ring[this.at];
    const last = ring[this.at === 0 ? n - 1 : this.at - 1];
    if (split.next >= last.next) {
      this.at = this.at + 1 === n ? 0 : this.at + 1;
      return;
    }
    // Among the others, or still the first.
    let place = this.at;
    for (;;) {
      const behind = place + 1 === n ? 0 : place + 1;
      if (ring[behind].next >= split.next) break;
      ring[place] = ring[behind];
      place = behind;
    }
    ring[place] = split;
  }

  /** The first one has no more rows. */
  leave(): void {
    this.ring.splice(this.at, 1);
    if (this.at === this.ring.length) this.at = 0;
  }
}

/** Compiled, so that all rows share one shape. */
function rowMaker(
  columns: readonly (readonly [string, GeneratedColumn])[],
  read: readonly string[],
): (index: number, timeMs: number) => Record<string, unknown> {
  const byName = new Map(columns.map(([name, column]) => [name, column.generate]));
  const makers = read.map((name) => byName.get(name)!);
  const body = read.map((name, i) => `${JSON.stringify(name)}: makers[${i}](index, timeMs)`).join(', ');
  return new Function('makers', `'use strict'; return (index, timeMs) => ({ ${body} });`)(makers);
}

function wholeOption(options: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TidewheelError('TW1302', `option '${name}' must be a whole number, not '${text}'`);
  }
  return value;
}

function startTime(options: Readonly<Record<string, string>>): number {
  const text = options['start-time'];
  if (text === undefined) return Date.now();
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isSafeInteger(ms)) {
    throw new TidewheelError('TW1302', `option 'start-time' must be ISO 8601 text or milliseconds, not '${text}'`);
  }
  return ms;
}
