/**
 * What a script, or a person at the shell, has made so far: tables, views, functions, databases, settings. Statements are
 * applied one after the other; those that want something run hand it back.
 */
import type { Plan } from '../../graph/plan.js';
import type {
  AlterDatabase,
  AlterTable,
  AlterView,
  CreateDatabase,
  CreateFunction,
  CreateTable,
  CreateView,
  Drop,
  Insert,
  QualifiedName,
  Query,
  Statement,
  Use,
} from '../ast/index.js';
import { bindCreateFunction } from '../bind/create-function.js';
import { bindCreateTable, withLike } from '../bind/create-table.js';
import type { Environment } from '../bind/environment.js';
import { rememberView } from '../bind/from.js';
import { bindInsert } from '../bind/insert.js';
import { QueryBinder } from '../bind/query.js';
import { sharedViews } from '../bind/references.js';
import { Catalog, DEFAULT_DATABASE, type Namespace } from '../catalog/catalog.js';
import type { KnownConnectors } from '../catalog/options.js';
import type { View } from '../catalog/table.js';
import { type Place, SqlError, unsupported } from '../error.js';
import { optimise } from '../optimise/index.js';
import { project, uniqueNames } from '../plan/build.js';
import { markEachChange } from '../plan/each-change.js';
import { column } from '../plan/expression.js';
import { Lowering } from '../plan/lower.js';
import type { Output } from '../plan/relation.js';
import { TraitsOf } from '../plan/traits.js';
import { markWithoutBefore } from '../plan/without-before.js';
import { alteredTable } from './alter.js';
import { tableAsQuery } from './create.js';
import { DONE, type Effect, listing } from './effect.js';
import { explainOutputs } from './explain.js';
import { alterModel, createModel, dropModel } from './models.js';
import { alteredPartitions } from './partitions.js';
import { Settings, type SettingsStart } from './settings.js';
import { describe, show, showCreate, unknownName } from './show.js';

export interface SessionOptions extends SettingsStart {
  /** Looked at whenever a table is made: a shell adds to them what its statements name. */
  readonly known: KnownConnectors;
  readonly sourceParallelism?: number;
  /** Parallelism that EXPLAIN shows. Default 1. */
  readonly parallelism?: number;
  readonly warn: (message: string, at: Place) => void;
}

export class Session {
  readonly catalog: Catalog;
  readonly settings: Settings;
  readonly env: Environment;
  private shared: ReadonlySet<string> = new Set();
  private traits: TraitsOf;

  constructor(private readonly options: SessionOptions) {
    this.catalog = new Catalog(options.known);
    this.settings = new Settings(options);
    this.traits = new TraitsOf(this.settings.batch);
    const self = this;
    this.env = {
      catalog: this.catalog,
      get traits() {
        if (self.traits.batch !== self.settings.batch) self.traits = new TraitsOf(self.settings.batch);
        return self.traits;
      },
      get batch() {
        return self.settings.batch;
      },
      get timeZone() {
        return self.settings.timeZone;
      },
      get sharedViews() {
        return self.shared;
      },
      warn: options.warn,
    };
  }

  /** Statements that are known to come together: a view that several of them read runs once. */
  expect(statements: readonly Statement[]): void {
    const views = this.catalog.all().flatMap((e) => (e.kind === 'view' ? [e.statement] : []));
    this.shared = sharedViews([...views, ...statements]);
  }

  /** Applies one statement. Throws a SqlError and changes nothing when it is wrong. */
  apply(node: Statement): Effect {
    if (!KEEPS_VIEWS.has(node.kind)) this.catalog.boundViews = new WeakMap();
    switch (node.kind) {
      case 'CreateTable':
        return this.createTable(node);
      case 'CreateView':
        return this.createView(node);
      case 'CreateFunction':
        return this.createFunction(node);
      case 'CreateModel':
        return createModel(this.catalog, node);
      case 'AlterModel':
        return alterModel(this.catalog, node);
      case 'CreateDatabase':
        return this.createDatabase(node);
      case 'CreateCatalog': {
        const { name } = node.name;
        const type = node.options.find((o) => o.key === 'type')?.value;
        if (type !== 'generic_in_memory') {
          throw unsupported(`CREATE CATALOG of type '${type ?? ''}'`, node.span, "use 'type' = 'generic_in_memory'");
        }
        if (!this.catalog.databases.has(name)) {
          this.catalog.databases.set(name, new Map([[DEFAULT_DATABASE, { options: {} }]]));
        } else if (!node.ifNotExists) {
          throw new SqlError('TW2002', `catalog '${name}' is there already`, node.name.span);
        }
        return DONE;
      }
      case 'AlterTable':
        return this.alterTable(node);
      case 'AlterView':
        return this.alterView(node);
      case 'AlterDatabase':
        return this.alterDatabase(node);
      case 'Drop':
        return this.drop(node);
      case 'Insert':
        return { kind: 'job', what: 'insert', outputs: [this.insert(node)] };
      case 'StatementSet':
        return { kind: 'job', what: 'insert', outputs: node.statements.map((insert) => this.insert(insert)) };
      case 'Query':
        return { kind: 'job', what: 'select', outputs: [this.select(node)] };
      case 'SetCommand':
        return this.set(node);
      case 'ResetCommand':
        this.settings.reset(node);
        return DONE;
      case 'Use':
        return this.use(node);
      case 'DescribeJob':
      case 'StopJob':
        return { kind: 'jobs', statement: node };
      case 'Show':
        if (node.object === 'JOBS') return { kind: 'jobs', statement: node };
        return show(this.env, node);
      case 'ShowCreate':
        return showCreate(this.env, node);
      case 'Describe':
        return describe(this.env, node);
      case 'Explain': {
        const outputs = this.outputsOf(node.statement);
        if (!outputs) throw unsupported(`EXPLAIN ${statementName(node.statement)}`, node.statement.span);
        return { kind: 'text', text: explainOutputs(this.plan(outputs), node.details, this.options.parallelism ?? 1) };
      }
      default:
        throw unsupported(statementName(node), node.span);
    }
  }

  /** The plan of statements' outputs. */
  plan(outputs: readonly Output[]): Plan {
    const optimised = outputs.map((output) => ({ ...output, relation: optimise(output.relation) }));
    const { connectors } = this.options.known;
    const plan = new Lowering(optimised, {
      batch: this.settings.batch,
      sourceParallelism: this.options.sourceParallelism,
      timeZone: this.settings.timeZone,
      bounded: (connector, given) => connectors[connector].source?.bounded(given) ?? false,
      changelogOf: (connector) => connectors[connector]?.sink?.changelog,
    }).run();
    return markWithoutBefore(markEachChange(plan), (connector) => {
      const sink = connectors[connector]?.sink;
      return sink?.ignoresBefore ? 'none' : sink?.changelog === 'upsert' ? 'key' : undefined;
    });
  }

  /** What a statement would run, without doing it. */
  private outputsOf(node: Statement): Output[] | undefined {
    if (node.kind === 'Query') return [this.select(node)];
    if (node.kind === 'Insert') return [this.insert(node)];
    if (node.kind === 'StatementSet') return node.statements.map((insert) => this.insert(insert));
    if (node.kind !== 'CreateTable' || !node.query) return undefined;
    const { table, insert } = tableAsQuery(this.env, node);
    const bound = bindCreateTable(this.env, table);
    this.catalog.add(bound, node.name.span, true, true);
    try {
      return [this.insert(insert)];
    } finally {
      this.catalog.drop(bound.name, true);
    }
  }

  private createTable(node: CreateTable): Effect {
    const name = this.catalog.nameOf(node.name);
    if (node.ifNotExists && this.catalog.has(name, node.temporary)) return DONE;
    if (!node.query) {
      const table = bindCreateTable(this.env, withLike(this.env, node));
      this.catalog.add(table, node.name.span, node.orReplace, node.temporary);
      return DONE;
    }
    const { table, insert } = tableAsQuery(this.env, node);
    this.catalog.add(bindCreateTable(this.env, table), node.name.span, node.orReplace, node.temporary);
    return { kind: 'job', what: 'insert', outputs: [this.insert(insert)] };
  }

  private createView(node: CreateView): Effect {
    const name = this.catalog.nameOf(node.name);
    if (node.ifNotExists && this.catalog.has(name, node.temporary)) return DONE;
    this.catalog.add(this.view(node), node.name.span, node.orReplace, node.temporary);
    return DONE;
  }

  /** Bound now for its mistakes, and again wherever it is used. */
  private view(node: CreateView): View {
    const name = this.catalog.nameOf(node.name);
    const query = new QueryBinder(this.env, name, undefined).query(node.query);
    const columns = node.columns.map((c) => c.name.name);
    if (columns.length > 0 && columns.length !== query.names.length) {
      throw new SqlError(
        'TW2004',
        `view '${name}' names ${columns.length} of ${query.names.length} columns`,
        node.span,
      );
    }
    const view: View = {
      kind: 'view',
      name,
      namespace: this.catalog.namespaceOf(node.name),
      madeIn: this.catalog.current,
      query: node.query,
      columns,
      statement: node,
      at: node.span,
    };
    rememberView(this.env, view, query);
    return view;
  }

  private createFunction(node: CreateFunction): Effect {
    const fn = bindCreateFunction(node);
    const key = fn.name.toUpperCase();
    const there = this.catalog.functions.has(key);
    if (there && !node.orReplace && !node.ifNotExists) {
      throw new SqlError('TW2002', `function '${fn.name}' is there already`, node.name.span);
    }
    if (!there || node.orReplace) this.catalog.functions.set(key, fn);
    return DONE;
  }

  private createDatabase(node: CreateDatabase): Effect {
    const parts = node.name.parts.map((p) => p.name);
    const databases = this.catalog.databases.get(parts.at(-2) ?? this.catalog.current.catalog);
    if (!databases) throw unknownName('catalog', parts.at(-2)!, node.name.span, this.catalog.databases.keys());
    const name = parts.at(-1)!;
    if (databases.has(name)) {
      if (node.ifNotExists) return DONE;
      throw new SqlError('TW2002', `database '${name}' is there already`, node.name.span, {
        expected: 'another name, or IF NOT EXISTS',
      });
    }
    const options = Object.fromEntries(node.options.map((o) => [o.key, o.value]));
    databases.set(name, { ...(node.comment === undefined ? {} : { comment: node.comment }), options });
    return DONE;
  }

  private alterTable(node: AlterTable): Effect {
    const name = this.catalog.nameOf(node.name);
    const entry = this.catalog.find(node.name);
    if (!entry && node.ifExists) return DONE;
    if (!entry) throw unknownName('table', name, node.name.span, this.catalog.names());
    if (entry.kind === 'view')
      throw new SqlError('TW2004', `'${name}' is a view`, node.name.span, { expected: 'ALTER VIEW' });
    const { action } = node;
    if (action.kind === 'AddPartitions' || action.kind === 'DropPartitions') {
      this.catalog.replace(entry.name, { ...entry, partitions: alteredPartitions(entry, action) });
      return DONE;
    }
    if (action.kind === 'RenameTo') this.checkFree(action.name, entry.namespace);
    const statement = alteredTable(entry.statement, node);
    const table = this.catalog.within(entry.namespace, () => bindCreateTable(this.env, statement));
    this.catalog.replace(entry.name, entry.partitions ? { ...table, partitions: entry.partitions } : table);
    return DONE;
  }

  /** A renamed object stays in its database, unless the new name says another. */
  private checkFree(name: QualifiedName, namespace: Namespace): void {
    this.catalog.within(namespace, () => {
      if (!this.catalog.find(name)) return;
      const text = this.catalog.nameOf(name);
      throw new SqlError('TW2002', `'${text}' is there already`, name.span, { expected: 'another name' });
    });
  }

  private alterView(node: AlterView): Effect {
    const name = this.catalog.nameOf(node.name);
    const entry = this.catalog.find(node.name);
    if (!entry && node.ifExists) return DONE;
    if (!entry) throw unknownName('view', name, node.name.span, this.catalog.names());
    if (entry.kind === 'table')
      throw new SqlError('TW2004', `'${name}' is a table`, node.name.span, { expected: 'ALTER TABLE' });
    const { rename, query } = node;
    if (rename) {
      this.checkFree(rename, entry.namespace);
      const next = this.catalog.within(entry.namespace, () => ({
        name: this.catalog.nameOf(rename),
        namespace: this.catalog.namespaceOf(rename),
      }));
      this.catalog.replace(entry.name, { ...entry, ...next, statement: { ...entry.statement, name: rename } });
      return DONE;
    }
    const next = this.view({ ...entry.statement, query: query!, columns: [] });
    this.catalog.replace(entry.name, { ...next, name: entry.name, namespace: entry.namespace });
    return DONE;
  }

  private alterDatabase(node: AlterDatabase): Effect {
    const { catalog, database } = this.catalog.databaseOf(node.name);
    const databases = this.catalog.databases.get(catalog)!;
    const before = databases.get(database)!;
    const options = Object.fromEntries(node.action.options.map((o) => [o.key, o.value]));
    databases.set(database, { ...before, options: { ...before.options, ...options } });
    return DONE;
  }

  private insert(node: Insert): Output {
    return this.withSettings(bindInsert(this.env, node));
  }

  private select(node: Query): Output {
    const query = new QueryBinder(this.env, undefined, undefined).query(node);
    const unique = uniqueNames(query.names);
    const exprs = query.names.map((_, i) => ({ name: unique[i], expr: column(query.relation.fields[i]) }));
    return this.withSettings({ relation: project(query.relation, exprs), at: node.span });
  }

  /** SET counts for the statements behind it. */
  private withSettings(output: Output): Output {
    const { ttlMs } = this.settings;
    return ttlMs ? { ...output, ttlMs } : output;
  }

  private drop(node: Drop): Effect {
    const { catalog } = this;
    switch (node.object) {
      case 'DATABASE':
        return this.dropDatabase(node);
      case 'CATALOG': {
        const name = node.name.parts[0].name;
        if (name === catalog.current.catalog) {
          throw new SqlError('TW2004', `catalog '${name}' is the current one`, node.name.span, {
            expected: 'USE CATALOG of another one first',
          });
        }
        if (!catalog.databases.delete(name) && !node.ifExists) {
          throw unknownName('catalog', name, node.name.span, catalog.databases.keys());
        }
        for (const entry of catalog.all()) if (entry.namespace.catalog === name) catalog.drop(entry.name);
        return DONE;
      }
      case 'MODEL':
        return dropModel(catalog, node);
      case 'FUNCTION': {
        const name = node.name.parts.at(-1)!.name;
        if (!catalog.functions.delete(name.toUpperCase()) && !node.ifExists) {
          throw unknownName('function', name, node.name.span, catalog.functions.keys());
        }
        return DONE;
      }
      case 'TABLE':
      case 'VIEW': {
        const name = catalog.nameOf(node.name);
        const what = node.object.toLowerCase();
        const entry = catalog.get(name, node.temporary) ?? (node.temporary ? undefined : catalog.get(name, true));
        if (entry && entry.kind !== what) {
          throw new SqlError('TW2004', `'${name}' is a ${entry.kind}`, node.name.span, {
            expected: `DROP ${entry.kind.toUpperCase()}`,
          });
        }
        // Flink wants TEMPORARY for what is; here it is only asked for where both are there.
        if (!node.temporary && catalog.has(name, true) && catalog.has(name, false)) {
          throw new SqlError('TW2004', `a temporary ${what} hides ${what} '${name}'`, node.name.span, {
            expected: `DROP TEMPORARY ${node.object} first`,
          });
        }
        if (!catalog.drop(name, node.temporary || catalog.has(name, true)) && !node.ifExists) {
          if (node.temporary && catalog.has(name, false)) {
            throw new SqlError('TW2004', `${what} '${name}' is not temporary`, node.name.span, {
              expected: `DROP ${node.object}`,
            });
          }
          throw unknownName(what, name, node.name.span, catalog.names());
        }
        return DONE;
      }
      default:
        throw unsupported(`DROP ${node.object}`, node.span);
    }
  }

  private dropDatabase(node: Drop): Effect {
    const { catalog } = this;
    const parts = node.name.parts.map((p) => p.name);
    const namespace = { catalog: parts.at(-2) ?? catalog.current.catalog, database: parts.at(-1)! };
    const databases = catalog.databases.get(namespace.catalog);
    if (!databases?.has(namespace.database)) {
      if (node.ifExists) return DONE;
      throw unknownName('database', namespace.database, node.name.span, databases?.keys() ?? []);
    }
    const { current } = catalog;
    if (current.catalog === namespace.catalog && current.database === namespace.database) {
      throw new SqlError('TW2004', `database '${namespace.database}' is the current one`, node.name.span, {
        expected: 'USE another one first',
      });
    }
    const inside = catalog
      .all()
      .filter((e) => e.namespace.catalog === namespace.catalog && e.namespace.database === namespace.database);
    if (inside.length > 0 && node.behavior !== 'CASCADE') {
      throw new SqlError('TW2004', `database '${namespace.database}' isn't empty: ${inside[0].name}`, node.name.span, {
        expected: 'DROP DATABASE … CASCADE',
      });
    }
    for (const entry of inside) catalog.drop(entry.name, catalog.isTemporary(entry.name));
    databases.delete(namespace.database);
    return DONE;
  }

  private use(node: Use): Effect {
    const { catalog } = this;
    const parts = node.names[0].parts.map((p) => p.name);
    if (node.object === 'MODULES') {
      if (node.names.length === 1 && parts[0] === 'core') return DONE;
      throw unsupported('USE MODULES', node.span, "there is only the module 'core'");
    }
    if (node.object === 'CATALOG') {
      if (!catalog.databases.has(parts[0])) {
        throw unknownName('catalog', parts[0], node.names[0].span, catalog.databases.keys());
      }
      catalog.current = { catalog: parts[0], database: DEFAULT_DATABASE };
      return DONE;
    }
    catalog.current = catalog.databaseOf(node.names[0]);
    return DONE;
  }

  private set(node: Extract<Statement, { kind: 'SetCommand' }>): Effect {
    const { key, value } = node;
    if (key === undefined || value === undefined) {
      const all = [...this.settings.written].sort(([a], [b]) => (a < b ? -1 : 1));
      return listing(
        ['key', 'value'],
        all.filter(([name]) => key === undefined || name === key),
      );
    }
    if (!this.settings.set({ ...node, key, value })) this.env.warn(`setting '${key}' has no effect`, node.span);
    return DONE;
  }
}

/** Statements after which a view still reads what it read; of tables and views the catalog knows. */
const KEEPS_VIEWS: ReadonlySet<Statement['kind']> = new Set([
  ...(['CreateTable', 'CreateView', 'Insert', 'StatementSet', 'Query', 'Explain'] as const),
  ...(['SetCommand', 'ResetCommand', 'Show', 'ShowCreate', 'Describe', 'DescribeJob', 'StopJob'] as const),
]);

const STATEMENT_NAMES: Partial<Record<Statement['kind'], string>> = {
  Delete: 'DELETE',
  Update: 'UPDATE',
  Truncate: 'TRUNCATE',
  CreateModel: 'CREATE MODEL',
  AlterCatalog: 'ALTER CATALOG',
  AlterFunction: 'ALTER FUNCTION',
  AlterModel: 'ALTER MODEL',
};

function statementName(node: Statement): string {
  return STATEMENT_NAMES[node.kind] ?? node.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase();
}
