/** WHERE, with IN (SELECT …) and EXISTS as semi- and anti-joins, and sub-queries that give one value. */
import type { Expr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';
import type { Expression, Query, Select, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { pushFilter } from '../optimise/push-filter.js';
import { aggregate, disjoint, join, origin, project, uniqueNames } from '../plan/build.js';
import { allOf, column, columnsOf } from '../plan/expression.js';
import type { Relation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { type BoundRelation, bindFrom } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';

export function bindWhere(binder: QueryBinder, input: Relation, scope: Scope, where: Expression): BoundRelation {
  let relation = input;
  const plain: Expr[] = [];
  const expressions = new ExpressionBinder({
    ...plainContext(binder.env, scope, 'WHERE'),
    subquery: (query, at) => {
      const scalar = bindScalar(binder, query, relation.fields, at);
      relation = joinScalar(relation, scalar);
      return column(scalar.field);
    },
  });
  const tests: { node: Extract<Expression, { kind: 'Exists' | 'InSubquery' }>; negated: boolean }[] = [];
  for (const part of andParts(where)) {
    const { node, negated } = withoutNot(part);
    if (node.kind === 'Exists') tests.push({ node, negated });
    else if (node.kind === 'InSubquery') tests.push({ node, negated: negated !== node.negated });
    else plain.push(expressions.condition(part));
  }
  relation = pushFilter(relation, allOf(plain));
  for (const { node, negated } of tests) relation = semiJoin(binder, relation, scope, node, negated);
  const fields = new Map(relation.fields.map((f) => [f.name, f]));
  return { relation, scope: scope.mapFields((f) => fields.get(f.name) ?? f) };
}

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
  const inner = correlated(binder, node.query, left, scope);
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
    values.forEach((value, i) => {
      const bound = expressions.bind(value);
      const equal = expressions.call('=', [bound, inner.outputs[i]], value.span);
      conditions.push(equal);
      if (negated && (bound.type.nullable || inner.outputs[i].type.nullable)) nullAware = true;
    });
    if (nullAware && (inner.condition || values.length > 1)) {
      throw unsupported(
        'NOT IN over values that may be NULL, correlated or of several columns',
        node.span,
        'use NOT EXISTS',
      );
    }
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
}

/** The sub-query's rows under names of their own; its conditions on the query outside are taken out of it. */
function correlated(binder: QueryBinder, query: Query, outside: Relation, scope: Scope): Correlated {
  const select = query.body;
  const simple =
    select.kind === 'Select' &&
    query.with.length === 0 &&
    query.limit === undefined &&
    query.offset === undefined &&
    select.from !== undefined &&
    !select.groupBy &&
    !select.having &&
    !select.qualify;
  if (simple) {
    const found = simpleSubquery(binder, select, outside, scope);
    if (found) return found;
  }
  const bound = binder.query(query);
  const { right } = disjoint(outside, bound.relation);
  return { relation: right, outputs: right.fields.slice(0, bound.names.length).map(column) };
}

function simpleSubquery(binder: QueryBinder, select: Select, outside: Relation, scope: Scope): Correlated | undefined {
  const from = bindFrom(binder, select.from!);
  const { right, renamed } = disjoint(outside, from.relation);
  const fields = new Map(right.fields.map((f) => [f.name, f]));
  const own = from.scope.mapFields((f) => fields.get(renamed.get(f.name)!)!);
  const both = new Scope(own.tables, scope);
  let aggregates = false;
  const expressions = new ExpressionBinder({
    ...plainContext(binder.env, both, 'WHERE of a sub-query'),
    aggregate: (call) => {
      aggregates = true;
      return { op: 'literal', value: null, type: { kind: 'NULL', nullable: true } } satisfies Expr & {
        at?: typeof call;
      };
    },
  });
  const parts = select.where ? andParts(select.where) : [];
  if (parts.some((part) => ['Exists', 'InSubquery'].includes(withoutNot(part).node.kind))) return undefined;
  const inside: Expr[] = [];
  const across: Expr[] = [];
  for (const part of parts) {
    const bound = expressions.condition(part);
    ([...columnsOf(bound)].every((name) => fields.has(name)) ? inside : across).push(bound);
  }
  const outputs: Expr[] = [];
  for (const item of select.items) {
    if (item.value.kind === 'Star') outputs.push(...own.columns.map((c) => column(c.field)));
    else outputs.push(expressions.bind(item.value));
  }
  if (aggregates) {
    if (across.length > 0)
      throw unsupported('An aggregate in a sub-query that depends on the query around it', select.span);
    return undefined;
  }
  return { relation: pushFilter(right, allOf(inside)), outputs, condition: allOf(across) };
}

/** `(SELECT …)` as a value: a query of one row at most, under a name of its own. */
export interface Scalar {
  readonly relation: Relation;
  readonly field: Field;
  readonly at: Span;
}

export function bindScalar(binder: QueryBinder, query: Query, taken: readonly Field[], at: Span): Scalar {
  const bound = binder.query(query);
  if (bound.names.length !== 1) {
    throw new SqlError('TW2003', `a sub-query with ${bound.names.length} columns as a value`, at, {
      expected: 'one column',
    });
  }
  const [name] = uniqueNames(
    ['$scalar'],
    taken.map((f) => f.name),
  );
  const single = oneRow(binder, bound.relation, at);
  const [field] = single.fields;
  return {
    relation: project(single, [{ name, expr: column(field) }]),
    field: { name, type: { ...field.type, nullable: true } as DataType },
    at,
  };
}

/** The relation itself where it has one row at most; else SINGLE_VALUE, which fails the job at a second row. */
function oneRow(binder: QueryBinder, relation: Relation, at: Span): Relation {
  if (binder.env.traits.of(relation).keys.some((key) => key.length === 0)) return relation;
  const [field] = relation.fields;
  const type = { ...field.type, nullable: true } as DataType;
  const call = { fn: 'SINGLE_VALUE', args: [column(field)], distinct: false, name: '$single', type };
  return aggregate(relation, [], [call], binder.origin(at));
}

/** Each row with the value. */
export function joinScalar(outside: Relation, { relation, at }: Scalar): Relation {
  return join({ type: 'left', left: outside, right: relation }, { ...origin(outside), at });
}
