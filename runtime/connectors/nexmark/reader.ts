/**
 * Reads splits of generators. A generator's events are dealt to its splits in blocks, so that the events are the same whatever the
 * number of splits; a reader with several splits takes a block of each in turn, which keeps times in order.
 */
import type { PollResult, ReaderContext, SourceReader, Split, SplitOutput } from '../../source/contract.js';
import { eventMaker, type MakeEvent } from './events.js';
import { type NexmarkSettings, nexmarkSettings } from './settings.js';

export const BLOCK_EVENTS = 64;
const MAX_BURST_SECONDS = 1;

export interface SplitName {
  readonly generator: number;
  readonly part: number;
  readonly parts: number;
}

/** `0.3/8`: the fourth of eight parts of the first generator. */
export function splitId({ generator, part, parts }: SplitName): string {
  return `${generator}.${part}/${parts}`;
}

function parseSplitId(id: string): SplitName {
  const [generator, part, parts] = id.split(/[./]/).map(Number);
  return { generator, part, parts };
}

interface SplitState {
  readonly id: string;
  readonly output: SplitOutput;
  readonly make: MakeEvent;
  readonly name: SplitName;
  /** Events of this split that were emitted: its position. */
  done: number;
  /** Events of the whole generator. */
  readonly events: number;
  finished: boolean;
}

export class NexmarkReader implements SourceReader {
  private readonly splits: SplitState[] = [];
  private readonly makers = new Map<number, { make: MakeEvent; events: number }>();
  private readonly settings: NexmarkSettings;
  private readonly limited: boolean;
  private noMore = false;
  private turn = 0;
  private credit = 0;
  private lastMs = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ctx: ReaderContext) {
    this.settings = nexmarkSettings(ctx.options);
    this.limited = ctx.options['rate.limited'] === 'true';
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, position } of splits) {
      const name = parseSplitId(id);
      let maker = this.makers.get(name.generator);
      if (!maker) {
        const { columns, read } = this.ctx.spec;
        const { make, sequence } = eventMaker(this.settings, name.generator, columns, read);
        maker = { make, events: sequence.events };
        this.makers.set(name.generator, maker);
      }
      const output = this.ctx.openSplit(id);
      output.meta.origin = id;
      this.splits.push({ id, output, name, ...maker, done: position as number, finished: false });
    }
    this.splits.sort((a, b) => a.name.generator - b.name.generator || a.name.part - b.name.part);
    this.turn = this.turnOfEarliest();
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.noMore = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    let wanted = maxRecords;
    if (this.limited) {
      this.earn();
      wanted = Math.min(maxRecords, Math.floor(this.credit));
    }
    let emitted = 0;
    for (let idle = 0; emitted < wanted && idle < this.splits.length; ) {
      const split = this.splits[this.turn];
      const count = split.finished ? 0 : emitBlock(split, wanted - emitted);
      emitted += count;
      idle = count === 0 ? idle + 1 : 0;
      if (split.finished || split.done % BLOCK_EVENTS === 0) this.turn = (this.turn + 1) % this.splits.length;
    }
    this.credit -= emitted;
    if (this.splits.every((split) => split.finished)) return this.noMore ? 'end' : 'wait';
    return this.limited && this.credit < 1 ? this.later() : 'more';
  }

  snapshot(): Split[] {
    return this.splits.map(({ id, done }) => ({ id, position: done }));
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
  }

  private turnOfEarliest(): number {
    let earliest = 0;
    for (let i = 1; i < this.splits.length; i++) {
      if (blocksDone(this.splits[i]) < blocksDone(this.splits[earliest])) earliest = i;
    }
    const begun = this.splits.findIndex((split) => split.done % BLOCK_EVENTS !== 0);
    return begun >= 0 ? begun : earliest;
  }

  /** This reader's share of the events is that of its splits. */
  private get share(): number {
    const { eventsPerSecond, generators } = this.settings;
    return this.splits.reduce((sum, { name }) => sum + eventsPerSecond / generators / name.parts, 0);
  }

  private earn(): void {
    const now = performance.now();
    const { share } = this;
    this.credit = Math.min(this.credit + ((now - this.lastMs) / 1000) * share, Math.max(1, share * MAX_BURST_SECONDS));
    this.lastMs = now;
  }

  private later(): PollResult {
    const { share } = this;
    if (!this.timer && share > 0) {
      const events = Math.max(1, share / 100) - this.credit;
      const waitMs = Math.max(1, Math.ceil((events / share) * 1000));
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.ctx.wake();
      }, waitMs);
    }
    return 'wait';
  }
}

function blocksDone(split: SplitState): number {
  return Math.floor(split.done / BLOCK_EVENTS);
}

/** Emits the rest of a block, at most `limit` events. Returns how many; marks the split finished behind its last one. */
function emitBlock(split: SplitState, limit: number): number {
  const { name, output, make, events } = split;
  const block = blocksDone(split);
  const within = split.done - block * BLOCK_EVENTS;
  const first = (block * name.parts + name.part) * BLOCK_EVENTS + within;
  const count = Math.max(0, Math.min(BLOCK_EVENTS - within, limit, events - first));
  for (let i = 0; i < count; i++) {
    output.meta.offset = first + i;
    output.emit(make(first + i), 0);
  }
  split.done += count;
  if (first + count >= events) {
    split.finished = true;
    output.finish();
  }
  return count;
}
