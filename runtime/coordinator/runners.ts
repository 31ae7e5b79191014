/** The runners that are connected, their threads, and who has gone silent. */
import type { Logger } from '../source/contract.js';
import type { ControlLink, CoordinatorMessage, RunnerMessage, RunningSlot } from '../task/control.js';
import { Silence } from '../task/silence.js';
import type { SlotOrder, SlotReport } from '../task/slot.js';
import type { ThreadPlace } from './placement.js';

export interface RunnerInfo {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  ports: readonly number[];
  running: readonly RunningSlot[];
  readonly silence: Silence;
  rssBytes: number;
  cpuMs: number;
  draining: boolean;
  readonly joinedMs: number;
  readonly link: ControlLink<RunnerMessage, CoordinatorMessage>;
}

export interface RunnerEvents {
  joined(runner: RunnerInfo): void;
  left(runner: RunnerInfo): void;
  draining(runner: RunnerInfo): void;
  report(runner: RunnerInfo, thread: number, report: SlotReport): void;
}

const HEARTBEAT_MS = 1000;

export class Runners {
  private readonly all = new Map<string, RunnerInfo>();
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly job: string,
    private readonly epoch: number,
    private readonly silenceMs: number,
    private readonly log: Logger,
    private readonly events: RunnerEvents,
  ) {
    this.timer = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.timer.unref();
  }

  /** Those that may be given slots. */
  get ready(): RunnerInfo[] {
    return [...this.all.values()].filter((r) => !r.draining).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get list(): RunnerInfo[] {
    return [...this.all.values()];
  }

  get(id: string): RunnerInfo | undefined {
    return this.all.get(id);
  }

  accept(link: ControlLink<RunnerMessage, CoordinatorMessage>): void {
    let runner: RunnerInfo | undefined;
    link.onMessage((message) => {
      if (message.type === 'register') {
        if (message.job !== this.job) {
          link.send({ type: 'refused', reason: `this coordinator runs job "${this.job}", not "${message.job}"` });
          return;
        }
        const old = this.all.get(message.runner);
        runner = {
          id: message.runner,
          pid: message.pid,
          host: message.host,
          ports: message.ports,
          running: message.running,
          silence: new Silence(HEARTBEAT_MS, Date.now()),
          rssBytes: 0,
          cpuMs: 0,
          draining: false,
          joinedMs: Date.now(),
          link,
        };
        if (old) {
          old.link.send({ type: 'refused', reason: `another process has registered as ${message.runner}` });
          this.drop(old);
        }
        this.all.set(runner.id, runner);
        link.send({ type: 'welcome', epoch: this.epoch });
        this.events.joined(runner);
        return;
      }
      if (!runner) return;
      runner.silence.heard(Date.now());
      switch (message.type) {
        case 'threads':
          runner.ports = message.ports;
          for (const done of this.waiting.get(runner.id)?.splice(0) ?? []) done();
          return;
        case 'report':
          this.events.report(runner, message.thread, message.report);
          return;
        case 'draining':
          runner.draining = true;
          this.events.draining(runner);
          return;
        case 'heartbeat':
          runner.rssBytes = message.rssBytes;
          runner.cpuMs = message.cpuMs;
          return;
      }
    });
    link.onClose(() => {
      if (runner && this.all.get(runner.id) === runner) this.drop(runner);
    });
  }

  order(runner: string, thread: number, order: SlotOrder): void {
    this.all.get(runner)?.link.send({ type: 'order', thread, order });
  }

  /** Makes sure that a runner has that many threads. Resolves early when the runner goes away. */
  private async ensureThreads(id: string, count: number): Promise<void> {
    const runner = this.all.get(id);
    if (!runner || runner.ports.length >= count) return;
    runner.link.send({ type: 'threads', count });
    while (this.all.get(id) === runner && runner.ports.length < count) {
      await new Promise<void>((resolve) => this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]));
    }
  }

  /** The same for all runners of those places. */
  async openThreads(places: readonly ThreadPlace[]): Promise<void> {
    const threads = new Map<string, number>();
    for (const p of places) threads.set(p.runner, Math.max(threads.get(p.runner) ?? 0, p.thread + 1));
    await Promise.all([...threads].map(([runner, count]) => this.ensureThreads(runner, count)));
  }

  /** host:port of the data server of each place. Throws when a runner is gone. */
  addresses(places: readonly ThreadPlace[]): string[] {
    return places.map((p) => {
      const runner = this.all.get(p.runner);
      const port = runner?.ports[p.thread];
      if (!runner || port === undefined) throw new Error(`runner ${p.runner} went away while deploying`);
      return `${runner.host}:${port}`;
    });
  }

  shutdownAll(): void {
    for (const runner of this.all.values()) runner.link.send({ type: 'shutdown' });
  }

  close(): void {
    clearInterval(this.timer);
    for (const runner of this.all.values()) runner.link.close();
  }

  private drop(runner: RunnerInfo): void {
    this.all.delete(runner.id);
    for (const done of this.waiting.get(runner.id)?.splice(0) ?? []) done();
    this.events.left(runner);
    runner.link.close();
  }

  private beat(): void {
    const now = Date.now();
    for (const runner of this.list) {
      runner.link.send({ type: 'heartbeat' });
      const silentMs = runner.silence.look(now);
      if (silentMs > this.silenceMs) {
        this.log.warn({ runner: runner.id, silentMs }, 'a runner has gone silent and is taken for dead');
        this.drop(runner);
      }
    }
  }
}
