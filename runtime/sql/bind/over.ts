/** Functions with OVER (…): put aside while a SELECT is bound, then computed over its rows. */
import { resolveAggregate } from '../../expr/aggregates/resolve.js';
import type { Expr, NamedExpr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';
import type { Expression, FrameBound, NamedWindow, OverClause, WindowFrame, WindowSpec } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { type Origin, project, uniqueNames } from '../plan/build.js';
import { columns, digest } from '../plan/expression.js';
import type { OverCall, OverFrame, Relation } from '../plan/relation.js';
import { bindAggregate } from './aggregate-call.js';
import { ANOMALIES, anomaliesCall, detectOver } from './anomalies-over.js';
import type { ExpressionBinder, OverNode } from './expression.js';
import { type QueryBinder, sortKey } from './query.js';

/** Bound, over the input of the SELECT. */
interface Pending {
  readonly call: OverCall;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly { readonly expr: Expr; readonly item: WindowSpec['orderBy'][number] }[];
  readonly frame: OverFrame;
}

const BIGINT: DataType = { kind: 'BIGINT', nullable: false };
const DOUBLE: DataType = { kind: 'DOUBLE', nullable: false };
/** Ranks with the type of their result. */
const RANKS: ReadonlyMap<string, DataType> = new Map([
  ['ROW_NUMBER', BIGINT],
  ['RANK', BIGINT],
  ['DENSE_RANK', BIGINT],
  ['NTILE', BIGINT],
  ['PERCENT_RANK', DOUBLE],
  ['CUME_DIST', DOUBLE],
]);

export class OverCalls {
  private readonly list: Pending[] = [];

  constructor(
    private readonly windows: readonly NamedWindow[],
    private readonly batch: boolean,
  ) {}

  get empty(): boolean {
    return this.list.length === 0;
  }

  add(node: OverNode, binder: ExpressionBinder): Expr {
    const spec = this.spec(node.over);
    const partitionBy = spec.partitionBy.map((p) => binder.bind(p));
    const orderBy = spec.orderBy.map((item) => ({ expr: binder.bind(item.value), item }));
    const { frame, ...types } = this.function(node, spec, orderBy[0]?.expr.type, binder);
    const key = digest([types, partitionBy, orderBy.map((o) => [o.expr, sortKey('', o.item)]), frame]);
    const before = this.list.find(
      (p) =>
        digest([strip(p.call), p.partitionBy, p.orderBy.map((o) => [o.expr, sortKey('', o.item)]), p.frame]) === key,
    );
    const call = before?.call ?? { ...types, name: `$over${this.list.length}` };
    if (!before) this.list.push({ call, partitionBy, orderBy, frame });
    return { op: 'column', name: call.name, type: call.type };
  }

  private spec(over: OverClause): WindowSpec {
    if (over.kind === 'WindowSpec') {
      if (!over.base) return over;
      const base = this.named(over.base);
      return {
        ...over,
        partitionBy: over.partitionBy.length ? over.partitionBy : base.partitionBy,
        orderBy: over.orderBy.length ? over.orderBy : base.orderBy,
        frame: over.frame ?? base.frame,
      };
    }
    return this.named(over);
  }

  private named(name: { name: string; span: WindowSpec['span'] }): WindowSpec {
    const found = this.windows.find((w) => w.name.name === name.name);
    if (found) return this.spec(found.spec);
    throw new SqlError('TW2002', `unknown window '${name.name}'`, name.span, {
      name: name.name,
      known: this.windows.map((w) => w.name.name),
    });
  }

  private function(
    node: OverNode,
    spec: WindowSpec,
    orderType: DataType | undefined,
    binder: ExpressionBinder,
  ): Omit<OverCall, 'name'> & { frame: OverFrame } {
    const rank = RANKS.get(node.name);
    if (rank) {
      const args = node.name === 'NTILE' ? (node.args as Expression[]).map((arg) => binder.bind(arg)) : [];
      if (node.name === 'NTILE' && (args.length !== 1 || args[0].op !== 'literal')) {
        throw new SqlError('TW2003', 'NTILE takes a constant number', node.span, { expected: 'NTILE(number)' });
      }
      if (node.args.length > args.length) throw new SqlError('TW2003', `${node.name} takes no argument`, node.span);
      if (spec.orderBy.length === 0) throw new SqlError('TW2004', `${node.name} needs ORDER BY in OVER`, node.span);
      if (spec.frame) throw new SqlError('TW2004', `${node.name} takes no frame`, spec.frame.span);
      return { fn: node.name, args, distinct: false, type: rank, frame: { unit: 'rows' } };
    }
    if (node.name === 'LAG' || node.name === 'LEAD') {
      if (node.args.length < 1 || node.args.length > 3) {
        throw new SqlError('TW2003', `${node.name} of ${node.args.length} arguments`, node.span, {
          expected: `${node.name}(value[, offset[, default]])`,
        });
      }
      const args = (node.args as Expression[]).map((arg) => binder.bind(arg));
      const value = args[0];
      const cast = args.map((arg, i) =>
        i === 2 ? binder.cast(arg, { ...value.type, nullable: true } as DataType, node.span) : arg,
      );
      const type = {
        ...value.type,
        nullable: cast[2] ? value.type.nullable || cast[2].type.nullable : true,
      } as DataType;
      return {
        fn: node.name,
        args: cast,
        distinct: false,
        type,
        ...(node.ignoreNulls ? { ignoreNulls: true } : {}),
        frame: { unit: 'rows' },
      };
    }
    if (node.name === ANOMALIES) {
      if (spec.orderBy.length === 0) throw new SqlError('TW2004', `${node.name} needs ORDER BY in OVER`, node.span);
      // Confluent's form says so; it is what the detector looks at in any case.
      const { preceding, following } = frameOf(spec.frame, orderType, this.batch, binder);
      if (preceding !== undefined || following !== undefined)
        throw unsupported(`${node.name} over a bounded frame`, spec.frame!.span);
      return { ...anomaliesCall(node, binder), frame: { unit: 'rows' } };
    }
    const own = binder.context.scriptFunction?.(node.name)?.kind === 'aggregate';
    if (!own && !resolveAggregate(node.name, [BIGINT], false)) throw unsupported(`${node.name} OVER`, node.span);
    if (node.ignoreNulls) throw unsupported(`${node.name} IGNORE NULLS OVER`, node.span);
    if (node.orderBy) throw unsupported(`ORDER BY inside of ${node.name}`, node.span);
    if (node.filter) throw unsupported('FILTER with OVER', node.span);
    return { ...bindAggregate(node, binder), frame: frameOf(spec.frame, orderType, this.batch, binder) };
  }

  /** The relation with a column for each call. `rewrite` turns expressions over the input into ones over its groups. */
  apply(input: Relation, rewrite: (expr: Expr) => Expr, _binder: QueryBinder, origin: Origin): Relation {
    let relation = input;
    const groups = new Map<string, Pending[]>();
    for (const pending of this.list) {
      const key = digest([
        pending.partitionBy,
        pending.orderBy.map((o) => [o.expr, sortKey('', o.item)]),
        pending.frame,
        pending.call.fn === ANOMALIES ? pending.call.name : '',
      ]);
      groups.set(key, [...(groups.get(key) ?? []), pending]);
    }
    for (const group of groups.values()) relation = over(relation, group, rewrite, origin);
    return relation;
  }
}

function strip(call: OverCall): Omit<OverCall, 'name'> {
  const { name: _, ...rest } = call;
  return rest;
}

function over(input: Relation, group: readonly Pending[], rewrite: (expr: Expr) => Expr, origin: Origin): Relation {
  const computed: NamedExpr[] = [];
  const nameOf = (expr: Expr): string => {
    const over = rewrite(expr);
    if (over.op === 'column') return over.name;
    const same = computed.find((c) => digest(c.expr) === digest(over));
    if (same) return same.name;
    const name = uniqueNames(
      [`$part${computed.length}`],
      input.fields.map((f) => f.name),
    )[0];
    computed.push({ name, expr: over });
    return name;
  };
  const [first] = group;
  const partitionBy = [...new Set(first.partitionBy.map(nameOf))];
  const orderBy = first.orderBy.map(({ expr, item }) => sortKey(nameOf(expr), item, expr.type));
  const calls = group.map(({ call }) => ({ ...call, args: call.args.map(rewrite) }));
  const detected = first.call.fn === ANOMALIES ? first.call : undefined;
  // Arguments become columns before the rows are put together below.
  const values = new Map(detected?.args.slice(0, -2).map((arg) => [arg, nameOf(arg)]));
  const below = computed.length ? project(input, [...columns(input.fields), ...computed], origin) : input;
  if (detected) {
    return detectOver(below, detected, { partitionBy, orderBy }, (arg) => values.get(arg)!, origin);
  }
  const added: Field[] = calls.map(({ name, type }) => ({ name, type }));
  return {
    kind: 'over',
    input: below,
    partitionBy,
    orderBy,
    frame: first.frame,
    calls,
    fields: [...below.fields, ...added],
    ...origin,
  };
}

/** In streaming mode frames end at the current row, as Flink's do: what comes behind it isn't known yet. */
function frameOf(
  frame: WindowFrame | undefined,
  orderType: DataType | undefined,
  batch: boolean,
  binder: ExpressionBinder,
): OverFrame {
  if (!frame) return { unit: orderType ? 'range' : 'rows' };
  const { start, end } = frame;
  const unit = frame.unit === 'ROWS' ? 'rows' : 'range';
  if (!batch && end.bound !== 'CURRENT ROW') {
    throw unsupported('A frame that ends anywhere but at CURRENT ROW, in streaming mode', end.span);
  }
  if (!batch && start.bound === 'FOLLOWING') {
    throw new SqlError('TW2004', "a frame can't start behind the row where it ends", start.span);
  }
  const [from, to] = [start, end].map((bound) => distance(bound, unit, orderType, batch, binder));
  if (start.bound === 'UNBOUNDED FOLLOWING' || end.bound === 'UNBOUNDED PRECEDING' || from > to) {
    throw new SqlError('TW2004', `a frame can't go from ${start.bound} to ${end.bound}`, frame.span, {
      expected: 'a start in front of the end',
    });
  }
  return {
    unit,
    ...(from === -Infinity ? {} : { preceding: 0 - from }),
    ...(end.bound === 'CURRENT ROW' ? {} : { following: to === Infinity ? ('all' as const) : to }),
  };
}

/** How far a bound is from the current row: negative in front of it. */
function distance(
  bound: FrameBound,
  unit: 'rows' | 'range',
  orderType: DataType | undefined,
  batch: boolean,
  binder: ExpressionBinder,
): number {
  switch (bound.bound) {
    case 'UNBOUNDED PRECEDING':
      return -Infinity;
    case 'UNBOUNDED FOLLOWING':
      return Infinity;
    case 'CURRENT ROW':
      return 0;
    default: {
      const length = offset(bound, unit, orderType, batch, binder);
      return bound.bound === 'PRECEDING' ? 0 - length : length;
    }
  }
}

/** Rows, milliseconds, or a difference of numbers. */
function offset(
  bound: FrameBound,
  unit: 'rows' | 'range',
  orderType: DataType | undefined,
  batch: boolean,
  binder: ExpressionBinder,
): number {
  const expr = binder.bind(bound.offset!);
  const numbers = unit === 'range' && batch && orderType !== undefined && NUMBERS.has(orderType.kind);
  const fits = unit === 'rows' || numbers ? INTEGERS.has(expr.type.kind) : expr.type.kind === 'INTERVAL_DAY_TIME';
  if (expr.op === 'literal' && fits && typeof expr.value === 'number' && expr.value >= 0) return expr.value;
  throw new SqlError('TW2003', `the ${bound.bound === 'FOLLOWING' ? 'end' : 'start'} of the frame`, bound.span, {
    expected: unit === 'rows' ? 'a number of rows' : numbers ? 'a number' : "an interval, like INTERVAL '10' SECOND",
  });
}

const INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT']);
const NUMBERS = new Set([...INTEGERS, 'FLOAT', 'DOUBLE']);
