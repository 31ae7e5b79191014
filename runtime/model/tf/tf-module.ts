/**
 * The part of TensorFlow.js that is used, by shape: its own declarations are 500 files that every compile would read.
 * `tfjs` and `tfjs-node` both have it.
 */
export interface TfTensor {
  readonly shape: number[];
  readonly dtype: string;
  dataSync(): Float32Array | Int32Array | Uint8Array | string[];
  data(): Promise<Float32Array | Int32Array | Uint8Array | string[]>;
  dispose(): void;
}

export interface TfSymbolicTensor {
  readonly name: string;
  readonly shape: (number | null)[];
  readonly dtype: string;
  /** The layer that gives it. */
  readonly sourceLayer: { readonly name: string };
}

export interface TfLayer {
  readonly name: string;
  getClassName(): string;
  getWeights(): TfTensor[];
  setWeights(weights: TfTensor[]): void;
  /** Of models. */
  readonly layers?: TfLayer[];
}

export interface TfLayersModel extends TfLayer {
  readonly layers: TfLayer[];
  readonly weights: readonly { readonly originalName: string; readonly shape: number[] }[];
  readonly inputs: TfSymbolicTensor[];
  readonly outputs: TfSymbolicTensor[];
  /** By name. Throws for weights without layer and for layers without weight. */
  loadWeights(weights: Record<string, TfTensor>): void;
  predictOnBatch(x: TfTensor | TfTensor[]): TfTensor | TfTensor[];
  dispose(): unknown;
}

export interface TfGraphModel {
  readonly inputs: TfGraphTensor[];
  readonly outputs: TfGraphTensor[];
  execute(inputs: Record<string, TfTensor>, outputs: string[]): TfTensor | TfTensor[];
  executeAsync(inputs: Record<string, TfTensor>, outputs: string[]): Promise<TfTensor | TfTensor[]>;
  dispose(): void;
}

export interface TfGraphTensor {
  readonly name: string;
  readonly shape?: number[];
  readonly dtype: string;
}

export interface TfSavedModel {
  predict(inputs: Record<string, TfTensor>): Record<string, TfTensor>;
  dispose(): void;
}

export interface TfModule {
  readonly version: { readonly tfjs?: string };
  ready(): Promise<void>;
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  enableProdMode(): void;
  tensor(values: unknown, shape: readonly number[], dtype: string): TfTensor;
  engine(): { startScope(): void; endScope(): void };
  memory(): { numTensors: number };
  loadLayersModel(handler: unknown): Promise<TfLayersModel>;
  loadGraphModel(handler: unknown): Promise<TfGraphModel>;
  readonly io: {
    fromMemory(artifacts: unknown): unknown;
    decodeWeights(data: ArrayBuffer, specs: readonly unknown[]): Record<string, TfTensor>;
  };
  readonly models: { modelFromJSON(json: unknown): Promise<TfLayersModel> };
  readonly serialization: { SerializationMap: { getMap(): { classNameMap: Record<string, [TfClass, unknown]> } } };
  /** tfjs-node only. */
  readonly node?: {
    loadSavedModel(path: string, tags?: string[], signature?: string): Promise<TfSavedModel>;
    getMetaGraphsFromSavedModel(path: string): Promise<TfMetaGraph[]>;
  };
}

export interface TfClass {
  fromConfig(cls: TfClass, config: unknown): unknown;
}

export interface TfMetaGraph {
  readonly tags: string[];
  readonly signatureDefs: Record<
    string,
    { inputs: Record<string, TfSavedTensor>; outputs: Record<string, TfSavedTensor> }
  >;
}

export interface TfSavedTensor {
  readonly dtype: string;
  readonly tfDtype: string;
  readonly name: string;
  readonly shape: readonly { readonly array?: readonly number[] }[] | readonly number[];
}
