/**
 * Between rows and tensors: which columns make which input of a model, and which of its outputs make which columns.
 *
 * Names first: a field named as an input of the signature is that input (a scalar column for shape [-1] or [-1, 1], an ARRAY for
 * [-1, k]). Else a model with one input takes all columns in their order, as one row of it. Outputs alike.
 * Both ways are generated code: one loop over the rows, nothing looked up by name within it.
 */
import { TidewheelError } from '../../../api/errors.js';
import { Codegen, property, propertyKey } from '../../expr/codegen/codegen.js';
import type { ModelColumn } from '../../graph/model-steps.js';
import type { Datatype, ModelSignature, Tensor, TensorData, TensorSpec, Tensors } from '../../model/contract.js';
import type { Row } from '../../record/types.js';

/** Columns that make one tensor: one, or all of a row of it. */
interface Group {
  readonly spec: TensorSpec;
  readonly columns: readonly ModelColumn[];
  /** Elements of a row; 0 where an ARRAY column says it itself. */
  readonly width: number;
}

const ARRAYS: Partial<Record<Datatype, new (length: number) => TensorData>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

export function misfit(message: string, signature: ModelSignature): TidewheelError {
  const shown = (specs: readonly TensorSpec[]) =>
    specs.map((s) => `${s.name} ${s.datatype}[${s.shape.join(', ')}]`).join(', ') || 'nothing';
  return new TidewheelError('TW7401', message, {
    hint: `The model takes ${shown(signature.inputs)}${signature.openInputs ? ' and any other feature' : ''} and gives ${shown(signature.outputs)}`,
  });
}

/** Elements of a row of a tensor; undefined where a dimension is open. */
function widthOf(spec: TensorSpec): number | undefined {
  const inner = spec.shape.slice(1);
  return inner.includes(-1) ? undefined : inner.reduce((a, b) => a * b, 1);
}

function groupsOf(
  columns: readonly ModelColumn[],
  specs: readonly TensorSpec[],
  open: boolean,
  signature: ModelSignature,
  what: 'input' | 'output',
): Group[] {
  const byName = new Map(specs.map((s) => [s.name, s]));
  const named = columns.every((c) => byName.has(c.field) || open);
  const missing = what === 'input' ? specs.filter((s) => !s.optional && !columns.some((c) => c.field === s.name)) : [];
  if (named && missing.length === 0) {
    return columns.map((column) => {
      const spec = byName.get(column.field) ?? { name: column.field, datatype: openType(column), shape: [-1] };
      return group(spec, [column], signature, what);
    });
  }
  const required = what === 'input' ? specs.filter((s) => !s.optional) : specs;
  if (required.length === 1) return [group(required[0], columns, signature, what)];
  const names = specs.map((s) => s.name).join(', ');
  const lacking =
    missing.length > 0 ? `no column for ${missing.map((s) => s.name).join(', ')}` : `none of ${names} is named`;
  throw misfit(`${what}s ${columns.map((c) => c.field).join(', ')} don't fit the model: ${lacking}`, signature);
}

function openType(column: ModelColumn): Datatype {
  return column.type.kind === 'VARCHAR' || column.type.kind === 'CHAR' ? 'BYTES' : 'FP64';
}

function group(spec: TensorSpec, columns: readonly ModelColumn[], signature: ModelSignature, what: string): Group {
  const width = widthOf(spec);
  const lists = columns.filter((c) => c.type.kind === 'ARRAY');
  if (lists.length > 0) {
    if (columns.length > 1)
      throw misfit(`${what} ${spec.name} is made of one ARRAY or of plain columns, not of both`, signature);
    return { spec, columns, width: 0 };
  }
  if (width !== undefined && width !== columns.length) {
    throw misfit(
      `${what} ${spec.name} has ${width} values in a row, but there ${columns.length === 1 ? 'is 1 column' : `are ${columns.length} columns`}`,
      signature,
    );
  }
  return { spec, columns, width: columns.length };
}

/** A column's value as an element of the tensor, as code. */
function elementCode(value: string, column: ModelColumn, datatype: Datatype): string {
  if (datatype === 'BYTES') return `(${value} === null ? '' : String(${value}))`;
  if (datatype === 'BOOL') return `(${value} ? 1 : 0)`;
  const { type } = column;
  const scaled =
    type.kind === 'DECIMAL' && type.scale > 0 ? `Number(${value}) / ${10 ** type.scale}` : `Number(${value})`;
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const whole = type.kind === 'DECIMAL' ? `Math.round(${scaled})` : `Math.round(Number(${value}))`;
    // Integers beyond 2^53 stay exact.
    return `(typeof ${value} === 'bigint' && ${type.kind !== 'DECIMAL'} ? ${value} : BigInt(${value} == null ? 0 : ${whole}))`;
  }
  const exact = type.kind === 'BIGINT' || type.kind === 'DECIMAL' || type.kind === 'BOOLEAN' || type.kind === 'ANY';
  const missing = datatype === 'FP32' || datatype === 'FP64' ? 'NaN' : '0';
  // A missing number is NaN, as learners and tree models want it.
  return `(${value} == null ? ${missing} : ${exact ? scaled : value})`;
}

export type EncodeRows = (rows: readonly Row[]) => Tensors;

/** Rows → the model's inputs. Throws TW7401 where the columns can't be them. */
export function compileEncoder(columns: readonly ModelColumn[], signature: ModelSignature): EncodeRows {
  const cg = new Codegen();
  const groups = groupsOf(columns, signature.inputs, signature.openInputs === true, signature, 'input');
  const parts = groups.map(({ spec, columns, width }, g) => {
    const array = ARRAYS[spec.datatype];
    const make = array ? `new ${cg.bind(array, 'array')}` : undefined;
    if (!make && spec.datatype !== 'BYTES') {
      throw misfit(`input ${spec.name} is ${spec.datatype}, which columns can't be made into`, signature);
    }
    const shape = (inner: string) => {
      const dims = spec.shape.slice(1);
      const open = dims.indexOf(-1);
      return `[n${dims.map((d, i) => `, ${i === open ? inner : Number(d)}`).join('')}]`;
    };
    const name = JSON.stringify(spec.name);
    if (width === 0) {
      const value = property('rows[i]', columns[0].column);
      const one = elementCode(
        'list[k]',
        { ...columns[0], type: (columns[0].type as { element: ModelColumn['type'] }).element },
        spec.datatype,
      );
      const fixed = widthOf(spec);
      return `
      let w${g} = ${fixed ?? `n === 0 ? 0 : (${property('rows[0]', columns[0].column)} ?? []).length`};
      const d${g} = ${make ? `${make}(n * w${g})` : `new Array(n * w${g})`};
      for (let i = 0, p = 0; i < n; i++) {
        const list = ${value} ?? [];
        if (list.length !== w${g}) throw ${cg.bind(wrongLength, 'wrongLength')}(${JSON.stringify(columns[0].column)}, list.length, w${g});
        for (let k = 0; k < w${g}; k++) d${g}[p++] = ${one};
      }
      const s${g} = { datatype: '${spec.datatype}', shape: ${shape(`w${g}`)}, data: d${g} };
      tensors[${name}] = s${g};`;
    }
    const fill = columns
      .map((c) => `d${g}[p++] = ${elementCode(property('row', c.column), c, spec.datatype)};`)
      .join(' ');
    return `
      const d${g} = ${make ? `${make}(n * ${width})` : `new Array(n * ${width})`};
      for (let i = 0, p = 0; i < n; i++) { const row = rows[i]; ${fill} }
      tensors[${name}] = { datatype: '${spec.datatype}', shape: ${shape(String(width))}, data: d${g} };`;
  });
  return cg.build<EncodeRows>(`return function encode(rows) {
    const n = rows.length;
    const tensors = {};
    ${parts.join('\n')}
    return tensors;
  };`);
}

function wrongLength(column: string, got: number, wanted: number): TidewheelError {
  return new TidewheelError('TW7401', `column ${column} has ${got} elements in a row, the model takes ${wanted}`);
}

/** An output column as code over `d0`, `d1` … (the data of `tensors`, in that order) and the row's number `i`. */
export interface OutputCode {
  /** Names of the outputs that are read. */
  readonly tensors: readonly string[];
  /** Column → code of its value. */
  readonly columns: ReadonlyMap<string, string>;
}

/** The model's outputs → columns. Throws TW7401 where the columns can't be made of them. */
export function outputCode(columns: readonly ModelColumn[], signature: ModelSignature): OutputCode {
  const groups = groupsOf(columns, signature.outputs, false, signature, 'output');
  const code = new Map<string, string>();
  groups.forEach(({ spec, columns, width }, g) => {
    const inner = widthOf(spec) ?? 1;
    columns.forEach((column, k) => {
      if (width === 0) {
        const element = (column.type as { element: ModelColumn['type'] }).element;
        const one = valueCode('v', spec.datatype, element);
        const w = widthOf(spec) ?? `(d${g}.length / n)`;
        code.set(column.column, `Array.from(d${g}.slice(i * ${w}, (i + 1) * ${w}), (v) => ${one})`);
      } else
        code.set(
          column.column,
          valueCode(inner === 1 ? `d${g}[i]` : `d${g}[i * ${inner} + ${k}]`, spec.datatype, column.type),
        );
    });
  });
  return { tensors: groups.map((g) => g.spec.name), columns: code };
}

/** An element of a tensor as a value of a column, as code. */
export function valueCode(element: string, datatype: Datatype, type: ModelColumn['type']): string {
  const big = datatype === 'INT64' || datatype === 'UINT64';
  const number = big ? `Number(${element})` : element;
  switch (type.kind) {
    case 'BOOLEAN':
      return datatype === 'BYTES' ? `(${element} === 'true')` : `(${number} !== 0)`;
    case 'CHAR':
    case 'VARCHAR':
      return datatype === 'BOOL' ? `(${element} !== 0 ? 'true' : 'false')` : `String(${element})`;
    case 'BIGINT':
      return big
        ? `(Number.isSafeInteger(Number(${element})) ? Number(${element}) : ${element})`
        : `Math.round(Number(${number}))`;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return `Math.round(Number(${number}))`;
    case 'FLOAT':
      return `Math.fround(Number(${number}))`;
    case 'ANY':
      return datatype === 'BOOL' ? `(${element} !== 0)` : number;
    default:
      return datatype === 'BYTES' ? `Number(${element})` : number;
  }
}

/**
 * Rows → records of features, as learners take them: numbers as numbers, whatever column they come from. One ARRAY of numbers alone is
 * the vector itself.
 */
export function compileRecord(
  columns: readonly ModelColumn[],
): (row: Row) => Record<string, unknown> | readonly unknown[] {
  if (columns.length === 1 && columns[0].type.kind === 'ARRAY') {
    return new Codegen().build(`return function vector(row) { return ${property('row', columns[0].column)} ?? []; };`);
  }
  const fields = columns.map(({ field, column, type }) => {
    const value = property('row', column);
    const code =
      type.kind === 'DECIMAL' && type.scale > 0
        ? `(${value} === null ? null : Number(${value}) / ${10 ** type.scale})`
        : type.kind === 'BIGINT' || type.kind === 'DECIMAL'
          ? `(typeof ${value} === 'bigint' ? Number(${value}) : ${value})`
          : value;
    return `${propertyKey(field)}: ${code}`;
  });
  return new Codegen().build(`return function record(row) { return { ${fields.join(', ')} }; };`);
}

/** A record as a learner behind the contract of models is asked: a vector is its one input. */
export function askedRecord(x: Record<string, unknown> | readonly unknown[]): Record<string, unknown> {
  return Array.isArray(x) ? { features: x } : (x as Record<string, unknown>);
}

/** A learner's answer for a record → the value of a column. */
export function plainValue(value: unknown, type: ModelColumn['type']): unknown {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : value === 'true' || Number(value) !== 0;
    case 'CHAR':
    case 'VARCHAR':
      return String(value);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return Math.round(Number(value));
    case 'FLOAT':
      return Math.fround(Number(value));
    case 'DOUBLE':
      return Number(value);
    case 'ARRAY':
      return Array.isArray(value) ? value.map((one) => plainValue(one, type.element)) : value;
    default:
      return value;
  }
}

/** Rows of nothing, for warming up. */
export function sampleTensors(signature: ModelSignature, rows: number): Tensors {
  const tensors: Record<string, Tensor> = {};
  for (const spec of signature.inputs) {
    if (spec.optional) continue;
    const shape = [rows, ...spec.shape.slice(1).map((d) => (d === -1 ? 1 : d))];
    const length = shape.reduce((a, b) => a * b, 1);
    const array = ARRAYS[spec.datatype];
    if (!array && spec.datatype !== 'BYTES') return {};
    tensors[spec.name] = {
      datatype: spec.datatype,
      shape,
      data: array ? new array(length) : new Array(length).fill(''),
    };
  }
  return tensors;
}
