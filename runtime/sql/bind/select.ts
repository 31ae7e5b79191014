import type { AggregateCall, Expr, NamedExpr } from '../../expr/ir.js';
import type { Identifier, Select, SelectItem, SortItem, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { pushFilter } from '../optimise/push-filter.js';
import { distinct, project, uniqueNames } from '../plan/build.js';
import { column, columnsOfAggregate, digest } from '../plan/expression.js';
import type { Relation, SortKey } from '../plan/relation.js';
import { bindAggregate } from './aggregate-call.js';
import { plainContext } from './environment.js';
import { type AggregateNode, ExpressionBinder } from './expression.js';
import { bindFrom } from './from.js';
import { bindGroupWindow } from './group-window.js';
import { applyGrouping, bindGrouping, GROUPING, NO_GROUPING } from './grouping.js';
import { checkSelectHints, groupTtl } from './hint.js';
import { OverCalls } from './over.js';
import { type OrderedQuery, ordinalOf, type QueryBinder, sortKey } from './query.js';
import { Scope } from './scope.js';
import { bindWhere } from './subquery.js';
import { SubqueryValues } from './subquery-value.js';

interface Item {
  readonly name: string;
  readonly expr: Expr;
  readonly at: Span;
}

export function bindSelect(binder: QueryBinder, node: Select, orderBy: readonly SortItem[]): OrderedQuery {
  checkSelectHints(binder, node);
  const around = binder.hints;
  binder.hints = node.hints;
  try {
    return bindHinted(binder, node, orderBy);
  } finally {
    binder.hints = around;
  }
}

function bindHinted(binder: QueryBinder, node: Select, orderBy: readonly SortItem[]): OrderedQuery {
  const ttlMs = node.from && groupTtl(node.hints, node.from);
  const origin = { ...binder.origin(node.span), ...(ttlMs === undefined ? {} : { ttlMs }) };
  const from = node.from
    ? bindFrom(binder, node.from)
    : { relation: { kind: 'values', rows: [[]], fields: [], ...origin } as Relation, scope: new Scope([]) };
  let { relation, scope } = from;
  if (node.where) ({ relation, scope } = bindWhere(binder, relation, scope, node.where));

  const window = node.groupBy && bindGroupWindow(binder, node.groupBy, relation, scope);
  if (window) ({ relation } = window);

  // Everything behind GROUP BY is bound over the input first; aggregates and OVER calls are put aside.
  const calls = new AggregateCalls();
  const overs = new OverCalls(node.windows, binder.env.batch);
  const from0 = relation;
  const values = new SubqueryValues(binder, scope, () => from0.fields);
  const expressions = new ExpressionBinder({
    ...plainContext(binder.env, scope, 'SELECT'),
    aggregate: (call) => calls.add(call, expressions),
    over: (call) => overs.add(call, expressions),
    subquery: (query, at) => values.scalar(query, at),
    subqueryTest: (test) => values.test(test, expressions),
    ...(window ? { groupWindow: window.value } : {}),
    grouping: (args) => ({ op: 'call', fn: GROUPING, args, type: { kind: 'BIGINT', nullable: false } }),
  });
  const items = node.items.flatMap((item, i) => bindItem(item, i, scope, expressions));
  const having = node.having && expressions.condition(node.having);
  const qualify = node.qualify && expressions.condition(node.qualify);
  const grouping = node.groupBy
    ? bindGrouping(
        window?.groupBy ?? node.groupBy,
        window?.keys ?? [],
        new ExpressionBinder(plainContext(binder.env, scope, 'GROUP BY')),
      )
    : NO_GROUPING;
  const sorts = orderBy.map((item) => bindSort(item, items, expressions));

  let rewrite = (expr: Expr) => expr;
  if (node.groupBy || node.having || calls.list.length > 0) {
    checkValues(calls.list, values);
    const grouped = applyGrouping(relation, grouping, calls.list, expressions, origin);
    ({ relation } = grouped);
    rewrite = grouped.rewrite;
  }
  relation = values.joinTo(relation);
  if (having) relation = pushFilter(relation, rewrite(having));
  relation = overs.apply(relation, rewrite, binder, origin);
  if (qualify) {
    if (overs.empty) throw new SqlError('TW2004', 'QUALIFY needs a function with OVER', node.qualify!.span);
    relation = pushFilter(relation, rewrite(qualify));
  }

  const names = items.map((item) => item.name);
  const unique = uniqueNames(names);
  const outputs: NamedExpr[] = items.map((item, i) => ({ name: unique[i], expr: rewrite(item.expr) }));
  const hidden: NamedExpr[] = [];
  const sortKeys = sorts.map((sort, i): SortKey => {
    if (sort.index !== undefined) return sortKey(unique[sort.index], orderBy[i], items[sort.index].expr.type);
    if (node.distinct)
      throw new SqlError('TW2004', 'ORDER BY of SELECT DISTINCT takes only its columns', orderBy[i].span);
    const name = uniqueNames([`$sort${hidden.length}`], unique)[0];
    hidden.push({ name, expr: rewrite(sort.expr!) });
    return sortKey(name, orderBy[i], sort.expr!.type);
  });
  let result = project(relation, [...outputs, ...hidden], origin);
  if (node.distinct) result = distinct(result, origin);
  return { relation: result, names, orderBy: sortKeys };
}

function bindItem(item: SelectItem, index: number, scope: Scope, binder: ExpressionBinder): Item[] {
  const { value } = item;
  if (value.kind === 'Star') {
    const fields = rowFields(value.qualifier, scope, binder);
    if (fields) return fields.map(({ name, expr }) => ({ name, expr, at: item.span }));
    const found = value.qualifier.length > 0 ? scope.columnsOf(value.qualifier, item.span) : scope.columns;
    if (found.length === 0) throw new SqlError('TW2004', "'*' needs a FROM", item.span);
    return found.map((c) => {
      const expr = column(c.field);
      binder.spans.set(expr, item.span);
      return { name: c.name, expr, at: item.span };
    });
  }
  const name =
    item.alias?.name ??
    (value.kind === 'ColumnRef'
      ? value.path[value.path.length - 1].name
      : value.kind === 'FieldAccess'
        ? value.field.name
        : `EXPR$${index}`);
  return [{ name, expr: binder.bind(value), at: item.span }];
}

/** `row.*`: the fields of a column that is a ROW, where no table has that name. */
function rowFields(path: readonly Identifier[], scope: Scope, binder: ExpressionBinder): NamedExpr[] | undefined {
  if (path.length === 0 || scope.tables.some((t) => t.alias === path[path.length - 1].name)) return undefined;
  const [{ span }] = path;
  const found = scope.find(path, span);
  if (!found) return undefined;
  const row = binder.bind({ kind: 'ColumnRef', path, span });
  if (row.type.kind !== 'ROW') return undefined;
  return row.type.fields.map(({ name }) => ({ name, expr: binder.field(row, name, span) }));
}

/** One of the outputs (by its alias, position or equality), or an expression of its own. */
function bindSort(item: SortItem, items: readonly Item[], binder: ExpressionBinder): { index?: number; expr?: Expr } {
  const ordinal = ordinalOf(item.value, items.length);
  if (ordinal !== undefined) return { index: ordinal };
  if (item.value.kind === 'ColumnRef' && item.value.path.length === 1) {
    const [{ name }] = item.value.path;
    const index = items.findIndex((i) => i.name === name);
    if (index >= 0) return { index };
  }
  const expr = binder.bind(item.value);
  const index = items.findIndex((i) => digest(i.expr) === digest(expr));
  return index >= 0 ? { index } : { expr };
}

/** Aggregate calls of one SELECT; equal ones are computed once. */
class AggregateCalls {
  readonly list: AggregateCall[] = [];
  private readonly known = new Map<string, Expr>();
  private inside = false;

  add(node: AggregateNode, binder: ExpressionBinder): Expr {
    if (this.inside) throw new SqlError('TW2004', `aggregate ${node.name} inside of an aggregate`, node.span);
    if (node.orderBy) throw unsupported(`ORDER BY inside of ${node.name}`, node.span);
    this.inside = true;
    const call = bindAggregate(node, binder);
    this.inside = false;
    const key = digest(call);
    const before = this.known.get(key);
    if (before) return before;
    const result: AggregateCall = { ...call, name: `$agg${this.list.length}` };
    this.list.push(result);
    const expr: Expr = { op: 'column', name: result.name, type: result.type };
    this.known.set(key, expr);
    return expr;
  }
}

/** Sub-queries as values are joined to the groups. */
function checkValues(calls: readonly AggregateCall[], values: SubqueryValues): void {
  if (values.correlated) {
    throw unsupported('A sub-query that depends on the rows that are grouped', values.correlated.at);
  }
  const names = new Set(values.names);
  const [first] = values.list;
  if (calls.some((call) => [...columnsOfAggregate(call)].some((name) => names.has(name)))) {
    throw unsupported('A sub-query inside of an aggregate', first.at);
  }
}
