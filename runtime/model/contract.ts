/**
 * The words of models: tensors, what a model takes and gives, a loaded model, and the registry of versions.
 * Types only; nothing here loads a library. `open-model.ts` opens files, `registry.ts` keeps versions in a store.
 */

import type { ModelProcessing } from '../../api/model-processing.js';

/** Element types, by their Open Inference Protocol names. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export type Datatype = (typeof DATATYPES)[number];

/**
 * Elements in row-major order: BOOL Uint8Array of 0 and 1 · UINT8 Uint8Array · UINT16 Uint16Array · UINT32 Uint32Array ·
 * UINT64 BigUint64Array · INT8 Int8Array · INT16 Int16Array · INT32 Int32Array · INT64 BigInt64Array ·
 * FP16 and BF16 Uint16Array of their bits · FP32 Float32Array · FP64 Float64Array · BYTES an array of strings.
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[];

export interface Tensor {
  readonly datatype: Datatype;
  /** Without -1; its product is the number of elements. Dimension 0 is the batch. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1: any size. Dimension 0 is the batch. */
  readonly shape: readonly number[];
  /** An input that may be left out (a feature of a learner that can be missing). Default false. */
  readonly optional?: boolean;
}

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Whether inputs beside those named are taken: learners of runtime/learn take any feature. Such inputs are columns of
   * shape [-1] (or [-1, 1]), numbers or BYTES.
   */
  readonly openInputs?: boolean;
  /** False: the batch dimension is fixed, so rows of several requests can't be joined. Default true. */
  readonly batchable?: boolean;
}

/** How a model is stored. */
export const MODEL_FORMATS = [
  'tfjs-layers',
  'tfjs-graph',
  'keras',
  'keras-h5',
  'onnx',
  'saved-model',
  'tidewheel',
] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** What runs it. `tidewheel`: the learners of this project. */
export type ModelBackend =
  | 'tfjs-node'
  | 'tfjs-wasm'
  | 'tfjs-cpu'
  | 'onnxruntime-node'
  | 'onnxruntime-web'
  | 'tidewheel';

/** A record for a learner: features by name. */
export type FeatureRecord = Readonly<Record<string, unknown>>;

/**
 * A model in memory. Calls may overlap; each gives its own answer. After `close` it must not be called.
 */
export interface LoadedModel {
  readonly format: ModelFormat;
  readonly backend: ModelBackend;
  readonly signature: ModelSignature;
  /** Steps around it, the outermost first; the signature is that of the whole. */
  readonly processing?: readonly ModelProcessing[];
  /**
   * Answers a batch: inputs by name, all with the same dimension 0; outputs by name, with that dimension 0 too. The inputs are
   * not kept and not changed; the outputs are the caller's. Synchronous where the backend is (TensorFlow, learners), so that a
   * step of a stream needs no await: test with `instanceof Promise`.
   *
   * Throws TW7203 for inputs that don't fit the signature (`checkInputs` finds that before), TW7204 when the backend fails.
   */
  predict(inputs: Tensors): Tensors | Promise<Tensors>;
  /** Learners only: one record as an object. Answers the outputs of the signature by name, as plain values. */
  predictRow?(row: FeatureRecord): Record<string, unknown>;
  /** As `predictRow` for each, in one call of the learner where it can do that. */
  predictRows?(rows: readonly FeatureRecord[]): Record<string, unknown>[];
  /** Frees memory outside of the heap. Safe to call twice. */
  close(): void | Promise<void>;
}

/** Files of a model by name (`model.json`, `group1-shard1of1.bin`; a single file under its own name). */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

export interface OpenOptions {
  /** Default: found out from the files. */
  readonly format?: ModelFormat;
  /** Backends in the order to try. Default: the best that this machine has (`backends.ts`). */
  readonly backends?: readonly ModelBackend[];
  /** Threads of a call inside the backend. Default 1: a slot of a job is one thread. */
  readonly threads?: number;
  /** Awaited between steps that take the thread for a while each: other work goes on meanwhile. */
  readonly turn?: () => Promise<void>;
}

/**
 * `openModel` of `open-model.ts`. Throws TidewheelError: TW7201 no known format, or not the one named · TW7202 damaged or cut
 * short · TW7205 a layer or operation that no backend here can run (the message names it) · TW7206 no backend for this format.
 */
export type OpenModel = (files: ModelFiles, options?: OpenOptions) => Promise<LoadedModel>;

/** A stored question and its answer: values of ONE row, without the batch dimension, nested as the shape says. */
export interface GoldenRow {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** `models/NAME/versions/VERSION/manifest.json`: written last, once. What it says never changes. */
export interface VersionManifest {
  readonly kind: 'tidewheel-model';
  readonly manifestVersion: 1;
  readonly name: string;
  /** `1`, `2`, … unless the pusher named it. */
  readonly version: string;
  readonly format: ModelFormat;
  readonly signature: ModelSignature;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** SHA-256 over the checksums of all files: equal digests are equal models. */
  readonly digest: string;
  readonly golden?: {
    /** Kept beside the manifest as `golden.jsonl`, with its checksum. */
    readonly rows: number;
    readonly sha256: string;
    /** |answer − expected| ≤ tolerance × max(1, |expected|), element by element. */
    readonly tolerance: number;
  };
  /** ISO 8601. */
  readonly pushedAt: string;
  /** Free text by key, e.g. the job and snapshot that trained it. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** `models/NAME/promoted.json`: the version that streams and servers use. The only object of a model that is ever replaced. */
export interface Promotion {
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly promotedAt: string;
  /** The version before this one, where there was one. */
  readonly previous?: string;
}

/**
 * `models/NAME/quality/VERSION/SOURCE.json`: how good a version is on rows whose labels came, as a job measured it. Replaced as it goes
 * on; what gates of a ModelDeployment read.
 */
export interface QualityReport {
  readonly kind: 'tidewheel-quality';
  readonly reportVersion: 1;
  readonly model: string;
  readonly version: string;
  /** Who measured it: the step of the job. Versions are compared within one source. */
  readonly source: string;
  /** By name, over the latest `window` labelled rows of the version (all, where there is no window). */
  readonly metrics: Readonly<Record<string, { readonly value: number; readonly biggerIsBetter: boolean }>>;
  /** Labelled rows of the version so far. */
  readonly samples: number;
  readonly window?: number;
  /** ISO 8601. */
  readonly measuredAt: string;
}

export interface PushOptions {
  readonly format?: ModelFormat;
  /** Default: one above the highest number there is. */
  readonly version?: string;
  readonly golden?: readonly GoldenRow[];
  /** Default 1e-4. */
  readonly tolerance?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Versions of models in a store (a folder or S3: `openStore` of runtime/snapshot). `createRegistry(store)` of `registry.ts`.
 * Throws TW7301 no such model · TW7302 no such version · TW7303 that version is there already · TW7304 bytes are not those that
 * were pushed · TW7305 golden rows answered otherwise; and StoreError (TW4103) while the store is away.
 */
export interface ModelRegistry {
  /** Loads the model, checks its golden rows, then writes an immutable version. A model that does not load is not written. */
  push(name: string, files: ModelFiles, options?: PushOptions): Promise<VersionManifest>;
  /** Names of all models. */
  names(): Promise<string[]>;
  /** Complete versions of a model, oldest first. */
  list(name: string): Promise<VersionManifest[]>;
  manifest(name: string, version: string): Promise<VersionManifest>;
  /** The files, checked against their checksums. */
  files(name: string, version: string): Promise<ModelFiles>;
  golden(name: string, version: string): Promise<readonly GoldenRow[]>;
  /** Loads, and answers the golden rows first (`golden: false` leaves that out). */
  open(name: string, version: string, options?: OpenOptions & { readonly golden?: boolean }): Promise<LoadedModel>;
  /** undefined: nothing was promoted. One small read: poll it. */
  promoted(name: string): Promise<Promotion | undefined>;
  /** The newest complete version: the highest number, else the last one pushed. undefined: there is none. */
  latest(name: string): Promise<string | undefined>;
  /** What was measured of a version, one report for each source. */
  quality(name: string, version: string): Promise<QualityReport[]>;
  /** Replaces what the same source reported before. */
  reportQuality(report: QualityReport): Promise<void>;
  /** Points streams and servers at a complete version. */
  promote(name: string, version: string): Promise<Promotion>;
}
