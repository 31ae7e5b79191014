/** WHERE, with IN (SELECT …) and EXISTS as semi- and anti-joins. Sub-queries as values are in subquery-value.ts. */
import type { Expr } from '../../expr/ir.js';
import type { Field } from '../../record/types.js';
import type { Expression, Query, Select } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { pushFilter } from '../optimise/push-filter.js';
import { disjoint, join, project } from '../plan/build.js';
import { allOf, column, columnsOf } from '../plan/expression.js';
import type { Relation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { type AggregateNode, ExpressionBinder, NULL } from './expression.js';
import { type BoundRelation, bindFrom } from './from.js';
import { equationsWith, withKeys } from './lateral-query.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';
import { SubqueryValues } from './subquery-value.js';

export function bindWhere(binder: QueryBinder, input: Relation, scope: Scope, where: Expression): BoundRelation {
  let relation = input;
  const plain: Expr[] = [];
  const values = new SubqueryValues(binder, scope, () => relation.fields);
  const expressions = new ExpressionBinder({
    ...plainContext(binder.env, scope, 'WHERE'),
    subquery: (query, at) => values.scalar(query, at),
    subqueryTest: (test) => values.test(test, expressions),
  });
  const tests: { node: Extract<Expression, { kind: 'Exists' | 'InSubquery' }>; negated: boolean }[] = [];
  for (const part of andParts(where)) {
    const { node, negated } = withoutNot(part);
    if (node.kind === 'Exists') tests.push({ node: { ...node, query: withoutGroups(node.query) }, negated });
    else if (node.kind === 'InSubquery') tests.push({ node, negated: negated !== node.negated });
    else plain.push(expressions.condition(part));
  }
  relation = pushFilter(values.joinTo(relation), allOf(plain));
  for (const { node, negated } of tests) relation = semiJoin(binder, relation, scope, node, negated);
  const fields = new Map(relation.fields.map((f) => [f.name, f]));
  return { relation, scope: scope.mapFields((f) => fields.get(f.name) ?? f) };
}

/**
 * The query of EXISTS without GROUP BY: there is a group where there is a row. One with HAVING, or with sets of which one may be empty,
 * stays as it is.
 */
export function withoutGroups(query: Query): Query {
  const { body } = query;
  if (body.kind !== 'Select' || !body.groupBy || body.having || body.qualify || query.limit || query.offset)
    return query;
  if (body.groupBy.items.some((item) => item.kind !== 'GroupingSet' || item.expressions.length === 0)) return query;
  // A group window, as TUMBLE(ts, …), has a meaning of its own.
  if (body.groupBy.items.some((item) => item.kind === 'GroupingSet' && item.expressions.some((e) => e.kind === 'Call')))
    return query;
  const one: Expression = { kind: 'NumberLiteral', form: 'integer', text: '1', span: body.span };
  const { groupBy: _, ...rest } = body;
  return { ...query, body: { ...rest, items: [{ kind: 'SelectItem', value: one, span: body.span }] } };
}

const FALSE: Expr = { op: 'literal', value: false, type: { kind: 'BOOLEAN', nullable: false } };

function andParts(node: Expression): Expression[] {
  return node.kind === 'Binary' && node.op === 'AND' ? [...andParts(node.left), ...andParts(node.right)] : [node];
}

function withoutNot(node: Expression): { node: Expression; negated: boolean } {
  if (node.kind !== 'Unary' || node.op !== 'NOT') return { node, negated: false };
  const inner = withoutNot(node.operand);
  return { node: inner.node, negated: !inner.negated };
}

function semiJoin(
  binder: QueryBinder,
  left: Relation,
  scope: Scope,
  node: Extract<Expression, { kind: 'Exists' | 'InSubquery' }>,
  negated: boolean,
): Relation {
  const inner = correlated(binder, node.query, left, scope, node.kind === 'Exists');
  if (inner.always) return negated ? pushFilter(left, FALSE) : left;
  const conditions: (Expr | undefined)[] = [inner.condition];
  let nullAware = false;
  if (node.kind === 'InSubquery') {
    const expressions = new ExpressionBinder(plainContext(binder.env, scope, 'IN'));
    const values = node.value.kind === 'RowConstructor' ? node.value.items : [node.value];
    if (values.length !== inner.outputs.length) {
      throw new SqlError(
        'TW2003',
        `IN compares ${values.length} values with ${inner.outputs.length} columns`,
        node.span,
      );
    }
    const equal: Expr[] = [];
    const unknown: Expr[][] = [];
    values.forEach((value, i) => {
      const bound = expressions.bind(value);
      equal.push(expressions.call('=', [bound, inner.outputs[i]], value.span));
      unknown.push([bound, inner.outputs[i]].filter((side) => side.type.nullable));
    });
    nullAware = negated && unknown.some((sides) => sides.length > 0);
    // Of several columns a row is not in the others when each of them differs somewhere: a NULL never does.
    if (nullAware && (inner.condition || values.length > 1)) {
      nullAware = false;
      equal.forEach((same, i) => {
        const nulls = unknown[i].map((side) => expressions.call('IS NULL', [side], node.span));
        conditions.push(nulls.reduce((all, one) => expressions.call('OR', [all, one], node.span), same));
      });
    } else conditions.push(...equal);
  }
  const joined = join(
    {
      type: negated ? 'anti' : 'semi',
      left,
      right: inner.relation,
      condition: allOf(conditions),
      ...(nullAware ? { nullAware } : {}),
    },
    binder.origin(node.span),
  );
  // Sides of equations that were computed go no further.
  return joined.fields.length === left.fields.length
    ? joined
    : project(
        joined,
        left.fields.map((f) => ({ name: f.name, expr: column(f) })),
      );
}

interface Correlated {
  readonly relation: Relation;
  readonly outputs: readonly Expr[];
  /** What compares rows of the sub-query with the row outside. */
  readonly condition?: Expr;
  /** There is a row whatever the row outside is. */
  readonly always?: boolean;
}

/** The sub-query's rows under names of their own; its conditions on the query outside are taken out of it. */
function correlated(binder: QueryBinder, query: Query, outside: Relation, scope: Scope, exists: boolean): Correlated {
  const found = simpleSubquery(binder, query, outside, scope, exists) ?? groupedSubquery(binder, query, outside, scope);
  if (found) return found;
  const bound = binder.query(query);
  const { right } = disjoint(outside, bound.relation);
  return { relation: right, outputs: right.fields.slice(0, bound.names.length).map(column) };
}

function simpleSubquery(
  binder: QueryBinder,
  query: Query,
  outside: Relation,
  scope: Scope,
  exists: boolean,
): Correlated | undefined {
  let aggregates = false;
  const opened = openSubquery(binder, query, outside.fields, scope, () => {
    aggregates = true;
    return NULL;
  });
  if (!opened) return undefined;
  const { select, relation, own, expressions, across } = opened;
  const outputs: Expr[] = [];
  for (const item of select.items) {
    if (item.value.kind === 'Star') outputs.push(...own.columns.map((c) => column(c.field)));
    else outputs.push(expressions.bind(item.value));
  }
  if (aggregates) {
    if (across.length === 0) return undefined;
    // Without GROUP BY an aggregate gives a row in any case: EXISTS holds.
    if (exists) return { relation, outputs: [], always: true };
    throw unsupported('An aggregate in a sub-query that depends on the query around it', select.span);
  }
  return { relation, outputs, condition: allOf(across) };
}

/** One with GROUP BY that depends on the query outside by equations: it is grouped by their inner sides as well. */
function groupedSubquery(binder: QueryBinder, query: Query, outside: Relation, scope: Scope): Correlated | undefined {
  const { body } = query;
  if (body.kind !== 'Select' || !body.from || !body.where || !body.groupBy || query.limit || query.offset)
    return undefined;
  const { equations, rest } = equationsWith(binder, scope, body);
  if (equations.length === 0) return undefined;
  const bound = binder.query(withKeys(query, body, equations, rest));
  const { right } = disjoint(outside, bound.relation);
  const count = bound.names.length - equations.length;
  const expressions = new ExpressionBinder(plainContext(binder.env, scope, 'WHERE of a sub-query'));
  const conditions = equations.map(({ outer }, i) =>
    expressions.call('=', [expressions.bind(outer), column(right.fields[count + i])], outer.span),
  );
  return { relation: right, outputs: right.fields.slice(0, count).map(column), condition: allOf(conditions) };
}

/** A sub-query whose WHERE may name columns of the query around it, taken apart. */
export interface OpenSubquery {
  readonly select: Select;
  /** Its rows, filtered by the conditions on them alone, under names that the query around does not have. */
  readonly relation: Relation;
  readonly own: Scope;
  /** For its items. */
  readonly expressions: ExpressionBinder;
  /** The other conditions. */
  readonly across: readonly Expr[];
}

/** Undefined for queries that are more than SELECT … FROM … WHERE. */
export function openSubquery(
  binder: QueryBinder,
  query: Query,
  outside: readonly Field[],
  scope: Scope,
  aggregate: (call: AggregateNode, expressions: ExpressionBinder) => Expr,
): OpenSubquery | undefined {
  const select = query.body;
  if (
    select.kind !== 'Select' ||
    query.with.length > 0 ||
    query.limit !== undefined ||
    query.offset !== undefined ||
    select.from === undefined ||
    select.groupBy ||
    select.having ||
    select.qualify
  ) {
    return undefined;
  }
  const parts = select.where ? andParts(select.where) : [];
  if (parts.some((part) => ['Exists', 'InSubquery'].includes(withoutNot(part).node.kind))) return undefined;
  const from = bindFrom(binder, select.from);
  const { right, renamed } = disjoint({ ...from.relation, fields: outside }, from.relation);
  const fields = new Map(right.fields.map((f) => [f.name, f]));
  const own = from.scope.mapFields((f) => fields.get(renamed.get(f.name)!)!);
  const both = new Scope(own.tables, scope);
  const context = plainContext(binder.env, both, 'WHERE of a sub-query');
  const conditions = new ExpressionBinder(context);
  const inside: Expr[] = [];
  const across: Expr[] = [];
  for (const part of parts) {
    if (!isBindable(part)) return undefined;
    const bound = conditions.condition(part);
    ([...columnsOf(bound)].every((name) => fields.has(name)) ? inside : across).push(bound);
  }
  const expressions: ExpressionBinder = new ExpressionBinder({
    ...context,
    clause: 'SELECT of a sub-query',
    aggregate: (call) => aggregate(call, expressions),
  });
  return { select, relation: pushFilter(right, allOf(inside)), own, expressions, across };
}

/** Has no sub-query of its own. */
function isBindable(node: Expression): boolean {
  return !JSON.stringify(node, (key, value) => (key === 'span' ? undefined : value)).includes('"kind":"Select"');
}
