/** The text of a script → a plan. Pure: no connector is opened, nothing is read. */
import type { Plan } from '../graph/plan.js';
import { typeToString } from '../record/types.js';
import { parseDuration } from '../time/duration.js';
import type { CreateTable, CreateView, Drop, Insert, Query, SetCommand, Span, Statement } from './ast/index.js';
import { bindCreateFunction } from './bind/create-function.js';
import { bindCreateTable, withLike } from './bind/create-table.js';
import type { Environment } from './bind/environment.js';
import { bindInsert } from './bind/insert.js';
import { QueryBinder } from './bind/query.js';
import { sharedViews } from './bind/references.js';
import { Catalog } from './catalog/catalog.js';
import type { ConnectorInfo, FormatInfo } from './catalog/connectors.js';
import { type Column, type Table, visibleFields } from './catalog/table.js';
import { SqlError, unsupported } from './error.js';
import { optimise } from './optimise/index.js';
import { parseScript, SqlSyntaxError } from './parser/index.js';
import { project, uniqueNames } from './plan/build.js';
import { column } from './plan/expression.js';
import { Lowering } from './plan/lower.js';
import type { Output } from './plan/relation.js';
import { TraitsOf } from './plan/traits.js';

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
    return new Compilation(options).run(statements);
  } catch (error) {
    if (error instanceof SqlError) throw error.inFile(file);
    if (error instanceof SqlSyntaxError) {
      Object.assign(error, { where: { ...error.where, file } });
      throw error;
    }
    throw error;
  }
}

class Compilation {
  private readonly catalog: Catalog;
  private readonly outputs: Output[] = [];
  private readonly summaries: StatementSummary[] = [];
  private readonly warnings: Warning[] = [];
  private readonly settings: Record<string, string> = {};
  private readonly env: Environment;
  private batch: boolean;
  private timeZone: string;
  private ttlMs?: number;
  private sharedViews: ReadonlySet<string> = new Set();

  constructor(private readonly options: CompileOptions) {
    this.batch = options.mode === 'batch';
    this.timeZone = options.timeZone ?? 'UTC';
    this.ttlMs = options.ttlMs;
    this.catalog = new Catalog({ connectors: options.connectors, formats: options.formats });
    const self = this;
    this.env = {
      catalog: this.catalog,
      traits: new TraitsOf(this.batch),
      get batch() {
        return self.batch;
      },
      get timeZone() {
        return self.timeZone;
      },
      get sharedViews() {
        return self.sharedViews;
      },
      warn: (message, at) => this.warnings.push({ message, line: at.line, column: at.column }),
    };
  }

  run(statements: readonly Statement[]): Compiled {
    this.sharedViews = sharedViews(statements);
    for (const statement of statements) this.statement(statement);
    const outputs = this.outputs.map((output) => ({ ...output, relation: optimise(output.relation) }));
    const plan = new Lowering(outputs, {
      batch: this.batch,
      ttlMs: this.ttlMs || undefined,
      sourceParallelism: this.options.sourceParallelism,
      timeZone: this.timeZone,
      bounded: (connector, given) => this.options.connectors[connector].source?.bounded(given) ?? false,
      changelogOf: (connector) => this.options.connectors[connector]?.sink?.changelog,
    }).run();
    const objects = () => this.objects();
    return {
      plan,
      statements: this.summaries,
      warnings: this.warnings,
      settings: this.settings,
      /** Views are bound again for it: only for those who ask. */
      get objects() {
        return objects();
      },
    };
  }

  private statement(node: Statement): void {
    const summary = (what: string) =>
      this.summaries.push({ kind: node.kind, text: what, line: node.span.line, column: node.span.column });
    switch (node.kind) {
      case 'CreateTable':
        summary(`CREATE TABLE ${this.catalog.nameOf(node.name)}`);
        this.createTable(node);
        return;
      case 'CreateView':
        summary(`CREATE VIEW ${this.catalog.nameOf(node.name)}`);
        this.createView(node);
        return;
      case 'CreateFunction': {
        const fn = bindCreateFunction(node);
        const key = fn.name.toUpperCase();
        summary(`CREATE FUNCTION ${fn.name}`);
        if (this.catalog.functions.has(key) && !node.orReplace && !node.ifNotExists) {
          throw new SqlError('TW2002', `function '${fn.name}' is there already`, node.name.span);
        }
        if (!this.catalog.functions.has(key) || node.orReplace) this.catalog.functions.set(key, fn);
        return;
      }
      case 'Insert':
        summary(`INSERT INTO ${this.catalog.nameOf(node.target)}`);
        this.insert(node);
        return;
      case 'StatementSet':
        summary(`STATEMENT SET of ${node.statements.length}`);
        for (const insert of node.statements) this.insert(insert);
        return;
      case 'Query':
        summary('SELECT');
        this.select(node);
        return;
      case 'Drop':
        summary(`DROP ${node.object} ${this.catalog.nameOf(node.name)}`);
        this.drop(node);
        return;
      case 'SetCommand':
        summary(node.key ? `SET '${node.key}'` : 'SET');
        this.set(node);
        return;
      case 'ResetCommand':
        summary('RESET');
        throw unsupported('RESET', node.span);
      case 'CreateDatabase':
        summary(`CREATE DATABASE ${node.name.parts.map((p) => p.name).join('.')}`);
        return;
      case 'Use':
        summary('USE');
        if (node.object !== 'DATABASE') throw unsupported(`USE ${node.object}`, node.span);
        this.catalog.database = node.names[0].parts[node.names[0].parts.length - 1].name;
        return;
      case 'Describe':
      case 'Show':
      case 'ShowCreate':
      case 'Explain':
        summary(node.kind.toUpperCase());
        this.env.warn('the statement only shows something; in a job it has no effect', node.span);
        return;
      default:
        throw unsupported(STATEMENT_NAMES[node.kind] ?? node.kind, node.span);
    }
  }

  private createTable(written: CreateTable): void {
    const name = this.catalog.nameOf(written.name);
    if (written.ifNotExists && this.catalog.find(written.name)) return;
    const node = withLike(this.env, written);
    if (!node.query) {
      this.catalog.add(bindCreateTable(this.env, node), node.name.span, node.orReplace);
      return;
    }
    // CREATE TABLE AS: columns of the query, then an INSERT of it.
    const query = new QueryBinder(this.env, undefined, undefined).query(node.query);
    if (node.elements.length > 0) throw unsupported('CREATE TABLE AS with columns of its own', node.elements[0].span);
    const seen = new Set<string>();
    const columns = query.names.map((columnName, i): Column => {
      if (seen.has(columnName)) throw new SqlError('TW2002', `two columns are named '${columnName}'`, node.query!.span);
      seen.add(columnName);
      return { kind: 'physical', field: { name: columnName, type: query.relation.fields[i].type } };
    });
    const options = Object.fromEntries(node.options.map((o) => [o.key, o.value]));
    const checked = this.catalog.checkOptions(options, node.options, node.name.span, name);
    const table: Table = {
      kind: 'table',
      name,
      columns,
      options,
      ...checked,
      changelog: this.catalog.changelogOf(checked.connector, checked.format),
      partitionedBy: [],
      statement: node,
      at: node.span,
    };
    this.catalog.add(table, node.name.span, node.orReplace);
    const exprs = query.relation.fields.map((f, i) => ({ name: query.names[i], expr: column(f) }));
    this.outputs.push({ relation: project(query.relation, exprs), table, at: node.span });
  }

  private createView(node: CreateView): void {
    if (node.ifNotExists && this.catalog.find(node.name)) return;
    const name = this.catalog.nameOf(node.name);
    // Bound now for its mistakes, and again wherever it is used.
    const query = new QueryBinder(this.env, name, undefined).query(node.query);
    const columns = node.columns.map((c) => c.name.name);
    if (columns.length > 0 && columns.length !== query.names.length) {
      throw new SqlError(
        'TW2004',
        `view '${name}' names ${columns.length} of ${query.names.length} columns`,
        node.span,
      );
    }
    this.catalog.add({ kind: 'view', name, query: node.query, columns, at: node.span }, node.name.span, node.orReplace);
  }

  private insert(node: Insert): void {
    this.outputs.push(bindInsert(this.env, node));
  }

  private select(node: Query): void {
    const query = new QueryBinder(this.env, undefined, undefined).query(node);
    const unique = uniqueNames(query.names);
    const exprs = query.names.map((_, i) => ({ name: unique[i], expr: column(query.relation.fields[i]) }));
    this.outputs.push({ relation: project(query.relation, exprs), at: node.span });
  }

  private drop(node: Drop): void {
    const name = this.catalog.nameOf(node.name);
    if (node.object === 'DATABASE') return;
    if (node.object === 'FUNCTION' && this.catalog.functions.delete(name.toUpperCase())) return;
    if (!this.catalog.drop(name) && !node.ifExists) {
      throw new SqlError('TW2002', `unknown ${node.object.toLowerCase()} '${name}'`, node.name.span, {
        name,
        known: this.catalog.names(),
      });
    }
  }

  private set(node: SetCommand): void {
    if (node.key === undefined || node.value === undefined) return;
    const { key, value, span } = node;
    this.settings[key] = value;
    switch (key) {
      case 'table.local-time-zone':
        this.timeZone = timeZone(value, span);
        return;
      case 'table.exec.state.ttl':
        this.ttlMs = duration(value, span);
        return;
      case 'execution.runtime-mode': {
        const batch = value.toLowerCase() === 'batch';
        if (batch !== this.batch) {
          throw new SqlError(
            'TW2004',
            `SET '${key}' = '${value}', but the job runs in ${this.options.mode} mode`,
            span,
            {
              expected: `the job's mode to be ${value.toLowerCase()}`,
            },
          );
        }
        return;
      }
      default:
        this.env.warn(`setting '${key}' has no effect`, span);
    }
  }

  private objects(): CatalogObject[] {
    return this.catalog.all().map((entry) => {
      const shown = (fields: readonly { name: string; type: Parameters<typeof typeToString>[0] }[]) =>
        fields.map((f) => ({ name: f.name, type: typeToString(f.type) }));
      if (entry.kind === 'table') return { kind: 'table', name: entry.name, columns: shown(visibleFields(entry)) };
      const query = new QueryBinder(this.env, entry.name, undefined).query(entry.query);
      const names = entry.columns.length > 0 ? entry.columns : query.names;
      return {
        kind: 'view',
        name: entry.name,
        columns: shown(query.relation.fields.map((f, i) => ({ ...f, name: names[i] }))),
      };
    });
  }
}

function duration(text: string, at: Span): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new SqlError('TW2003', (cause as Error).message, at, { cause });
  }
}

function timeZone(name: string, at: Span): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch (cause) {
    throw new SqlError('TW2002', `unknown time zone '${name}'`, at, {
      expected: "a name like 'Europe/Berlin' or 'UTC'",
      cause,
    });
  }
}

const STATEMENT_NAMES: Partial<Record<Statement['kind'], string>> = {
  Delete: 'DELETE',
  Update: 'UPDATE',
  Truncate: 'TRUNCATE',
  CreateCatalog: 'CREATE CATALOG',
  CreateModel: 'CREATE MODEL',
  AlterTable: 'ALTER TABLE',
  AlterView: 'ALTER VIEW',
  AlterDatabase: 'ALTER DATABASE',
  AlterCatalog: 'ALTER CATALOG',
  AlterFunction: 'ALTER FUNCTION',
  AlterModel: 'ALTER MODEL',
};
