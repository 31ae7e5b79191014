/**
 * LATERAL (SELECT …) that depends on the rows to its left by equations: it is computed for every value of their inner sides, which
 * become columns of it, and joined by them.
 *
 *     FROM states AS s, LATERAL (SELECT city FROM cities AS c WHERE c.state = s.id ORDER BY size DESC LIMIT 3) AS t
 *     FROM states AS s JOIN (SELECT city, c.state FROM cities AS c QUALIFY ROW_NUMBER() OVER (PARTITION BY c.state …) <= 3) …
 *
 * As in Flink, an aggregate without GROUP BY has no row where there is nothing to aggregate (the standard has COUNT 0 there).
 */
import { isAggregate } from '../../expr/aggregates/resolve.js';
import type { Expr } from '../../expr/ir.js';
import type { Call, DerivedTable, Expression, Join, Query, Select, SelectItem } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { disjoint, join } from '../plan/build.js';
import { allOf, column } from '../plan/expression.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { aliased, type BoundRelation, bindFrom, narrowJoin } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';

export interface Equation {
  readonly inner: Expression;
  readonly outer: Expression;
}

/** Undefined when the query depends on nothing to its left. */
export function bindLateralQuery(
  binder: QueryBinder,
  left: BoundRelation,
  node: Join,
  table: DerivedTable,
): BoundRelation | undefined {
  const { query } = table;
  const select = query.body;
  if (select.kind !== 'Select' || !select.from || !select.where) return undefined;
  const { equations, rest } = equationsWith(binder, left.scope, select);
  if (equations.length === 0) return undefined;
  const at = table.span;
  const type = node.type === 'LEFT' ? 'left' : 'inner';
  if (!['INNER', 'CROSS', 'COMMA', 'LEFT'].includes(node.type))
    throw unsupported(`${node.type} JOIN LATERAL (SELECT …)`, at);

  const bound = binder.query(withKeys(query, select, equations, rest));
  const { right, renamed } = disjoint(left.relation, bound.relation);
  const fields = right.fields.map((f) => f);
  const count = bound.names.length - equations.length;
  const keys = bound.relation.fields.slice(count).map((f) => fields.find((g) => g.name === renamed.get(f.name))!);
  const shown = bound.relation.fields.slice(0, count).map((f) => fields.find((g) => g.name === renamed.get(f.name))!);
  const own = aliased(
    { relation: right, scope: Scope.of(undefined, shown, bound.names.slice(0, count)) },
    table.alias,
    undefined,
  ).scope;
  const scope = left.scope.beside(own);
  const outside = new ExpressionBinder(plainContext(binder.env, left.scope, 'the condition of a LATERAL query'));
  const conditions: (Expr | undefined)[] = equations.map(({ outer }, i) =>
    outside.call('=', [outside.bind(outer), column(keys[i])], outer.span),
  );
  if (node.on)
    conditions.push(new ExpressionBinder(plainContext(binder.env, scope, 'the condition of JOIN')).condition(node.on));
  const joined = join({ type, left: left.relation, right, condition: allOf(conditions) }, binder.origin(at));
  return narrowJoin(joined, scope, binder, at);
}

/** The equations with the left among the conditions, and all others. */
export function equationsWith(
  binder: QueryBinder,
  left: Scope,
  select: Select,
): { equations: Equation[]; rest: Expression[] } {
  const { scope } = bindFrom(binder, select.from!);
  const knows = (of: Scope, expression: Expression) => {
    try {
      new ExpressionBinder(plainContext(binder.env, of, 'WHERE')).bind(expression);
      return true;
    } catch (error) {
      if (error instanceof SqlError) return false;
      throw error;
    }
  };
  const equations: Equation[] = [];
  const rest: Expression[] = [];
  for (const part of parts(select.where!)) {
    const sides = part.kind === 'Binary' && part.op === '=' && !knows(scope, part) ? [part.left, part.right] : [];
    const inner = sides.find((side) => knows(scope, side) && side.kind !== 'NumberLiteral');
    const outer = sides.find((side) => side !== inner && knows(left, side));
    if (inner && outer) equations.push({ inner, outer });
    else if (!knows(scope, part) && knows(new Scope(scope.tables, left), part)) {
      throw unsupported('LATERAL (SELECT …) that depends on its left by anything but equations', part.span);
    } else rest.push(part);
  }
  return { equations, rest };
}

function parts(node: Expression): Expression[] {
  return node.kind === 'Binary' && node.op === 'AND' ? [...parts(node.left), ...parts(node.right)] : [node];
}

function aggregateOf({ value }: SelectItem): Call | undefined {
  if (value.kind !== 'Call' || value.over) return undefined;
  return isAggregate(value.name.parts.map((p) => p.name).join('.')) ? value : undefined;
}

/** The query for all values of the equations' inner sides, which are its last columns. */
export function withKeys(
  query: Query,
  select: Select,
  equations: readonly Equation[],
  rest: readonly Expression[],
): Query {
  const { span } = select;
  const keys = equations.map(({ inner }) => inner);
  const items: SelectItem[] = keys.map((value, i) => ({
    kind: 'SelectItem',
    value,
    alias: { kind: 'Identifier', name: `$lateral${i}`, span },
    span,
  }));
  const aggregates = select.groupBy !== undefined || select.items.some((item) => aggregateOf(item));
  const { where: _, ...body } = select;
  return {
    ...query,
    orderBy: [],
    limit: undefined,
    body: {
      ...body,
      items: [...select.items, ...items],
      ...(rest.length > 0
        ? { where: rest.reduce((left, right) => ({ kind: 'Binary', op: 'AND', left, right, span })) }
        : {}),
      ...(aggregates ? { groupBy: groupedBy(select, keys) } : {}),
      ...(query.limit ? { qualify: firstRows(query, select, keys) } : {}),
    },
  };
}

function groupedBy(select: Select, keys: readonly Expression[]): NonNullable<Select['groupBy']> {
  const { span } = select;
  const own = keys.map((key) => ({ kind: 'GroupingSet', expressions: [key], span }) as const);
  return {
    kind: 'GroupBy',
    distinct: false,
    ...select.groupBy,
    items: [...(select.groupBy?.items ?? []), ...own],
    span,
  };
}

/** `ROW_NUMBER() OVER (PARTITION BY keys ORDER BY …) <= limit`. */
function firstRows(query: Query, select: Select, keys: readonly Expression[]): Expression {
  const { span } = query;
  if (query.offset) throw unsupported('OFFSET in LATERAL (SELECT …)', query.offset.span);
  if (select.qualify || select.distinct) throw unsupported('LIMIT of this LATERAL (SELECT …)', query.limit!.span);
  if (query.orderBy.length === 0) throw unsupported('LIMIT without ORDER BY in LATERAL (SELECT …)', query.limit!.span);
  const number: Call = {
    kind: 'Call',
    name: { kind: 'QualifiedName', parts: [{ kind: 'Identifier', name: 'ROW_NUMBER', span }], span },
    args: [],
    distinct: false,
    over: { kind: 'WindowSpec', partitionBy: keys, orderBy: query.orderBy, span },
    span,
  };
  return { kind: 'Binary', op: '<=', left: number, right: query.limit!, span };
}
