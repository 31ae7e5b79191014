/** Queries as written → relations. */

import type { AggregateCall, Expr, NamedExpr } from '../../expr/ir.js';
import { leastRestrictive } from '../../expr/typing.js';
import { comparatorOf } from '../../expr/values/compare.js';
import type { DataType } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import type { Expression, Hint, Query, QueryBody, SetOperation, SortItem, Span, Values } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { aggregate, distinct, filter, type Origin, project, union, uniqueNames } from '../plan/build.js';
import { allOf, column, columns } from '../plan/expression.js';
import type { Relation, SortKey } from '../plan/relation.js';
import { type CommonTables, type Environment, plainContext } from './environment.js';
import { ExpressionBinder, int } from './expression.js';
import { bindTable } from './from.js';
import { referencedTables } from './references.js';
import { Scope } from './scope.js';
import { bindSelect } from './select.js';

/** A relation and the names its columns have for the query around it, one for each field; several may be the same. */
export interface BoundQuery {
  readonly relation: Relation;
  readonly names: readonly string[];
}

/** A query whose rows are also to be ordered: by which of its fields. `names` covers only the query's own columns. */
export interface OrderedQuery extends BoundQuery {
  readonly orderBy: readonly SortKey[];
}

export class QueryBinder {
  constructor(
    readonly env: Environment,
    /** The view or WITH name being bound: part of the ids of its nodes. */
    readonly tag: string | undefined,
    readonly common: CommonTables | undefined,
    private readonly depth = 0,
  ) {
    if (depth > 100) throw new Error('views refer to each other without end');
  }

  /** A binder for the query of a view or WITH name: it sees only what was there before. */
  inside(tag: string, common: CommonTables | undefined): QueryBinder {
    return new QueryBinder(this.env, tag, common, this.depth + 1);
  }

  /** Hints of the SELECT that is being bound. */
  hints: readonly Hint[] = [];

  origin(at: Span): Origin {
    return this.tag === undefined ? { at } : { at, scope: this.tag };
  }

  query(node: Query): BoundQuery {
    if (node.recursive) throw unsupported('WITH RECURSIVE', node.span);
    if (node.with.length > 0) {
      let common = this.common;
      const names = new Set<string>();
      const uses = referencedTables(node);
      for (const table of node.with) {
        const { name } = table.name;
        if (names.has(name)) throw new SqlError('TW2002', `WITH has '${name}' twice`, table.span);
        names.add(name);
        common = {
          name,
          query: table.query,
          columns: table.columns.map((c) => c.name),
          shared: (uses.get(name) ?? 0) > 1,
          before: common,
        };
      }
      const inner = new QueryBinder(this.env, this.tag, common, this.depth);
      // Queries that nobody uses are checked too.
      for (let entry = common; entry && entry !== this.common; entry = entry.before) {
        new QueryBinder(this.env, entry.name, entry.before, this.depth + 1).query(entry.query);
      }
      return inner.ordered(node);
    }
    return this.ordered(node);
  }

  private ordered(node: Query): BoundQuery {
    const limit = this.count(node.limit, 'LIMIT');
    const offset = this.count(node.offset, 'OFFSET') ?? 0;
    if (node.orderBy.length === 0 && limit === undefined && offset === 0) return this.body(node.body);
    const bound =
      node.body.kind === 'Select'
        ? bindSelect(this, node.body, node.orderBy)
        : this.orderOutput(this.body(node.body), node.orderBy);
    const { relation, names, orderBy } = bound;
    const sorted: Relation = {
      kind: 'sort',
      input: relation,
      orderBy,
      ...(limit === undefined ? {} : { limit }),
      offset,
      fields: relation.fields,
      ...this.origin(node.span),
    };
    if (relation.fields.length === names.length) return { relation: sorted, names };
    const own = relation.fields.slice(0, names.length);
    return {
      relation: project(
        sorted,
        own.map((f) => ({ name: f.name, expr: column(f) })),
      ),
      names,
    };
  }

  /** ORDER BY over what comes out of a set operation: names or positions of its columns. */
  private orderOutput(query: BoundQuery, items: readonly SortItem[]): OrderedQuery {
    const { relation, names } = query;
    const scope = Scope.of(undefined, relation.fields, names);
    const orderBy = items.map((item) => {
      const ordinal = ordinalOf(item.value, names.length);
      if (ordinal !== undefined) return sortKey(relation.fields[ordinal].name, item, relation.fields[ordinal].type);
      const expr = new ExpressionBinder(plainContext(this.env, scope, 'ORDER BY')).bind(item.value);
      if (expr.op === 'column') return sortKey(expr.name, item, expr.type);
      throw unsupported('ORDER BY an expression over a set operation', item.span, 'put the operation into a sub-query');
    });
    return { ...query, orderBy };
  }

  private count(node: Expression | undefined, clause: string): number | undefined {
    if (!node) return undefined;
    const expr = new ExpressionBinder(plainContext(this.env, new Scope([]), clause)).bind(node);
    if (expr.op === 'literal' && typeof expr.value === 'number' && Number.isInteger(expr.value) && expr.value >= 0) {
      return expr.value;
    }
    throw new SqlError('TW2003', `${clause} isn't a constant`, node.span, { expected: 'a whole number' });
  }

  body(node: QueryBody): BoundQuery {
    switch (node.kind) {
      case 'Select':
        return bindSelect(this, node, []);
      case 'SetOperation':
        return this.setOperation(node);
      case 'Values':
        return this.values(node);
      case 'TableQuery': {
        const { relation, scope } = bindTable(this, node.name, [], node.span);
        const visible = scope.columns;
        const names = visible.map((c) => c.name);
        const unique = uniqueNames(names);
        return {
          relation: project(
            relation,
            visible.map((c, i) => ({ name: unique[i], expr: column(c.field) })),
          ),
          names,
        };
      }
      case 'Query':
        return this.query(node);
    }
  }

  private setOperation(node: SetOperation): BoundQuery {
    const left = this.body(node.left);
    const right = this.body(node.right);
    if (left.names.length !== right.names.length) {
      throw new SqlError(
        'TW2003',
        `${node.op} of ${left.names.length} and ${right.names.length} columns`,
        node.right.span,
        {
          expected: `${left.names.length} columns`,
        },
      );
    }
    const types = left.relation.fields.map((f, i) => {
      const other = right.relation.fields[i].type;
      const common = leastRestrictive([f.type, other]);
      if (common) return common;
      throw new SqlError(
        'TW2003',
        `column ${i + 1} ('${left.names[i]}') of ${node.op} is ${typeToString(f.type)} on the left and ${typeToString(other)} on the right`,
        node.right.span,
        { expected: 'types that go together, or a CAST' },
      );
    });
    const inputs = [left, right].map((side) => this.castAll(side.relation, types, node.span, left.relation));
    if (node.op !== 'UNION') return { relation: this.compareSets(node, inputs), names: left.names };
    const all = union(inputs, this.origin(node.span));
    return { relation: node.all ? all : distinct(all, this.origin(node.span)), names: left.names };
  }

  /**
   * INTERSECT and EXCEPT: rows of both sides are counted together, NULL being a value like others. With ALL a row comes as often as
   * the counts say.
   */
  private compareSets(node: SetOperation, inputs: readonly Relation[]): Relation {
    const origin = this.origin(node.span);
    const { fields } = inputs[0];
    const [mark] = uniqueNames(
      ['$right'],
      fields.map((f) => f.name),
    );
    const marked = inputs.map((input, side) =>
      project(input, [...columns(input.fields), { name: mark, expr: int(side) }], origin),
    );
    const INT: DataType = { kind: 'INT', nullable: true };
    const call = (fn: string): AggregateCall => ({
      fn,
      args: [{ op: 'column', name: mark, type: { ...INT, nullable: false } }],
      distinct: false,
      name: `$${fn.toLowerCase()}`,
      type: INT,
    });
    const keys = fields.map((f) => ({ name: f.name, column: f.name }));
    if (node.all) return this.repeatRows(node, aggregate(union(marked, origin), keys, counts(mark), origin));
    const grouped = aggregate(union(marked, origin), keys, [call('MIN'), call('MAX')], origin);
    const is = (name: string, value: number): Expr => ({
      op: 'call',
      fn: '=',
      args: [{ op: 'column', name, type: INT }, int(value)],
      type: { kind: 'BOOLEAN', nullable: true },
    });
    // In the left: some 0. In the right: some 1.
    const condition = node.op === 'INTERSECT' ? allOf([is('$min', 0), is('$max', 1)]) : is('$max', 0);
    return project(filter(grouped, condition), columns(grouped.fields.slice(0, fields.length)), origin);
  }

  /** Rows with the numbers of the left and the right in their last two columns, each as often as it is in the result. */
  private repeatRows(node: SetOperation, grouped: Relation): Relation {
    const origin = this.origin(node.span);
    const binder = new ExpressionBinder(plainContext(this.env, new Scope([]), node.op));
    const own = grouped.fields.slice(0, -2);
    const numbers = grouped.fields.slice(-2).map(column);
    const value = binder.call(node.op === 'EXCEPT' ? '-' : 'LEAST', numbers, node.span);
    const repeated: Relation = {
      kind: 'unnest',
      input: grouped,
      value,
      columns: [],
      outer: false,
      fields: grouped.fields,
      ...origin,
    };
    return project(repeated, columns(own), origin);
  }

  /** The relation's columns as other types, under the names of `like`. */
  private castAll(relation: Relation, types: readonly DataType[], at: Span, like: Relation): Relation {
    const binder = new ExpressionBinder(plainContext(this.env, new Scope([]), 'UNION'));
    const exprs: NamedExpr[] = relation.fields.map((f, i) => ({
      name: like.fields[i].name,
      expr: binder.cast(column(f), { ...types[i], nullable: f.type.nullable } as DataType, at),
    }));
    return project(relation, exprs);
  }

  values(node: Values, want?: readonly DataType[]): BoundQuery {
    const width = node.rows[0].items.length;
    const binder = new ExpressionBinder(plainContext(this.env, new Scope([]), 'VALUES'));
    const rows = node.rows.map((row) => {
      if (row.items.length !== width) {
        throw new SqlError('TW2003', `a row of ${row.items.length} values beside one of ${width}`, row.span, {
          expected: `${width} values`,
        });
      }
      return row.items.map((item) => binder.bind(item));
    });
    const types = Array.from({ length: width }, (_, i) => {
      const all = rows.map((row) => row[i].type);
      const common = leastRestrictive(all);
      if (!common) {
        throw new SqlError('TW2003', `column ${i + 1} of VALUES has ${all.map(typeToString).join(' and ')}`, node.span);
      }
      return common.kind === 'NULL' && want?.[i] ? { ...want[i], nullable: true } : common;
    });
    const cast = rows.map((row, r) =>
      row.map((expr: Expr, i) => binder.cast(expr, types[i], node.rows[r].items[i].span)),
    );
    const names = types.map((_, i) => `EXPR$${i}`);
    const fields = types.map((type, i) => ({ name: names[i], type }));
    return { relation: { kind: 'values', rows: cast, fields, ...this.origin(node.span) }, names };
  }
}

/** How many rows have 0 and 1 in a column. */
function counts(mark: string): AggregateCall[] {
  const type: DataType = { kind: 'INT', nullable: false };
  return [0, 1].map((side) => ({
    fn: 'COUNT',
    args: [],
    distinct: false,
    filter: {
      op: 'call',
      fn: '=',
      args: [{ op: 'column', name: mark, type }, int(side)],
      type: { kind: 'BOOLEAN', nullable: false },
    },
    name: `$count${side}`,
    type: { kind: 'BIGINT', nullable: false },
  }));
}

/** `ORDER BY 2`: index of the column, from 0. */
export function ordinalOf(node: Expression, width: number): number | undefined {
  if (node.kind !== 'NumberLiteral' || node.form !== 'integer') return undefined;
  const position = Number(node.text);
  if (position >= 1 && position <= width) return position - 1;
  throw new SqlError('TW2002', `ORDER BY ${node.text}: there is no such column`, node.span, {
    expected: `1 to ${width}`,
  });
}

/** NULLs are the smallest values, as in Flink. Refuses a type without an order (MAP, MULTISET, VARIANT, BITMAP). */
export function sortKey(name: string, item: SortItem, type?: DataType): SortKey {
  if (type && !comparatorOf(type)) {
    throw new SqlError('TW2003', `ORDER BY a value of ${typeToString(type)}, which has no order`, item.span);
  }
  const nullsFirst = item.nulls ? item.nulls === 'FIRST' : !item.descending;
  return { column: name, descending: item.descending, nullsFirst };
}
