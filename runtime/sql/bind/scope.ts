/** What names mean at a place in a query. */
import type { Expr } from '../../expr/ir.js';
import type { Field } from '../../record/types.js';
import type { Identifier, Span } from '../ast/index.js';
import { SqlError } from '../error.js';
import { column } from '../plan/expression.js';

/** A column as the query may write it, and the relation's field that holds it. */
export interface ScopeColumn {
  readonly name: string;
  readonly field: Field;
  /** Columns that USING and NATURAL merged away: found only with their table's name in front. */
  readonly hidden?: boolean;
}

export interface ScopeTable {
  readonly alias?: string;
  readonly columns: readonly ScopeColumn[];
}

export interface Resolved {
  readonly field: Field;
  /** What of the path is left: nested fields. */
  readonly rest: readonly Identifier[];
}

/** The tables of a FROM clause, and those of the query around it for correlated sub-queries. */
export class Scope {
  constructor(
    readonly tables: readonly ScopeTable[],
    readonly outer?: Scope,
  ) {}

  static of(alias: string | undefined, fields: readonly Field[], names?: readonly string[]): Scope {
    return new Scope([{ alias, columns: fields.map((field, i) => ({ name: names?.[i] ?? field.name, field })) }]);
  }

  /** Columns of `*`, in order. */
  get columns(): readonly ScopeColumn[] {
    this.visible ??= this.tables.flatMap((t) => t.columns.filter((c) => !c.hidden));
    return this.visible;
  }

  private visible: readonly ScopeColumn[] | undefined;

  /** Columns of `t.*`. */
  columnsOf(qualifier: readonly Identifier[], at: Span): ScopeColumn[] {
    const alias = qualifier[qualifier.length - 1].name;
    const table = this.tables.find((t) => t.alias === alias);
    if (!table) {
      throw new SqlError('TW2002', `no table '${alias}' in FROM`, at, {
        name: alias,
        known: this.tables.flatMap((t) => (t.alias ? [t.alias] : [])),
      });
    }
    return [...table.columns];
  }

  /** The column that a dotted path starts with; undefined when there is none here. Throws when there are several. */
  find(path: readonly Identifier[], at: Span): Resolved | undefined {
    if (path.length > 1) {
      for (let dot = Math.min(path.length - 1, 3); dot >= 1; dot--) {
        const alias = path[dot - 1].name;
        const tables = this.tables.filter((t) => t.alias === alias);
        const hits = tables.flatMap((t) => t.columns.filter((c) => c.name === path[dot].name));
        if (hits.length > 1) throw ambiguous(path[dot].name, at);
        if (hits.length === 1) return { field: hits[0].field, rest: path.slice(dot + 1) };
      }
    }
    const hits = this.columns.filter((c) => c.name === path[0].name);
    if (hits.length > 1) throw ambiguous(path[0].name, at);
    if (hits.length === 1) return { field: hits[0].field, rest: path.slice(1) };
    return this.outer?.find(path, at);
  }

  resolve(path: readonly Identifier[], at: Span): Resolved {
    const found = this.find(path, at);
    if (found) return found;
    throw this.unknown(path, at);
  }

  unknown(path: readonly Identifier[], at: Span): SqlError {
    const written = path.map((p) => p.name).join('.');
    if (this.tables.length === 0) {
      return new SqlError('TW2002', `column '${written}' can't be used here: there is no FROM`, at);
    }
    const table = path.length > 1 ? this.tables.find((t) => t.alias === path[0].name) : undefined;
    if (table) {
      return new SqlError('TW2002', `table '${table.alias}' has no column '${path[1].name}'`, at, {
        name: path[1].name,
        known: table.columns.map((c) => c.name),
      });
    }
    if (path.length > 1 && !this.columns.some((c) => c.name === path[0].name)) {
      const aliases = this.tables.flatMap((t) => (t.alias ? [t.alias] : []));
      return new SqlError('TW2002', `no table or column '${path[0].name}' for '${written}'`, at, {
        name: path[0].name,
        known: [...aliases, ...this.columns.map((c) => c.name)],
      });
    }
    return new SqlError('TW2002', `unknown column '${written}'`, at, {
      name: path[0].name,
      known: this.columns.map((c) => c.name),
    });
  }

  /** Both sides of a join, in one row. */
  beside(other: Scope): Scope {
    return new Scope([...this.tables, ...other.tables], this.outer);
  }

  /** The same names over other fields (a calc renamed them). */
  mapFields(map: (field: Field) => Field): Scope {
    return new Scope(
      this.tables.map((t) => ({ ...t, columns: t.columns.map((c) => ({ ...c, field: map(c.field) })) })),
      this.outer,
    );
  }

  expressions(): { name: string; expr: Expr }[] {
    return this.columns.map((c) => ({ name: c.name, expr: column(c.field) }));
  }
}

function ambiguous(name: string, at: Span): SqlError {
  return new SqlError('TW2002', `column '${name}' is ambiguous`, at, { expected: 'the name of its table in front' });
}
