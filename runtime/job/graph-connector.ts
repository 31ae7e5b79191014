/** Source and sink steps of a graph body → what the plan says of them. */
import { type ErrorCode, isErrorMessage, nearestName, type Path } from '../../api/index.js';
import type { Connector } from '../connectors/index.js';
import type { OnError, SinkSpec, SourceSpec, WatermarkStrategy } from '../graph/plan.js';
import type { DataType, RowSchema } from '../record/types.js';
import { UNTYPED } from '../record/types.js';
import type { OptionDef } from '../source/contract.js';
import { parseDuration } from '../time/duration.js';
import type { WiredNode } from './graph-wiring.js';
import type { ProblemList } from './invalid-job.js';
import type { JobCatalog } from './job-definition.js';
import { checkOptions, type FlatOption, flattenOptions } from './options.js';
import { offsetOf } from './places.js';
import { columnFunction } from './user-function.js';

/** A source step; `timeCode` is set when its event time is a function, which needs a step of its own. */
export interface PlannedSource {
  readonly spec: SourceSpec;
  readonly schema: RowSchema;
  readonly timeText?: string;
  readonly delayMs: number;
  readonly idleTimeoutMs?: number;
}

const SOURCE_FIELDS = ['connector', 'format', 'schema', 'time', 'delay', 'idle', 'onError', 'deadLetter'];
const SINK_FIELDS = ['connector', 'format', 'schema'];

export async function planSource(
  { node, path }: WiredNode,
  catalog: JobCatalog,
  timeZone: string,
  problems: ProblemList,
): Promise<PlannedSource> {
  const step = node.source!;
  const at = [...path, 'source'];
  const { connector, options } = await checkConnector(step, SOURCE_FIELDS, 'source', at, catalog, problems);
  const schema = await columns(step.schema, [...at, 'schema'], catalog, problems);
  const delayMs = step.delay === undefined ? 0 : parseDuration(step.delay);
  const idleTimeoutMs = step.idle === undefined ? undefined : parseDuration(step.idle);
  if (step.time === undefined && (step.delay !== undefined || step.idle !== undefined)) {
    problems.add('TW1005', at, `'delay' and 'idle' of '${node.name}' belong to 'time', which is missing`);
  }
  const isColumn = step.time !== undefined && columnFunction(step.time) !== undefined;
  const watermark = isColumn
    ? columnWatermark(step.time!.trim(), schema, delayMs, idleTimeoutMs, [...at, 'time'], problems)
    : undefined;
  return {
    schema,
    delayMs,
    idleTimeoutMs,
    ...(step.time !== undefined && !isColumn ? { timeText: step.time } : {}),
    spec: {
      kind: 'source',
      connector: step.connector,
      ...(step.format === undefined ? {} : { format: step.format }),
      options: texts(options),
      columns: schema,
      read: schema.fields.map((field) => field.name),
      metadata: [],
      ...(watermark ? { watermark } : {}),
      bounded: connector?.source?.bounded(texts(options)) ?? false,
      onError: onErrorOf(step, at, problems),
      timeZone,
    },
  };
}

export async function planSink(
  { node, path }: WiredNode,
  input: RowSchema,
  catalog: JobCatalog,
  timeZone: string,
  problems: ProblemList,
): Promise<SinkSpec> {
  const step = node.sink!;
  const at = [...path, 'sink'];
  const { options } = await checkConnector(step, SINK_FIELDS, 'sink', at, catalog, problems);
  const schema = step.schema === undefined ? input : await columns(step.schema, [...at, 'schema'], catalog, problems);
  return {
    kind: 'sink',
    connector: step.connector,
    ...(step.format === undefined ? {} : { format: step.format }),
    options: texts(options),
    columns: schema,
    timeZone,
  };
}

function texts(options: ReadonlyMap<string, FlatOption>): Record<string, string> {
  return Object.fromEntries([...options].map(([name, option]) => [name, option.value]));
}

async function checkConnector(
  step: { connector: string; format?: string },
  taken: readonly string[],
  side: 'source' | 'sink',
  at: Path,
  catalog: JobCatalog,
  problems: ProblemList,
): Promise<{ connector?: Connector; options: Map<string, FlatOption> }> {
  const options = flattenOptions(step as Record<string, unknown>, taken, at, problems);
  const connector = await catalog.connector(step.connector);
  const known = connector?.[side];
  if (!connector) {
    unknownName('connector', step.connector, catalog.connectorNames, [...at, 'connector'], problems);
  } else if (!known) {
    problems.add('TW1301', [...at, 'connector'], `connector '${step.connector}' can't be used as a ${side}`);
  }
  const definitions: Record<string, OptionDef> = { ...known?.options };
  const { format: formatOption, ...others } = definitions;
  let formatsKnown = true;
  for (const prefix of ['', 'key.', 'value.']) {
    const name = prefix === '' ? step.format : options.get(`${prefix}format`)?.value;
    if (name === undefined) continue;
    const format = await catalog.format(name);
    if (!format) {
      formatsKnown = false;
      unknownName(
        'format',
        name,
        await catalog.formatNames(),
        prefix === '' ? [...at, 'format'] : options.get(`${prefix}format`)!.path,
        problems,
      );
      continue;
    }
    for (const [option, def] of Object.entries(format.options)) {
      others[`${prefix}${option.startsWith(`${name}.`) ? '' : `${name}.`}${option}`] = def;
    }
  }
  if (formatOption?.required && step.format === undefined && !options.has('value.format')) {
    problems.add('TW1302', at, `connector '${step.connector}' lacks the option 'format'`, {
      hint: `Formats: ${[...(await catalog.formatNames())].sort().join(', ')}`,
    });
  }
  if (known && formatsKnown) checkOptions(options, others, `connector '${step.connector}'`, at, problems);
  return { connector, options };
}

function unknownName(what: string, name: string, known: readonly string[], at: Path, problems: ProblemList): void {
  const near = nearestName(name, known);
  problems.add('TW1301', at, `unknown ${what} '${name}'`, {
    hint: near ? `Did you mean '${near}'?` : `Known: ${[...known].sort().join(', ')}`,
  });
}

async function columns(
  text: string | undefined,
  at: Path,
  catalog: JobCatalog,
  problems: ProblemList,
): Promise<RowSchema> {
  if (text === undefined) return UNTYPED;
  try {
    return { fields: await catalog.parseColumns(text) };
  } catch (error) {
    if (!isErrorMessage(error)) throw error;
    const { line, column } = error.where ?? {};
    const index = line === undefined ? 0 : offsetOf(text, line, column ?? 1);
    problems.add(error.code as ErrorCode, at, error.message, { index, hint: error.hint });
    return UNTYPED;
  }
}

const TIMESTAMP: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: true };

function columnWatermark(
  column: string,
  schema: RowSchema,
  delayMs: number,
  idleTimeoutMs: number | undefined,
  at: Path,
  problems: ProblemList,
): WatermarkStrategy {
  const field = schema.fields.find((f) => f.name === column);
  const type = field?.type ?? TIMESTAMP;
  if (!schema.untyped && !field) {
    const near = nearestName(
      column,
      schema.fields.map((f) => f.name),
    );
    problems.add('TW1101', at, `no column is named '${column}'`, {
      hint: near ? `Did you mean '${near}'?` : `Columns: ${schema.fields.map((f) => f.name).join(', ')}`,
    });
  } else if (field && !((type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ') && type.precision <= 3)) {
    problems.add(
      'TW1004',
      at,
      `event time must be a column of type TIMESTAMP(3) or TIMESTAMP_LTZ(3); '${column}' is not`,
      {
        hint: 'Give it that type, or write a function from row to milliseconds',
      },
    );
  }
  return {
    column,
    delayMs,
    expr: {
      op: 'call',
      fn: '-',
      type,
      args: [
        { op: 'column', name: column, type },
        { op: 'literal', value: delayMs, type: { kind: 'INTERVAL_DAY_TIME', nullable: false } },
      ],
    },
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
  };
}

function onErrorOf(
  step: { onError?: 'fail' | 'skip' | 'dead-letter'; deadLetter?: Record<string, unknown> },
  at: Path,
  problems: ProblemList,
): OnError {
  const policy = step.onError ?? 'fail';
  if (policy === 'dead-letter') {
    if (!step.deadLetter) {
      problems.add('TW1005', at, "'onError: dead-letter' needs 'deadLetter'", {
        hint: 'e.g. deadLetter: { connector: filesystem, path: bad-records }',
      });
    }
    const options = flattenOptions(step.deadLetter ?? {}, [], [...at, 'deadLetter'], problems);
    return { policy, options: texts(options) };
  }
  if (step.deadLetter) {
    problems.add('TW1105', [...at, 'deadLetter'], `'deadLetter' is used only with 'onError: dead-letter'`, {
      atKey: true,
    });
  }
  return { policy };
}
