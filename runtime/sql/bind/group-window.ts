/**
 * The older way to write windows: GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE), HOP(ts, slide, size) or SESSION(ts, gap), with
 * TUMBLE_START, TUMBLE_END, TUMBLE_ROWTIME … of the same arguments in SELECT. Becomes the window table function.
 */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import type { Window } from '../../graph/plan.js';
import { formatDuration } from '../../time/duration.js';
import type { Call, Expression, GroupBy } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { project, uniqueNames, windowAssign } from '../plan/build.js';
import { column, columns, digest } from '../plan/expression.js';
import type { Relation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { QueryBinder } from './query.js';
import type { Scope } from './scope.js';

export interface GroupWindow {
  /** Rows with the columns of their windows. */
  readonly relation: Relation;
  /** GROUP BY without the window. */
  readonly groupBy: GroupBy;
  /** What is grouped by besides: the window's bounds. */
  readonly keys: readonly Expr[];
  /** TUMBLE_START(…) and the like as an expression. */
  readonly value: (name: string, call: Call) => Expr;
}

const NAMES = new Set(['TUMBLE', 'HOP', 'SESSION']);

function nameOf(node: Expression): string | undefined {
  if (node.kind !== 'Call' || node.name.parts.length !== 1) return undefined;
  const name = node.name.parts[0].name.toUpperCase();
  return NAMES.has(name) ? name : undefined;
}

/** The window of a GROUP BY; undefined when it has none. */
export function bindGroupWindow(
  binder: QueryBinder,
  groupBy: GroupBy,
  input: Relation,
  scope: Scope,
): GroupWindow | undefined {
  const items = groupBy.items.filter(
    (item) => item.kind === 'GroupingSet' && item.expressions.length === 1 && nameOf(item.expressions[0]) !== undefined,
  );
  if (items.length === 0) return undefined;
  if (items.length > 1) throw new SqlError('TW2004', 'two windows in GROUP BY', items[1].span, { expected: 'one' });
  const [item] = items;
  const call = (item.kind === 'GroupingSet' ? item.expressions[0] : undefined) as Call;
  const name = nameOf(call)!;
  const expressions = new ExpressionBinder(plainContext(binder.env, scope, 'GROUP BY'));
  const args = call.args.map((arg) => expressions.bind(arg as Expression));
  const rest: GroupBy = { ...groupBy, items: groupBy.items.filter((other) => other !== item) };

  const [time] = args;
  const attribute = time?.op === 'column' ? binder.env.traits.of(input).time.get(time.name) : undefined;
  if (time?.op !== 'column' || !attribute) {
    throw new SqlError('TW2004', `${name} in GROUP BY over what is no time attribute`, call.span, {
      expected: 'a column with a WATERMARK, or one made by PROCTIME()',
    });
  }
  if (time.type.kind === 'TIMESTAMP_LTZ' && binder.env.timeZone !== 'UTC') {
    throw unsupported(`${name} over TIMESTAMP_LTZ or processing time in time zone ${binder.env.timeZone}`, call.span);
  }
  const session = name === 'SESSION' ? sessionKeys(rest, expressions, input) : { partitionBy: [], computed: [] };
  const { partitionBy, computed } = session;
  const relation = windowAssign(
    computed.length > 0 ? project(input, [...columns(input.fields), ...computed], binder.origin(call.span)) : input,
    {
      window: windowOf(name, call, args),
      timeColumn: time.name,
      processingTime: attribute === 'proctime',
      partitionBy,
    },
    binder.origin(call.span),
  );
  const [start, end, rowtime] = relation.fields.slice(-3).map(column);
  const written = digest(args);
  const value = (function_: string, node: Call): Expr => {
    const [kind, part] = function_.split('_');
    const same = kind === name && digest(node.args.map((arg) => expressions.bind(arg as Expression))) === written;
    if (!same) {
      throw new SqlError('TW2004', `${function_} of another window than GROUP BY's`, node.span, {
        expected: `${name}_${part} with the arguments of GROUP BY`,
      });
    }
    if (part === 'START') return start;
    if (part === 'END') return end;
    if (part === 'PROCTIME') return expressions.call('PROCTIME', [], node.span);
    if (part === 'ROWTIME' && attribute === 'rowtime') return rowtime;
    throw new SqlError('TW2004', `${function_} can't be used here`, node.span, {
      expected: `${name}_START or ${name}_END`,
    });
  };
  return { relation, groupBy: rest, keys: [start, end, rowtime], value };
}

function windowOf(name: string, call: Call, args: readonly Expr[]): Window {
  const usage =
    name === 'HOP' ? 'HOP(time, slide, size)' : name === 'SESSION' ? 'SESSION(time, gap)' : 'TUMBLE(time, size)';
  const wanted = name === 'HOP' ? 3 : 2;
  if (args.length !== wanted)
    throw new SqlError('TW2003', `${name} of ${args.length} arguments`, call.span, { expected: usage });
  const lengths = args.slice(1).map((arg, i) => {
    if (arg.op === 'literal' && arg.type.kind === 'INTERVAL_DAY_TIME' && Number(arg.value) > 0)
      return Number(arg.value);
    throw new SqlError('TW2003', `length ${i + 1} of ${name} is no constant interval`, call.args[i + 1].span, {
      expected: usage,
    });
  });
  if (name === 'TUMBLE') return { kind: 'tumble', sizeMs: lengths[0], offsetMs: 0 };
  if (name === 'SESSION') return { kind: 'session', gapMs: lengths[0] };
  const [slideMs, sizeMs] = lengths;
  if (sizeMs % slideMs !== 0) {
    throw unsupported(
      `HOP of size ${formatDuration(sizeMs)} every ${formatDuration(slideMs)}`,
      call.span,
      'take a size that is a multiple of the slide',
    );
  }
  return { kind: 'hop', sizeMs, slideMs, offsetMs: 0 };
}

/** Sessions are those of the other keys; expressions among them become columns. */
function sessionKeys(groupBy: GroupBy, expressions: ExpressionBinder, input: Relation) {
  const computed: NamedExpr[] = [];
  const partitionBy = groupBy.items.flatMap((item) => {
    if (item.kind !== 'GroupingSet') throw unsupported('SESSION beside grouping sets', item.span);
    return item.expressions.map((node) => {
      const expr = expressions.bind(node);
      if (expr.op === 'column') return expr.name;
      const taken = [...input.fields, ...computed].map((f) => f.name);
      const [name] = uniqueNames([`$session${computed.length}`], taken);
      computed.push({ name, expr });
      return name;
    });
  });
  return { partitionBy, computed };
}
