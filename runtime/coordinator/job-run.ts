/**
 * One job as it stands: what the parts of a coordinator (`begin`, `deploy`, `checkpointing`, `rescale`, `upgrade`, `recover`) share.
 * One thing happens at a time: `enqueue` queues deployments, changes, stops and checkpoints.
 */
import type { Plan } from '../graph/plan.js';
import type { Manifest } from '../snapshot/manifest.js';
import { openStore, resolveStore } from '../snapshot/open-store.js';
import type { TaskMetrics } from '../task/metrics.js';
import type { SlotOrder } from '../task/slot.js';
import { modelAccess } from '../transform/model/access.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import { Checkpoints } from './checkpoints.js';
import { Conditions } from './conditions.js';
import type { CoordinatorOptions, JobState, RescaleResult, UpgradeResult } from './contract.js';
import { Deployment, widthOf } from './deployment.js';
import { Failures } from './failures.js';
import { Merging } from './merging.js';
import { ModelVersions } from './model-versions.js';
import type { ThreadPlace } from './placement.js';
import { type RunnerEvents, Runners } from './runners.js';
import { SplitAssigner } from './splits.js';

const SILENCE_MS = 10_000;

/** What the coordinator does when something happens to its job. */
export interface RunEvents extends RunnerEvents {
  /** A periodic checkpoint is due. */
  due(): void;
  /** A task, a runner, or a step of the coordinator failed. */
  failed(error: Error, runner?: string): void;
}

export class JobRun {
  state: JobState = 'starting';
  parallelism: number;
  expectedRunners: number;
  restarts = 0;
  restartPending = false;
  isClosed = false;
  /** The attempt that runs, or is being brought up. */
  current: Deployment | undefined;
  lastRescale: RescaleResult | undefined;
  lastUpgrade: UpgradeResult | undefined;
  /** Slots that read ahead, `runner/thread`. */
  preloading = new Set<string>();
  /** Those that stand by and read the latest checkpoint, likewise. */
  readonly following = new Set<string>();
  readonly checkpoints: Checkpoints;
  readonly runners: Runners;
  /** Latest metrics of each task, `stage/subtask`. */
  readonly taskMetrics = new Map<string, TaskMetrics>();
  readonly conditions = new Conditions();
  readonly failures: Failures;
  readonly schedule: CheckpointSchedule;
  readonly merging: Merging;
  splits: SplitAssigner;
  /** Versions of the models that steps use. */
  models: ModelVersions;
  /** Resolves with the final state. */
  readonly ended: Promise<JobState>;
  private attempts = 0;
  private serial: Promise<unknown> = Promise.resolve();
  private readonly listeners: ((state: JobState) => void)[] = [];
  private settle!: (state: JobState) => void;
  /** The snapshot that the job was told to start from, as its newest checkpoint, until tasks run from it. */
  untried: Manifest | undefined;

  constructor(
    public options: CoordinatorOptions,
    readonly epoch: number,
    private readonly events: RunEvents,
  ) {
    this.parallelism = options.parallelism;
    this.expectedRunners = options.expectedRunners;
    this.failures = new Failures(options.restart);
    this.schedule = new CheckpointSchedule(options.checkpoint, () => events.due());
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.merging = new Merging(options.store, epoch, options.log);
    this.checkpoints = new Checkpoints(options.store, options.checkpoint.timeoutMs, options.log, this.merging);
    this.splits = this.splitsOf(options);
    this.models = this.modelsOf(options);
    this.runners = new Runners(options.job, epoch, SILENCE_MS, options.log, events);
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
      due: () => this.events.due(),
    });
  }

  /** From here on the job is that of another file. */
  goOnWith(changed: { readonly plan: Plan; readonly allowDroppedState: boolean }): void {
    this.options = { ...this.options, ...changed };
    this.splits.stop();
    this.models.stop();
    this.splits = this.splitsOf(this.options);
    this.models = this.modelsOf(this.options);
  }

  /** Attempts of a later coordinator are higher than all of an earlier one. */
  nextAttempt(): number {
    return this.epoch * 1_000_000 + ++this.attempts;
  }

  deploymentOf(spec: ConstructorParameters<typeof Deployment>[0]): Deployment {
    return new Deployment(spec, (place, order) => this.order(place, order));
  }

  order(place: ThreadPlace, order: SlotOrder): void {
    this.runners.order(place.runner, place.thread, order);
  }

  cancelTasks(keep: boolean): void {
    this.current?.tell({ type: 'cancel', keep });
  }

  failed(error: Error): void {
    this.events.failed(error);
  }

  get isOver(): boolean {
    return ['finished', 'stopped', 'failed', 'cancelled'].includes(this.state);
  }

  mustRun(): void {
    if (this.state !== 'running') throw new Error(`the job is ${this.state}; it must be running for that`);
  }

  onState(listener: (state: JobState) => void): void {
    this.listeners.push(listener);
  }

  setState(state: JobState): void {
    if (this.state === state) return;
    this.state = state;
    if (state === 'running') this.untried = undefined;
    this.options.log.info({ job: this.options.job, state }, `job is ${state}`);
    for (const listener of this.listeners) listener(state);
    this.conditions.check();
  }

  finish(state: JobState): void {
    this.schedule.stop();
    this.models.stop();
    this.splits.stop();
    this.setState(state);
    this.settle(state);
  }

  /** Lets go of the runners; what they do goes on without it. */
  close(): void {
    this.isClosed = true;
    this.schedule.stop();
    this.models.stop();
    this.splits.stop();
    this.runners.close();
  }

  enqueue<T>(work: () => Promise<T> | T): Promise<T> {
    const result = this.serial.then(work);
    this.serial = result.catch(() => {});
    return result;
  }
}
