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
import { TidewheelError } from '../../api/index.js';
import type { Plan } from '../graph/plan.js';
import { planStages } from '../graph/stages.js';
import { unchangedNodes } from '../graph/unchanged.js';
import { latestManifest, type Manifest, readManifest, savepointKey } from '../snapshot/manifest.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import { collectGarbage } from '../snapshot/retention.js';
import { ObjectExistsError } from '../snapshot/store.js';
import { planHash } from '../task/control.js';
import type { TaskMetrics } from '../task/metrics.js';
import type { SlotOrder, SlotReport } from '../task/slot.js';
import { modelAccess } from '../transform/model/access.js';
import { type FoundSlot, findRunning } from './adoption.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import { type CheckpointContext, Checkpoints } from './checkpoints.js';
import { Conditions } from './conditions.js';
import type {
  CoordinatorOptions,
  JobException,
  JobState,
  RescaleResult,
  RunnersChange,
  UpgradeResult,
} from './contract.js';
import { deleteSavepoint, deleteState } from './delete-state.js';
import { Deployment, widthOf } from './deployment.js';
import { Failures } from './failures.js';
import { Merging } from './merging.js';
import { ModelVersions } from './model-versions.js';
import { assignGroups, placeSlots, rebalanceGroups, type ThreadPlace } from './placement.js';
import { readAhead, readMoving } from './read-ahead.js';
import { restoreOnce } from './restore.js';
import { type RunnerInfo, Runners } from './runners.js';
import { slotDeployment } from './slot-deployment.js';
import { SplitAssigner } from './splits.js';
import { checkState } from './state-check.js';

const SILENCE_MS = 10_000;
/** How long a new coordinator waits for the runners of a job that was running. */
const ADOPTION_MS = 3000;
const FIRST_RUNNERS_MS = 30_000;
const DEPLOY_TIMEOUT_MS = 120_000;
const PRELOAD_MS = 60_000;
/** How long after the loss of a connection that of a process is waited for. */
const LOSS_SEEN_MS = 200;
/** Says that everything up to the final checkpoint `id` is committed. */
const finishedKey = (id: number) => `finished/${id}`;

export class Coordinator {
  state: JobState = 'starting';
  readonly checkpoints: Checkpoints;
  readonly runners: Runners;
  readonly startedAtMs = Date.now();
  restarts = 0;
  epoch = 0;
  lastRescale: RescaleResult | undefined;
  lastUpgrade: UpgradeResult | undefined;
  parallelism: number;
  /** Latest metrics of each task, `stage/subtask`. */
  readonly taskMetrics = new Map<string, TaskMetrics>();

  private current: Deployment | undefined;
  private preloading = new Set<string>();
  private attempts = 0;
  private expectedRunners: number;
  private serial: Promise<unknown> = Promise.resolve();
  private restartPending = false;
  private isClosed = false;
  private readonly conditions = new Conditions();
  private readonly failures: Failures;
  private readonly schedule: CheckpointSchedule;
  private readonly merging: Merging;
  private splits: SplitAssigner;
  /** Versions of the models that steps use. */
  models: ModelVersions;
  private readonly listeners: ((state: JobState) => void)[] = [];
  private settle!: (state: JobState) => void;
  /** Resolves with the final state. */
  readonly ended: Promise<JobState>;

  private constructor(
    private options: CoordinatorOptions,
    epoch: number,
  ) {
    this.epoch = epoch;
    this.parallelism = options.parallelism;
    this.expectedRunners = options.expectedRunners;
    this.failures = new Failures(options.restart);
    this.schedule = new CheckpointSchedule(options.checkpoint, () => this.due());
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.merging = new Merging(options.store, epoch, options.log);
    this.checkpoints = new Checkpoints(options.store, options.checkpoint.timeoutMs, options.log, this.merging);
    this.splits = this.splitsOf(options);
    this.models = this.modelsOf(options);
    this.runners = new Runners(options.job, epoch, SILENCE_MS, options.log, {
      joined: () => this.conditions.check(),
      left: (runner) => this.runnerLeft(runner),
      draining: (runner) => this.runnerDraining(runner),
      report: (runner, thread, report) => this.handle(runner, thread, report),
    });
  }

  private splitsOf({ plan, registry, job, baseDir, log, resolve }: CoordinatorOptions): SplitAssigner {
    return new SplitAssigner(plan, registry, job, baseDir, log, resolve);
  }

  private modelsOf({ plan, registry, baseDir, log, resolve }: CoordinatorOptions): ModelVersions {
    const access = modelAccess({
      library: () => registry.models(),
      openStore: (spec) => openStore(resolveStore(spec, resolve), log),
      baseDir,
      resolve,
    });
    return new ModelVersions(plan.nodes, access, log, {
      slots: (node) => Array.from({ length: widthOf(node, this.parallelism) }, (_, slot) => slot),
      prepare: (node, change) => this.current?.tell({ type: 'prepare', node, change }),
      due: () => this.due(),
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

  /** What went wrong, newest first. */
  get exceptions(): readonly JobException[] {
    return this.failures.exceptions;
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
      const manifest = await this.halt(savepoint);
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

  /**
   * Goes on with a changed job file in place, with a savepoint between the two: the tasks start anew on the same runners, and steps that
   * stay as they are keep their state in memory. Rejects while the job goes on as it was: the file is refused, or no savepoint could be
   * taken. What fails after the savepoint fails as it does at any start. Resolves with nothing where the file changes nothing.
   */
  async upgrade(file: unknown, savepoint: string, id?: string): Promise<Manifest | undefined> {
    const { compile } = this.options;
    if (!compile) throw new Error('this coordinator takes no changed file');
    const next = await compile(file);
    return this.enqueue(async () => {
      if (planHash(next.plan) === planHash(this.options.plan)) {
        this.lastUpgrade = { pauseMs: 0, ...this.lastUpgrade, id };
        return undefined;
      }
      this.mustRun();
      const dropped = checkState({ plan: this.options.plan }, next.plan, next.allowDroppedState);
      // Less is left to write at the stop.
      await this.checkpoints.take(this.context(), { kind: 'checkpoint' });
      const before = this.current!;
      const start = performance.now();
      const manifest = await this.halt(savepoint);
      this.cancelTasks(true);
      this.current = undefined;
      const kept = unchangedNodes(this.options.plan, next.plan);
      this.options = { ...this.options, ...next };
      const location = savepointKey(savepoint);
      this.lastUpgrade = { id, location };
      this.splits.stop();
      this.models.stop();
      this.splits = this.splitsOf(this.options);
      this.models = this.modelsOf(this.options);
      try {
        const how = { owners: before.owners, kept, after: before.attempt };
        await this.deploy(before.parallelism, manifest, before.places, how);
      } catch (error) {
        this.taskFailed(error as Error);
      }
      const pauseMs = Math.round(performance.now() - start);
      this.lastUpgrade = { id, location, pauseMs };
      this.options.log.info({ dropped, pauseMs }, `goes on with a changed plan, no rows for ${pauseMs} ms`);
      return manifest;
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

  /** Lets go of the runners; what they do goes on without it. */
  close(): void {
    this.isClosed = true;
    this.schedule.stop();
    this.models.stop();
    this.splits.stop();
    this.runners.close();
  }

  // ---- the job's life ----

  private async begin(): Promise<void> {
    const { options } = this;
    let latest = options.restore
      ? await restoreOnce(options.store, options.job, options.restore.from, options.restore.again)
      : await latestManifest(options.store, options.job);
    this.checkpoints.startFrom(latest);
    await this.conditions.until(() => this.runners.list.length > 0, FIRST_RUNNERS_MS);
    if (this.epoch > 1) {
      // Some coordinator led before: the job may be running, on any of the runners.
      const isIdle = () =>
        this.runners.list.length >= this.expectedRunners && this.runners.list.every((r) => r.running.length === 0);
      const running = () => findRunning(this.runners.list, options.plan);
      await this.conditions.until(() => running() !== undefined || isIdle(), ADOPTION_MS);
      const found = running();
      // The one before may have completed checkpoints until its runners came here: what those hold is in no later one.
      latest =
        options.restore && !found
          ? await restoreOnce(options.store, options.job, options.restore.from, false)
          : await latestManifest(options.store, options.job);
      this.checkpoints.startFrom(latest);
      if (found) {
        await this.adopt(found);
        return;
      }
      if (!isIdle())
        options.log.warn({ job: options.job }, 'the job is not running whole: it restarts from its last checkpoint');
    }
    await this.conditions.until(() => this.runners.ready.length >= this.expectedRunners, FIRST_RUNNERS_MS);
    const from = latest;
    if (from && this.options.parallelism === 0) this.parallelism = from.parallelism;
    const dropped = from ? checkState(from, options.plan, options.allowDroppedState) : [];
    if (dropped.length > 0) options.log.warn({ dropped }, 'state is left behind');
    const again = from?.final === true && options.startAgainWhenFinished === true && !options.restore?.again;
    // What a finished job had committed is committed: its output may be gone since, and is nobody's business any more.
    const settled = again && (await options.store.list('finished/')).includes(finishedKey(from.id));
    await this.deploy(this.parallelism, settled ? undefined : from, [], { commitsOnly: again });
  }

  private async adopt(found: readonly FoundSlot[]): Promise<void> {
    const first = found[0].slot;
    const { stages } = planStages(this.options.plan, first.parallelism);
    this.parallelism = first.parallelism;
    this.checkpoints.startFrom(this.checkpoints.latest, Math.max(...found.map((f) => f.slot.checkpoint)));
    this.current = this.deploymentOf({
      attempt: first.attempt,
      parallelism: first.parallelism,
      owners: first.owners,
      places: found.map((f) => f.place),
      stages,
      finished: found.flatMap((f) => f.slot.finished),
    });
    this.options.log.info({ job: this.options.job, attempt: first.attempt }, 'found the job running; goes on with it');
    // Checkpoints that the old coordinator had begun are given up; its last complete one is told again.
    const latest = this.checkpoints.latest?.id ?? 0;
    for (let id = latest + 1; id <= Math.max(...found.map((f) => f.slot.checkpoint)); id++)
      this.current.tell({ type: 'abandon', checkpoint: id });
    if (this.checkpoints.latest) this.current.complete(latest);
    this.setState('running');
    this.models.adopted(this.checkpoints.latest);
    this.models.follow();
    this.schedule.next(this.checkpoints.history[0]);
    await this.watchSplits();
    this.maybeFinish();
  }

  private async deploy(
    parallelism: number,
    from: Manifest | undefined,
    before: readonly ThreadPlace[],
    how: {
      readonly owners?: readonly number[];
      /** Steps whose state may stay in memory. Default: all. */
      readonly kept?: readonly string[];
      /** Only what the sinks had still to commit is taken from the manifest. */
      readonly commitsOnly?: boolean;
      /** The attempt before, whose slots may have been told to read ahead. */
      readonly after?: number;
    } = {},
  ): Promise<void> {
    const { options } = this;
    const { owners, kept, after, commitsOnly = false } = how;
    this.setState('deploying');
    const attempt = this.epoch * 1_000_000 + ++this.attempts;
    const { stages } = planStages(options.plan, parallelism);
    const places = placeSlots(
      parallelism,
      this.runners.ready.map((r) => r.id),
      before,
    );
    await this.runners.openThreads(places);
    const groupOwners =
      owners ?? (from ? rebalanceGroups(from.owners, parallelism) : assignGroups(options.maxParallelism, parallelism));
    const initial = await this.models.deploying(commitsOnly ? undefined : from);
    const { splits, noMore } = await this.splits.assign(
      (n) => widthOf(n, parallelism),
      commitsOnly ? undefined : from?.nodes,
    );
    const peers = this.runners.addresses(places);
    this.taskMetrics.clear();
    const current = this.deploymentOf({ attempt, parallelism, owners: groupOwners, places, stages });
    this.current = current;
    const restore = from && { key: this.manifestKey(from), id: from.id, commitsOnly };
    const spec = {
      attempt,
      parallelism,
      owners: groupOwners,
      peers,
      restore,
      kept,
      after,
      initial,
      noMoreSplits: noMore,
    };
    for (const [slot, place] of places.entries()) {
      this.order(place, { type: 'deploy', deployment: slotDeployment(options, spec, slot, splits) });
    }
    const late = `the tasks were not ready after ${DEPLOY_TIMEOUT_MS} ms`;
    const timer = setTimeout(() => current.fail(new Error(late)), DEPLOY_TIMEOUT_MS);
    await current.deployed.finally(() => clearTimeout(timer));
    this.parallelism = parallelism;
    current.tell({ type: 'start' });
    this.setState('running');
    this.schedule.succeeded();
    this.models.follow();
    this.schedule.next(this.checkpoints.history[0]);
    await this.watchSplits();
  }

  private manifestKey(manifest: Manifest): string {
    return `checkpoints/${String(manifest.id).padStart(10, '0')}.json`;
  }

  private deploymentOf(spec: ConstructorParameters<typeof Deployment>[0]): Deployment {
    return new Deployment(spec, (place, order) => this.order(place, order));
  }

  private order(place: ThreadPlace, order: SlotOrder): void {
    this.runners.order(place.runner, place.thread, order);
  }

  private async watchSplits(): Promise<void> {
    const attempt = this.current!.attempt;
    await this.splits.watch(
      (n) => widthOf(n, this.current!.parallelism),
      (node, subtask, splits) => {
        const { current } = this;
        if (current?.attempt === attempt)
          current.tellOne(subtask, { type: 'splits', node: node.id, splits, noMore: false });
      },
    );
  }

  private async replace(parallelism: number): Promise<RescaleResult> {
    this.mustRun();
    const before = this.current!;
    this.schedule.stop();
    // Threads first, so that opening them is no part of the pause.
    const places = placeSlots(
      parallelism,
      this.runners.ready.map((r) => r.id),
      before.places,
    );
    await this.runners.openThreads(places);
    // A checkpoint beforehand: what moves is read from it while the data goes on, and less is left to write at the stop.
    const owners = rebalanceGroups(before.owners, parallelism);
    const ahead = await this.checkpoints.take(this.context(), { kind: 'checkpoint' });
    await this.preload(ahead, places, before, owners);
    const start = performance.now();
    const manifest = await this.halt();
    this.cancelTasks(true);
    // What the old tasks report from here on, e.g. lost connections among them, is of no interest.
    this.current = undefined;
    try {
      await this.deploy(parallelism, manifest, before.places, { owners, after: before.attempt });
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
    const from = {
      store: this.options.storeSpec,
      key: this.manifestKey(manifest),
      stateDisk: this.options.stateDisk,
    };
    const orders = readMoving(before, { places, owners }, from);
    this.preloading = new Set(orders.map(({ place }) => `${place.runner}/${place.thread}`));
    for (const { place, order } of orders) this.order(place, order);
    await this.conditions.until(() => this.preloading.size === 0 || this.current !== before, PRELOAD_MS);
    if (this.current !== before) throw new Error('the job failed while it was to be rescaled');
  }

  private handle(runner: RunnerInfo, thread: number, report: SlotReport): void {
    const { current } = this;
    if (report.type === 'preloaded') {
      this.preloading.delete(`${runner.id}/${thread}`);
      this.conditions.check();
      return;
    }
    if (!current || report.attempt !== current.attempt) return;
    const slot = current.slotAt(runner.id, thread);
    if (slot < 0) return;
    switch (report.type) {
      case 'deployed':
        current.slotDeployed(slot, report.restoredBytes);
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
        current.taskFinished(report.stage, report.subtask);
        this.maybeFinish();
        return;
      case 'committed':
        current.slotCommitted(slot, report.checkpoint);
        this.conditions.check();
        return;
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

  /** All input is read and worked off: one last checkpoint commits what is left, and the job is done. */
  private maybeFinish(): void {
    const { current } = this;
    if (!current || this.state !== 'running') return;
    if (!current.isFinished) return;
    void this.enqueue(async () => {
      if (this.current !== current || this.state !== 'running') return;
      this.schedule.stop();
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
    this.conditions.check();
    if (!current?.uses(runner.id)) return;
    if (this.state === 'running' || this.state === 'deploying' || this.state === 'stopping') {
      const message = `runner ${runner.id} (process ${runner.pid} on ${runner.host}) was lost`;
      this.taskFailed(new TidewheelError('TW5002', message), runner.id);
    }
  }

  private runnerDraining(runner: RunnerInfo): void {
    this.options.log.info({ runner: runner.id }, 'a runner is asked to end: its slots move away');
    void this.enqueue(async () => {
      const holds = this.current?.uses(runner.id);
      if (holds && this.state === 'running' && this.runners.ready.length > 0) await this.replace(this.parallelism);
      runner.link.send({ type: 'shutdown' });
    }).catch((error) =>
      this.options.log.error({ error: (error as Error).message }, "can't move a runner's slots away"),
    );
  }

  private taskFailed(error: Error, runner?: string): void {
    if (this.isOver || this.restartPending || this.isClosed) return;
    const lost = this.current;
    const delayMs = this.failures.add(error, {
      attempt: lost?.attempt ?? 0,
      runner,
      checkpoint: this.checkpoints.latest?.id ?? 0,
    });
    this.schedule.stop();
    this.restartPending = true;
    this.cancelTasks(false);
    this.current = undefined;
    this.checkpoints.giveUp('the job failed');
    lost?.fail(error);
    this.conditions.check();
    if (delayMs === undefined) {
      this.finish('failed');
      return;
    }
    this.options.log.warn({ error: error.message, delayMs }, 'the job failed and restarts from its last checkpoint');
    this.setState('restarting');
    this.restarts++;
    void this.enqueue(() => this.redeploy(lost, delayMs, (error as { code?: string }).code)).catch((again) =>
      this.taskFailed(again as Error),
    );
  }

  private async redeploy(lost: Deployment | undefined, delayMs: number, code: string | undefined): Promise<void> {
    if (this.isOver) return;
    this.restartPending = false;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const wanted = Math.max(1, this.expectedRunners);
    // A task sees that a connection is gone before the coordinator sees that the process at its other end is.
    const someLeft = () => this.runners.ready.length < wanted || lost?.places.some((p) => !this.runners.get(p.runner));
    if (code === 'TW5102') await this.conditions.until(() => someLeft() === true, LOSS_SEEN_MS);
    // A manifest that the store holds up may still come to be: what starts now must not start before it.
    await this.checkpoints.settled();
    const latest = (await latestManifest(this.options.store, this.options.job)) ?? this.checkpoints.latest;
    this.checkpoints.startFrom(latest);
    // A lost runner's successor is usually there in a moment; if not, the others take over.
    if (this.runners.ready.length < wanted) this.readAhead(lost, latest);
    await this.conditions.until(() => this.runners.ready.length >= wanted, this.options.replacementMs ?? 700);
    await this.conditions.until(() => this.runners.ready.length > 0, DEPLOY_TIMEOUT_MS);
    if (this.isOver) return;
    const how = { owners: lost?.owners, after: lost?.attempt };
    await this.deploy(lost?.parallelism ?? this.parallelism, latest, lost?.places ?? [], how);
  }

  private readAhead(lost: Deployment | undefined, latest: Manifest | undefined): void {
    // State on disk is not held twice.
    if (!lost || !latest || this.options.stateDisk) return;
    const from = { store: this.options.storeSpec, key: this.manifestKey(latest) };
    const isThere = (runner: string) => this.runners.ready.some((r) => r.id === runner);
    for (const { place, order } of readAhead(lost, isThere, from)) this.order(place, order);
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
    this.schedule.stop();
    this.models.stop();
    this.splits.stop();
    this.setState(state);
    this.settle(state);
  }

  // ---- checkpoints ----

  private due(): void {
    void this.enqueue(() => this.periodic()).catch(() => {});
  }

  private async periodic(): Promise<void> {
    if (this.state !== 'running') return;
    try {
      await this.checkpoints.take(this.context(), { kind: 'checkpoint' });
      this.schedule.succeeded();
      if (this.checkpoints.latest) void this.merging.run(this.checkpoints.latest);
      void this.collect();
    } catch (error) {
      const { message } = error as Error;
      const { failures, tooMany } = this.schedule.failed();
      this.options.log.warn({ error: message, failures }, 'a checkpoint failed');
      if (this.state === 'running' && tooMany) {
        this.taskFailed(new Error(`${failures} checkpoints failed in a row: ${message}`));
      }
    } finally {
      if (this.state === 'running') this.schedule.next(this.checkpoints.history[0]);
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
      tasks: d.tasks,
      trigger: (id, stop) => {
        const changes = this.models.changes();
        d.tell({ type: 'barrier', barrier: { type: 'barrier', id, stop, ...(changes ? { changes } : {}) } });
      },
      abandon: (id) => this.current?.tell({ type: 'abandon', checkpoint: id }),
      complete: (id) => {
        if (this.checkpoints.latest) this.models.completed(this.checkpoints.latest);
        this.current?.complete(id);
      },
    };
  }

  /**
   * Stops all tasks at a barrier with everything committed. Rejects when that can't be done; tasks that wait behind a barrier which never
   * became a checkpoint don't go on by themselves, so the job restarts from its last one then.
   */
  private async halt(savepoint?: string): Promise<Manifest> {
    this.mustRun();
    this.setState('stopping');
    this.schedule.stop();
    try {
      const manifest = await this.checkpoints.take(this.context(), { kind: 'stop', savepoint });
      await this.allCommitted(manifest.id);
      return manifest;
    } catch (error) {
      if (this.state === 'stopping') this.taskFailed(error as Error);
      throw error;
    }
  }

  private cancelTasks(keep: boolean): void {
    this.current?.tell({ type: 'cancel', keep });
  }

  /** Every slot has made visible what checkpoint `id` holds. Rejects when the job fails first. */
  private async allCommitted(id: number): Promise<void> {
    const d = this.current!;
    await this.conditions.until(() => d.isCommitted(id) || this.current !== d, this.options.checkpoint.timeoutMs);
    if (!d.isCommitted(id)) throw new Error(`the sinks did not commit checkpoint ${id}`);
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
    this.conditions.check();
  }

  private enqueue<T>(work: () => Promise<T> | T): Promise<T> {
    const result = this.serial.then(work);
    this.serial = result.catch(() => {});
    return result;
  }
}
