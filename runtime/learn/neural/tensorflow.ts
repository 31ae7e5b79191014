/**
 * The part of TensorFlow.js that networks train with, by shape. The library loads nothing itself: who has TensorFlow gives it to
 * the learners (`attachTensorFlow`) before the first row.
 */
export interface TfTensor {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
  dispose(): void;
}

export interface TfVariable extends TfTensor {
  assign(value: TfTensor): void;
}

export interface TfModel {
  readonly layers: TfLayer[];
  /** Of a Sequential: the model within it. */
  readonly model?: TfModel;
  readonly weights: readonly { read(): TfVariable }[];
  readonly trainableWeights: readonly { read(): TfVariable }[];
  readonly outputs: readonly { readonly shape: readonly (number | null)[] }[];
  compile(args: { optimizer: unknown; loss: string }): void;
  /** One step over inputs and targets: what `trainOnBatch` does between its awaits. */
  makeTrainFunction(): (data: TfTensor[]) => TfTensor[];
  predictOnBatch(x: TfTensor): TfTensor | TfTensor[];
  fitDataset(dataset: unknown, args: Record<string, unknown>): Promise<unknown>;
  toJSON(unused: undefined, returnString: boolean): unknown;
  dispose(): unknown;
}

export interface TfLayer {
  readonly name: string;
  seed?: number;
  readonly layers?: TfLayer[];
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

export interface TfLibrary {
  readonly Optimizer: abstract new () => object;
  readonly models: { modelFromJSON(json: unknown): Promise<TfModel> };
  readonly data: { generator(make: () => Iterator<unknown>): { batch(size: number): unknown } };
  tensor(values: Float32Array, shape: readonly number[], dtype: 'float32'): TfTensor;
  engine(): { startScope(): void; endScope(): void };
}

/** TensorFlow.js with a backend that can train (`tfjs-cpu`, or `tfjs-node`). */
export interface TensorFlow {
  readonly backend: string;
  readonly module: TfLibrary;
  /** Makes the backend that of the calls that follow. */
  use(): void;
}
