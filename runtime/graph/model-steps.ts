/**
 * What the plan says of steps that use or train models (nodes of kind `other`): types only, for the SQL planner, the graph body, the
 * coordinator and the transforms alike. What each does: runtime/sql/plan/specs.md.
 */
import type { DataType } from '../record/types.js';

/** A column and the field of the model that it is for. */
export interface ModelColumn {
  /** The model's name for it. */
  readonly field: string;
  /** The row's. */
  readonly column: string;
  readonly type: DataType;
}

export const MODEL_PROVIDERS = ['tidewheel', 'oip', 'learner'] as const;
/** tidewheel: in the runner, from a registry or a file. oip: a server of the Open Inference Protocol. learner: trained by the step. */
export type ModelProvider = (typeof MODEL_PROVIDERS)[number];

/** Options by name, as in WITH. Secrets are references. */
export type ModelOptions = Readonly<Record<string, string>>;

export interface ScoreSpec {
  readonly kind: 'other';
  readonly transform: 'score';
  readonly provider: 'tidewheel' | 'oip';
  readonly options: ModelOptions;
  readonly inputs: readonly ModelColumn[];
  readonly outputs: readonly ModelColumn[];
  /** Column that gets the version which answered. */
  readonly versionColumn?: string;
  /** Where rows can be taken back: what identifies a row. Its answer is kept under it. */
  readonly key?: readonly string[];
}

/** Trains a pipeline of runtime/learn, one for all rows or one for each key; each row goes on with what was predicted before. */
export interface LearnSpec {
  readonly kind: 'other';
  readonly transform: 'learn';
  /** As JSON: a pipeline's list of steps, or one learner. */
  readonly pipeline: string;
  readonly inputs: readonly ModelColumn[];
  /** Field `prediction`, `probability`, `score` or the name of a class. */
  readonly outputs: readonly ModelColumn[];
  /** Column of the label. NULL: it comes later, in a row with the same `rowKey`. */
  readonly label?: string;
  readonly rowKey?: string;
  /** Column with the time of a row, for `horizonMs`. Absent: processing time. */
  readonly timeColumn?: string;
  /** How long a row waits for its label. Absent: for ever. */
  readonly horizonMs?: number;
  /** A learner for each value of these; none: one for all. */
  readonly by: readonly string[];
  /** Anomalies: `isAnomaly` is score above it. */
  readonly threshold?: number;
  readonly anomalyColumn?: string;
  /** Recommenders: items in a list of recommendations (field `recommended`). */
  readonly topN?: number;
  readonly publish?: PublishSpec;
  readonly onDrift?: OnDriftSpec;
  readonly fit?: FitSpec;
}

/** Begins again where the learner's own errors have changed, or where a row says so. */
export interface OnDriftSpec {
  /** As JSON: a detector of runtime/learn; it gets 1 for a wrong class and 0 for a right one, of numbers the size of the error. */
  readonly detector?: string;
  /** A row in which this column is not NULL is an alarm, and nothing to learn. */
  readonly signal?: string;
  /** reset: a fresh learner. retrain: a fresh learner that has learnt the latest `window` labelled rows. */
  readonly action: 'reset' | 'retrain';
  readonly window: number;
}

/** Batch training: the rows are gathered, and learnt at the end of the (bounded) input. */
export interface FitSpec {
  readonly epochs: number;
  /** Epochs without a lower loss over the held-back rows before training ends. */
  readonly patience: number;
  /** Share of the rows that is held back; they go out with what the trained model says of them. */
  readonly validation: number;
}

/** Puts what was learnt into a registry, through a gate. */
export interface PublishSpec {
  readonly name: string;
  readonly options: ModelOptions;
  /** After so many labelled rows each. */
  readonly every: number;
  /** Metric of runtime/learn, over the latest `window` labelled rows. */
  readonly metric: string;
  readonly window: number;
  /** The least (of errors: the most) that it must have. */
  readonly threshold?: number;
  /** How much better it must be than the promoted version over the same rows. Absent: not compared. */
  readonly margin?: number;
  readonly promote: boolean;
}

/** Measures predictions against labels, as rows of metrics. */
export interface EvaluateSpec {
  readonly kind: 'other';
  readonly transform: 'evaluate';
  readonly label: string;
  /** Column that has the predicted class or number, and the one of the probability of true. At least one. */
  readonly prediction?: string;
  readonly probability?: string;
  readonly metrics: readonly string[];
  /** Metrics are over the latest so many rows; absent: over all. */
  readonly window?: number;
  /** A row of metrics after so many labelled rows, and at the end of the input. */
  readonly every: number;
  readonly by: readonly string[];
  /** Column of the result: MAP<STRING, DOUBLE>, and of the number of rows measured. */
  readonly resultColumn: string;
  readonly countColumn: string;
  /** Goes back to the version before when the promoted one is worse. */
  readonly guard?: GuardSpec;
  /** Reports each version's metrics to the registry. */
  readonly quality?: QualitySpec;
}

export interface QualitySpec {
  readonly name: string;
  readonly options: ModelOptions;
  /** Column with the version that answered. */
  readonly versionColumn: string;
  /** A report after so many labelled rows of a version each. */
  readonly every: number;
  /** Name under which is reported. Absent: that of the step. */
  readonly source?: string;
}

export interface GuardSpec {
  readonly name: string;
  readonly options: ModelOptions;
  /** Column with the version that answered. */
  readonly versionColumn: string;
  readonly metric: string;
  /** How much worse than the version before is still right. */
  readonly tolerance: number;
  /** Labelled rows of a version before it is judged. */
  readonly minRows: number;
}

/** Rows at which a number changed its distribution. */
export interface DriftSpec {
  readonly kind: 'other';
  readonly transform: 'drift';
  readonly column: string;
  /** As JSON: a detector of runtime/learn and its parameters. */
  readonly detector: string;
  readonly by: readonly string[];
  /** Column that gets the detector's name. */
  readonly nameColumn: string;
  /** An alarm promotes the version of the model again that was promoted before. */
  readonly rollBack?: RollBackSpec;
}

export interface RollBackSpec {
  readonly name: string;
  readonly options: ModelOptions;
}

export type ModelStepSpec = ScoreSpec | LearnSpec | EvaluateSpec | DriftSpec;
