import { TidewheelError } from '../errors.js';
import type { Features } from '../features/feature-index.js';
import { asFeatures, RowEmitter } from '../features/row-emitter.js';
import { checkJson, type LearnJson } from '../state.js';

export interface VectorAssemblerParams {
  /** The columns, in the order of the vector. A column that holds an array takes as many places as `sizes` says. */
  inputs: readonly string[];
  /** Length of columns that hold arrays (default 1). */
  sizes?: Readonly<Record<string, number>>;
  /** What stands for a missing value (default: it is an error). */
  fill?: number;
}

/**
 * Columns into one vector. Shapes: a dictionary in, a vector of fixed length out. Source: Flink ML's VectorAssembler.
 * Errors: `TW7102` for a missing value without `fill`, a string, or an array of another length.
 */
export class VectorAssembler extends RowEmitter {
  static readonly type = 'VectorAssembler';
  private readonly params: VectorAssemblerParams;

  constructor(params: VectorAssemblerParams) {
    super();
    if (!params.inputs?.length) throw new TidewheelError('TW7101', 'inputs must name at least one column');
    this.params = params;
    this.output.ensurePositions(params.inputs.reduce((size, input) => size + (params.sizes?.[input] ?? 1), 0));
  }

  protected emit(x: Features): void {
    const { inputs, sizes, fill } = this.params;
    const features = asFeatures(x) as Record<string, any>;
    let at = 0;
    for (const input of inputs) {
      const size = sizes?.[input] ?? 1;
      const value = features[input];
      const values = typeof value === 'object' && value !== null ? value : [value];
      if (values.length !== size) {
        throw new TidewheelError('TW7102', `column ${input} has ${values.length} values, not ${size}`);
      }
      for (let i = 0; i < size; i++) this.add(at++, numberOf(values[i], input, fill));
    }
  }

  toJSON(): LearnJson {
    return { type: VectorAssembler.type, version: 1, params: this.params };
  }

  static fromJSON(json: LearnJson): VectorAssembler {
    checkJson(json, VectorAssembler.type);
    return new VectorAssembler(json.params as unknown as VectorAssemblerParams);
  }
}

function numberOf(value: unknown, column: string, fill: number | undefined): number {
  if (value === null || value === undefined || Number.isNaN(value)) {
    if (fill !== undefined) return fill;
    throw new TidewheelError('TW7102', `column ${column} is missing: give a fill value, or impute it first`);
  }
  if (typeof value === 'string' || !Number.isFinite(Number(value))) {
    throw new TidewheelError('TW7102', `column ${column} holds ${JSON.stringify(value)}, not a finite number`);
  }
  return Number(value);
}
