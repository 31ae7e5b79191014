/** Columns of a request → tensors of the model. */

import { TidewheelError } from '../../../api/errors.js';
import type { StepBefore } from '../../../api/model-processing.js';
import { create, type LearnJson, restore } from '../../learn/index.js';
import type { Datatype, ModelSignature, Tensor, TensorSpec, Tensors } from '../contract.js';
import { allocate, elementCount, elementOf, setElement } from '../tensor.js';
import { misfit } from './problem.js';

/** Values of a name, one for each row: NaN or '' where there is none. */
type Column = number[] | string[];
type Columns = Map<string, Column>;

/** What is on the way to the model: columns, and tensors that are made already. */
interface OnTheWay {
  readonly rows: number;
  columns: Columns;
  readonly tensors: Record<string, Tensor>;
}

type Step = (way: OnTheWay) => void;

export interface Before {
  /** What clients send. */
  readonly inputs: readonly TensorSpec[];
  readonly openInputs: boolean;
  run(inputs: Tensors): Tensors;
}

/** Throws TW7309 where the steps don't lead to the inputs of the model. */
export function compileBefore(
  steps: readonly StepBefore[],
  signature: ModelSignature,
  columnType: 'FP32' | 'FP64',
): Before {
  const plan = new Plan(signature, columnType);
  const compiled = steps.map((step, i) => plan.step(step, i));
  const passed = signature.inputs.filter((spec) => !plan.filled.has(spec.name));
  const inputs = [...plan.inputs.values()];
  for (const spec of passed) {
    // A model's own input that no step makes: a client sends it, or the columns that steps have made stand for it.
    if (!plan.made.has(spec.name) && !plan.inputs.has(spec.name) && !plan.isOpen) inputs.push(spec);
  }
  return {
    inputs,
    openInputs: plan.isOpen || signature.openInputs === true,
    run(given) {
      const [first] = Object.values(given);
      const way: OnTheWay = { rows: first?.shape[0] ?? 0, columns: new Map(), tensors: {} };
      const untouched: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(given)) {
        if (plan.isOpen || plan.inputs.has(name)) way.columns.set(name, columnOf(name, tensor));
        else untouched[name] = tensor;
      }
      for (const step of compiled) step(way);
      const tensors: Record<string, Tensor> = { ...untouched, ...way.tensors };
      for (const spec of passed) {
        const column = way.columns.get(spec.name);
        if (column && !(spec.name in tensors)) tensors[spec.name] = tensorOf(spec, column);
      }
      if (signature.openInputs) {
        for (const [name, column] of way.columns) {
          if (!(name in tensors)) tensors[name] = tensorOf({ name, datatype: typeOf(column), shape: [-1] }, column);
        }
      }
      return tensors;
    },
  };
}

/** Follows, step by step, which columns there are. */
class Plan {
  /** Columns that clients send. */
  readonly inputs = new Map<string, TensorSpec>();
  /** Columns that steps make. */
  readonly made = new Set<string>();
  readonly filled = new Set<string>();
  /** Behind a pipeline any column may be there, before it any may be sent. */
  isOpen = false;

  constructor(
    private readonly signature: ModelSignature,
    private readonly columnType: Datatype,
  ) {}

  step(step: StepBefore, index: number): Step {
    const { fill, scale, oneHot, pipeline, assemble } = step;
    if (fill) {
      this.read(fill.columns);
      return ({ columns }) => {
        for (const name of fill.columns) replace(columns, name, (x) => (Number.isNaN(x) ? fill.value : x));
      };
    }
    if (scale) {
      this.read(scale.columns);
      return ({ columns }) => {
        scale.columns.forEach((name, i) => {
          const offset = scale.offset?.[i] ?? 0;
          const by = scale.scale?.[i] || 1;
          replace(columns, name, (x) => (x - offset) / by);
        });
      };
    }
    if (oneHot) {
      this.read([oneHot.column], 'BYTES');
      for (const value of oneHot.values) this.made.add(`${oneHot.column}=${value}`);
      return ({ columns }) => {
        const texts = texted(columns, oneHot.column);
        columns.delete(oneHot.column);
        for (const value of oneHot.values) {
          columns.set(
            `${oneHot.column}=${value}`,
            texts.map((text) => (text === value ? 1 : 0)),
          );
        }
      };
    }
    if (pipeline) return this.pipeline(pipeline, index);
    if (assemble) {
      const spec = this.target(assemble.into, index, assemble.columns.length);
      this.read(assemble.columns);
      return (way) => {
        const columns = assemble.columns.map((name) => numeric(way.columns, name));
        way.tensors[spec.name] = rowsInto(spec, way.rows, columns.length, (row, i) => columns[i][row]);
      };
    }
    throw misfit(`step ${index + 1} before the model has no kind`);
  }

  private pipeline(pipeline: NonNullable<StepBefore['pipeline']>, index: number): Step {
    this.isOpen = true;
    let made: any;
    try {
      made = pipelineOf(pipeline.steps);
    } catch (error) {
      throw new TidewheelError('TW7309', `step ${index + 1} before the model: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (made.kind !== 'transformer') throw misfit(`step ${index + 1} before the model ends in a ${made.kind}`);
    const spec = pipeline.into === undefined ? undefined : this.target(pipeline.into, index, undefined);
    return (way) => {
      const answers = Array.from({ length: way.rows }, (_, row) => transformed(made, recordOf(way.columns, row)));
      if (spec) {
        const vectors = answers.map((answer) => vectorOf(answer));
        way.tensors[spec.name] = rowsInto(spec, way.rows, vectors[0]?.length ?? 0, (row, i) => vectors[row][i]);
      } else way.columns = columnsOf(answers);
    };
  }

  /** Columns that no step has made are sent by clients. */
  private read(names: readonly string[], datatype: Datatype = this.columnType): void {
    for (const name of names) {
      if (this.isOpen || this.made.has(name) || this.inputs.has(name)) continue;
      this.inputs.set(name, { name, datatype, shape: [-1] });
    }
  }

  private target(name: string, index: number, width: number | undefined): TensorSpec {
    const spec = this.signature.inputs.find((input) => input.name === name);
    if (!spec) {
      const names = this.signature.inputs.map((input) => input.name).join(', ');
      throw misfit(`step ${index + 1} before the model fills '${name}', but the model has ${names}`);
    }
    if (spec.datatype === 'BYTES')
      throw misfit(`step ${index + 1} before the model fills '${name}', which takes texts`);
    const inner = spec.shape.slice(1);
    const wanted = inner.includes(-1) ? undefined : elementCount(inner);
    if (width !== undefined && wanted !== undefined && wanted !== width) {
      throw misfit(`step ${index + 1} before the model fills '${name}' with ${width} columns, but it takes ${wanted}`);
    }
    this.filled.add(name);
    return spec;
  }
}

/** Fitted steps from their JSON, others by name. */
function pipelineOf(steps: readonly any[]): any {
  const made = steps.map((step) => (Number.isInteger(step?.version) ? restore(step as LearnJson) : create(step)));
  if (made.length === 1) return made[0];
  const json = { type: 'Pipeline', version: 1, steps: made.map((each) => each.toJSON()) };
  return restore(JSON.parse(JSON.stringify(json)));
}

function transformed(pipeline: any, record: Record<string, unknown>): any {
  try {
    return pipeline.transformOne(record);
  } catch (error) {
    throw new TidewheelError('TW7203', (error as Error).message, { cause: error });
  }
}

function recordOf(columns: Columns, row: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, column] of columns) {
    const value = column[row];
    if (!(typeof value === 'number' && Number.isNaN(value))) record[name] = value;
  }
  return record;
}

function vectorOf(answer: any): ArrayLike<number> {
  return typeof answer?.length === 'number' ? answer : (Object.values(answer) as number[]);
}

function columnsOf(answers: readonly Record<string, unknown>[]): Columns {
  const columns: Columns = new Map();
  for (const name of new Set(answers.flatMap((answer) => Object.keys(answer)))) {
    const values = answers.map((answer) => answer[name]);
    const isText = values.some((value) => typeof value === 'string');
    columns.set(
      name,
      isText
        ? values.map((value) => String(value ?? ''))
        : values.map((value) => (value === undefined || value === null ? Number.NaN : Number(value))),
    );
  }
  return columns;
}

function columnOf(name: string, tensor: Tensor): Column {
  const rows = tensor.shape[0] ?? 0;
  if (tensor.data.length !== rows) {
    throw new TidewheelError('TW7203', `column '${name}' must have one value a row, but has shape [${tensor.shape}]`);
  }
  if (tensor.datatype === 'BYTES') return [...(tensor.data as readonly string[])];
  return Array.from({ length: rows }, (_, row) => Number(elementOf(tensor, row)));
}

function texted(columns: Columns, name: string): string[] {
  return (columns.get(name) ?? missing(name)).map(String);
}

function numeric(columns: Columns, name: string): number[] {
  const column = columns.get(name) ?? missing(name);
  if (typeof column[0] === 'string') throw new TidewheelError('TW7203', `column '${name}' has texts, not numbers`);
  return column as number[];
}

function missing(name: string): never {
  throw new TidewheelError('TW7203', `column '${name}' is missing`);
}

function replace(columns: Columns, name: string, by: (x: number) => number): void {
  columns.set(name, numeric(columns, name).map(by));
}

function typeOf(column: Column): Datatype {
  return typeof column[0] === 'string' ? 'BYTES' : 'FP64';
}

function tensorOf(spec: TensorSpec, column: Column): Tensor {
  const shape = [column.length, ...spec.shape.slice(1).map(() => 1)];
  const data = allocate(spec.datatype, column.length);
  for (let row = 0; row < column.length; row++) setElement(spec.name, spec.datatype, data, row, column[row]);
  return { datatype: spec.datatype, shape, data };
}

function rowsInto(spec: TensorSpec, rows: number, width: number, value: (row: number, i: number) => number): Tensor {
  const inner = spec.shape.slice(1);
  const isFixed = !inner.includes(-1);
  const perRow = isFixed ? elementCount(inner) : width;
  if (perRow !== width && rows > 0) {
    throw new TidewheelError('TW7203', `input '${spec.name}' takes ${perRow} values a row, but is given ${width}`);
  }
  const data = allocate(spec.datatype, rows * perRow);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let i = 0; i < perRow; i++) setElement(spec.name, spec.datatype, data, at++, value(row, i));
  }
  // One size that is left open takes all values; of several all but the last are 1.
  const open = inner.lastIndexOf(-1);
  const known = inner.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const shape = inner.map((size, i) => (size !== -1 ? size : i === open ? perRow / known : 1));
  return { datatype: spec.datatype, shape: [rows, ...shape], data };
}
