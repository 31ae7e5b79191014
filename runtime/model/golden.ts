/** Golden rows: questions with the answers that a model must give before it may serve. */
import { TidewheelError } from '../../api/errors.js';
import { checkInputs } from './check-inputs.js';
import type { GoldenRow, LoadedModel, Tensor, TensorSpec } from './contract.js';
import { elementCount, elementOf, tensorFrom } from './tensor.js';

export const DEFAULT_TOLERANCE = 1e-4;

/** Reads JSON lines. Throws TW7307, naming the line. */
export function parseGolden(text: string, file = 'golden rows'): GoldenRow[] {
  const rows: GoldenRow[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = { file, line: i + 1 };
    let row: GoldenRow;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw new TidewheelError('TW7307', `not JSON: ${(error as Error).message}`, { where, cause: error });
    }
    const complete = isRecord(row) && isRecord(row.inputs) && isRecord(row.outputs);
    if (!complete) throw new TidewheelError('TW7307', 'a golden row has `inputs` and `outputs`, by name', { where });
    rows.push(row);
  }
  return rows;
}

export function formatGolden(rows: readonly GoldenRow[]): string {
  const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  return rows.map((row) => `${JSON.stringify(row, bigints)}\n`).join('');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Asks the model each row. Throws TW7305 for the first answer out of tolerance, TW7203 for a row that doesn't fit the signature. */
export async function checkGolden(model: LoadedModel, rows: readonly GoldenRow[], tolerance: number): Promise<void> {
  for (const [i, row] of rows.entries()) {
    const inputs = goldenInputs(model, row);
    checkInputs(model.signature, inputs);
    const answer = await model.predict(inputs);
    for (const [name, expected] of Object.entries(row.outputs)) {
      const tensor = answer[name];
      if (!tensor) {
        const names = Object.keys(answer).join(', ');
        throw new TidewheelError('TW7305', `golden row ${i + 1} expects output '${name}', but the model has ${names}`);
      }
      compare(i + 1, name, tensor, expected, tolerance);
    }
  }
}

/** The inputs of one row, as a batch of one. */
export function goldenInputs(model: LoadedModel, row: GoldenRow): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(row.inputs)) {
    const spec = model.signature.inputs.find((input) => input.name === name) ?? openSpec(name, value);
    if (spec.optional && (value === null || value === undefined)) continue;
    const datatype = model.signature.openInputs ? openSpec(name, value).datatype : spec.datatype;
    const shape = spec.shape.length === 0 ? [] : [1, ...sizesOf(value, spec.shape.length - 1)];
    out[name] = tensorFrom(name, datatype, shape, shape.length === 0 ? value : [value]);
  }
  return out;
}

function openSpec(name: string, value: unknown): TensorSpec {
  const first = Array.isArray(value) ? value.flat(8)[0] : value;
  const datatype = typeof first === 'string' ? 'BYTES' : typeof first === 'boolean' ? 'BOOL' : 'FP64';
  return { name, datatype, shape: [-1] };
}

function sizesOf(value: unknown, rank: number): number[] {
  const sizes: number[] = [];
  let inner = value;
  for (let i = 0; i < rank; i++) {
    if (!Array.isArray(inner)) break;
    sizes.push(inner.length);
    inner = inner[0];
  }
  return sizes;
}

function compare(row: number, name: string, tensor: Tensor, expected: unknown, tolerance: number): void {
  const wanted = Array.isArray(expected) ? expected.flat(8) : [expected];
  const count = elementCount(tensor.shape);
  if (wanted.length !== count) {
    throw new TidewheelError(
      'TW7305',
      `golden row ${row}: output '${name}' has ${count} values [${tensor.shape.join(', ')}], but ${wanted.length} are expected`,
    );
  }
  for (let i = 0; i < count; i++) {
    const seen = elementOf(tensor, i);
    if (!isClose(seen, wanted[i], tolerance)) {
      const at = count === 1 ? '' : `[${i}]`;
      throw new TidewheelError(
        'TW7305',
        `golden row ${row}: output '${name}'${at} is ${String(seen)}, but ${String(wanted[i])} is expected (tolerance ${tolerance})`,
        { details: { row, output: name, index: i } },
      );
    }
  }
}

/** |seen − wanted| ≤ tolerance × max(1, |wanted|); texts and booleans must be equal. */
function isClose(seen: unknown, wanted: unknown, tolerance: number): boolean {
  if (typeof seen === 'string' || typeof wanted === 'string') return String(seen) === String(wanted);
  const a = Number(seen);
  const b = wanted === null ? Number.NaN : Number(wanted);
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
}
