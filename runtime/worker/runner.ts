/**
 * A runner: registers with the coordinator, opens threads, passes orders and reports on. It outlives coordinators: when the
 * connection is lost, the tasks go on, and the runner keeps looking for whoever leads now.
 */
import type { LeaderAddress } from '../snapshot/epochs.js';
import type { StoreSpec } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import {
  type ControlLink,
  type CoordinatorMessage,
  planHash,
  type RunnerMessage,
  type RunningSlot,
} from '../task/control.js';
import type { TaskMetrics } from '../task/metrics.js';
import { Silence } from '../task/silence.js';
import type { SlotOrder, SlotReport } from '../task/slot-messages.js';
import type { TlsFiles } from '../task/transport.js';
import type { Clock } from '../time/clock.js';
import { type LeaderRoutes, LeaderSearch } from './leader-search.js';
import { type SlotHost, type SlotHostOptions, slotInThread } from './slot-host.js';
import { Switchboard } from './switchboard.js';

export interface RunnerOptions extends LeaderRoutes {
  readonly id: string;
  readonly job: string;
  /** Address that the data servers listen on, and that other runners reach. */
  readonly bindHost: string;
  readonly host: string;
  /** One slot in this thread, none in others. */
  readonly inProcess: boolean;
  readonly log: Logger;
  readonly tls?: TlsFiles;
  /** A clock that a test turns; only with `inProcess`. */
  readonly clock?: Clock;
  /** Where coordinators leave their address; not with `inProcess`. */
  readonly leaderStore?: StoreSpec;
}

const RECONNECT_MS = 100;
const HEARTBEAT_MS = 1000;
/** Kubernetes kills after 30 s by default. */
const DRAIN_MS = 25_000;
/** Where no coordinator is there to ask: its successor takes a few seconds, if there is to be one. */
const ALONE_DRAIN_MS = 10_000;
/** A coordinator that says nothing for that long is taken for dead. */
const SILENCE_MS = 10_000;

export class Runner {
  private readonly threads: SlotHost[] = [];
  private readonly switchboard = new Switchboard();
  private opening: Promise<void> = Promise.resolve();
  private readonly running = new Map<number, RunningSlot>();
  private link: ControlLink<CoordinatorMessage, RunnerMessage> | undefined;
  private readonly latestMetrics = new Map<number, readonly TaskMetrics[]>();
  private readonly search: LeaderSearch;
  private isLed = false;
  private stopping = false;
  /** Asked to end, and not relieved yet. */
  private draining = false;
  private end!: (reason: string) => void;
  /** Resolves when the runner was told to shut down. */
  readonly done: Promise<string>;

  constructor(private readonly options: RunnerOptions) {
    this.search = new LeaderSearch(options.id, options, options.log);
    this.done = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** The coordinator knows this runner. */
  get connected(): boolean {
    return this.link !== undefined;
  }

  /** Latest figures of the tasks hosted here. */
  *taskMetrics(): Generator<TaskMetrics> {
    for (const tasks of this.latestMetrics.values()) yield* tasks;
  }

  /** Runs until told to stop. */
  async run(): Promise<string> {
    const opening = this.openThreads(1);
    // Side by side: it registers when both are there.
    void this.keepConnected();
    await opening;
    return this.done;
  }

  /** SIGTERM: asks the coordinator to move this runner's slots away, and ends when it has, or after a while. */
  drain(): void {
    if (this.running.size === 0) {
      void this.stop('asked to end');
      return;
    }
    this.draining = true;
    this.link?.send({ type: 'draining' });
    const waitMs = this.link ? DRAIN_MS : ALONE_DRAIN_MS;
    setTimeout(() => void this.stop('asked to end, and not relieved in time'), waitMs).unref();
  }

  async stop(reason = 'stopped'): Promise<void> {
    this.stopping = true;
    this.search.end();
    this.link?.close();
    await Promise.all(this.threads.map((t) => t.close()));
    this.end(reason);
  }

  private async keepConnected(): Promise<void> {
    for (;;) {
      const link = await this.search.find();
      if (!link) return;
      this.isLed = true;
      await this.serve(link);
      this.isLed = false;
      if (this.stopping) return;
      this.options.log.warn({ runner: this.options.id }, 'lost the coordinator; the data goes on');
      this.lookOut();
      // Whoever takes connections and ends them is not asked all the time.
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  /** The first thread looks for the coordinator's address while there is none. */
  private lookOut(): void {
    this.threads[0]?.lookForLeader?.(!this.isLed);
  }

  /** Serves a coordinator until the connection ends. */
  private async serve(link: ControlLink<CoordinatorMessage, RunnerMessage>): Promise<void> {
    await this.opening;
    this.lookOut();
    const { id, job, host } = this.options;
    const silence = new Silence(HEARTBEAT_MS, Date.now());
    const closed = new Promise<void>((resolve) => link.onClose(resolve));
    link.onMessage((message) => {
      silence.heard(Date.now());
      this.handle(message, link);
    });
    this.link = link;
    link.send({
      type: 'register',
      runner: id,
      pid: process.pid,
      host,
      job,
      ports: this.threads.map((t) => t.port),
      running: [...this.running.values()],
    });
    // A node that is drained takes the coordinator too: its successor hears of it anew.
    if (this.draining) link.send({ type: 'draining' });
    const timer = setInterval(() => {
      const cpu = process.cpuUsage();
      link.send({
        type: 'heartbeat',
        rssBytes: process.memoryUsage.rss(),
        cpuMs: Math.round((cpu.user + cpu.system) / 1000),
      });
      if (silence.look(Date.now()) > SILENCE_MS) link.close();
    }, HEARTBEAT_MS);
    await closed;
    clearInterval(timer);
    if (this.link === link) this.link = undefined;
  }

  private handle(message: CoordinatorMessage, link: ControlLink<CoordinatorMessage, RunnerMessage>): void {
    switch (message.type) {
      case 'threads':
        void this.openThreads(message.count).then(() =>
          link.send({ type: 'threads', ports: this.threads.map((t) => t.port) }),
        );
        return;
      case 'order':
        this.note(message.thread, message.order);
        this.threads[message.thread]?.handle(message.order);
        return;
      case 'shutdown':
        void this.stop('the job is over');
        return;
      case 'refused':
        this.options.log.warn({ reason: message.reason }, 'refused by the coordinator: ends');
        void this.stop(message.reason);
        return;
      default:
        return;
    }
  }

  private openThreads(count: number): Promise<void> {
    this.opening = this.opening.then(async () => {
      const missing = Math.max(0, count - this.threads.length);
      const first = this.threads.length;
      const hosts = await Promise.all(Array.from({ length: missing }, (_, i) => this.openThread(first + i)));
      this.threads.push(...hosts);
      if (first === 0) this.lookOut();
    });
    return this.opening;
  }

  private openThread(index: number): Promise<SlotHost> {
    const options = {
      job: this.options.job,
      host: this.options.bindHost,
      reachableHost: this.options.host,
      switchboard: this.switchboard,
      log: this.options.log,
      tls: this.options.tls,
      clock: this.options.clock,
      report: (report: SlotReport) => this.report(index, report),
      died: (error: Error) => void this.replaceThread(index, error),
      leaderStore: index === 0 ? this.options.leaderStore : undefined,
      leaderAt: (address: LeaderAddress) => this.search.tell(address),
    };
    return this.options.inProcess && index === 0 ? inProcess(options) : slotInThread(options);
  }

  private async replaceThread(index: number, error: Error): Promise<void> {
    this.options.log.error({ thread: index, error: error.message }, 'a slot thread died');
    const attempt = this.running.get(index)?.attempt ?? -1;
    this.running.delete(index);
    this.threads[index] = await this.openThread(index);
    this.lookOut();
    this.link?.send({ type: 'threads', ports: this.threads.map((t) => t.port) });
    const code = (error as { code?: string }).code;
    this.report(index, { type: 'failed', attempt, error: { message: `a slot's thread died: ${error.message}`, code } });
  }

  private report(thread: number, report: SlotReport): void {
    if (report.type === 'metrics') this.latestMetrics.set(thread, report.tasks);
    const slot = this.running.get(thread);
    if (slot && report.attempt === slot.attempt) {
      if (report.type === 'finished') {
        this.running.set(thread, { ...slot, finished: [...slot.finished, `${report.stage}/${report.subtask}`] });
      } else if (report.type === 'failed') this.running.delete(thread);
    }
    this.link?.send({ type: 'report', thread, report });
  }

  /** Keeps what a next coordinator will ask for. */
  private note(thread: number, order: SlotOrder): void {
    if (order.type === 'deploy') {
      const d = order.deployment;
      this.running.set(thread, {
        thread,
        slot: d.slot,
        attempt: d.attempt,
        parallelism: d.parallelism,
        planHash: planHash(d.plan),
        owners: d.owners,
        started: false,
        stopping: false,
        checkpoint: d.restore?.id ?? 0,
        finished: [],
        tasks: 0,
      });
      return;
    }
    const slot = this.running.get(thread);
    if (!slot || order.attempt !== slot.attempt) return;
    if (order.type === 'start') this.running.set(thread, { ...slot, started: true });
    else if (order.type === 'barrier') {
      const stopping = slot.stopping || order.barrier.stop === true;
      this.running.set(thread, { ...slot, checkpoint: order.barrier.id, stopping });
    } else if (order.type === 'cancel') this.running.delete(thread);
  }
}

/** Only where it is wanted: most runners have their slots in threads. */
async function inProcess(options: SlotHostOptions): Promise<SlotHost> {
  const { slotInProcess } = await import('./slot-in-process.js');
  return slotInProcess(options);
}
