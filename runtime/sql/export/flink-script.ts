/** A job's script as one that Flink's SQL client runs unchanged, with the same result. */
import type { CreateTable, Insert, OptionEntry, Statement } from '../ast/index.js';
import { parseScript } from '../parser/index.js';
import { quoteString, unparse } from '../unparse/index.js';
import { type FlinkJob, flinkOptions, noWord } from './flink-options.js';

export interface FlinkScriptOptions extends FlinkJob {
  /** Settings by Flink's names that hold for the job; those that the script sets itself are not said again. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface FlinkScript {
  readonly text: string;
  /** What somebody has to do before it runs. */
  readonly notes: readonly string[];
}

/** Table functions that are ours alone. */
const OWN_FUNCTIONS = new Set(['ML_LEARN', 'ML_EVALUATE', 'ML_DETECT_ANOMALIES', 'ML_DETECT_DRIFT', 'ML_PREDICT']);

/**
 * Throws a SqlError TW2007 for what Flink has no word for: functions in TypeScript, models, connectors and options of its own.
 * All inserts become one statement set, as they are one job here.
 */
export function flinkScript(sql: string, options: FlinkScriptOptions): FlinkScript {
  const statements = parseScript(sql);
  const inserts = statements.flatMap((s) =>
    s.kind === 'Insert' ? [s] : s.kind === 'StatementSet' ? s.statements : [],
  );
  const written = new Set(inserts.map((i) => lastName(i)));
  const read = readTables(statements);
  const notes: string[] = [];
  const parts: string[] = [];
  const set = new Set(statements.flatMap((s) => (s.kind === 'SetCommand' && s.key !== undefined ? [s.key] : [])));
  for (const [key, value] of Object.entries(options.settings)) {
    if (!set.has(key)) parts.push(`SET ${quoteString(key)} = ${quoteString(value)};`);
  }
  const queries: string[] = [];
  let insertSeen = false;
  for (const statement of statements) {
    check(statement);
    switch (statement.kind) {
      case 'Insert':
      case 'StatementSet':
        insertSeen = true;
        break;
      case 'Query':
        queries.push(`${unparse(statement)};`);
        break;
      case 'SetCommand':
      case 'ResetCommand':
        if (insertSeen && inserts.length > 1) throw noWord('a SET between two INSERTs of one job', statement);
        parts.push(`${unparse(statement)};`);
        break;
      case 'CreateTable':
        parts.push(`${unparse(table(statement, read, written, options, notes))};`);
        break;
      default:
        parts.push(`${unparse(statement)};`);
    }
  }
  if (inserts.length === 1) parts.push(`${unparse(inserts[0])};`);
  else if (inserts.length > 1) {
    parts.push(`EXECUTE STATEMENT SET BEGIN\n${inserts.map((i) => `${unparse(i)};`).join('\n')}\nEND;`);
  }
  return { text: `${[...parts, ...queries].join('\n\n')}\n`, notes };
}

function table(
  node: CreateTable,
  read: ReadonlySet<string>,
  written: ReadonlySet<string>,
  options: FlinkScriptOptions,
  notes: string[],
): CreateTable {
  const name = node.name.parts.at(-1)!.name;
  // What LIKE doesn't say again is that of the other table.
  if (!node.options.some((o) => o.key === 'connector')) return node;
  const mapped = flinkOptions(
    { name, read: read.has(name), written: written.has(name), options: node.options },
    options,
  );
  for (const option of mapped) if (/\$\{[\w-]+:/.test(option.value)) notes.push(reference(name, option));
  if (node.options.some((o) => o.key === 'connector' && o.value === 's3')) {
    notes.push(
      `table '${name}': the store's address and keys belong into Flink's configuration (s3.endpoint, s3.access-key, s3.secret-key)`,
    );
  }
  return { ...node, options: mapped };
}

function reference(name: string, option: OptionEntry): string {
  return `table '${name}': Flink does not resolve ${option.value} in option '${option.key}'`;
}

/** Throws for statements and calls that are not Flink's. */
function check(statement: Statement): void {
  if (statement.kind === 'CreateFunction' && statement.language !== 'JAVA' && statement.parameters) {
    throw noWord(`a function written in ${statement.language ?? 'this language'}`, statement);
  }
  if (statement.kind === 'CreateModel') throw noWord('a model that the job runs itself', statement);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const node = value as { kind?: string; name?: { parts?: { name: string }[] }; span?: Statement['span'] };
      const name = node.kind === 'Call' ? node.name?.parts?.at(-1)?.name.toUpperCase() : undefined;
      if (name !== undefined && OWN_FUNCTIONS.has(name)) throw noWord(`the function ${name}`, { span: node.span! });
      for (const [key, part] of Object.entries(value)) if (key !== 'span') visit(part);
    }
  };
  visit(statement);
}

function lastName(insert: Insert): string {
  return insert.target.parts.at(-1)!.name;
}

/** Names of everything that stands in a FROM. */
function readTables(statements: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const node = value as {
        kind?: string;
        name?: { parts: { name: string }[] };
        table?: { parts: { name: string }[] };
      };
      if (node.kind === 'TableRef' || node.kind === 'TableQuery') names.add(node.name!.parts.at(-1)!.name);
      if (node.kind === 'TableArgument' && node.table) names.add(node.table.parts.at(-1)!.name);
      for (const [key, part] of Object.entries(value)) if (key !== 'span') visit(part);
    }
  };
  visit(statements);
  return names;
}
