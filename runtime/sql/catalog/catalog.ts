/** The tables, views, functions and models that a script has made so far. */
import type { OptionEntry, QualifiedName } from '../ast/index.js';
import { type Place, SqlError } from '../error.js';
import type { Relation } from '../plan/relation.js';
import type { Model } from './model.js';
import { checkOptions, checkUse, type KnownConnectors } from './options.js';
import type { ScriptFunction } from './script-function.js';
import type { CatalogEntry, Table, View } from './table.js';

export const DEFAULT_CATALOG = 'default_catalog';
export const DEFAULT_DATABASE = 'default_database';

/** Where names without a catalog or database in front are looked for. */
export interface Namespace {
  readonly catalog: string;
  readonly database: string;
}

/** A view's query, bound: bind/query.ts. */
export interface BoundView {
  readonly relation: Relation;
  readonly names: readonly string[];
}

export interface Database {
  readonly comment?: string;
  readonly options: Readonly<Record<string, string>>;
}

export class Catalog {
  private readonly entries = new Map<string, CatalogEntry>();
  /** They hide entries of the same name. */
  private readonly temporary = new Map<string, CatalogEntry>();
  /** By name in upper case: functions are found in any case. */
  readonly functions = new Map<string, ScriptFunction>();
  /** Catalog → its databases. */
  readonly databases = new Map<string, Map<string, Database>>([
    [DEFAULT_CATALOG, new Map([[DEFAULT_DATABASE, { options: {} }]])],
  ]);
  /** By name. */
  readonly models = new Map<string, Model>();
  /** Set by USE. */
  current: Namespace = { catalog: DEFAULT_CATALOG, database: DEFAULT_DATABASE };

  /**
   * What views come to, by time zone and mode, so that one that is read often is bound once. Whatever a view may read from is
   * never another thing under the same name: then this is forgotten.
   */
  boundViews = new WeakMap<View, Map<string, BoundView>>();

  constructor(readonly known: KnownConnectors) {}

  /** The name under which an object is kept: as short as it can be. */
  nameOf(name: QualifiedName): string {
    const { catalog, database } = this.namespaceOf(name);
    const own = name.parts[name.parts.length - 1].name;
    if (catalog !== DEFAULT_CATALOG) return `${catalog}.${database}.${own}`;
    return database === DEFAULT_DATABASE ? own : `${database}.${own}`;
  }

  /** The catalog and database that a name of an object stands for. */
  namespaceOf(name: QualifiedName): Namespace {
    const parts = name.parts.map((p) => p.name);
    const database = parts.at(-2) ?? this.current.database;
    return { catalog: parts.at(-3) ?? this.current.catalog, database };
  }

  /** What `database` or `catalog.database` names. Throws when there is none. */
  databaseOf(name: QualifiedName): Namespace {
    const parts = name.parts.map((p) => p.name);
    const namespace = { catalog: parts.at(-2) ?? this.current.catalog, database: parts.at(-1)! };
    this.checkNamespace(namespace, name.span);
    return namespace;
  }

  /** Throws when there is no such catalog or database. */
  checkNamespace(namespace: Namespace, at: Place): void {
    const databases = this.databases.get(namespace.catalog);
    if (!databases) {
      throw new SqlError('TW2002', `unknown catalog '${namespace.catalog}'`, at, {
        name: namespace.catalog,
        known: this.databases.keys(),
      });
    }
    if (!databases.has(namespace.database)) {
      throw new SqlError('TW2002', `unknown database '${namespace.database}'`, at, {
        name: namespace.database,
        known: databases.keys(),
      });
    }
  }

  /** Looks names up as they were meant where `namespace` was the current one. */
  within<T>(namespace: Namespace, work: () => T): T {
    const before = this.current;
    this.current = namespace;
    try {
      return work();
    } finally {
      this.current = before;
    }
  }

  find(name: QualifiedName): CatalogEntry | undefined {
    const key = this.nameOf(name);
    return this.temporary.get(key) ?? this.entries.get(key);
  }

  names(): string[] {
    return [...new Set([...this.entries.keys(), ...this.temporary.keys()])];
  }

  all(): CatalogEntry[] {
    return this.names().map((name) => this.temporary.get(name) ?? this.entries.get(name)!);
  }

  /** Names within a database, without the database in front; sorted. */
  namesIn(namespace: Namespace, kind?: CatalogEntry['kind']): string[] {
    return this.all()
      .filter((e) => e.namespace.catalog === namespace.catalog && e.namespace.database === namespace.database)
      .filter((e) => kind === undefined || e.kind === kind)
      .map((e) => shortName(e.name))
      .sort();
  }

  isTemporary(name: string): boolean {
    return this.temporary.has(name);
  }

  /** Throws when the name is taken, unless it may be replaced. */
  add(entry: CatalogEntry, at: Place, replace: boolean, temporary = false): void {
    this.checkNamespace(entry.namespace, at);
    const entries = temporary ? this.temporary : this.entries;
    const before = entries.get(entry.name);
    if (before && !replace) {
      throw new SqlError('TW2002', `${before.kind} '${entry.name}' is there already (line ${before.at.line})`, at, {
        expected: 'another name, or IF NOT EXISTS',
      });
    }
    // A name that is new can't be one that a view has found.
    if (before || temporary) this.boundViews = new WeakMap();
    entries.set(entry.name, entry);
  }

  /** Puts another definition in the place of the one that is found under the name. */
  replace(name: string, entry: CatalogEntry): void {
    this.boundViews = new WeakMap();
    const entries = this.temporary.has(name) ? this.temporary : this.entries;
    if (name === entry.name) {
      entries.set(name, entry);
      return;
    }
    // A renamed object keeps its place among the others.
    const all = [...entries];
    entries.clear();
    for (const [key, value] of all) entries.set(key === name ? entry.name : key, key === name ? entry : value);
  }

  has(name: string, temporary: boolean): boolean {
    return (temporary ? this.temporary : this.entries).has(name);
  }

  get(name: string, temporary: boolean): CatalogEntry | undefined {
    return (temporary ? this.temporary : this.entries).get(name);
  }

  drop(name: string, temporary = false): boolean {
    this.boundViews = new WeakMap();
    return (temporary ? this.temporary : this.entries).delete(name);
  }

  checkOptions(options: Readonly<Record<string, string>>, entries: readonly OptionEntry[], at: Place, table: string) {
    return checkOptions(this.known, options, entries, at, table);
  }

  /** What a table of this connector and format gives when it is read. */
  changelogOf(connector: string, format: string | undefined): Table['changelog'] {
    const { connectors, formats } = this.known;
    return (
      connectors[connector].source?.changelog ??
      (format === undefined ? undefined : formats[format].changelog) ??
      'append'
    );
  }

  checkUse(
    table: Table,
    options: Readonly<Record<string, string>>,
    use: 'source' | 'sink' | 'lookup',
    at: Place,
  ): void {
    checkUse(this.known, table, options, use, at);
  }
}

/** `db.orders` → `orders`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
