/** GROUP BY: its keys and grouping sets, and the aggregate made of them. */
import type { AggregateCall, Expr, NamedExpr } from '../../expr/ir.js';
import type { DataType } from '../../record/types.js';
import type { Expression, GroupBy, GroupingElement, Span } from '../ast/index.js';
import { SqlError } from '../error.js';
import { aggregate, type Origin, project, union, uniqueNames } from '../plan/build.js';
import { column, columns, digest } from '../plan/expression.js';
import type { Relation } from '../plan/relation.js';
import { type ExpressionBinder, int } from './expression.js';

export interface Grouping {
  /** All expressions of GROUP BY, each once. */
  readonly keys: readonly { readonly expr: Expr; readonly at: Span }[];
  /** Which keys each set has, by index; one set with all of them for a plain GROUP BY. */
  readonly sets: readonly (readonly number[])[];
}

export const NO_GROUPING: Grouping = { keys: [], sets: [[]] };

/** `always`: keys of every set, besides those that are written. */
export function bindGrouping(node: GroupBy, always: readonly Expr[], binder: ExpressionBinder): Grouping {
  const keys: { expr: Expr; at: Span }[] = always.map((expr) => ({ expr, at: node.span }));
  const indexOf = (expression: Expression): number => {
    if (expression.kind === 'NumberLiteral') {
      throw new SqlError('TW2004', 'GROUP BY takes expressions, not positions', expression.span);
    }
    const expr = binder.bind(expression);
    const known = keys.findIndex((key) => digest(key.expr) === digest(expr));
    return known >= 0 ? known : keys.push({ expr, at: expression.span }) - 1;
  };
  const setsOf = (element: GroupingElement): number[][] => {
    switch (element.kind) {
      case 'GroupingSet':
        return [element.expressions.map(indexOf)];
      case 'Rollup': {
        const parts = element.items.map((item) => item.expressions.map(indexOf));
        return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).flat());
      }
      case 'Cube': {
        const parts = element.items.map((item) => item.expressions.map(indexOf));
        if (parts.length > 10)
          throw new SqlError('TW2004', `CUBE of ${parts.length} expressions`, element.span, { expected: 'at most 10' });
        return Array.from({ length: 1 << parts.length }, (_, i) =>
          parts.filter((_part, p) => (i & (1 << (parts.length - 1 - p))) === 0).flat(),
        );
      }
      case 'GroupingSets':
        return element.items.flatMap(setsOf);
    }
  };
  // Several elements: every combination of their sets.
  let sets: number[][] = [always.map((_, i) => i)];
  for (const item of node.items) {
    const next = setsOf(item);
    sets = sets.flatMap((set) => next.map((other) => [...new Set([...set, ...other])].sort((a, b) => a - b)));
  }
  if (node.distinct) sets = [...new Map(sets.map((set) => [set.join(), set])).values()];
  return { keys, sets };
}

export interface Grouped {
  readonly relation: Relation;
  /** Turns an expression over the input into one over the groups. */
  readonly rewrite: (expr: Expr) => Expr;
}

export function applyGrouping(
  input: Relation,
  { keys, sets }: Grouping,
  calls: readonly AggregateCall[],
  binder: ExpressionBinder,
  origin: Origin,
): Grouped {
  const taken = input.fields.map((f) => f.name);
  const computed: NamedExpr[] = [];
  const names = keys.map(({ expr }) => {
    if (expr.op === 'column') return expr.name;
    const name = uniqueNames([`$key${computed.length}`], taken)[0];
    computed.push({ name, expr });
    return name;
  });
  const below = computed.length ? project(input, [...columns(input.fields), ...computed], origin) : input;
  const several = sets.length > 1;
  const { relation, keyNames, grouping } = several
    ? expand(below, names, sets, calls, origin)
    : {
        relation: aggregate(
          below,
          names.map((name) => ({ name, column: name })),
          calls,
          origin,
        ),
        keyNames: names,
        grouping: undefined,
      };
  const fields = new Map(relation.fields.map((f) => [f.name, f]));
  const byDigest = new Map(keys.map(({ expr }, i) => [digest(expr), i]));
  const results = new Set(calls.map((call) => call.name));
  const rewrite = (expr: Expr): Expr => {
    const key = byDigest.get(digest(expr));
    if (key !== undefined) return column(fields.get(keyNames[key])!);
    if (expr.op === 'literal') return expr;
    if (expr.op === 'column') {
      if (results.has(expr.name) || expr.name.startsWith('$over') || expr.name.startsWith('$scalar')) return expr;
      const at = binder.spans.get(expr) ?? origin.at;
      throw new SqlError('TW2004', `column '${expr.name}' is neither grouped nor aggregated`, at, {
        expected: `it in GROUP BY, or in an aggregate such as MAX(${expr.name})`,
      });
    }
    if (expr.fn === GROUPING) {
      const set = grouping === undefined ? undefined : column(fields.get(grouping)!);
      if (expr.args.length === 0) return bySet(sets, repetition, set);
      const indexes = expr.args.map((arg) => {
        const index = byDigest.get(digest(arg));
        if (index !== undefined) return index;
        throw new SqlError('TW2004', 'GROUPING of what is not in GROUP BY', binder.spans.get(expr) ?? origin.at);
      });
      return bySet(sets, (of) => indexes.reduce((bits, i) => bits * 2 + (sets[of].includes(i) ? 0 : 1), 0), set);
    }
    return { ...expr, args: expr.args.map(rewrite) };
  };
  return { relation, rewrite };
}

/** Marks GROUPING(a, b), and GROUP_ID() without arguments, until the sets are known. */
export const GROUPING = '$GROUPING';
const BIGINT: DataType = { kind: 'BIGINT', nullable: false };

/** GROUP_ID: how many sets before this one are the same. */
function repetition(of: number, sets: Grouping['sets']): number {
  return sets.slice(0, of).filter((set) => set.join() === sets[of].join()).length;
}

/** A number for each set; `which`: the column that tells the set of a row, when there are several. GROUPING has a bit for each argument, the last one lowest: 1 where the set doesn't have it. */
function bySet(
  sets: Grouping['sets'],
  numberOf: (set: number, sets: Grouping['sets']) => number,
  which: Expr | undefined,
): Expr {
  const value = (set: number): Expr => ({ op: 'literal', value: numberOf(set, sets), type: BIGINT });
  const last = sets.length - 1;
  if (!which) return value(0);
  const args = sets
    .slice(0, last)
    .flatMap((_, i): Expr[] => [
      { op: 'call', fn: '=', args: [which, int(i)], type: { kind: 'BOOLEAN', nullable: false } },
      value(i),
    ]);
  return { op: 'call', fn: 'CASE', args: [...args, value(last)], type: BIGINT };
}

/** Each row once for every set, with NULL for the keys that the set doesn't have and the number of the set. */
function expand(
  below: Relation,
  names: readonly string[],
  sets: Grouping['sets'],
  calls: readonly AggregateCall[],
  origin: Origin,
): { relation: Relation; keyNames: string[]; grouping: string } {
  const common = (index: number) => sets.every((set) => set.includes(index));
  const taken = below.fields.map((f) => f.name);
  // A key may be an argument of an aggregate, too: what becomes NULL is a copy.
  const copies = uniqueNames(
    names.map((name) => `$set_${name}`),
    taken,
  );
  const grouping = uniqueNames(['$set'], [...taken, ...copies])[0];
  const keyNames = names.map((name, i) => (common(i) ? name : copies[i]));
  const fields = new Map(below.fields.map((f) => [f.name, f]));
  const inputs = sets.map((set, number) => {
    const keys = names.flatMap((name, i): NamedExpr[] => {
      if (common(i)) return [];
      const field = fields.get(name)!;
      const type = { ...field.type, nullable: true } as DataType;
      return [
        { name: copies[i], expr: set.includes(i) ? column({ name, type }) : { op: 'literal', value: null, type } },
      ];
    });
    return project(below, [...columns(below.fields), ...keys, { name: grouping, expr: int(number) }], origin);
  });
  const keyed = [...new Set(keyNames), grouping].map((name) => ({ name, column: name }));
  return { relation: aggregate(union(inputs, origin), keyed, calls, origin), keyNames, grouping };
}
