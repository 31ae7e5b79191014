/**
 * The life of one job. States and what leads from one to the next:
 *
 * starting → (runners are there) → deploying → running → finished
 * running → (a task or runner fails) → restarting → deploying; starting → (a running job is found) → running
 * running → (rescale) → stopping → deploying; running → (stop) → stopping → stopped
 * any → (no restart left) → failed; any → (cancel) → cancelled
 *
 * One thing happens at a time: `serial` queues deployments, rescales and stops.
 */
import { ERROR_CODES, TidewheelError } from '../../api/index.js';
import type { Plan, PlanNode } from '../graph/plan.js';
import { planStages, type Stage } from '../graph/stages.js';
import { comparePlans, type NodeVerdict } from '../graph/verdict.js';
import { latestManifest, type Manifest, type NodeSnapshot, readManifest, savepointKey } from '../snapshot/manifest.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import { collectGarbage } from '../snapshot/retention.js';
import { ObjectExistsError, type ObjectStore, type StoreSpec } from '../snapshot/store.js';
import type { Json, Logger } from '../source/contract.js';
import { planHash, type RunningSlot } from '../task/control.js';
import type { Registry, SlotDeployment } from '../task/environment.js';
import type { TaskMetrics } from '../task/metrics.js';
import type { SlotReport } from '../task/slot.js';
import { modelAccess } from '../transform/model/access.js';
import { type CheckpointContext, Checkpoints } from './checkpoints.js';
import { deleteSavepoint, deleteState } from './delete-state.js';
import { Merging } from './merging.js';
import { ModelVersions } from './model-versions.js';
import { assignGroups, placeSlots, rebalanceGroups, type ThreadPlace } from './placement.js';
import { readAhead } from './read-ahead.js';
import { type RestartSpec, RestartStrategy } from './restart.js';
import { restoreOnce } from './restore.js';
import { type RunnerInfo, Runners } from './runners.js';
import { SplitAssigner } from './splits.js';

export type JobState =
  | 'starting'
  | 'deploying'
  | 'running'
  | 'stopping'
  | 'restarting'
  | 'finished'
  | 'stopped'
  | 'failed'
  | 'cancelled';

export interface CoordinatorOptions {
  readonly job: string;
  readonly plan: Plan;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly batch: boolean;
  readonly guarantee: 'exactly-once' | 'at-least-once';
  /** Absent: all state is in memory. */
  readonly stateDisk?: SlotDeployment['stateDisk'];
  readonly checkpoint: {
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly minPauseMs: number;
    readonly tolerableFailures: number;
    readonly retained: number;
  };
  readonly restart: RestartSpec;
  readonly store: ObjectStore;
  readonly storeSpec: StoreSpec;
  readonly baseDir: string;
  readonly registry: Registry;
  readonly resolve: (text: string) => string;
  readonly log: Logger;
  /** Runners that will come: deployment waits for them, for a while. */
  readonly expectedRunners: number;
  /** A snapshot to start from, in place of the job's latest checkpoint. Not `again`: unless that one comes from it already. */
  readonly restore?: { readonly from: string; readonly again: boolean };
  readonly allowDroppedState?: boolean;
  /** A job whose input was read to its end runs again from the beginning. Its last commits are finished first. */
  readonly startAgainWhenFinished?: boolean;
  /** A lost runner's successor is waited for this long before its slots go to others. */
  readonly replacementMs?: number;
}

export interface JobException {
  readonly atMs: number;
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly attempt: number;
  readonly runner?: string;
  /** Latest complete checkpoint when it happened. */
  readonly checkpoint: number;
}

/** What a rescale does to the set of runners. */
export interface RunnersChange {
  /** Runners that will end soon: they get no slots. */
  readonly release?: readonly string[];
  /** How many there will be. */
  readonly runners?: number;
}

export interface RescaleResult {
  readonly from: number;
  readonly to: number;
  /** No rows were worked on for this long. */
  readonly pauseMs: number;
  readonly movedGroups: number;
  readonly restoredBytes: number;
}

const SILENCE_MS = 10_000;
/** How long a new coordinator waits for the runners of a job that was running. */
const ADOPTION_MS = 3000;
const FIRST_RUNNERS_MS = 30_000;
const DEPLOY_TIMEOUT_MS = 120_000;
const PRELOAD_MS = 60_000;
/** How long after the loss of a connection that of a process is waited for. */
const LOSS_SEEN_MS = 200;
const MAX_EXCEPTIONS = 50;
/** Says that everything up to the final checkpoint `id` is committed. */
const finishedKey = (id: number) => `finished/${id}`;

/** Caused by the data or the user's code: the same again when replayed, unless something outside has changed. */
const REPLAYED = new Set(['TW3001', 'TW5001']);

/** Errors that a restart can't mend: damaged snapshots, changed state layouts, names that don't exist. */
function isTerminal(code: string | undefined): boolean {
  if (code === undefined || REPLAYED.has(code) || !Object.hasOwn(ERROR_CODES, code)) return false;
  return !ERROR_CODES[code as keyof typeof ERROR_CODES].retryable;
}

interface Deployment {
  readonly attempt: number;
  readonly parallelism: number;
  readonly owners: readonly number[];
  readonly places: readonly ThreadPlace[];
  readonly stages: readonly Stage[];
  readonly waiting: Set<number>;
  readonly finished: Set<string>;
  readonly committed: Map<number, Set<number>>;
  readonly done: { resolve: () => void; reject: (e: Error) => void };
  restoredBytes: number;
}

export class Coordinator {
  state: JobState = 'starting';
  readonly exceptions: JobException[] = [];
  readonly checkpoints: Checkpoints;
  readonly runners: Runners;
  readonly startedAtMs = Date.now();
  restarts = 0;
  epoch = 0;
  lastRescale: RescaleResult | undefined;
  parallelism: number;
  /** Latest metrics of each task, `stage/subtask`. */
  readonly taskMetrics = new Map<string, TaskMetrics>();

  private current: Deployment | undefined;
  private preloading = new Set<string>();
  private attempts = 0;
  private expectedRunners: number;
  private serial: Promise<unknown> = Promise.resolve();
  private restartPending = false;
  private checkpointTimer: NodeJS.Timeout | undefined;
  private consecutiveFailures = 0;
  private readonly restart: RestartStrategy;
  private readonly merging: Merging;
  private readonly splits: SplitAssigner;
  /** Versions of the models that steps use. */
  readonly models: ModelVersions;
  private readonly listeners: ((state: JobState) => void)[] = [];
  private readonly waiters: { until: () => boolean; resolve: () => void }[] = [];
  private settle!: (state: JobState) => void;
  /** Resolves with the final state. */
  readonly ended: Promise<JobState>;

  private constructor(
    private readonly options: CoordinatorOptions,
    epoch: number,
  ) {
    this.epoch = epoch;
    this.parallelism = options.parallelism;
    this.expectedRunners = options.expectedRunners;
    this.restart = new RestartStrategy(options.restart);
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.merging = new Merging(options.store, epoch, options.log);
    this.checkpoints = new Checkpoints(options.store, options.checkpoint.timeoutMs, options.log, this.merging);
    this.splits = new SplitAssigner(
      options.plan,
      options.registry,
      options.job,
      options.baseDir,
      options.log,
      options.resolve,
    );
    this.models = new ModelVersions(
      options.plan.nodes,
      modelAccess({
        library: () => options.registry.models(),
        openStore: (spec) => openStore(resolveStore(spec, options.resolve), options.log),
        baseDir: options.baseDir,
        resolve: options.resolve,
      }),
      options.log,
      {
        slots: (node) => Array.from({ length: this.widthOf(node, this.parallelism) }, (_, slot) => slot),
        prepare: (node, change) => this.prepare(node, change),
        due: () => void this.enqueue(() => this.periodic()).catch(() => {}),
      },
    );
    this.runners = new Runners(options.job, epoch, SILENCE_MS, options.log, {
      joined: () => this.check(),
      left: (runner) => this.runnerLeft(runner),
      draining: (runner) => this.runnerDraining(runner),
      report: (runner, thread, report) => this.handle(runner, thread, report),
    });
  }

  /** Takes the lead of the job: the coordinator with the highest epoch in the store leads. */
  static async create(options: CoordinatorOptions): Promise<Coordinator> {
    for (;;) {
      const epochs = await options.store.list('epochs/');
      const last = epochs.length === 0 ? 0 : Number(epochs[epochs.length - 1].slice('epochs/'.length));
      const epoch = last + 1;
      try {
        const body = Buffer.from(JSON.stringify({ pid: process.pid, atMs: Date.now() }));
        await options.store.put(`epochs/${String(epoch).padStart(8, '0')}`, body, { ifAbsent: true });
        await options.store.delete(epochs.slice(0, -5));
        return new Coordinator(options, epoch);
      } catch (error) {
        if (!(error instanceof ObjectExistsError)) throw error;
      }
    }
  }

  /** Starts the job, or goes on with it where it is running. */
  start(): void {
    void this.enqueue(() => this.begin()).catch((error) => this.taskFailed(error as Error));
  }

  onState(listener: (state: JobState) => void): void {
    this.listeners.push(listener);
  }

  get deployment(): Deployment | undefined {
    return this.current;
  }

  get plan(): Plan {
    return this.options.plan;
  }

  get job(): string {
    return this.options.job;
  }

  // ---- what others may ask for ----

  /** Takes a savepoint of that name; `once`: one that is there already is the answer. Rejects when it can't be taken. */
  savepoint(name: string, once = false): Promise<Manifest> {
    return this.enqueue(async () => {
      const key = savepointKey(name);
      const { store, job } = this.options;
      if (once && (await store.list(key)).includes(key)) return readManifest(store, key, job);
      this.mustRun();
      return this.checkpoints.take(this.context(), { kind: 'savepoint', savepoint: name });
    });
  }

  /** Stops the job with a last checkpoint, to be started again from it. With `savepoint`, keeps it under that name as well. */
  stop(savepoint?: string): Promise<Manifest | undefined> {
    return this.enqueue(async () => {
      if (this.state === 'finished' || this.state === 'stopped') return this.checkpoints.latest;
      this.mustRun();
      this.setState('stopping');
      clearTimeout(this.checkpointTimer);
      const manifest = await this.checkpoints.take(this.context(), { kind: 'stop', savepoint });
      await this.allCommitted(manifest.id);
      this.cancelTasks(false);
      this.finish('stopped');
      return manifest;
    });
  }

  /** Changes the parallelism in place: stops at a barrier, moves the key groups that must move, goes on. */
  rescale(parallelism: number, change: RunnersChange = {}): Promise<RescaleResult> {
    if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > this.options.maxParallelism) {
      return Promise.reject(
        new Error(
          `parallelism must be a whole number from 1 to maxParallelism ${this.options.maxParallelism}, got ${parallelism}`,
        ),
      );
    }
    return this.enqueue(() => {
      this.mustRun();
      const leaving = new Set(change.release);
      if (this.runners.ready.every((r) => leaving.has(r.id))) throw new Error('no runner would be left');
      for (const runner of this.runners.ready) if (leaving.has(runner.id)) runner.draining = true;
      this.expectedRunners = change.runners ?? this.expectedRunners;
      return this.replace(parallelism);
    });
  }

  /** Deletes a savepoint of this job. */
  deleteSavepoint(location: string): Promise<void> {
    return deleteSavepoint(this.options.store, location);
  }

  /** Deletes what the job has in its store, but for the savepoint `keep`. Rejects while the job isn't over. */
  deleteState(keep?: string): Promise<number> {
    return this.enqueue(() => {
      if (!this.isOver) throw new Error(`the job is ${this.state}; its state can be deleted only when it is over`);
      return deleteState(this.options.store, keep);
    });
  }

  cancel(): Promise<void> {
    return this.enqueue(async () => {
      this.cancelTasks(false);
      this.finish('cancelled');
    });
  }

  close(): void {
    clearTimeout(this.checkpointTimer);
    this.models.stop();
    this.splits.stop();
    this.runners.close();
  }

  // ---- the job's life ----

  private async begin(): Promise<void> {
    const { options } = this;
    const latest = options.restore
      ? await restoreOnce(options.store, options.job, options.restore.from, options.restore.again)
      : await latestManifest(options.store, options.job);
    this.checkpoints.startFrom(latest);
    await this.until(() => this.runners.list.length > 0, FIRST_RUNNERS_MS);
    if (this.epoch > 1) {
      // Some coordinator led before: the job may be running, on any of the runners.
      const isIdle = () =>
        this.runners.list.length >= this.expectedRunners && this.runners.list.every((r) => r.running.length === 0);
      await this.until(() => this.adoptable() !== undefined || isIdle(), ADOPTION_MS);
      const found = this.adoptable();
      if (found) {
        await this.adopt(found);
        return;
      }
      if (!isIdle())
        options.log.warn({ job: options.job }, 'the job is not running whole: it restarts from its last checkpoint');
    }
    await this.until(() => this.runners.ready.length >= this.expectedRunners, FIRST_RUNNERS_MS);
    if (latest && this.options.parallelism === 0) this.parallelism = latest.parallelism;
    if (latest) this.checkState(latest);
    const again = latest?.final === true && options.startAgainWhenFinished === true && !options.restore?.again;
    // What a finished job had committed is committed: its output may be gone since, and is nobody's business any more.
    const settled = again && (await options.store.list('finished/')).includes(finishedKey(latest.id));
    await this.deploy(this.parallelism, settled ? undefined : latest, [], undefined, again);
  }

  /** What becomes of the state under the plan of today: nothing is dropped or misread in silence. */
  private checkState(from: Manifest): void {
    const verdicts = comparePlans(from.plan, this.options.plan);
    const list = (found: NodeVerdict[]) => found.map((v) => `"${v.name}" (${v.why})`).join(', ');
    const incompatible = verdicts.filter((v) => v.verdict === 'incompatible');
    if (incompatible.length > 0) {
      throw new TidewheelError('TW4004', `the state of ${list(incompatible)} can't be used by the changed job`, {
        hint: 'Undo the change, rename the step so that it starts without state, or start the job under another name',
      });
    }
    const dropped = verdicts.filter((v) => v.verdict === 'dropped');
    if (dropped.length === 0) return;
    if (!this.options.allowDroppedState) {
      throw new TidewheelError('TW4003', `the snapshot has state of ${list(dropped)}, the job has not`, {
        hint: 'Set spec.restore.allowDroppedState to leave it behind',
      });
    }
    this.options.log.warn({ dropped: dropped.map((v) => v.name) }, 'state is left behind');
  }

  /** The running slots of one attempt, if all of them have registered. */
  private adoptable(): { place: ThreadPlace; slot: RunningSlot }[] | undefined {
    const all = this.runners.list.flatMap((r) =>
      r.running.map((slot) => ({ place: { runner: r.id, thread: slot.thread }, slot })),
    );
    if (all.length === 0) return undefined;
    const attempt = Math.max(...all.map((a) => a.slot.attempt));
    const mine = all.filter((a) => a.slot.attempt === attempt && a.slot.started);
    const hash = planHash(this.options.plan);
    const { parallelism } = all.find((a) => a.slot.attempt === attempt)!.slot;
    const slots = new Set(mine.map((m) => m.slot.slot));
    if (slots.size !== parallelism || mine.some((m) => m.slot.planHash !== hash)) return undefined;
    return mine.sort((a, b) => a.slot.slot - b.slot.slot);
  }

  private async adopt(found: { place: ThreadPlace; slot: RunningSlot }[]): Promise<void> {
    const first = found[0].slot;
    const { stages } = planStages(this.options.plan, first.parallelism);
    this.parallelism = first.parallelism;
    this.checkpoints.startFrom(this.checkpoints.latest, Math.max(...found.map((f) => f.slot.checkpoint)));
    this.current = {
      attempt: first.attempt,
      parallelism: first.parallelism,
      owners: first.owners,
      places: found.map((f) => f.place),
      stages,
      waiting: new Set(),
      finished: new Set(found.flatMap((f) => f.slot.finished)),
      committed: new Map(),
      done: { resolve: () => {}, reject: () => {} },
      restoredBytes: 0,
    };
    this.options.log.info({ job: this.options.job, attempt: first.attempt }, 'found the job running; goes on with it');
    // Checkpoints that the old coordinator had begun are given up; its last complete one is told again.
    const latest = this.checkpoints.latest?.id ?? 0;
    for (let id = latest + 1; id <= Math.max(...found.map((f) => f.slot.checkpoint)); id++) this.abandon(id);
    if (this.checkpoints.latest) this.broadcastComplete(latest);
    this.setState('running');
    this.models.adopted(this.checkpoints.latest);
    this.models.follow();
    this.scheduleCheckpoint();
    await this.watchSplits();
    this.maybeFinish();
  }

  private async deploy(
    parallelism: number,
    from: Manifest | undefined,
    before: readonly ThreadPlace[],
    owners?: readonly number[],
    /** Only what the sinks had still to commit is taken from the manifest. */
    commitsOnly = false,
  ): Promise<void> {
    const { options } = this;
    this.setState('deploying');
    const attempt = this.epoch * 1_000_000 + ++this.attempts;
    const { stages } = planStages(options.plan, parallelism);
    const places = placeSlots(
      parallelism,
      this.runners.ready.map((r) => r.id),
      before,
    );
    const threads = new Map<string, number>();
    for (const p of places) threads.set(p.runner, Math.max(threads.get(p.runner) ?? 0, p.thread + 1));
    await Promise.all([...threads].map(([runner, count]) => this.runners.ensureThreads(runner, count)));
    const groupOwners =
      owners ?? (from ? rebalanceGroups(from.owners, parallelism) : assignGroups(options.maxParallelism, parallelism));
    const initial = await this.models.deploying(commitsOnly ? undefined : from);
    const { splits, noMore } = await this.splits.assign(
      (n) => this.widthOf(n, parallelism),
      commitsOnly ? undefined : from?.nodes,
    );
    const peers = places.map((p) => {
      const runner = this.runners.get(p.runner);
      if (!runner || runner.ports[p.thread] === undefined)
        throw new Error(`runner ${p.runner} went away while deploying`);
      return `${runner.host}:${runner.ports[p.thread]}`;
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the tasks were not ready after ${DEPLOY_TIMEOUT_MS} ms`)),
        DEPLOY_TIMEOUT_MS,
      );
      this.current = {
        attempt,
        parallelism,
        owners: groupOwners,
        places,
        stages,
        waiting: new Set(places.keys()),
        finished: new Set(),
        committed: new Map(),
        done: {
          resolve: () => {
            clearTimeout(timer);
            resolve();
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        },
        restoredBytes: 0,
      };
      this.taskMetrics.clear();
      for (const [slot, place] of places.entries()) {
        const mine: Record<string, NodeSnapshot['splits'] & {}> = {};
        for (const [node, perSubtask] of splits) if (perSubtask[slot]) mine[node] = perSubtask[slot];
        const deployment: SlotDeployment = {
          attempt,
          job: options.job,
          plan: options.plan,
          parallelism,
          maxParallelism: options.maxParallelism,
          owners: groupOwners,
          slot,
          peers,
          batch: options.batch,
          guarantee: options.guarantee,
          stateDisk: options.stateDisk,
          store: options.storeSpec,
          baseDir: options.baseDir,
          restore: from && { key: this.manifestKey(from), id: from.id, commitsOnly },
          splits: mine,
          ...(Object.keys(initial).length > 0 ? { initial } : {}),
          noMoreSplits: noMore,
        };
        this.runners.order(place.runner, place.thread, { type: 'deploy', deployment });
      }
    });
    this.parallelism = parallelism;
    for (const place of places) this.runners.order(place.runner, place.thread, { type: 'start', attempt });
    this.setState('running');
    this.consecutiveFailures = 0;
    this.models.follow();
    this.scheduleCheckpoint();
    await this.watchSplits();
  }

  private manifestKey(manifest: Manifest): string {
    return `checkpoints/${String(manifest.id).padStart(10, '0')}.json`;
  }

  private widthOf(node: PlanNode, parallelism: number): number {
    return Math.max(1, Math.min(node.parallelism ?? parallelism, parallelism));
  }

  private async watchSplits(): Promise<void> {
    const attempt = this.current!.attempt;
    await this.splits.watch(
      (n) => this.widthOf(n, this.current!.parallelism),
      (node, subtask, splits) => {
        const { current } = this;
        if (!current || current.attempt !== attempt) return;
        const place = current.places[subtask];
        this.runners.order(place.runner, place.thread, {
          type: 'splits',
          attempt,
          node: node.id,
          splits,
          noMore: false,
        });
      },
    );
  }

  private async replace(parallelism: number): Promise<RescaleResult> {
    this.mustRun();
    const before = this.current!;
    clearTimeout(this.checkpointTimer);
    // Threads first, so that opening them is no part of the pause.
    const places = placeSlots(
      parallelism,
      this.runners.ready.map((r) => r.id),
      before.places,
    );
    const threads = new Map<string, number>();
    for (const p of places) threads.set(p.runner, Math.max(threads.get(p.runner) ?? 0, p.thread + 1));
    await Promise.all([...threads].map(([runner, count]) => this.runners.ensureThreads(runner, count)));
    // A checkpoint beforehand: what moves is read from it while the data goes on, and less is left to write at the stop.
    const owners = rebalanceGroups(before.owners, parallelism);
    const ahead = await this.checkpoints.take(this.context(), { kind: 'checkpoint' });
    await this.preload(ahead, places, before, owners);
    this.setState('stopping');
    const start = performance.now();
    const manifest = await this.checkpoints.take(this.context(), { kind: 'stop' });
    await this.allCommitted(manifest.id);
    this.cancelTasks(true);
    // What the old tasks report from here on, e.g. lost connections among them, is of no interest.
    this.current = undefined;
    try {
      await this.deploy(parallelism, manifest, before.places, owners);
    } catch (error) {
      this.taskFailed(error as Error);
      throw error;
    }
    const moved = owners.filter((o, g) => o !== before.owners[g]).length;
    const result: RescaleResult = {
      from: before.parallelism,
      to: parallelism,
      pauseMs: Math.round(performance.now() - start),
      movedGroups: moved,
      restoredBytes: this.current!.restoredBytes,
    };
    this.lastRescale = result;
    this.options.log.info({ ...result }, `rescaled ${result.from} → ${result.to}, no rows for ${result.pauseMs} ms`);
    void this.collect();
    return result;
  }

  /** Lets each slot read the key groups that it will get. Gives up after a while: it only saves time. */
  private async preload(
    manifest: Manifest,
    places: readonly ThreadPlace[],
    before: Deployment,
    owners: readonly number[],
  ): Promise<void> {
    this.preloading = new Set();
    for (const [slot, place] of places.entries()) {
      const old = before.places[slot];
      const stays = old && old.runner === place.runner && old.thread === place.thread;
      const groups = owners.flatMap((o, g) => (o === slot && !(stays && before.owners[g] === slot) ? [g] : []));
      if (groups.length === 0) continue;
      this.preloading.add(`${place.runner}/${place.thread}`);
      this.runners.order(place.runner, place.thread, {
        type: 'preload',
        attempt: before.attempt,
        store: this.options.storeSpec,
        key: this.manifestKey(manifest),
        groups,
        stateDisk: this.options.stateDisk,
      });
    }
    await this.until(() => this.preloading.size === 0 || this.current !== before, PRELOAD_MS);
    if (this.current !== before) throw new Error('the job failed while it was to be rescaled');
  }

  private handle(runner: RunnerInfo, thread: number, report: SlotReport): void {
    const { current } = this;
    if (report.type === 'preloaded') {
      this.preloading.delete(`${runner.id}/${thread}`);
      this.check();
      return;
    }
    if (!current || report.attempt !== current.attempt) return;
    const slot = current.places.findIndex((p) => p.runner === runner.id && p.thread === thread);
    if (slot < 0) return;
    switch (report.type) {
      case 'deployed':
        current.restoredBytes += report.restoredBytes;
        current.waiting.delete(slot);
        if (current.waiting.size === 0) current.done.resolve();
        return;
      case 'ack':
        this.checkpoints.acknowledge(report.ack);
        return;
      case 'prepared':
        this.models.prepared(slot, report.node, report.change, report.error?.message);
        return;
      case 'declined':
        this.checkpoints.decline(report.checkpoint, report.reason);
        return;
      case 'finished':
        current.finished.add(`${report.stage}/${report.subtask}`);
        this.maybeFinish();
        return;
      case 'committed': {
        const slots = current.committed.get(report.checkpoint) ?? new Set();
        slots.add(slot);
        current.committed.set(report.checkpoint, slots);
        this.check();
        return;
      }
      case 'metrics':
        for (const m of report.tasks) this.taskMetrics.set(`${m.stage}/${m.subtask}`, m);
        return;
      case 'failed':
        this.taskFailed(Object.assign(new Error(report.error.message), { code: report.error.code }), runner.id);
        return;
      default:
        return;
    }
  }

  private tasksOf(d: Deployment): string[] {
    return d.stages.flatMap((s) => Array.from({ length: s.parallelism }, (_, i) => `${s.index}/${i}`));
  }

  /** All input is read and worked off: one last checkpoint commits what is left, and the job is done. */
  private maybeFinish(): void {
    const { current } = this;
    if (!current || this.state !== 'running') return;
    if (!this.tasksOf(current).every((t) => current.finished.has(t))) return;
    void this.enqueue(async () => {
      if (this.current !== current || this.state !== 'running') return;
      clearTimeout(this.checkpointTimer);
      const manifest = await this.checkpoints.take(this.context(), { kind: 'checkpoint', final: true });
      await this.allCommitted(manifest.id);
      await this.options.store.put(finishedKey(manifest.id), Buffer.from('{}\n'));
      this.cancelTasks(false);
      this.finish('finished');
    }).catch((error) => this.taskFailed(error as Error));
  }

  private runnerLeft(runner: RunnerInfo): void {
    const { current } = this;
    this.preloading.clear();
    this.check();
    if (!current?.places.some((p) => p.runner === runner.id)) return;
    if (this.state === 'running' || this.state === 'deploying' || this.state === 'stopping') {
      const message = `runner ${runner.id} (process ${runner.pid} on ${runner.host}) was lost`;
      this.taskFailed(new TidewheelError('TW5002', message), runner.id);
    }
  }

  private runnerDraining(runner: RunnerInfo): void {
    this.options.log.info({ runner: runner.id }, 'a runner is asked to end: its slots move away');
    void this.enqueue(async () => {
      const holds = this.current?.places.some((p) => p.runner === runner.id);
      if (holds && this.state === 'running' && this.runners.ready.length > 0) await this.replace(this.parallelism);
      runner.link.send({ type: 'shutdown' });
    }).catch((error) =>
      this.options.log.error({ error: (error as Error).message }, "can't move a runner's slots away"),
    );
  }

  private taskFailed(error: Error, runner?: string): void {
    if (this.isOver || this.restartPending) return;
    const lost = this.current;
    const code = (error as { code?: string }).code;
    const before = this.exceptions[0];
    this.exceptions.unshift({
      atMs: Date.now(),
      message: error.message,
      code,
      hint: (error as { hint?: string }).hint,
      attempt: lost?.attempt ?? 0,
      runner,
      checkpoint: this.checkpoints.latest?.id ?? 0,
    });
    this.exceptions.length = Math.min(this.exceptions.length, MAX_EXCEPTIONS);
    clearTimeout(this.checkpointTimer);
    this.restartPending = true;
    this.cancelTasks(false);
    this.current = undefined;
    this.checkpoints.giveUp('the job failed');
    lost?.done.reject(error);
    this.check();
    // The same data through the same code gives the same error: trying for ever helps nobody.
    const sameAgain =
      REPLAYED.has(code ?? '') &&
      before?.message === error.message &&
      before.checkpoint === this.exceptions[0].checkpoint;
    const delayMs = isTerminal(code) || sameAgain ? undefined : this.restart.next(Date.now());
    if (delayMs === undefined) {
      this.finish('failed');
      return;
    }
    this.options.log.warn({ error: error.message, delayMs }, 'the job failed and restarts from its last checkpoint');
    this.setState('restarting');
    this.restarts++;
    void this.enqueue(() => this.redeploy(lost, delayMs, code)).catch((again) => this.taskFailed(again as Error));
  }

  private async redeploy(lost: Deployment | undefined, delayMs: number, code: string | undefined): Promise<void> {
    if (this.isOver) return;
    this.restartPending = false;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const wanted = Math.max(1, this.expectedRunners);
    // A task sees that a connection is gone before the coordinator sees that the process at its other end is.
    if (code === 'TW5102') await this.until(() => this.runners.ready.length < wanted, LOSS_SEEN_MS);
    // A manifest that the store holds up may still come to be: what starts now must not start before it.
    await this.checkpoints.settled();
    const latest = (await latestManifest(this.options.store, this.options.job)) ?? this.checkpoints.latest;
    this.checkpoints.startFrom(latest);
    // A lost runner's successor is usually there in a moment; if not, the others take over.
    if (this.runners.ready.length < wanted) this.readAhead(lost, latest);
    await this.until(() => this.runners.ready.length >= wanted, this.options.replacementMs ?? 700);
    await this.until(() => this.runners.ready.length > 0, DEPLOY_TIMEOUT_MS);
    if (this.isOver) return;
    await this.deploy(lost?.parallelism ?? this.parallelism, latest, lost?.places ?? [], lost?.owners);
  }

  private readAhead(lost: Deployment | undefined, latest: Manifest | undefined): void {
    // State on disk is not held twice.
    if (!lost || !latest || this.options.stateDisk) return;
    const from = { store: this.options.storeSpec, key: this.manifestKey(latest) };
    const isThere = (runner: string) => this.runners.ready.some((r) => r.id === runner);
    for (const { place, order } of readAhead(lost, isThere, from))
      this.runners.order(place.runner, place.thread, order);
  }

  /** What the job waits for before it can run, in words. */
  get waitingFor(): string | undefined {
    for (const m of this.taskMetrics.values()) if (m.waitingFor) return m.waitingFor;
    return this.splits.waitingFor;
  }

  get isOver(): boolean {
    return ['finished', 'stopped', 'failed', 'cancelled'].includes(this.state);
  }

  private finish(state: JobState): void {
    clearTimeout(this.checkpointTimer);
    this.models.stop();
    this.splits.stop();
    this.setState(state);
    this.settle(state);
  }

  // ---- checkpoints ----

  private scheduleCheckpoint(): void {
    clearTimeout(this.checkpointTimer);
    const { intervalMs, minPauseMs } = this.options.checkpoint;
    if (intervalMs <= 0) return;
    const latest = this.checkpoints.history[0];
    const since = latest ? Date.now() - latest.triggeredAtMs : 0;
    const delay = Math.max(minPauseMs, latest ? intervalMs - since : intervalMs, 0);
    this.checkpointTimer = setTimeout(() => {
      void this.enqueue(() => this.periodic()).catch(() => {});
    }, delay);
  }

  private async periodic(): Promise<void> {
    if (this.state !== 'running') return;
    try {
      await this.checkpoints.take(this.context(), { kind: 'checkpoint' });
      this.consecutiveFailures = 0;
      if (this.checkpoints.latest) void this.merging.run(this.checkpoints.latest);
      void this.collect();
    } catch (error) {
      this.consecutiveFailures++;
      this.options.log.warn(
        { error: (error as Error).message, failures: this.consecutiveFailures },
        'a checkpoint failed',
      );
      const { tolerableFailures } = this.options.checkpoint;
      if (this.state === 'running' && tolerableFailures >= 0 && this.consecutiveFailures > tolerableFailures) {
        this.taskFailed(
          new Error(`${this.consecutiveFailures} checkpoints failed in a row: ${(error as Error).message}`),
        );
      }
    } finally {
      if (this.state === 'running') this.scheduleCheckpoint();
    }
  }

  private async collect(): Promise<void> {
    try {
      const { store, checkpoint } = this.options;
      await collectGarbage(store, checkpoint.retained, this.merging.unnamed);
    } catch (error) {
      this.options.log.warn({ error: (error as Error).message }, "old checkpoints can't be deleted now");
    }
  }

  private context(): CheckpointContext {
    const d = this.current!;
    return {
      job: this.options.job,
      attempt: d.attempt,
      parallelism: d.parallelism,
      maxParallelism: this.options.maxParallelism,
      owners: d.owners,
      plan: this.options.plan,
      tasks: this.tasksOf(d),
      trigger: (id, stop) => {
        const changes = this.models.changes();
        for (const p of d.places) {
          this.runners.order(p.runner, p.thread, {
            type: 'barrier',
            attempt: d.attempt,
            barrier: { type: 'barrier', id, stop, ...(changes ? { changes } : {}) },
          });
        }
      },
      abandon: (id) => this.abandon(id),
      complete: (id) => {
        if (this.checkpoints.latest) this.models.completed(this.checkpoints.latest);
        this.broadcastComplete(id);
      },
    };
  }

  private prepare(node: string, change: Json): void {
    const d = this.current;
    if (!d) return;
    for (const p of d.places) {
      this.runners.order(p.runner, p.thread, { type: 'prepare', attempt: d.attempt, node, change });
    }
  }

  private abandon(checkpoint: number): void {
    const d = this.current;
    if (!d) return;
    for (const p of d.places) {
      this.runners.order(p.runner, p.thread, { type: 'abandon', attempt: d.attempt, checkpoint });
    }
  }

  private broadcastComplete(checkpoint: number): void {
    const d = this.current;
    if (!d) return;
    for (const id of d.committed.keys()) if (id < checkpoint - 10) d.committed.delete(id);
    for (const p of d.places) {
      this.runners.order(p.runner, p.thread, { type: 'complete', attempt: d.attempt, checkpoint });
    }
  }

  private cancelTasks(keep: boolean): void {
    const d = this.current;
    if (!d) return;
    for (const p of d.places) this.runners.order(p.runner, p.thread, { type: 'cancel', attempt: d.attempt, keep });
  }

  /** Every slot has made visible what checkpoint `id` holds. Rejects when the job fails first. */
  private async allCommitted(id: number): Promise<void> {
    const d = this.current!;
    await this.until(
      () => (d.committed.get(id)?.size ?? 0) === d.places.length || this.current !== d,
      this.options.checkpoint.timeoutMs,
    );
    if ((d.committed.get(id)?.size ?? 0) !== d.places.length) {
      throw new Error(`the sinks did not commit checkpoint ${id}`);
    }
  }

  // ---- bookkeeping ----

  private mustRun(): void {
    if (this.state !== 'running') throw new Error(`the job is ${this.state}; it must be running for that`);
  }

  private setState(state: JobState): void {
    if (this.state === state) return;
    this.state = state;
    this.options.log.info({ job: this.options.job, state }, `job is ${state}`);
    for (const listener of this.listeners) listener(state);
    this.check();
  }

  private enqueue<T>(work: () => Promise<T> | T): Promise<T> {
    const result = this.serial.then(work);
    this.serial = result.catch(() => {});
    return result;
  }

  /** Waits for a condition that only changes when something is reported. Gives up quietly at the timeout. */
  private until(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { until: condition, resolve: () => resolve() };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        resolve();
      }, timeoutMs);
      waiter.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiters.push(waiter);
    });
  }

  private check(): void {
    for (const waiter of [...this.waiters]) {
      if (!waiter.until()) continue;
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}
