/**
 * Sub-queries as values: `(SELECT …)`, and EXISTS, IN, ANY, ALL anywhere but as conditions of WHERE's conjunction (subquery.ts). Each
 * becomes a relation that is joined to every row, with at most one row to match, and an expression over its columns.
 */
import type { AggregateCall, Expr, NamedExpr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';
import type { Query, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { aggregate, join, origin, project, uniqueNames } from '../plan/build.js';
import { allOf, column, columnsOf, substitute, TRUE } from '../plan/expression.js';
import type { Relation } from '../plan/relation.js';
import { bindAggregate } from './aggregate-call.js';
import { type ExpressionBinder, int, NULL, type SubqueryTest } from './expression.js';
import type { QueryBinder } from './query.js';
import type { Scope } from './scope.js';
import { openSubquery, withoutGroups } from './subquery.js';

/** What is joined to each row. `condition`: where the sub-query depends on the row. */
interface Joined {
  readonly relation: Relation;
  readonly condition?: Expr;
  readonly at: Span;
}

const BIGINT: DataType = { kind: 'BIGINT', nullable: false };

export class SubqueryValues {
  readonly list: Joined[] = [];

  /** `outside`: the columns that the row has so far. */
  constructor(
    private readonly binder: QueryBinder,
    private readonly scope: Scope,
    private readonly outside: () => readonly Field[],
  ) {}

  /** The names of the columns that are joined. */
  get names(): string[] {
    return this.list.flatMap((joined) => joined.relation.fields.map((f) => f.name));
  }

  get correlated(): Joined | undefined {
    return this.list.find((joined) => joined.condition);
  }

  /** Each row with what the values are made of. */
  joinTo(relation: Relation, from = 0): Relation {
    return this.list
      .slice(from)
      .reduce<Relation>(
        (left, { relation: right, condition, at }) =>
          join({ type: 'left', left, right, condition }, { ...origin(left), at }),
        relation,
      );
  }

  /** `(SELECT …)` */
  scalar(query: Query, at: Span): Expr {
    const correlated = this.correlatedScalar(query, at);
    if (correlated) return correlated;
    const bound = this.binder.query(query);
    if (bound.names.length !== 1) {
      throw new SqlError('TW2003', `a sub-query with ${bound.names.length} columns as a value`, at, {
        expected: 'one column',
      });
    }
    const [field] = this.add(oneRow(this.binder, bound.relation, at), undefined, at);
    return nullable(column(field));
  }

  /** EXISTS, IN, ANY and ALL. */
  test(node: SubqueryTest, expressions: ExpressionBinder): Expr {
    switch (node.kind) {
      case 'Exists':
        return this.exists(node.query, node.span, expressions);
      case 'InSubquery': {
        const found = this.in(node, expressions);
        return node.negated ? expressions.call('NOT', [found], node.span) : found;
      }
      case 'QuantifiedComparison':
        return this.quantified(node, expressions);
    }
  }

  /** Takes the columns in under names of their own. */
  private add(
    relation: Relation,
    condition: ((fields: readonly Field[]) => Expr | undefined) | undefined,
    at: Span,
  ): Field[] {
    const taken = [...this.outside().map((f) => f.name), ...this.names];
    const names = uniqueNames(
      relation.fields.map(() => '$scalar'),
      taken,
    );
    const renamed = project(
      relation,
      relation.fields.map((f, i) => ({ name: names[i], expr: column(f) })),
    );
    const bound = condition?.(renamed.fields);
    this.list.push({ relation: renamed, ...(bound ? { condition: bound } : {}), at });
    return renamed.fields.map((f) => ({ ...f, type: { ...f.type, nullable: true } as DataType }));
  }

  /**
   * A value of the rows that belong to the row outside by equations: it is computed for every value of their inner sides, and joined
   * by them. Without rows, COUNT is 0 and everything else NULL.
   */
  private correlatedScalar(query: Query, at: Span): Expr | undefined {
    const opened = this.open(query);
    if (!opened || opened.across.length === 0) return undefined;
    const { select, relation, expressions, calls, binder } = opened;
    if (select.items.length !== 1 || select.items[0].value.kind === 'Star') {
      throw new SqlError('TW2003', 'a sub-query as a value has one column', at);
    }
    let item = expressions.bind(select.items[0].value);
    if (calls.length === 0) {
      const type = { ...item.type, nullable: true } as DataType;
      calls.push({ fn: 'SINGLE_VALUE', args: [item], distinct: false, name: '$single', type });
      item = { op: 'column', name: '$single', type };
    }
    const { keys, outer } = this.equations(opened);
    const grouped = groupBy(relation, keys, calls, binder.origin(at));
    const fields = this.add(grouped, (own) => this.equal(outer, own, expressions, at), at);
    const results = new Map(calls.map((call, i) => [call.name, fields[keys.length + i]]));
    return substitute(item, (c) => {
      const field = results.get(c.name);
      if (!field)
        throw unsupported('A column outside of an aggregate in a sub-query that depends on the query around it', at);
      const value = column(field);
      const call = calls.find((k) => k.name === c.name)!;
      return call.fn === 'COUNT' ? expressions.call('COALESCE', [value, zero()], at) : value;
    });
  }

  private exists(written: Query, at: Span, expressions: ExpressionBinder): Expr {
    const query = withoutGroups(written);
    const opened = this.open(query);
    if (!opened || opened.across.length === 0) {
      const { relation } = this.binder.query(query);
      const count: AggregateCall = { fn: 'COUNT', args: [], distinct: false, name: '$count', type: BIGINT };
      const [field] = this.add(aggregate(relation, [], [count], this.binder.origin(at)), undefined, at);
      const value = expressions.call('COALESCE', [column(field), zero()], at);
      return expressions.call('>', [value, zero()], at);
    }
    for (const item of opened.select.items) if (item.value.kind !== 'Star') opened.expressions.bind(item.value);
    // Without GROUP BY an aggregate gives a row in any case.
    if (opened.calls.length > 0) return TRUE;
    const { keys, outer } = this.equations(opened);
    const grouped = groupBy(opened.relation, keys, [], this.binder.origin(at));
    const marked = project(grouped, [...keysOf(grouped), { name: '$mark', expr: TRUE }]);
    const fields = this.add(marked, (own) => this.equal(outer, own, expressions, at), at);
    return expressions.call('IS NOT NULL', [column(fields[fields.length - 1])], at);
  }

  /** Three-valued: without a match it is unknown where a NULL stands on either side, but over no rows FALSE. */
  private in(node: Extract<SubqueryTest, { kind: 'InSubquery' }>, expressions: ExpressionBinder): Expr {
    const at = node.span;
    if (node.value.kind === 'RowConstructor')
      throw unsupported('IN of several columns other than as a condition of its own', at);
    if (this.open(node.query)?.across.length) {
      throw unsupported('IN (SELECT …) that depends on the query around it, other than as a condition of its own', at);
    }
    const { relation, names } = this.binder.query(node.query);
    if (names.length !== 1) throw new SqlError('TW2003', `IN compares one value with ${names.length} columns`, at);
    const value = expressions.bind(node.value);
    const [field] = relation.fields;
    const counts = this.counts(relation, field, [], at);
    const distinct = aggregate(relation, [{ name: field.name, column: field.name }], [], this.binder.origin(at));
    const marked = project(distinct, [
      { name: field.name, expr: column(field) },
      { name: '$mark', expr: TRUE },
    ]);
    const fields = this.add(marked, (own) => expressions.call('=', [value, column(own[0])], at), at);
    const matched = expressions.call('IS NOT NULL', [column(fields[1])], at);
    return this.unlessUnknown(matched, TRUE, value, counts, expressions.call('NOT', [TRUE], at), expressions, at);
  }

  /** By the least or the greatest value. */
  private quantified(
    node: Extract<SubqueryTest, { kind: 'QuantifiedComparison' }>,
    expressions: ExpressionBinder,
  ): Expr {
    const { op, quantifier, span: at } = node;
    const query = node.query!;
    if (op === '=' || op === '<>') {
      if ((op === '=') !== (quantifier === 'ANY')) throw unsupported(`${op} ${quantifier} (SELECT …)`, at);
      const found = this.in({ kind: 'InSubquery', value: node.value, query, negated: false, span: at }, expressions);
      return op === '=' ? found : expressions.call('NOT', [found], at);
    }
    if (this.open(query)?.across.length)
      throw unsupported(`${quantifier} (SELECT …) that depends on the query around it`, at);
    const { relation, names } = this.binder.query(query);
    if (names.length !== 1)
      throw new SqlError('TW2003', `${quantifier} compares one value with ${names.length} columns`, at);
    const value = expressions.bind(node.value);
    const [field] = relation.fields;
    const any = quantifier === 'ANY';
    const least = op.startsWith('>') === any;
    const bound: AggregateCall = {
      ...bindAggregate({ name: least ? 'MIN' : 'MAX', args: [], distinct: false, span: at }, expressions, [
        column(field),
      ]),
      name: '$bound',
    };
    const counts = this.counts(relation, field, [bound], at);
    const holds = expressions.call(op, [value, counts.more[0]], at);
    const no = expressions.call('NOT', [TRUE], at);
    if (any)
      return this.unlessUnknown(expressions.call('IS TRUE', [holds], at), TRUE, value, counts, no, expressions, at);
    return this.unlessUnknown(expressions.call('IS FALSE', [holds], at), no, value, counts, TRUE, expressions, at);
  }

  /** How many rows there are, and how many values, and other aggregates. */
  private counts(relation: Relation, field: Field, more: readonly AggregateCall[], at: Span) {
    const calls: AggregateCall[] = [
      { fn: 'COUNT', args: [], distinct: false, name: '$rows', type: BIGINT },
      { fn: 'COUNT', args: [column(field)], distinct: false, name: '$values', type: BIGINT },
      ...more,
    ];
    const fields = this.add(aggregate(relation, [], calls, this.binder.origin(at)), undefined, at).map(column);
    return { rows: fields[0], values: fields[1], more: fields.slice(2) };
  }

  /** `decided` when that is so, `otherwise` over no rows, unknown where a NULL is compared, else `otherwise`. */
  private unlessUnknown(
    when: Expr,
    decided: Expr,
    value: Expr,
    counts: { readonly rows: Expr; readonly values: Expr },
    otherwise: Expr,
    expressions: ExpressionBinder,
    at: Span,
  ): Expr {
    const call = (name: string, ...args: Expr[]) => expressions.call(name, args, at);
    const rows = call('COALESCE', counts.rows, zero());
    const nulls = call('OR', call('IS NULL', value), call('<', counts.values, counts.rows));
    const unknown = expressions.cast(NULL, { kind: 'BOOLEAN', nullable: true }, at);
    return call('CASE', call('=', rows, zero()), otherwise, when, decided, nulls, unknown, otherwise);
  }

  private open(query: Query) {
    const calls: AggregateCall[] = [];
    const opened = openSubquery(this.binder, query, this.outside(), this.scope, (call, expressions) => {
      const name = `$agg${calls.length}`;
      const bound = { ...bindAggregate(call, expressions), name };
      calls.push(bound);
      return {
        op: 'column',
        name,
        type: { ...bound.type, nullable: bound.type.nullable || bound.fn !== 'COUNT' } as DataType,
      };
    });
    return opened && { ...opened, calls, binder: this.binder };
  }

  /** The inner sides of the conditions, as keys, and their outer sides. */
  private equations({ across, relation }: { across: readonly Expr[]; relation: Relation }): {
    keys: Expr[];
    outer: Expr[];
  } {
    const own = new Set(relation.fields.map((f) => f.name));
    const keys: Expr[] = [];
    const outer: Expr[] = [];
    for (const part of across) {
      const sides = part.op === 'call' && part.fn === '=' ? part.args : [];
      const inner = sides.find(
        (side) => [...columnsOf(side)].every((name) => own.has(name)) && columnsOf(side).size > 0,
      );
      const other = sides.find((side) => side !== inner && ![...columnsOf(side)].some((name) => own.has(name)));
      if (!inner || !other) {
        throw unsupported(
          'A sub-query as a value that depends on the query around it by anything but equations',
          relation.at,
        );
      }
      keys.push(inner);
      outer.push(other);
    }
    return { keys, outer };
  }

  private equal(
    outer: readonly Expr[],
    own: readonly Field[],
    expressions: ExpressionBinder,
    at: Span,
  ): Expr | undefined {
    return allOf(outer.map((side, i) => expressions.call('=', [side, column(own[i])], at)));
  }
}

function groupBy(
  relation: Relation,
  keys: readonly Expr[],
  calls: readonly AggregateCall[],
  from: ReturnType<QueryBinder['origin']>,
): Relation {
  const names = uniqueNames(
    keys.map((_, i) => `$key${i}`),
    relation.fields.map((f) => f.name),
  );
  const computed: NamedExpr[] = [
    ...relation.fields.map((f) => ({ name: f.name, expr: column(f) })),
    ...keys.map((expr, i) => ({ name: names[i], expr })),
  ];
  return aggregate(
    project(relation, computed, from),
    names.map((name) => ({ name, column: name })),
    calls,
    from,
  );
}

function keysOf(grouped: Relation): NamedExpr[] {
  return grouped.fields.map((f) => ({ name: f.name, expr: column(f) }));
}

function zero(): Expr {
  return { ...int(0), type: BIGINT } as Expr;
}

function nullable(expr: Expr): Expr {
  return { ...expr, type: { ...expr.type, nullable: true } } as Expr;
}

/** The relation itself where it has one row at most; else SINGLE_VALUE, which fails the job at a second row. */
function oneRow(binder: QueryBinder, relation: Relation, at: Span): Relation {
  if (binder.env.traits.of(relation).keys.some((key) => key.length === 0)) return relation;
  const [field] = relation.fields;
  const type = { ...field.type, nullable: true } as DataType;
  const call = { fn: 'SINGLE_VALUE', args: [column(field)], distinct: false, name: '$single', type };
  return aggregate(relation, [], [call], binder.origin(at));
}
