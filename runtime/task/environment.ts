/** What tasks are given by the slot that hosts them. Plain data where it crosses threads. */
import type { Format } from '../formats/contract.js';
import type { Plan } from '../graph/plan.js';
import type { SinkConnector } from '../sink/contract.js';
import type { NodeSnapshot, SplitSnapshot, TableLayout } from '../snapshot/manifest.js';
import type { SegmentRef } from '../snapshot/segment.js';
import type { StoreSpec } from '../snapshot/store.js';
import type { Json, Logger, SourceConnector } from '../source/contract.js';
import type { StateDisk } from '../state/disk/state-disk.js';
import type { TransformFactory } from '../transform/contract.js';
import type { ModelAccess, ModelLibrary } from '../transform/model/access.js';

/** Where connectors, formats and transforms come from; loaded when a plan names them. */
export interface Registry {
  source(name: string): Promise<SourceConnector>;
  sink(name: string): Promise<SinkConnector>;
  format(name: string): Promise<Format>;
  transform(kind: string): Promise<TransformFactory>;
  /** The library that opens models; loaded when it is first asked for. */
  models(): Promise<ModelLibrary>;
}

/** How a slot is to run its part of a job. Crosses process borders as JSON. */
export interface SlotDeployment {
  readonly attempt: number;
  readonly job: string;
  readonly plan: Plan;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Key group → slot. */
  readonly owners: readonly number[];
  readonly slot: number;
  /** host:port of each slot's data server. */
  readonly peers: readonly string[];
  readonly batch: boolean;
  readonly guarantee: 'exactly-once' | 'at-least-once';
  /** State that memory has no room for goes to a local disk. */
  readonly stateDisk?: { readonly folder?: string; readonly cacheBytes?: number };
  readonly store: StoreSpec;
  readonly baseDir: string;
  /** The manifest to restore from; undefined at a fresh start. */
  readonly restore?: {
    readonly key: string;
    readonly id: number;
    /** The job starts from the beginning; only the sinks finish what they had to commit. */
    readonly commitsOnly?: boolean;
  };
  /** Steps whose state may stay in memory, where the plan has changed; undefined: all. */
  readonly kept?: readonly string[];
  /** The attempt before this one: state that was read ahead counts only if that was told so. */
  readonly after?: number;
  /** Splits of each source's subtask in this slot. */
  readonly splits: Readonly<Record<string, readonly SplitSnapshot[]>>;
  /** What the coordinator chose for steps that start without a snapshot: node → versions of models. */
  readonly initial?: Readonly<Record<string, Json>>;
  /** Sources that will get no more splits than these. */
  readonly noMoreSplits: readonly string[];
}

/** What a task reports about a node at a checkpoint. */
export interface NodeAck {
  readonly keyed?: {
    readonly tables: readonly TableLayout[];
    /** All segments since the last complete checkpoint. */
    readonly segments: readonly SegmentRef[];
    /** Key groups written in full, with the checkpoint that has them. */
    readonly rewritten: readonly (readonly [checkpoint: number, groups: string])[];
  };
  readonly splits?: readonly SplitSnapshot[];
  readonly committables?: readonly Json[];
  readonly sinkState?: Json;
  readonly operator?: Json;
  readonly watermark?: number | null;
}

export interface TaskAck {
  readonly checkpoint: number;
  readonly stage: number;
  readonly subtask: number;
  readonly nodes: Readonly<Record<string, NodeAck>>;
  readonly bytes: number;
  readonly alignMs: number;
  readonly syncMs: number;
  readonly asyncMs: number;
}

export interface TaskEnvironment {
  readonly deployment: SlotDeployment;
  readonly registry: Registry;
  readonly log: Logger;
  readonly models: ModelAccess;
  readonly now: () => number;
  /** Puts the references in connector options in place: `${env:NAME}`, `${secret:NAME}`. */
  readonly resolve: (text: string) => string;
  readonly restored: ((nodeId: string) => NodeSnapshot | undefined) | undefined;
  readonly stateDisk: StateDisk | undefined;
  /** Work may have come up: run the loop. */
  wake(): void;
  fail(error: Error): void;
}
