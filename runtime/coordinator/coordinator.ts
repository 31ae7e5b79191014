/**
 * The life of one job. States and what leads from one to the next:
 *
 * starting → (runners are there) → deploying → running → finished
 * running → (a task or runner fails) → restarting → deploying; starting → (a running job is found) → running
 * running → (rescale) → stopping → deploying; running → (stop) → stopping → stopped
 * any → (no restart left) → failed; any → (cancel) → cancelled
 *
 * One thing happens at a time, see `job-run.ts`. What happens stands in a file each: `begin`, `deploy`, `checkpointing`, `rescale`,
 * `upgrade`, `recover`. Here is what others may ask for, and who is told what tasks and runners report.
 */
import { TidewheelError } from '../../api/errors.js';
import type { Plan } from '../graph/plan.js';
import { type LeaderAddress, takeLead } from '../snapshot/epochs.js';
import { type Manifest, readManifest, savepointKey } from '../snapshot/manifest.js';
import type { TaskMetrics } from '../task/metrics.js';
import type { SlotReport } from '../task/slot.js';
import { begin } from './begin.js';
import { checkpointContext, halt, maybeFinish, periodicCheckpoint } from './checkpointing.js';
import type { Checkpoints } from './checkpoints.js';
import type {
  CoordinatorOptions,
  JobException,
  JobState,
  RescaleResult,
  RunnersChange,
  UpgradeResult,
} from './contract.js';
import { deleteSavepoint, deleteState } from './delete-state.js';
import type { Deployment } from './deployment.js';
import { JobRun } from './job-run.js';
import { leave } from './leave.js';
import type { ModelVersions } from './model-versions.js';
import { recover } from './recover.js';
import { rescaleInPlace } from './rescale.js';
import type { RunnerInfo, Runners } from './runners.js';
import { tellStandbysSoon } from './standby.js';
import { upgradeInPlace } from './upgrade.js';

export class Coordinator {
  readonly startedAtMs = Date.now();
  private readonly run: JobRun;

  private constructor(options: CoordinatorOptions, epoch: number) {
    this.run = new JobRun(options, epoch, {
      joined: () => this.runnerJoined(),
      left: (runner) => this.runnerLeft(runner),
      draining: (runner) => this.runnerDraining(runner),
      report: (runner, thread, report) => this.handle(runner, thread, report),
      due: () => void this.run.enqueue(() => periodicCheckpoint(this.run)).catch(() => {}),
      failed: (error, runner) => recover(this.run, error, runner),
    });
  }

  /** Takes the lead of the job. `address`: where runners reach this coordinator, for those that look into the store. */
  static async create(options: CoordinatorOptions, address?: LeaderAddress): Promise<Coordinator> {
    return new Coordinator(options, await takeLead(options.store, address));
  }

  /** Starts the job, or goes on with it where it is running. */
  start(): void {
    void this.run.enqueue(() => begin(this.run)).catch((error) => this.run.failed(error as Error));
  }

  /** Answers without running anything, as if the job had been stopped. */
  idle(): void {
    this.run.state = 'stopped';
  }

  /** Lets go of the runners; what they do goes on without it. */
  close(): void {
    this.run.close();
  }

  // ---- what can be seen ----

  get state(): JobState {
    return this.run.state;
  }

  onState(listener: (state: JobState) => void): void {
    this.run.onState(listener);
  }

  /** Resolves with the final state. */
  get ended(): Promise<JobState> {
    return this.run.ended;
  }

  get isOver(): boolean {
    return this.run.isOver;
  }

  get job(): string {
    return this.run.options.job;
  }

  get plan(): Plan {
    return this.run.options.plan;
  }

  get epoch(): number {
    return this.run.epoch;
  }

  get restarts(): number {
    return this.run.restarts;
  }

  get parallelism(): number {
    return this.run.parallelism;
  }

  get deployment(): Deployment | undefined {
    return this.run.current;
  }

  get checkpoints(): Checkpoints {
    return this.run.checkpoints;
  }

  get runners(): Runners {
    return this.run.runners;
  }

  /** Versions of the models that steps use. */
  get models(): ModelVersions {
    return this.run.models;
  }

  /** Latest metrics of each task, `stage/subtask`. */
  get taskMetrics(): ReadonlyMap<string, TaskMetrics> {
    return this.run.taskMetrics;
  }

  get lastRescale(): RescaleResult | undefined {
    return this.run.lastRescale;
  }

  get lastUpgrade(): UpgradeResult | undefined {
    return this.run.lastUpgrade;
  }

  /** What went wrong, newest first. */
  get exceptions(): readonly JobException[] {
    return this.run.failures.exceptions;
  }

  /** What the job waits for before it can run, in words. */
  get waitingFor(): string | undefined {
    for (const m of this.run.taskMetrics.values()) if (m.waitingFor) return m.waitingFor;
    return this.run.splits.waitingFor;
  }

  // ---- what others may ask for ----

  /** Takes a savepoint of that name; `once`: one that is there already is the answer. Rejects when it can't be taken. */
  savepoint(name: string, once = false): Promise<Manifest> {
    const { run } = this;
    return run.enqueue(async () => {
      const key = savepointKey(name);
      const { store, job } = run.options;
      if (once && (await store.list(key)).includes(key)) return readManifest(store, key, job);
      run.mustRun();
      return run.checkpoints.take(checkpointContext(run), { kind: 'savepoint', savepoint: name });
    });
  }

  /**
   * Stops the job with a last checkpoint, to be started again from it. With `savepoint`, keeps it under that name as well. `drain`: for
   * good; event time goes to its end first, so that windows, timers and patterns give what they have.
   */
  stop(savepoint?: string, drain = false): Promise<Manifest | undefined> {
    const { run } = this;
    return run.enqueue(async () => {
      if (run.state === 'finished' || run.state === 'stopped') return run.checkpoints.latest;
      const manifest = await halt(run, savepoint, drain);
      run.cancelTasks(false);
      run.finish('stopped');
      return manifest;
    });
  }

  /** Changes the parallelism in place: stops at a barrier, moves the key groups that must move, goes on. */
  rescale(parallelism: number, change: RunnersChange = {}): Promise<RescaleResult> {
    const { run } = this;
    const { maxParallelism } = run.options;
    if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > maxParallelism) {
      return Promise.reject(
        new Error(`parallelism must be a whole number from 1 to maxParallelism ${maxParallelism}, got ${parallelism}`),
      );
    }
    return run.enqueue(() => {
      run.mustRun();
      const leaving = new Set(change.release);
      if (run.runners.ready.every((r) => leaving.has(r.id))) throw new Error('no runner would be left');
      for (const runner of run.runners.ready) if (leaving.has(runner.id)) runner.draining = true;
      run.expectedRunners = change.runners ?? run.expectedRunners;
      return rescaleInPlace(run, parallelism);
    });
  }

  /**
   * Goes on with a changed job file in place, with a savepoint between the two: the tasks start anew on the same runners, and steps that
   * stay as they are keep their state in memory. Rejects while the job goes on as it was: the file is refused, or no savepoint could be
   * taken. What fails after the savepoint fails as it does at any start. Resolves with nothing where the file changes nothing.
   */
  async upgrade(file: unknown, savepoint: string, id?: string): Promise<Manifest | undefined> {
    const { run } = this;
    const { compile } = run.options;
    if (!compile) throw new Error('this coordinator takes no changed file');
    const next = await compile(file);
    return run.enqueue(() => upgradeInPlace(run, next, { file, savepoint, id }));
  }

  /** Deletes a savepoint of this job. */
  deleteSavepoint(location: string): Promise<void> {
    return deleteSavepoint(this.run.options.store, location);
  }

  /** Deletes what the job has in its store, but for the savepoint `keep`. Rejects while the job isn't over. */
  deleteState(keep?: string): Promise<number> {
    const { run } = this;
    return run.enqueue(() => {
      if (!run.isOver) throw new Error(`the job is ${run.state}; its state can be deleted only when it is over`);
      return deleteState(run.options.store, keep);
    });
  }

  cancel(): Promise<void> {
    const { run } = this;
    return run.enqueue(async () => {
      run.cancelTasks(false);
      run.finish('cancelled');
    });
  }

  // ---- what tasks and runners report ----

  private handle(runner: RunnerInfo, thread: number, report: SlotReport): void {
    const { run } = this;
    const { current } = run;
    if (report.type === 'preloaded') {
      const at = `${runner.id}/${thread}`;
      // Reports come in the order of the orders.
      if (run.following.delete(at)) return;
      run.preloading.delete(at);
      run.conditions.check();
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
        run.checkpoints.acknowledge(report.ack);
        return;
      case 'prepared':
        run.models.prepared(slot, report.node, report.change, report.error?.message);
        return;
      case 'declined':
        run.checkpoints.decline(report.checkpoint, report.reason);
        return;
      case 'finished':
        current.taskFinished(report.stage, report.subtask);
        maybeFinish(run);
        return;
      case 'committed':
        current.slotCommitted(slot, report.checkpoint);
        run.conditions.check();
        return;
      case 'metrics':
        for (const m of report.tasks) run.taskMetrics.set(`${m.stage}/${m.subtask}`, m);
        return;
      case 'failed':
        recover(run, Object.assign(new Error(report.error.message), { code: report.error.code }), runner.id);
        return;
      default:
        return;
    }
  }

  private runnerJoined(): void {
    this.run.conditions.check();
    tellStandbysSoon(this.run);
  }

  private runnerLeft(runner: RunnerInfo): void {
    const { run } = this;
    run.preloading.clear();
    for (const at of run.following) if (at.startsWith(`${runner.id}/`)) run.following.delete(at);
    run.conditions.check();
    if (!run.current?.uses(runner.id)) return;
    if (run.state === 'running' || run.state === 'deploying' || run.state === 'stopping') {
      const message = `runner ${runner.id} (process ${runner.pid} on ${runner.host}) was lost`;
      recover(run, new TidewheelError('TW5002', message), runner.id);
    }
  }

  private runnerDraining(runner: RunnerInfo): void {
    const { run } = this;
    run.options.log.info({ runner: runner.id }, 'a runner is asked to end: its slots move away');
    void run
      .enqueue(async () => {
        if (run.current?.uses(runner.id)) await leave(run);
        runner.link.send({ type: 'shutdown' });
      })
      .catch((error) => run.options.log.error({ error: (error as Error).message }, "can't move a runner's slots away"));
  }
}
