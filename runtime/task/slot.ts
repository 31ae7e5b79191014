/**
 * A slot: one thread that runs subtask i of every stage. It takes orders as messages and answers with messages, so that it can
 * stand in a worker thread or in the coordinator's own process.
 */
import type { Barrier } from '../exchange/element.js';
import { InputChannel, InputGate } from '../exchange/gate.js';
import { LocalChannel, type OutputChannel, OutputWriter, RemoteChannel } from '../exchange/output.js';
import { makePartitioner } from '../exchange/partitioner.js';
import type { PlanNode, SourceSpec } from '../graph/plan.js';
import { channelTargets, planStages, type Stage } from '../graph/stages.js';
import { type BatchCodec, compileBatchCodec } from '../record/batch-codec.js';
import { type Manifest, type NodeSnapshot, readManifest, type SplitSnapshot } from '../snapshot/manifest.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import type { ObjectStore, StoreSpec } from '../snapshot/store.js';
import type { Json, Logger } from '../source/contract.js';
import { openStateDisk } from '../state/disk/open-state-disk.js';
import type { StateDisk } from '../state/disk/state-disk.js';
import { NodeState } from '../state/node-state.js';
import { type Clock, systemClock } from '../time/clock.js';
import { modelAccess } from '../transform/model/access.js';
import { compileUserFunction } from '../transform/user-code.js';
import { buildChain, type Emit } from './chain.js';
import { DataPlane } from './data-plane.js';
import { DEAD_LETTER_FIELDS, DeadLetters } from './dead-letters.js';
import type { Registry, SlotDeployment, TaskAck, TaskEnvironment } from './environment.js';
import { type TaskMetrics, taskMetrics } from './metrics.js';
import { resolveOptions, SourceInput } from './source-input.js';
import { Task } from './task.js';
import type { TlsFiles } from './transport.js';

/** Orders to a slot. */
export type SlotOrder =
  | { readonly type: 'deploy'; readonly deployment: SlotDeployment }
  /** Reads key groups that a coming deployment will give to this slot, while the data goes on. */
  | {
      readonly type: 'preload';
      readonly attempt: number;
      readonly store: StoreSpec;
      readonly key: string;
      readonly groups: readonly number[];
      readonly stateDisk?: SlotDeployment['stateDisk'];
    }
  | { readonly type: 'start'; readonly attempt: number }
  | { readonly type: 'barrier'; readonly attempt: number; readonly barrier: Barrier }
  | { readonly type: 'abandon'; readonly attempt: number; readonly checkpoint: number }
  | { readonly type: 'complete'; readonly attempt: number; readonly checkpoint: number }
  /** A step gets ready for what a coming barrier will change. */
  | { readonly type: 'prepare'; readonly attempt: number; readonly node: string; readonly change: Json }
  | {
      readonly type: 'splits';
      readonly attempt: number;
      readonly node: string;
      readonly splits: readonly SplitSnapshot[];
      readonly noMore: boolean;
    }
  /** Stops the tasks. `keep`: their state stays in memory for a deployment from the checkpoint they stopped at. */
  | { readonly type: 'cancel'; readonly attempt: number; readonly keep: boolean };

/** What a slot says. */
export type SlotReport =
  | { readonly type: 'preloaded'; readonly attempt: number; readonly bytes: number }
  | { readonly type: 'deployed'; readonly attempt: number; readonly restoredBytes: number }
  | { readonly type: 'ack'; readonly attempt: number; readonly ack: TaskAck }
  | { readonly type: 'declined'; readonly attempt: number; readonly checkpoint: number; readonly reason: string }
  | { readonly type: 'finished'; readonly attempt: number; readonly stage: number; readonly subtask: number }
  | { readonly type: 'committed'; readonly attempt: number; readonly checkpoint: number }
  /** All subtasks of the step in this slot are ready for the change, or one can't be. */
  | {
      readonly type: 'prepared';
      readonly attempt: number;
      readonly node: string;
      readonly change: Json;
      readonly error?: { readonly message: string; readonly code?: string };
    }
  | { readonly type: 'cancelled'; readonly attempt: number }
  | { readonly type: 'metrics'; readonly attempt: number; readonly tasks: readonly TaskMetrics[] }
  | {
      readonly type: 'failed';
      readonly attempt: number;
      readonly error: { readonly message: string; readonly code?: string; readonly stack?: string };
    };

/** How long the loop works before sockets and timers get their turn. */
const TURN_MS = 4;
/** Rows wait at most about this long for their batch to fill while the slot is busy. */
const FLUSH_MS = 5;
/** So often entries whose time is over are looked for. */
const SWEEP_MS = 500;

export class Slot {
  private readonly now: () => number;
  private tasks: Task[] = [];
  private plane: DataPlane | undefined;
  private attempt = -1;
  private running = false;
  private scheduled = false;
  private failed = false;
  private timer: NodeJS.Timeout | undefined;
  private lastFlush = 0;
  private lastSweep = 0;
  /** Some state expires. */
  private sweeps = false;
  private retained: { checkpoint: number; states: Map<string, NodeState> } | undefined;
  private preloaded: { checkpoint: number; groups: ReadonlySet<number>; states: Map<string, NodeState> } | undefined;
  private deploying: Promise<void> = Promise.resolve();
  private disk: StateDisk | undefined;
  /** States that have entries on it. */
  private onDisk = new Set<NodeState>();
  private readonly stores = new Map<string, Promise<ObjectStore>>();

  constructor(
    private readonly job: string,
    private readonly registry: Registry,
    private readonly log: Logger,
    private readonly report: (report: SlotReport) => void,
    private readonly resolve: (text: string) => string,
    private readonly tls?: TlsFiles,
    clock: Clock = systemClock,
  ) {
    this.now = () => clock.now();
    clock.onTurn?.(() => this.wake());
  }

  /** Opens the data server; the port it listens on. */
  async listen(host: string): Promise<number> {
    this.plane = new DataPlane(this.job, this.log, this.tls);
    return this.plane.listen(host);
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
        this.running = true;
        this.wake();
        return;
      case 'barrier':
        for (const task of this.tasks) task.triggerBarrier(order.barrier);
        return;
      case 'abandon':
        for (const task of this.tasks) task.abandon(order.checkpoint);
        this.wake();
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

  get currentAttempt(): number {
    return this.attempt;
  }

  metrics(): TaskMetrics[] {
    return this.tasks.map((t) => taskMetrics(t));
  }

  async close(): Promise<void> {
    await this.cancel(this.attempt, false);
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
    try {
      const store = await this.store(order.store);
      const manifest = await readManifest(store, order.key);
      const states = new Map<string, NodeState>();
      const groups = new Set(order.groups);
      this.disk ??= order.stateDisk && openStateDisk(order.stateDisk);
      const disk = order.stateDisk && this.disk;
      for (const [id, node] of Object.entries(manifest.nodes)) {
        if (!node.keyed) continue;
        const state = NodeState.fromSnapshot(id, manifest.maxParallelism, groups, node.keyed, disk);
        this.onDisk.add(state);
        bytes += await state.restore(store, node.keyed, groups);
        states.set(id, state);
      }
      this.preloaded = { checkpoint: manifest.id, groups, states };
    } catch (error) {
      // Without it, the deployment reads everything itself.
      this.log.warn({ error: (error as Error).message }, "can't read state ahead");
    }
    this.report({ type: 'preloaded', attempt: order.attempt, bytes });
  }

  private async cancel(attempt: number, keep: boolean): Promise<void> {
    if (attempt === this.attempt) {
      await this.stopTasks(keep);
    }
    this.report({ type: 'cancelled', attempt });
  }

  private async stopTasks(keep: boolean): Promise<void> {
    this.running = false;
    clearTimeout(this.timer);
    const tasks = this.tasks;
    this.tasks = [];
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

  private store(spec: StoreSpec): Promise<ObjectStore> {
    const key = JSON.stringify(spec);
    let store = this.stores.get(key);
    if (!store) {
      store = openStore(resolveStore(spec, this.resolve), this.log);
      this.stores.set(key, store);
    }
    return store;
  }

  private async build(d: SlotDeployment): Promise<number> {
    const store = await this.store(d.store);
    const written = d.restore && (await readManifest(store, d.restore.key));
    const manifest = written && d.restore?.commitsOnly ? commitsOf(written) : written;
    const retained = d.restore && this.retained?.checkpoint === d.restore.id ? this.retained.states : undefined;
    this.retained = undefined;
    const preloaded = d.restore && this.preloaded;
    this.preloaded = undefined;
    this.disk = this.openDisk(d, [...(retained?.values() ?? []), ...(preloaded?.states.values() ?? [])]);
    const env: TaskEnvironment = {
      deployment: d,
      registry: this.registry,
      log: this.log,
      now: this.now,
      resolve: this.resolve,
      models: modelAccess({
        library: () => this.registry.models(),
        openStore: (spec) => this.store(spec),
        baseDir: d.baseDir,
        resolve: this.resolve,
      }),
      restored: manifest && ((id): NodeSnapshot | undefined => manifest.nodes[id]),

      wake: () => this.wake(),
      fail: (error) => this.fail(error),
      stateDisk: d.stateDisk && this.disk,
    };
    const { stages, exchanges, nodes } = planStages(d.plan, d.parallelism);
    const inputs = new Map<string, InputChannel>();
    const remotes = new Map<string, RemoteChannel>();
    const locals = new Map<number, LocalChannel>();
    const targets = new Set<number>();
    const plane = this.plane;
    const mine = stages.filter((s) => d.slot < s.parallelism);
    const codecs = new Map<number, BatchCodec>(
      exchanges.map((e) => [e.index, compileBatchCodec(nodes.get(e.fromNode)!.schema)]),
    );

    const built: { stage: Stage; task: Task }[] = [];
    const added: { state: NodeState; groups: Set<number> | undefined; id: string }[] = [];
    for (const stage of mine) {
      const emits = new Map<number, Emit>();
      const outputs: OutputWriter[] = [];
      for (const exchange of stage.outputs) {
        const width = stages[exchange.toStage].parallelism;
        const to = channelTargets(exchange, d.slot, stage.parallelism, width);
        const channels: OutputChannel[] = to.map((slot) => {
          if (slot === d.slot) {
            const local = new LocalChannel(() => this.wake());
            locals.set(exchange.index, local);
            return local;
          }
          targets.add(slot);
          const remote = new RemoteChannel(
            exchange.index,
            codecs.get(exchange.index)!,
            (frame) => plane!.send(slot, frame),
            () => this.wake(),
          );
          remotes.set(`${exchange.index}/${slot}`, remote);
          return remote;
        });
        const from = nodes.get(exchange.fromNode)!;
        const writer = new OutputWriter(channels, from.updating);
        outputs.push(writer);
        const p = exchange.partitioning;
        const keyOf =
          p.kind === 'hashFn' ? compileUserFunction<(row: unknown) => unknown>(p.code, from, 'key') : undefined;
        emits.set(exchange.index, makePartitioner(p, writer, d.slot, d.owners, keyOf));
      }
      const chain = await buildChain({
        stage,
        subtask: d.slot,
        env,
        nodes,
        outputs: emits,
        retained,
        schedule: (timeMs) => this.schedule(stage.index, timeMs),
      });
      for (const link of chain.links) {
        if (link.state.layouts.length === 0) continue;
        this.onDisk.add(link.state);
        const fresh = retained?.get(link.node.id) === link.state;
        const groups = new Set<number>();
        d.owners.forEach((owner, g) => {
          if (stage.parallelism === 1 ? d.slot === 0 : owner === d.slot) groups.add(g);
        });
        added.push({
          state: link.state,
          groups: fresh ? new Set(link.state.reassign(groups)) : undefined,
          id: link.node.id,
        });
      }
      const head = stage.nodes[0];
      let source: SourceInput | undefined;
      let letters: DeadLetters | undefined;
      let gate: InputGate | undefined;
      if (head.spec.kind === 'source') {
        letters = await this.deadLetters(head, env);
        source = await this.source(head, env, d, stage, chain.head(0), letters);
      } else {
        const channels: InputChannel[] = [];
        for (const exchange of stage.inputs) {
          const width = stages[exchange.fromStage].parallelism;
          for (let from = 0; from < width; from++) {
            if (!channelTargets(exchange, from, width, stage.parallelism).includes(d.slot)) continue;
            const release =
              from === d.slot
                ? () => locals.get(exchange.index)!.released()
                : () => plane!.release(exchange.index, from);
            const channel = new InputChannel(exchange.input, exchange.index, from, release);
            channels.push(channel);
            if (from === d.slot) locals.get(exchange.index)!.target = channel;
            else inputs.set(`${exchange.index}/${from}`, channel);
          }
        }
        gate = new InputGate(channels, d.guarantee === 'exactly-once');
      }
      const task = new Task({
        stage,
        subtask: d.slot,
        env,
        store,
        chain,
        source,
        deadLetters: letters,
        gate,
        codecs,
        outputs,
        ack: (ack) => this.report({ type: 'ack', attempt: d.attempt, ack }),
        decline: (checkpoint, reason) =>
          this.report({ type: 'declined', attempt: d.attempt, checkpoint, reason: reason.message }),
        finished: () => this.report({ type: 'finished', attempt: d.attempt, stage: stage.index, subtask: d.slot }),
      });
      built.push({ stage, task });
    }

    let restoredBytes = 0;
    await Promise.all([
      ...added.map(async ({ state, groups, id }) => {
        const keyed = manifest?.nodes[id]?.keyed;
        if (!keyed || (groups && groups.size === 0)) return;
        const ahead = preloaded?.states.get(id);
        const wanted = groups ?? new Set(state.ownedGroups());
        const loaded = ahead && new Set([...preloaded!.groups].filter((g) => wanted.has(g)));
        if (ahead) {
          state.adopt(ahead, loaded!);
          ahead.close();
        }
        const known = loaded && { checkpoint: preloaded!.checkpoint, groups: loaded };
        restoredBytes += await state.restore(store, keyed, groups, known);
      }),
      ...built.flatMap(({ task }) => task.chain.sinks.map((sink) => sink.open(env.restored?.(sink.node.id)))),
    ]);
    plane?.begin({
      attempt: d.attempt,
      inputs,
      outputs: remotes,
      onWork: () => this.wake(),
      onLost: (error) => this.fail(error),
    });
    this.tasks = built.map((b) => b.task);
    this.sweeps = this.tasks.some((t) => t.states().some((link) => link.state.expires));
    await plane?.connect(
      d.slot,
      [...targets].map((slot) => ({ slot, address: d.peers[slot] })),
    );
    for (const { task } of built) for (const link of task.chain.links) await link.transform.open?.();
    return restoredBytes;
  }

  /** The disk for state, if the job wants one. `kept`: states that live on; all others have given their place back. */
  private openDisk(d: SlotDeployment, kept: readonly NodeState[]): StateDisk | undefined {
    for (const state of this.onDisk) if (!kept.includes(state)) state.close();
    this.onDisk = new Set(kept);
    return this.disk ?? (d.stateDisk && openStateDisk(d.stateDisk));
  }

  private async source(
    head: PlanNode,
    env: TaskEnvironment,
    d: SlotDeployment,
    stage: Stage,
    emit: Emit,
    letters: DeadLetters | undefined,
  ): Promise<SourceInput> {
    const spec = head.spec as SourceSpec;
    const connector = await this.registry.source(spec.connector);
    const format = spec.format ? await this.registry.format(spec.format) : undefined;
    const keyFormat = spec.options['key.format'] ? await this.registry.format(spec.options['key.format']) : undefined;
    const input = new SourceInput(head, env, d.slot, stage.parallelism, connector, format, emit, letters, keyFormat);
    input.addSplits(d.splits[head.id] ?? []);
    if (d.noMoreSplits.includes(head.id)) input.noMoreSplits();
    return input;
  }

  private async deadLetters(head: PlanNode, env: TaskEnvironment): Promise<DeadLetters | undefined> {
    const policy = (head.spec as SourceSpec).onError;
    if (policy.policy !== 'dead-letter') return undefined;
    const options = resolveOptions(policy.options, env.resolve);
    const connector = await this.registry.sink(options.connector);
    const format = await this.registry.format(options.format ?? 'json');
    const columns = { fields: DEAD_LETTER_FIELDS };
    const d = env.deployment;
    const writer = connector.createWriter({
      spec: { kind: 'sink', connector: options.connector, format: options.format ?? 'json', options, columns },
      options,
      log: this.log,
      jobName: d.job,
      nodeId: `${head.id}/dead-letters`,
      baseDir: d.baseDir,
      subtask: d.slot,
      parallelism: d.parallelism,
      attempt: d.attempt,
      guarantee: 'at-least-once',
      encoder: format.createEncoder(columns, options),
      wake: env.wake,
      fail: env.fail,
    });
    await writer.open(undefined);
    return new DeadLetters(writer);
  }

  private schedule(stage: number, timeMs: number): void {
    // Transforms may ask while the tasks are still being built.
    queueMicrotask(() => {
      const task = this.tasks.find((t) => t.stage.index === stage);
      if (!task) setImmediate(() => this.tasks.find((t) => t.stage.index === stage)?.schedule(timeMs));
      else task.schedule(timeMs);
      this.wake();
    });
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.running = false;
    const { message, stack } = error;
    this.report({
      type: 'failed',
      attempt: this.attempt,
      error: { message, code: (error as { code?: string }).code, stack },
    });
  }

  private wake(): void {
    if (this.scheduled || !this.running) return;
    this.scheduled = true;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    if (!this.running) return;
    let again = false;
    try {
      again = this.work();
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (again) this.wake();
    else this.sleep();
  };

  /** Works for about TURN_MS. True: there is more. */
  private work(): boolean {
    const { tasks } = this;
    const start = performance.now();
    let at = start;
    let any = true;
    while (any) {
      any = false;
      // From the ends to the sources: what is under way goes out before more comes in.
      for (let i = tasks.length - 1; i >= 0; i--) {
        const { source, metrics } = tasks[i];
        const read = source?.recordsOut;
        const more = tasks[i].step();
        // A source that has no more for now may have read a few rows first: they were work as well.
        if (!more && source?.recordsOut === read) continue;
        any ||= more;
        const now = performance.now();
        metrics.busyMs += now - at;
        at = now;
        if (!this.running) return false;
        if (this.disk?.full) this.makeRoom();
      }
      if (at - start > TURN_MS) break;
    }
    if (!any || at - this.lastFlush > FLUSH_MS) {
      this.lastFlush = at;
      for (const task of tasks) task.flush();
      // What was flushed to a task of this slot is work.
      if (!any) any = tasks.some((t) => t.hasInput());
      if (this.sweeps && at - this.lastSweep > SWEEP_MS) this.sweep(at);
    }
    return any;
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

/** A manifest with nothing but what the sinks had to commit. */
function commitsOf(manifest: Manifest): Manifest {
  const nodes = Object.entries(manifest.nodes).map(([id, { committables }]): [string, NodeSnapshot] => [
    id,
    { committables },
  ]);
  return { ...manifest, nodes: Object.fromEntries(nodes) };
}
