/** ONNX models, by onnxruntime-node (native) or onnxruntime-web (WebAssembly). Both have the same interface. */
import { TidewheelError } from '../../../api/errors.js';
import type {
  Datatype,
  LoadedModel,
  ModelFiles,
  ModelSignature,
  Tensor,
  TensorData,
  TensorSpec,
  Tensors,
} from '../contract.js';

export type OnnxBackend = 'onnxruntime-node' | 'onnxruntime-web';

/** The part of onnxruntime-common that is used. */
interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  dispose?(): void;
}
type ValueMetadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };
interface OrtSession {
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
export interface Ort {
  readonly InferenceSession: { create(bytes: Uint8Array, options: Record<string, unknown>): Promise<OrtSession> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  readonly env: { wasm: { numThreads?: number }; logLevel?: string };
}

const DATATYPE_OF: Readonly<Record<string, Datatype>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};
const TYPE_OF = Object.fromEntries(Object.entries(DATATYPE_OF).map(([type, datatype]) => [datatype, type]));

export async function loadOrt(backend: OnnxBackend): Promise<Ort> {
  const name: string = backend;
  const imported = (await import(name)) as Ort & { default?: Ort };
  const ort = imported.InferenceSession ? imported : (imported.default as Ort);
  if (typeof ort?.InferenceSession?.create !== 'function') throw new Error(`${backend} has no InferenceSession`);
  return ort;
}

/** Throws TW7202, TW7205; other errors when the backend can't be loaded. */
export async function openOnnx(
  ort: Ort,
  backend: OnnxBackend,
  files: ModelFiles,
  threads: number,
): Promise<LoadedModel> {
  const [name, bytes] = [...files].find(([file]) => file.endsWith('.onnx')) ?? [...files][0];
  if (backend === 'onnxruntime-web') ort.env.wasm.numThreads = threads;
  let session: OrtSession;
  try {
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: [backend === 'onnxruntime-node' ? 'cpu' : 'wasm'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      externalData: [...files].filter(([file]) => file !== name).map(([path, data]) => ({ path, data })),
    });
  } catch (error) {
    throw loadFailure(name, error);
  }
  try {
    return new OnnxModel(ort, backend, session);
  } catch (error) {
    await session.release();
    throw error;
  }
}

class OnnxModel implements LoadedModel {
  readonly format = 'onnx' as const;
  readonly signature: ModelSignature;
  private closed = false;

  constructor(
    private readonly ort: Ort,
    readonly backend: OnnxBackend,
    private readonly session: OrtSession,
  ) {
    const inputs = session.inputMetadata.map((value) => specOf(value, 'input'));
    const outputs = session.outputMetadata.map((value) => specOf(value, 'output'));
    const batchable = [...inputs, ...outputs].every((spec) => spec.shape.length > 0 && spec.shape[0] === -1);
    this.signature = batchable ? { inputs, outputs } : { inputs, outputs, batchable };
  }

  async predict(inputs: Tensors): Promise<Tensors> {
    const feeds: Record<string, OrtTensor> = {};
    try {
      for (const { name } of this.signature.inputs) {
        const tensor = inputs[name];
        feeds[name] = new this.ort.Tensor(TYPE_OF[tensor.datatype], tensor.data, tensor.shape);
      }
      const answer = await this.session.run(feeds);
      const out: Record<string, Tensor> = {};
      for (const { name } of this.signature.outputs) {
        const { type, dims, data } = answer[name];
        out[name] = { datatype: DATATYPE_OF[type], shape: dims, data: data as TensorData };
      }
      return out;
    } catch (error) {
      throw new TidewheelError('TW7204', (error as Error).message, { cause: error });
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.session.release();
  }
}

function specOf(value: ValueMetadata, kind: string): TensorSpec {
  if (!value.isTensor) {
    throw new TidewheelError('TW7205', `${kind} '${value.name}' is no tensor but a sequence or a map`, {
      hint: 'Convert scikit-learn’s classifiers with options={id(model): {"zipmap": False}}',
      details: { [kind]: value.name },
    });
  }
  const datatype = DATATYPE_OF[value.type];
  if (!datatype) {
    throw new TidewheelError(
      'TW7205',
      `${kind} '${value.name}' has elements of type ${value.type}, which are not read`,
    );
  }
  // The WebAssembly build gives an unknown size as the unsigned -1.
  const shape = value.shape.map((size) => (typeof size === 'number' && size > 0 && size < 0x80000000 ? size : -1));
  return { name: value.name, datatype, shape: shape.length === 0 && kind === 'output' ? [-1] : shape };
}

const MISSING_OPERATION =
  /No Op registered for|not a registered function\/op|Could not find an implementation|NOT_IMPLEMENTED|not implemented|is under development|not supported/i;

function loadFailure(name: string, error: unknown): TidewheelError {
  const { message } = error as Error;
  return MISSING_OPERATION.test(message)
    ? new TidewheelError('TW7205', `${name} has an operation that can’t be run: ${message}`, { cause: error })
    : new TidewheelError('TW7202', `${name} can’t be loaded: ${message}`, { cause: error });
}
