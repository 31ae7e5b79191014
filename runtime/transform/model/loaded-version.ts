/** A version of a model in memory, with the code that takes this step's rows to it and its answers back. */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { ScoreSpec } from '../../graph/model-steps.js';
import type { LoadedModel, ModelSignature, TensorData, Tensors } from '../../model/contract.js';
import type { Row, RowSchema } from '../../record/types.js';
import {
  askedRecord,
  compileEncoder,
  compileRecord,
  type EncodeRows,
  outputCode,
  plainValue,
  sampleTensors,
} from './columns.js';
import { outputRow } from './output-row.js';

/** What a version answered for rows: made into output rows one by one. */
export interface Answers {
  /** The output row of input row `index`. */
  row(row: Row, index: number): Row;
}

export interface LoadedVersion {
  readonly version: string;
  /** Of its bytes: what it is, whatever it is called. */
  readonly digest?: string;
  readonly model: LoadedModel;
  score(rows: readonly Row[]): Answers | Promise<Answers>;
}

/**
 * Compiles the way in and out. Throws TW7401 where the columns don't fit. `warm`: rows of a first call, so that the first real one
 * meets a model that has run.
 */
export async function loadVersion(
  version: string,
  model: LoadedModel,
  spec: ScoreSpec,
  schema: RowSchema,
  warm: number,
): Promise<LoadedVersion> {
  const loaded = model.predictRow ? ofRecords(version, model, spec, schema) : ofTensors(version, model, spec, schema);
  if (!model.predictRow && warm > 0) {
    const sample = sampleTensors(model.signature, model.signature.batchable === false ? 1 : warm);
    if (Object.keys(sample).length > 0) await model.predict(sample);
  }
  return loaded;
}

type MakeRow = (row: Row, i: number, n: number, data: readonly TensorData[], version: string | null) => Row;

/** The way in and out of a model that takes tensors. */
export interface TensorWay {
  readonly encode: EncodeRows;
  answers(tensors: Tensors, rows: number, version: string | null): Answers;
}

export function tensorWay(signature: ModelSignature, spec: ScoreSpec, schema: RowSchema): TensorWay {
  const output = outputCode(spec.outputs, signature);
  const columns = new Map(output.columns);
  if (spec.versionColumn) columns.set(spec.versionColumn, 'version');
  const datas = output.tensors.map((_, t) => `const d${t} = data[${t}];`).join(' ');
  const make = new Codegen().build<MakeRow>(
    `return function scored(row, i, n, data, version) { ${datas} return ${outputRow(schema, columns)}; };`,
  );
  return {
    encode: compileEncoder(spec.inputs, signature),
    answers(tensors, rows, version) {
      const data = output.tensors.map((name) => tensors[name].data);
      return { row: (row, index) => make(row, index, rows, data, version) };
    },
  };
}

function ofTensors(version: string, model: LoadedModel, spec: ScoreSpec, schema: RowSchema): LoadedVersion {
  const way = tensorWay(model.signature, spec, schema);
  return {
    version,
    model,
    score(rows) {
      const tensors = model.predict(way.encode(rows));
      return tensors instanceof Promise
        ? tensors.then((t) => way.answers(t, rows.length, version))
        : way.answers(tensors, rows.length, version);
    },
  };
}

/** Learners take records: no tensors on the way. */
function ofRecords(version: string, model: LoadedModel, spec: ScoreSpec, schema: RowSchema): LoadedVersion {
  outputCode(spec.outputs, model.signature);
  const byName = spec.outputs.every((o) => model.signature.outputs.some((s) => s.name === o.field));
  const columns = new Map(
    spec.outputs.map((o, i): [string, string] => [
      o.column,
      `plain(answer[${JSON.stringify(byName ? o.field : model.signature.outputs[0].name)}], types[${i}])`,
    ]),
  );
  if (spec.versionColumn) columns.set(spec.versionColumn, JSON.stringify(version));
  const cg = new Codegen();
  const make = cg.build<(row: Row, answer: unknown, types: unknown, plain: unknown) => Row>(
    `return function scored(row, answer, types, plain) { return ${outputRow(schema, columns)}; };`,
  );
  const types = spec.outputs.map((o) => o.type);
  const record = compileRecord(spec.inputs);
  return {
    version,
    model,
    score(rows) {
      const records = rows.map((row) => askedRecord(record(row)));
      const answered = model.predictRows?.(records) ?? records.map((x) => model.predictRow!(x));
      return { row: (row, index) => make(row, answered[index], types, plainValue) };
    },
  };
}

/** Rows with NULL in place of an answer. */
export function withoutAnswer(spec: ScoreSpec, schema: RowSchema): Answers {
  const added = [...spec.outputs.map((o) => o.column), ...(spec.versionColumn ? [spec.versionColumn] : [])];
  const code = outputRow(schema, new Map(added.map((name) => [name, 'null'])));
  return { row: new Codegen().build<(row: Row) => Row>(`return function unanswered(row) { return ${code}; };`) };
}
