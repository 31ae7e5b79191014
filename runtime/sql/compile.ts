/** The text of a script → a plan. Pure: no connector is opened, nothing is read. */
import type { Plan } from '../graph/plan.js';
import { typeToString } from '../record/types.js';
import type { Statement } from './ast/index.js';
import type { ConnectorInfo, FormatInfo } from './catalog/connectors.js';
import { type CatalogEntry, visibleFields } from './catalog/table.js';
import { SqlError } from './error.js';
import { parseScript, SqlSyntaxError } from './parser/index.js';
import type { Output } from './plan/relation.js';
import { Session } from './session/session.js';
import { viewFields } from './session/show.js';

export interface CompileOptions {
  /** Shown in errors. Default 'sql'. */
  readonly file?: string;
  /** Line and column of the text's first character in that file. */
  readonly line0?: number;
  readonly column0?: number;
  readonly mode: 'streaming' | 'batch';
  readonly connectors: Readonly<Record<string, ConnectorInfo>>;
  readonly formats: Readonly<Record<string, FormatInfo>>;
  /** How long state of unbounded aggregates and joins is kept since its last use; 0 or absent: for ever. */
  readonly ttlMs?: number;
  readonly sourceParallelism?: number;
  /** Session time zone of TIMESTAMP_LTZ. Default 'UTC'. */
  readonly timeZone?: string;
}

/** What a statement of the script does, for listings. */
export interface StatementSummary {
  readonly kind: Statement['kind'];
  /** `CREATE TABLE payments`, `INSERT INTO alerts`. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface Warning {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export interface Compiled {
  readonly plan: Plan;
  readonly statements: readonly StatementSummary[];
  readonly warnings: readonly Warning[];
  /** Keys and values of SET, as written. */
  readonly settings: Readonly<Record<string, string>>;
  /** Tables and views with their columns: `name`, `kind`, and each column's name and type as SQL. */
  readonly objects: readonly CatalogObject[];
}

export interface CatalogObject {
  readonly kind: 'table' | 'view';
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * Compiles a script. All its INSERTs, and a SELECT that stands alone (its rows go to the connector `collect`), are one job.
 * Throws a SqlError for the first mistake; a script without INSERT or SELECT gives a plan without nodes.
 */
export function compileSql(text: string, options: CompileOptions): Compiled {
  const file = options.file ?? 'sql';
  try {
    const statements = parseScript(text, { line0: options.line0, column0: options.column0 });
    return compileStatements(statements, options);
  } catch (error) {
    if (error instanceof SqlError) throw error.inFile(file);
    if (error instanceof SqlSyntaxError) {
      Object.assign(error, { where: { ...error.where, file } });
      throw error;
    }
    throw error;
  }
}

function compileStatements(statements: readonly Statement[], options: CompileOptions): Compiled {
  const warnings: Warning[] = [];
  const session = new Session({
    mode: options.mode,
    timeZone: options.timeZone ?? 'UTC',
    ...(options.ttlMs ? { ttlMs: options.ttlMs } : {}),
    fixedMode: true,
    known: { connectors: options.connectors, formats: options.formats },
    ...(options.sourceParallelism === undefined ? {} : { sourceParallelism: options.sourceParallelism }),
    warn: (message, at) => warnings.push({ message, line: at.line, column: at.column }),
  });
  const outputs: Output[] = [];
  const summaries: StatementSummary[] = [];
  session.expect(statements);
  for (const node of statements) {
    const effect = session.apply(node);
    const { line, column } = node.span;
    summaries.push({ kind: node.kind, text: summary(session, node), line, column });
    if (effect.kind === 'job') outputs.push(...effect.outputs);
    else if (effect.kind !== 'done') {
      warnings.push({ message: 'the statement only shows something; in a job it has no effect', line, column });
    }
  }
  const objects = () => session.catalog.all().map((entry) => catalogObject(session, entry));
  return {
    plan: session.plan(outputs),
    statements: summaries,
    warnings,
    settings: Object.fromEntries(session.settings.written),
    /** Views are bound again for it: only for those who ask. */
    get objects() {
      return objects();
    },
  };
}

function summary({ catalog }: Session, node: Statement): string {
  switch (node.kind) {
    case 'CreateTable':
      return `CREATE TABLE ${catalog.nameOf(node.name)}`;
    case 'CreateView':
      return `CREATE VIEW ${catalog.nameOf(node.name)}`;
    case 'CreateFunction':
      return `CREATE FUNCTION ${node.name.parts.map((p) => p.name).join('.')}`;
    case 'CreateModel':
      return `CREATE MODEL ${catalog.nameOf(node.name)}`;
    case 'CreateDatabase':
      return `CREATE DATABASE ${node.name.parts.map((p) => p.name).join('.')}`;
    case 'Insert':
      return `INSERT INTO ${catalog.nameOf(node.target)}`;
    case 'StatementSet':
      return `STATEMENT SET of ${node.statements.length}`;
    case 'Query':
      return 'SELECT';
    case 'Drop':
      return `DROP ${node.object} ${catalog.nameOf(node.name)}`;
    case 'SetCommand':
      return node.key ? `SET '${node.key}'` : 'SET';
    case 'ResetCommand':
      return 'RESET';
    default:
      return node.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase();
  }
}

function catalogObject(session: Session, entry: CatalogEntry): CatalogObject {
  const fields = entry.kind === 'table' ? visibleFields(entry) : viewFields(session.env, entry);
  const columns = fields.map((f) => ({ name: f.name, type: typeToString(f.type) }));
  return { kind: entry.kind, name: entry.name, columns };
}
