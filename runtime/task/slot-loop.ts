/**
 * The loop of a slot: gives each of its tasks a turn until nobody has work, and lets sockets and timers have theirs between.
 * It stands still until `start`, and again after `stop` or an error.
 */
import type { StateDisk } from '../state/disk/state-disk.js';
import type { NodeState } from '../state/node-state.js';
import type { Task } from './task.js';

/** How long the loop works before sockets and timers get their turn. */
const TURN_MS = 4;
/** Rows wait at most about this long for their batch to fill while the slot is busy. */
const FLUSH_MS = 5;
/**
 * Rows that a source gives in a turn while state is still to be read: each may have to wait for its key group, and the first ones are to
 * come out before all groups are there.
 */
const POLL_ROWS_WHILE_READING = 16;
/** After the start only what rows ask for is read for so long: what comes first goes out first. */
const READ_AFTER_MS = 150;
/** So often entries whose time is over are looked for. */
const SWEEP_MS = 500;

export class SlotLoop {
  tasks: readonly Task[] = [];
  /** Where state outgrows its share of the memory. */
  disk: StateDisk | undefined;
  /** What comes from other slots. */
  lines: { poll(): void; doze(): void } | undefined;
  /** States of which a part may still be to be read. */
  reading: readonly NodeState[] = [];
  /** Some state expires. */
  sweeps = false;
  private running = false;
  private scheduled = false;
  private timer: NodeJS.Timeout | undefined;
  /** When state that nobody asks for is read too. */
  private readFrom = 0;
  private lastFlush = 0;
  private lastSweep = 0;

  constructor(
    private readonly now: () => number,
    private readonly fail: (error: Error) => void,
  ) {}

  start(): void {
    this.running = true;
    this.readFrom = performance.now() + READ_AFTER_MS;
    if (this.reading.length > 0) setTimeout(() => this.wake(), READ_AFTER_MS);
    this.wake();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    this.lines?.doze();
  }

  /** Calls the timers of a stage's transforms at that time. */
  schedule(stage: number, timeMs: number): void {
    // Transforms may ask while the tasks are still being built.
    queueMicrotask(() => {
      const task = this.tasks.find((t) => t.stage.index === stage);
      if (!task) setImmediate(() => this.tasks.find((t) => t.stage.index === stage)?.schedule(timeMs));
      else task.schedule(timeMs);
      this.wake();
    });
  }

  /** There may be work. */
  wake(): void {
    if (this.scheduled || !this.running) return;
    this.scheduled = true;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    if (!this.running) return;
    let again = false;
    try {
      this.lines?.poll();
      again = this.work();
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (again) this.wake();
    else {
      this.sleep();
      this.lines?.doze();
    }
  };

  /** Works for about TURN_MS. True: there is more. */
  private work(): boolean {
    const { tasks } = this;
    const start = performance.now();
    const isReading = this.reading.length > 0;
    const pollRows = isReading ? POLL_ROWS_WHILE_READING : undefined;
    let at = start;
    let any = true;
    while (any) {
      any = false;
      // From the ends to the sources: what is under way goes out before more comes in.
      for (let i = tasks.length - 1; i >= 0; i--) {
        const { source, metrics } = tasks[i];
        const read = source?.recordsOut;
        const more = tasks[i].step(pollRows);
        // All that waits: a source that read on meanwhile would keep the slots that sent it waiting for credit.
        if (more && !source && !isReading) this.drain(tasks[i], start);
        // A source that has no more for now may have read a few rows first: they were work as well.
        if (!more && source?.recordsOut === read) continue;
        any ||= more;
        const now = performance.now();
        metrics.busyMs += now - at;
        at = now;
        if (!this.running) return false;
        if (this.disk?.full) this.makeRoom();
      }
      if (isReading || at - start > TURN_MS) break;
    }
    if (!any || isReading || at - this.lastFlush > FLUSH_MS) {
      this.lastFlush = at;
      for (const task of tasks) task.flush();
      // What was flushed to a task of this slot is work.
      if (!any) any = tasks.some((t) => t.hasInput());
      if (this.sweeps && at - this.lastSweep > SWEEP_MS) this.sweep(at);
    }
    const writing = tasks.find((t) => t.checkpoints.writing);
    writing?.checkpoints.writeOn();
    const mayRead = isReading && at >= this.readFrom;
    if (mayRead) this.readOn();
    return any || writing !== undefined || (mayRead && this.reading.length > 0);
  }

  /** Works off what waits for a task, within the turn. */
  private drain(task: Task, turnBegan: number): void {
    while (this.running && !this.disk?.full && performance.now() - turnBegan < TURN_MS && task.step());
  }

  /** State that a restore has left as bytes becomes entries beside the data. */
  private readOn(): void {
    this.reading = this.reading.filter((state) => state.reading);
    this.reading[0]?.readOn(performance.now() + TURN_MS);
  }

  /** Entries whose time is over go a few at a time. */
  private sweep(at: number): void {
    this.lastSweep = at;
    for (const task of this.tasks) {
      if (!task.settle()) continue;
      for (const link of task.states()) link.state.sweep();
    }
  }

  /** State in memory outgrows its share: what was not used for long goes to disk. */
  private makeRoom(): void {
    let may = true;
    for (const task of this.tasks) if (!task.settle()) may = false;
    if (may) this.disk!.shrink();
  }

  /** Nothing to do: wakes for the next timer of a transform, and from time to time for idle sources. */
  private sleep(): void {
    clearTimeout(this.timer);
    let due = this.sweeps ? this.now() + SWEEP_MS : Number.POSITIVE_INFINITY;
    for (const task of this.tasks) {
      if (task.nextDue !== undefined) due = Math.min(due, task.nextDue);
      if (task.source?.spec.watermark?.idleTimeoutMs) due = Math.min(due, this.now() + 100);
    }
    if (due !== Number.POSITIVE_INFINITY) {
      this.timer = setTimeout(() => this.wake(), Math.max(0, Math.min(due - this.now(), 60_000)));
    }
  }
}
