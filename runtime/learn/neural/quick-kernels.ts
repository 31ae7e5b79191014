/**
 * Three operations that training in TensorFlow.js's plain backend spends its time in, as loops over arrays: the same sums, ten to a
 * hundred times as fast. Whatever they don't cover goes to TensorFlow's own.
 *
 * - the gradient of looking up rows of a table (Embedding): TensorFlow.js compares each row with all indices
 * - the gradients of a convolution by its filter and by its input: TensorFlow.js reads each element by its coordinates
 */
import type { TensorFlow, TfTensor } from './tensorflow.js';

interface TensorInfo {
  readonly dataId: object;
  readonly shape: readonly number[];
}

interface CpuBackend {
  readonly data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: readonly number[], dtype: 'float32', values: Float32Array): TensorInfo;
}

interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: CpuBackend;
  readonly attrs: any;
}

interface Kernel {
  readonly kernelName: string;
  readonly backendName: string;
  kernelFunc(call: KernelCall): TensorInfo;
}

interface Gradient {
  readonly kernelName: string;
  gradFunc(
    dy: TfTensor,
    saved: TfTensor[],
    attrs: { axis: number; batchDims?: number },
  ): Record<string, () => TfTensor>;
}

interface Registries {
  getGradient(kernel: string): Gradient | undefined;
  registerGradient(gradient: Gradient): void;
  getKernel(kernel: string, backend: string): Kernel | undefined;
  unregisterKernel(kernel: string, backend: string): void;
  registerKernel(kernel: Kernel): void;
}

const installed = new WeakSet<object>();

/** Once for each TensorFlow. */
export function installQuickKernels({ module }: TensorFlow): void {
  if (installed.has(module)) return;
  installed.add(module);
  const registries = module as unknown as Registries;
  quickGather(module, registries);
  replaceKernel(registries, 'Conv2DBackpropFilter', filterGradient);
  replaceKernel(registries, 'Conv2DBackpropInput', inputGradient);
}

function quickGather(module: TensorFlow['module'], registries: Registries): void {
  const slow = registries.getGradient('GatherV2');
  if (!slow) return;
  registries.registerGradient({
    ...slow,
    gradFunc(dy, saved, attrs) {
      const [table, indices] = saved;
      if (attrs.axis !== 0 || (attrs.batchDims ?? 0) !== 0 || table.shape.length !== 2) {
        return slow.gradFunc(dy, saved, attrs);
      }
      return { x: () => module.tensor(sums(dy, indices, table.shape), table.shape, 'float32'), indices: () => indices };
    },
  });
}

function sums(dy: TfTensor, indices: TfTensor, [rows, width]: readonly number[]): Float32Array {
  const out = new Float32Array(rows * width);
  const at = indices.dataSync();
  const values = dy.dataSync();
  for (let i = 0, from = 0; i < at.length; i++) {
    const to = at[i] * width;
    for (let k = 0; k < width; k++) out[to + k] += values[from++];
  }
  return out;
}

/** `quick` gives undefined for what it does not cover. */
function replaceKernel(
  registries: Registries,
  name: string,
  quick: (call: KernelCall) => TensorInfo | undefined,
): void {
  const slow = registries.getKernel(name, 'cpu');
  if (!slow) return;
  registries.unregisterKernel(name, 'cpu');
  registries.registerKernel({ ...slow, kernelFunc: (call) => quick(call) ?? slow.kernelFunc(call) });
}

/** A convolution of `n` images of h × w × c with a filter of fh × fw × c × m into oh × ow × m. */
interface Convolution {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly fh: number;
  readonly fw: number;
  readonly oh: number;
  readonly ow: number;
  readonly m: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly top: number;
  readonly left: number;
}

function convolution(
  [n, h, w, c]: readonly number[],
  [fh, fw, , m]: readonly number[],
  [, oh, ow]: readonly number[],
  { strides, pad, dataFormat }: any,
): Convolution | undefined {
  if ((dataFormat ?? 'NHWC') !== 'NHWC') return undefined;
  const [strideH, strideW]: number[] = Array.isArray(strides) ? strides : [strides, strides];
  const around = (out: number, stride: number, filter: number, size: number) =>
    Math.floor(Math.max((out - 1) * stride + filter - size, 0) / 2);
  let top = 0;
  let left = 0;
  if (pad === 'same') {
    top = around(oh, strideH, fh, h);
    left = around(ow, strideW, fw, w);
  } else if (typeof pad === 'number') top = left = pad;
  else if (pad !== 'valid') return undefined;
  return { n, h, w, c, fh, fw, oh, ow, m, strideH, strideW, top, left };
}

/** Each place of the filter over each place of the output, where it lies within the image: offsets of image, filter and output. */
function eachPlace(v: Convolution, visit: (image: number, filter: number, out: number) => void): void {
  const { n, h, w, c, fh, fw, oh, ow, m } = v;
  for (let b = 0; b < n; b++) {
    for (let y = 0; y < oh; y++) {
      for (let x = 0; x < ow; x++) {
        const out = ((b * oh + y) * ow + x) * m;
        for (let i = 0; i < fh; i++) {
          const row = y * v.strideH + i - v.top;
          if (row < 0 || row >= h) continue;
          for (let j = 0; j < fw; j++) {
            const column = x * v.strideW + j - v.left;
            if (column >= 0 && column < w) visit(((b * h + row) * w + column) * c, (i * fw + j) * c * m, out);
          }
        }
      }
    }
  }
}

function filterGradient({ inputs, backend, attrs }: KernelCall): TensorInfo | undefined {
  const { x, dy } = inputs;
  const v = convolution(x.shape, attrs.filterShape, dy.shape, attrs);
  if (!v) return undefined;
  const { c, m } = v;
  const images = backend.data.get(x.dataId).values;
  const slopes = backend.data.get(dy.dataId).values;
  const sum = new Float32Array(v.fh * v.fw * c * m);
  eachPlace(v, (image, filter, out) => {
    for (let k = 0; k < c; k++) {
      const value = images[image + k];
      if (value === 0) continue;
      const to = filter + k * m;
      for (let o = 0; o < m; o++) sum[to + o] += value * slopes[out + o];
    }
  });
  return backend.makeTensorInfo(attrs.filterShape, 'float32', sum);
}

function inputGradient({ inputs, backend, attrs }: KernelCall): TensorInfo | undefined {
  const { dy, filter } = inputs;
  const v = convolution(attrs.inputShape, filter.shape, dy.shape, attrs);
  if (!v) return undefined;
  const { c, m } = v;
  const weights = backend.data.get(filter.dataId).values;
  const slopes = backend.data.get(dy.dataId).values;
  const sum = new Float32Array(v.n * v.h * v.w * c);
  eachPlace(v, (image, at, out) => {
    for (let k = 0; k < c; k++) {
      const from = at + k * m;
      let slope = 0;
      for (let o = 0; o < m; o++) slope += weights[from + o] * slopes[out + o];
      sum[image + k] += slope;
    }
  });
  return backend.makeTensorInfo(attrs.inputShape, 'float32', sum);
}
