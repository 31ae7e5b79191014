/** The tables, views and functions that a script has made so far. */
import type { OptionEntry, QualifiedName } from '../ast/index.js';
import { type Place, SqlError } from '../error.js';
import { checkOptions, checkUse, type KnownConnectors } from './options.js';
import type { ScriptFunction } from './script-function.js';
import type { CatalogEntry, Table } from './table.js';

const DEFAULTS = ['default_catalog', 'default_database'];

export class Catalog {
  private readonly entries = new Map<string, CatalogEntry>();
  /** By name in upper case: functions are found in any case. */
  readonly functions = new Map<string, ScriptFunction>();
  /** Set by USE. */
  database = 'default_database';

  constructor(readonly known: KnownConnectors) {}

  /** The name under which an object is kept: as short as it can be. */
  nameOf(name: QualifiedName): string {
    const parts = name.parts.map((p) => p.name);
    if (parts.length === 1 && this.database !== 'default_database') parts.unshift(this.database);
    while (parts.length > 1 && DEFAULTS.includes(parts[0])) parts.shift();
    return parts.join('.');
  }

  find(name: QualifiedName): CatalogEntry | undefined {
    return this.entries.get(this.nameOf(name));
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  all(): CatalogEntry[] {
    return [...this.entries.values()];
  }

  /** Throws when the name is taken, unless it may be replaced. */
  add(entry: CatalogEntry, at: Place, replace: boolean): void {
    const before = this.entries.get(entry.name);
    if (before && !replace) {
      throw new SqlError('TW2002', `${before.kind} '${entry.name}' is there already (line ${before.at.line})`, at, {
        expected: 'another name, or IF NOT EXISTS',
      });
    }
    this.entries.set(entry.name, entry);
  }

  drop(name: string): boolean {
    return this.entries.delete(name);
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

  checkUse(table: Table, options: Readonly<Record<string, string>>, use: 'source' | 'sink', at: Place): void {
    checkUse(this.known, table, options, use, at);
  }
}
