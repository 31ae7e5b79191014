/**
 * A slot: one thread that runs subtask i of every stage. It takes orders as messages and answers with messages, so that it can
 * stand in a worker thread or in the coordinator's own process.
 */
import { type Manifest, type NodeSnapshot, readManifest } from '../snapshot/manifest.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import type { ObjectStore, StoreSpec } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import { openStateDisk } from '../state/disk/open-state-disk.js';
import type { StateDisk } from '../state/disk/state-disk.js';
import { NodeState } from '../state/node-state.js';
import { type Clock, systemClock } from '../time/clock.js';
import { modelAccess } from '../transform/model/access.js';
import { IdleModels } from '../transform/model/idle-models.js';
import { buildTasks } from './build-tasks.js';
import { DataPlane } from './data-plane.js';
import type { Registry, SlotDeployment, TaskEnvironment } from './environment.js';
import { type TaskMetrics, taskMetrics } from './metrics.js';
import type { LineOffer, OfferLine } from './neighbours.js';
import { SlotLoop } from './slot-loop.js';
import type { SlotOrder, SlotReport } from './slot-messages.js';
import type { Task } from './task.js';
import type { TlsFiles } from './transport.js';

export type { SlotOrder, SlotReport } from './slot-messages.js';

/** How long state is read ahead before others have their turn. */
const READ_MS = 5;

export interface SlotOptions {
  readonly job: string;
  readonly registry: Registry;
  readonly log: Logger;
  readonly report: (report: SlotReport) => void;
  /** Puts the values of references in. */
  readonly resolve: (text: string) => string;
  readonly tls?: TlsFiles;
  readonly clock?: Clock;
  /** Folder for copies of what is read from, and written to, an object store (snapshot/local-copies.ts). */
  readonly copies?: string;
}

export class Slot {
  private readonly log: Logger;
  private readonly report: (report: SlotReport) => void;
  private readonly now: () => number;
  private readonly loop: SlotLoop;
  private plane: DataPlane | undefined;
  private attempt = -1;
  private failed = false;
  private retained: { checkpoint: number; states: Map<string, NodeState> } | undefined;
  private preloaded:
    | { attempt: number; checkpoint: number; groups: ReadonlySet<number>; states: Map<string, NodeState> }
    | undefined;
  private deploying: Promise<void> = Promise.resolve();
  private disk: StateDisk | undefined;
  /** States that have entries on it. */
  private onDisk = new Set<NodeState>();
  private readonly stores = new Map<string, Promise<ObjectStore>>();
  private readonly idleModels = new IdleModels();

  constructor(private readonly options: SlotOptions) {
    const { clock = systemClock } = options;
    this.log = options.log;
    this.report = options.report;
    this.now = () => clock.now();
    this.loop = new SlotLoop(this.now, (error) => this.fail(error));
    clock.onTurn?.(() => this.loop.wake());
  }

  /** Opens the data server; the port it listens on. `offer`: to other slots of this process. */
  async listen(host: string, offer?: OfferLine): Promise<number> {
    this.plane = new DataPlane(this.options.job, this.log, this.options.tls, offer);
    return this.plane.listen(host);
  }

  /** Another slot of this process wants to send rows to this one. */
  takeLine(offer: LineOffer): void {
    this.plane?.takeLine(offer);
  }

  handle(order: SlotOrder): void {
    if (order.type === 'deploy') {
      this.deploying = this.deploying.then(() => this.deploy(order.deployment));
      return;
    }
    if (order.type === 'preload') {
      this.deploying = this.deploying.then(() => this.preload(order));
      return;
    }
    if (order.type === 'cancel') {
      this.deploying = this.deploying.then(() => this.cancel(order.attempt, order.keep));
      return;
    }
    if (order.attempt !== this.attempt) return;
    switch (order.type) {
      case 'start':
        this.loop.start();
        return;
      case 'barrier':
        for (const task of this.tasks) task.triggerBarrier(order.barrier);
        return;
      case 'abandon':
        for (const task of this.tasks) task.abandon(order.checkpoint);
        this.loop.wake();
        return;
      case 'prepare':
        void this.prepare(order);
        return;
      case 'complete':
        void this.complete(order.attempt, order.checkpoint);
        return;
      case 'splits':
        for (const task of this.tasks) {
          if (task.source && task.stage.nodes[0].id === order.node) {
            task.source.addSplits(order.splits);
            if (order.noMore) task.source.noMoreSplits();
          }
        }
        return;
    }
  }

  private get tasks(): readonly Task[] {
    return this.loop.tasks;
  }

  get currentAttempt(): number {
    return this.attempt;
  }

  metrics(): TaskMetrics[] {
    return this.tasks.map((t) => taskMetrics(t));
  }

  async close(): Promise<void> {
    await this.cancel(this.attempt, false);
    await this.idleModels.close();
    this.plane?.close();
    this.disk?.close();
  }

  private async prepare(order: Extract<SlotOrder, { type: 'prepare' }>): Promise<void> {
    const { attempt, node, change } = order;
    try {
      const links = this.tasks.flatMap((t) => t.chain.links).filter((l) => l.node.id === node);
      await Promise.all(links.map((l) => l.transform.prepare?.(change)));
      this.report({ type: 'prepared', attempt, node, change });
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      this.report({ type: 'prepared', attempt, node, change, error: { message, code } });
    }
  }

  private async complete(attempt: number, checkpoint: number): Promise<void> {
    try {
      await Promise.all(this.tasks.map((t) => t.complete(checkpoint)));
      if (this.attempt === attempt) this.report({ type: 'committed', attempt, checkpoint });
    } catch (error) {
      if (this.attempt === attempt) this.fail(error as Error);
    }
  }

  private async preload(order: Extract<SlotOrder, { type: 'preload' }>): Promise<void> {
    let bytes = 0;
    // What was read for the same attempt holds: only what came since is read.
    const held = this.preloaded;
    const isKept = held?.attempt === order.attempt && order.groups.every((g) => held.groups.has(g));
    const before = isKept && !order.stateDisk ? held : undefined;
    this.preloaded = undefined;
    if (!before) for (const state of held?.states.values() ?? []) this.forget(state);
    const states = new Map<string, NodeState>();
    try {
      const store = await this.openStore(order.store);
      const manifest = await readManifest(store, order.key);
      const groups = before?.groups ?? new Set(order.groups);
      this.disk ??= order.stateDisk && openStateDisk(order.stateDisk);
      const disk = order.stateDisk && this.disk;
      for (const [id, node] of Object.entries(manifest.nodes)) {
        if (!node.keyed) continue;
        const known = before?.states.get(id);
        const state = known ?? NodeState.fromSnapshot(id, manifest.maxParallelism, groups, node.keyed, disk);
        this.onDisk.add(state);
        states.set(id, state);
        const loaded = known && before && { checkpoint: before.checkpoint, groups };
        bytes += await state.restore(store, node.keyed, groups, loaded, order.lazily);
      }
      this.preloaded = { attempt: order.attempt, checkpoint: manifest.id, groups, states };
      this.readOn(states).catch((error: Error) => {
        this.preloaded = undefined;
        this.log.warn({ error: error.message }, "can't read state ahead");
      });
    } catch (error) {
      // Without it, the deployment reads everything itself.
      for (const state of [...states.values(), ...(before?.states.values() ?? [])]) this.forget(state);
      this.log.warn({ error: (error as Error).message }, "can't read state ahead");
    }
    this.report({ type: 'preloaded', attempt: order.attempt, bytes });
  }

  private forget(state: NodeState): void {
    state.close();
    this.onDisk.delete(state);
  }

  /** Reads states further until a deployment takes them. */
  private async readOn(states: ReadonlyMap<string, NodeState>): Promise<void> {
    for (const state of states.values()) {
      while (state.reading && this.preloaded?.states === states) {
        state.readOn(performance.now() + READ_MS);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  private async cancel(attempt: number, keep: boolean): Promise<void> {
    if (attempt === this.attempt) {
      await this.stopTasks(keep);
    }
    this.report({ type: 'cancelled', attempt });
  }

  private async stopTasks(keep: boolean): Promise<void> {
    this.loop.stop();
    const { tasks } = this;
    this.loop.tasks = [];
    this.loop.reading = [];
    const stoppedAt = tasks.length > 0 ? tasks[0].stopped : undefined;
    if (keep && stoppedAt !== undefined && stoppedAt >= 0 && tasks.every((t) => t.stopped === stoppedAt)) {
      this.retained = { checkpoint: stoppedAt, states: new Map() };
      for (const task of tasks) for (const link of task.states()) this.retained.states.set(link.node.id, link.state);
    } else if (tasks.length > 0) this.retained = undefined;
    this.plane?.end();
    await Promise.all(tasks.map((t) => t.close()));
  }

  private async deploy(d: SlotDeployment): Promise<void> {
    try {
      if (d.attempt <= this.attempt) return;
      await this.stopTasks(false);
      this.attempt = d.attempt;
      this.failed = false;
      const restoredBytes = await this.build(d);
      this.report({ type: 'deployed', attempt: d.attempt, restoredBytes });
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Each once. */
  openStore(spec: StoreSpec): Promise<ObjectStore> {
    const key = JSON.stringify(spec);
    let store = this.stores.get(key);
    if (!store) {
      store = openStore(resolveStore(spec, this.options.resolve), this.log, this.options.copies);
      this.stores.set(key, store);
    }
    return store;
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.loop.stop();
    const { message, stack } = error;
    this.report({
      type: 'failed',
      attempt: this.attempt,
      error: { message, code: (error as { code?: string }).code, stack },
    });
  }

  private async build(d: SlotDeployment): Promise<number> {
    const { registry, resolve } = this.options;
    const store = await this.openStore(d.store);
    const written = d.restore && (await readManifest(store, d.restore.key));
    const manifest = written && d.restore?.commitsOnly ? commitsOf(written) : written;
    const retained =
      d.restore && this.retained?.checkpoint === d.restore.id ? statesOf(this.retained.states, d.kept) : undefined;
    this.retained = undefined;
    // What was read for another deployment, which never came, may be of long ago.
    const preloaded = d.restore && this.preloaded?.attempt === d.after ? this.preloaded : undefined;
    this.preloaded = undefined;
    this.disk = this.openDisk(d, [...(retained?.values() ?? []), ...(preloaded?.states.values() ?? [])]);
    const { loop, plane } = this;
    const env: TaskEnvironment = {
      deployment: d,
      registry,
      log: this.log,
      now: this.now,
      resolve,
      models: modelAccess({
        library: () => registry.models(),
        openStore: (spec) => this.openStore(spec),
        baseDir: d.baseDir,
        resolve,
        idle: this.idleModels,
      }),
      restored: manifest && ((id): NodeSnapshot | undefined => manifest.nodes[id]),
      wake: () => loop.wake(),
      fail: (error) => this.fail(error),
      stateDisk: d.stateDisk && this.disk,
    };
    const { tasks, states, inputs, outputs, targets } = await buildTasks({
      env,
      store,
      retained,
      plane: plane!,
      onState: (state) => this.onDisk.add(state),
      schedule: (stage, timeMs) => loop.schedule(stage, timeMs),
      report: this.report,
    });
    // They stand still until the start. Here, so that whatever goes wrong in between, the next stop closes what they have opened.
    loop.tasks = tasks;

    let restoredBytes = 0;
    await Promise.all([
      ...states.map(async ({ state, groups, id }) => {
        const keyed = manifest?.nodes[id]?.keyed;
        if (!keyed || (groups && groups.size === 0)) return;
        const ahead = preloaded?.states.get(id);
        const wanted = groups ?? new Set(state.ownedGroups());
        const loaded = ahead && new Set([...preloaded!.groups].filter((g) => wanted.has(g)));
        if (ahead) {
          state.adopt(ahead, loaded!);
          ahead.close();
        }
        const known = loaded && loaded.size > 0 && { checkpoint: preloaded!.checkpoint, groups: loaded };
        restoredBytes += await state.restore(store, keyed, groups, known || undefined, true);
      }),
      ...tasks.flatMap((task) => task.chain.sinks.map((sink) => sink.open(env.restored?.(sink.node.id)))),
    ]);
    plane?.begin({
      attempt: d.attempt,
      inputs,
      outputs,
      onWork: () => loop.wake(),
      onLost: (error) => this.fail(error),
    });
    loop.disk = this.disk;
    loop.reading = states.map(({ state }) => state);
    loop.lines = plane;
    loop.sweeps = tasks.some((t) => t.states().some((link) => link.state.expires));
    await plane?.connect(
      d.slot,
      [...targets].map((slot) => ({ slot, address: d.peers[slot] })),
    );
    for (const task of tasks) for (const link of task.chain.links) await link.transform.open?.();
    return restoredBytes;
  }

  /** The disk for state, if the job wants one. `kept`: states that live on; all others have given their place back. */
  private openDisk(d: SlotDeployment, kept: readonly NodeState[]): StateDisk | undefined {
    for (const state of this.onDisk) if (!kept.includes(state)) state.close();
    this.onDisk = new Set(kept);
    return this.disk ?? (d.stateDisk && openStateDisk(d.stateDisk));
  }
}

/** A manifest with nothing but what the sinks had to commit. */
function commitsOf(manifest: Manifest): Manifest {
  const nodes = Object.entries(manifest.nodes).map(([id, { committables }]): [string, NodeSnapshot] => [
    id,
    { committables },
  ]);
  return { ...manifest, nodes: Object.fromEntries(nodes) };
}

/** Of the states in memory those of the steps that are named, or all. */
function statesOf(states: Map<string, NodeState>, kept: readonly string[] | undefined): Map<string, NodeState> {
  return kept ? new Map([...states].filter(([id]) => kept.includes(id))) : states;
}
