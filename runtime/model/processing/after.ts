/** Outputs of the model → outputs that clients see. */
import type { StepAfter } from '../../../api/model-processing.js';
import type { Datatype, Tensor, TensorSpec, Tensors } from '../contract.js';
import { allocate, elementCount, elementOf, setElement } from '../tensor.js';
import { misfit } from './problem.js';

export interface After {
  readonly outputs: readonly TensorSpec[];
  run(outputs: Tensors): Tensors;
}

type Step = (tensors: Record<string, Tensor>) => void;

/** Throws TW7309 for outputs that there aren't, and for texts where numbers are needed. */
export function compileAfter(steps: readonly StepAfter[], outputs: readonly TensorSpec[]): After {
  let specs = new Map(outputs.map((spec) => [spec.name, spec]));
  const compiled: Step[] = [];
  steps.forEach((step, i) => {
    const where = `step ${i + 1} after the model`;
    if (step.keep) {
      const kept = step.keep.outputs;
      specs = new Map(kept.map((name) => [name, named(specs, name, where)]));
      compiled.push((tensors) => {
        for (const name of Object.keys(tensors)) if (!kept.includes(name)) delete tensors[name];
      });
      return;
    }
    const { of, as, datatype, shape, map } = stepOf(step, specs, where);
    specs.set(as, { name: as, datatype, shape });
    compiled.push((tensors) => {
      tensors[as] = map(tensors[of]);
    });
  });
  const wanted = [...specs.values()];
  return {
    outputs: wanted,
    run(answer) {
      const tensors = { ...answer };
      for (const step of compiled) step(tensors);
      return Object.fromEntries(wanted.map(({ name }) => [name, tensors[name]]));
    },
  };
}

interface Mapped {
  readonly of: string;
  readonly as: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly map: (tensor: Tensor) => Tensor;
}

function stepOf(step: StepAfter, specs: ReadonlyMap<string, TensorSpec>, where: string): Mapped {
  const { softmax: soft, sigmoid, scale, argmax: most, threshold, labels } = step;
  const kind = soft ?? sigmoid ?? scale ?? most ?? threshold ?? labels;
  if (!kind) throw misfit(`${where} has no kind`);
  const spec = named(specs, kind.of, where);
  if (spec.datatype === 'BYTES') throw misfit(`${where} needs numbers, but '${kind.of}' has texts`);
  const as = kind.as ?? kind.of;
  const same = { of: kind.of, as, datatype: floating(spec.datatype), shape: spec.shape };
  if (soft) return { ...same, map: (tensor) => softmax(tensor, same.datatype) };
  if (sigmoid) return { ...same, map: (tensor) => each(tensor, same.datatype, (x) => 1 / (1 + Math.exp(-x))) };
  if (scale) {
    const { factor, offset } = scale;
    return { ...same, map: (tensor) => each(tensor, same.datatype, (x) => x * factor + offset) };
  }
  if (most) {
    const width = spec.shape.at(-1) ?? -1;
    if (spec.shape.length < 2) throw misfit(`${where}: '${most.of}' has one value a row, of which none is largest`);
    if (most.labels && width !== -1 && width !== most.labels.length)
      throw misfit(`${where} has ${most.labels.length} labels, but '${most.of}' has ${width} values a row`);
    const datatype = most.labels ? 'BYTES' : 'INT32';
    return { of: most.of, as, datatype, shape: spec.shape.slice(0, -1), map: (t) => argmax(t, most.labels) };
  }
  if (threshold) {
    const { above, labels: names } = threshold;
    const datatype = names ? 'BYTES' : 'BOOL';
    const say = (x: number) => (names ? names[x > above ? 1 : 0] : x > above);
    return { of: threshold.of, as, datatype, shape: spec.shape, map: (tensor) => each(tensor, datatype, say) };
  }
  const names = labels!.labels;
  const say = (x: number) => names[x] ?? String(x);
  return { of: labels!.of, as, datatype: 'BYTES', shape: spec.shape, map: (tensor) => each(tensor, 'BYTES', say) };
}

function named(specs: ReadonlyMap<string, TensorSpec>, name: string, where: string): TensorSpec {
  const spec = specs.get(name);
  if (!spec) throw misfit(`${where} reads '${name}', but there is ${[...specs.keys()].join(', ')}`);
  return spec;
}

function floating(datatype: Datatype): Datatype {
  return datatype === 'FP64' ? 'FP64' : 'FP32';
}

function each(tensor: Tensor, datatype: Datatype, map: (x: number) => unknown): Tensor {
  const data = allocate(datatype, tensor.data.length);
  for (let i = 0; i < tensor.data.length; i++) setElement('', datatype, data, i, map(Number(elementOf(tensor, i))));
  return { datatype, shape: tensor.shape, data };
}

function softmax(tensor: Tensor, datatype: Datatype): Tensor {
  const width = tensor.shape.at(-1) ?? 1;
  const data = allocate(datatype, tensor.data.length) as Float64Array;
  for (let start = 0; start < data.length; start += width) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < width; i++) largest = Math.max(largest, Number(elementOf(tensor, start + i)));
    let sum = 0;
    const powers = Array.from({ length: width }, (_, i) => Math.exp(Number(elementOf(tensor, start + i)) - largest));
    for (const power of powers) sum += power;
    for (let i = 0; i < width; i++) data[start + i] = powers[i] / sum;
  }
  return { datatype, shape: tensor.shape, data };
}

/** The first of equals. */
function argmax(tensor: Tensor, labels: readonly string[] | undefined): Tensor {
  const width = tensor.shape.at(-1) ?? 1;
  const shape = tensor.shape.slice(0, -1);
  const datatype = labels ? 'BYTES' : 'INT32';
  const data = allocate(datatype, elementCount(shape));
  for (let at = 0; at < data.length; at++) {
    let best = 0;
    for (let i = 1; i < width; i++) {
      if (Number(elementOf(tensor, at * width + i)) > Number(elementOf(tensor, at * width + best))) best = i;
    }
    setElement('', datatype, data, at, labels ? (labels[best] ?? String(best)) : best);
  }
  return { datatype, shape, data };
}
