/** What a coordinator is told, and what it says of its job. */
import type { Plan } from '../graph/plan.js';
import type { ObjectStore, StoreSpec } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import type { Registry, SlotDeployment } from '../task/environment.js';
import type { RestartSpec } from './restart.js';

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
  readonly registry: Pick<Registry, 'source' | 'models'>;
  readonly resolve: (text: string) => string;
  readonly log: Logger;
  /** Runners that will come: deployment waits for them, for a while. */
  readonly expectedRunners: number;
  /** A snapshot to start from, in place of the job's latest checkpoint. Not `again`: unless that one comes from it already. */
  readonly restore?: { readonly from: string; readonly again: boolean };
  readonly allowDroppedState?: boolean;
  /** Compiles a changed job file, for a change of the plan in place. */
  readonly compile?: (file: unknown) => Promise<ChangedPlan>;
  /** Name of what this coordinator was started as: a successor of the same name goes on with a file that was changed in place. */
  readonly deployment?: string;
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

/** What becomes of the job when its file has changed. */
export interface ChangedPlan {
  readonly plan: Plan;
  readonly allowDroppedState: boolean;
}

/** A change of the plan in place. */
export interface UpgradeResult {
  /** As whoever asked for it called the file that the job goes on with. */
  readonly id?: string;
  readonly location?: string;
  /** No rows were worked on for this long; undefined while the tasks have not come up yet. */
  readonly pauseMs?: number;
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
