/**
 * Checkpoints, one at a time: trigger the sources, collect a word from every task, write the manifest, tell everybody.
 *
 * A checkpoint is complete when its manifest is in the store, and not before. A task that declines, a deadline that passes, or a
 * failure of the job give it up: its segments and committables go into the next one.
 */
import { type Manifest, writeManifest } from '../snapshot/manifest.js';
import { ObjectExistsError, type ObjectStore } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import type { TaskAck } from '../task/environment.js';
import { mergeAcks } from './merge.js';
import type { Merging } from './merging.js';

/** A checkpoint was given up. */
export class CheckpointError extends Error {
  readonly code = 'TW4005';
}

export interface CheckpointStats {
  readonly id: number;
  readonly kind: 'checkpoint' | 'savepoint' | 'stop';
  readonly savepoint?: string;
  readonly triggeredAtMs: number;
  status: 'in progress' | 'complete' | 'failed';
  durationMs: number;
  bytes: number;
  /** Longest of the tasks, milliseconds. */
  alignMs: number;
  syncMs: number;
  asyncMs: number;
  reason?: string;
}

interface Pending {
  readonly stats: CheckpointStats;
  readonly final: boolean;
  readonly acks: Map<string, TaskAck>;
  readonly resolve: (manifest: Manifest) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  readonly probe: NodeJS.Timeout;
}

export interface CheckpointContext {
  readonly job: string;
  readonly attempt: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly owners: readonly number[];
  readonly plan: Manifest['plan'];
  /** `stage/subtask` of every task. */
  readonly tasks: readonly string[];
  /** Sends the barrier to the sources. */
  trigger(id: number, stop: boolean, drain: boolean): void;
  abandon(id: number): void;
  complete(id: number): void;
}

const HISTORY = 50;

export class Checkpoints {
  private pending: Pending | undefined;
  private nextId = 1;
  private readonly writing = new Set<Promise<void>>();
  latest: Manifest | undefined;
  readonly history: CheckpointStats[] = [];
  completed = 0;
  failed = 0;

  constructor(
    private readonly store: ObjectStore,
    private readonly timeoutMs: number,
    private readonly log: Logger,
    private readonly merging?: Merging,
  ) {}

  /** Goes on from a manifest; ids are above it and above `seen`. */
  startFrom(latest: Manifest | undefined, seen = 0): void {
    this.latest = latest;
    this.nextId = Math.max(this.nextId, (latest?.id ?? 0) + 1, seen + 1);
  }

  /** What keeps the store from answering, in words. */
  get storeTrouble(): string | undefined {
    return this.store.trouble;
  }

  get inProgress(): CheckpointStats | undefined {
    return this.pending?.stats;
  }

  /** Takes a checkpoint. Rejects with CheckpointError when it is given up; a running one is given up first. */
  take(
    context: CheckpointContext,
    options: { kind: CheckpointStats['kind']; savepoint?: string; final?: boolean; drain?: boolean },
  ): Promise<Manifest> {
    this.giveUp('another one was asked for');
    const id = this.nextId++;
    const stats: CheckpointStats = {
      id,
      kind: options.kind,
      savepoint: options.savepoint,
      triggeredAtMs: Date.now(),
      status: 'in progress',
      durationMs: 0,
      bytes: 0,
      alignMs: 0,
      syncMs: 0,
      asyncMs: 0,
    };
    this.history.unshift(stats);
    this.history.length = Math.min(this.history.length, HISTORY);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.giveUp(this.whyIncomplete()), this.timeoutMs);
      // A call of our own tells whether it is the store that keeps the tasks waiting.
      const probe = setTimeout(() => void this.store.get('probe').catch(() => {}), this.timeoutMs / 2);
      const pending: Pending = { stats, final: options.final ?? false, acks: new Map(), resolve, reject, timer, probe };
      this.pending = pending;
      this.context = context;
      context.trigger(id, options.kind === 'stop', options.drain ?? false);
    });
  }

  private context: CheckpointContext | undefined;

  acknowledge(ack: TaskAck): void {
    const { pending, context } = this;
    if (!pending || !context || ack.checkpoint !== pending.stats.id) return;
    pending.acks.set(`${ack.stage}/${ack.subtask}`, ack);
    const { stats } = pending;
    stats.bytes += ack.bytes;
    stats.alignMs = Math.max(stats.alignMs, ack.alignMs);
    stats.syncMs = Math.max(stats.syncMs, ack.syncMs);
    stats.asyncMs = Math.max(stats.asyncMs, ack.asyncMs);
    if (context.tasks.every((t) => pending.acks.has(t))) {
      const writing = this.write(pending, context).finally(() => this.writing.delete(writing));
      this.writing.add(writing);
    }
  }

  decline(checkpoint: number, reason: string): void {
    if (this.pending?.stats.id === checkpoint) this.giveUp(reason);
  }

  /** Resolves when no manifest is on its way to the store: which one is the latest is certain then. */
  async settled(): Promise<void> {
    while (this.writing.size > 0) await Promise.allSettled([...this.writing]);
  }

  /** Gives the running checkpoint up, if there is one. */
  giveUp(reason: string): void {
    const { pending } = this;
    if (!pending) return;
    this.pending = undefined;
    stopTimers(pending);
    pending.stats.status = 'failed';
    pending.stats.reason = reason;
    pending.stats.durationMs = Date.now() - pending.stats.triggeredAtMs;
    this.failed++;
    this.context?.abandon(pending.stats.id);
    pending.reject(new CheckpointError(`checkpoint ${pending.stats.id} was given up: ${reason}`));
  }

  private whyIncomplete(): string {
    const late = `not complete after ${this.timeoutMs} ms`;
    if (this.store.trouble) return `${late}: ${this.store.trouble}`;
    const waiting = this.context?.tasks.filter((t) => !this.pending?.acks.has(t)) ?? [];
    if (waiting.length === 0) return `${late}: writing the manifest takes longer`;
    const shown = waiting.slice(0, 5).join(', ') + (waiting.length > 5 ? ' …' : '');
    return `${late}: no word yet from ${waiting.length} of ${this.context?.tasks.length} tasks (${shown})`;
  }

  private async write(pending: Pending, context: CheckpointContext): Promise<void> {
    const { stats } = pending;
    try {
      const previous = this.latest?.nodes ?? {};
      const { nodes, applied } = this.merging?.apply(previous) ?? { nodes: previous, applied: [] };
      const manifest: Manifest = {
        version: 1,
        job: context.job,
        id: stats.id,
        kind: stats.kind === 'savepoint' ? 'savepoint' : 'checkpoint',
        attempt: context.attempt,
        parallelism: context.parallelism,
        maxParallelism: context.maxParallelism,
        owners: context.owners,
        createdAtMs: Date.now(),
        final: pending.final,
        restoredFrom: this.latest?.restoredFrom,
        plan: context.plan,
        nodes: mergeAcks([...pending.acks.values()], nodes, context.maxParallelism),
      };
      await writeManifest(this.store, manifest);
      if (stats.savepoint !== undefined) await writeManifest(this.store, manifest, stats.savepoint);
      // From here on it is complete, whatever was decided about it meanwhile. But a write that the store held up for long may come
      // to its end behind a later checkpoint's: that one stays the latest, or the next would be built on the older one and lack what
      // was written in between.
      if (this.latest === undefined || this.latest.id < manifest.id) this.latest = manifest;
      this.merging?.settled(applied, this.latest.nodes);
      if (this.pending === pending) this.pending = undefined;
      stopTimers(pending);
      stats.status = 'complete';
      stats.durationMs = Date.now() - stats.triggeredAtMs;
      this.completed++;
      context.complete(stats.id);
      pending.resolve(manifest);
    } catch (error) {
      if (error instanceof ObjectExistsError) {
        this.log.error({ checkpoint: stats.id }, 'another coordinator has written this checkpoint: it leads this job');
      }
      if (this.pending === pending) this.giveUp((error as Error).message);
      else pending.reject(error as Error);
    }
  }
}

function stopTimers({ timer, probe }: Pending): void {
  clearTimeout(timer);
  clearTimeout(probe);
}
