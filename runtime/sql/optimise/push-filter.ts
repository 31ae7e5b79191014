/** Moves conditions towards the sources: fewer rows travel, joins see their equations, ranks their limits. */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import { calc, filter, join, origin, retype, union, windowAssign } from '../plan/build.js';
import { allOf, columns, columnsOf, conjuncts, isVolatile, substitute } from '../plan/expression.js';
import type { JoinRelation, OverRelation, Relation } from '../plan/relation.js';

/** `relation` filtered by `condition`, which stands as low as it can. */
export function pushFilter(relation: Relation, condition: Expr | undefined): Relation {
  const parts = conjuncts(condition);
  if (parts.length === 0) return relation;
  if (relation.shared) return filter(relation, condition);
  const within = (names: ReadonlySet<string>) => (part: Expr) => {
    for (const name of columnsOf(part)) if (!names.has(name)) return false;
    return !isVolatile(part);
  };
  const split = (test: (part: Expr) => boolean) => {
    const yes: Expr[] = [];
    const no: Expr[] = [];
    for (const part of parts) (test(part) ? yes : no).push(part);
    return { yes: allOf(yes), no: allOf(no) };
  };

  switch (relation.kind) {
    case 'calc': {
      const definitions = relation.project && new Map(relation.project.map((p) => [p.name, p.expr]));
      const { yes, no } = split((part) => {
        if (isVolatile(part)) return false;
        return !definitions || [...columnsOf(part)].every((name) => !isVolatile(definitions.get(name)!));
      });
      if (!yes) return filter(relation, no);
      const below = definitions ? substitute(yes, (c) => definitions.get(c.name)) : yes;
      const input = pushFilter(relation.input, allOf([relation.filter, below]));
      return filter(calc(input, undefined, relation.project, origin(relation)), no);
    }
    case 'windowAssign': {
      const { yes, no } = split(within(new Set(relation.input.fields.map((f) => f.name))));
      // Rows left out of a session would change its bounds.
      if (!yes || relation.window.kind === 'session') return filter(relation, allOf([yes, no]));
      return filter(windowAssign(pushFilter(relation.input, yes), relation, origin(relation)), no);
    }
    case 'aggregate': {
      if (relation.keys.length === 0) return filter(relation, condition);
      const byName = new Map(relation.keys.map((key) => [key.name, key.column]));
      const fields = new Map(relation.input.fields.map((f) => [f.name, f]));
      const { yes, no } = split(within(new Set(byName.keys())));
      if (!yes) return filter(relation, no);
      const below = substitute(yes, (c) => {
        const field = fields.get(byName.get(c.name)!)!;
        return { op: 'column', name: field.name, type: field.type };
      });
      return filter({ ...relation, input: pushFilter(relation.input, below) }, no);
    }
    case 'union': {
      const { yes, no } = split((part) => !isVolatile(part));
      if (!yes) return filter(relation, no);
      const inputs = relation.inputs.map((input) => {
        const renamed = new Map(relation.fields.map((f, i) => [f.name, input.fields[i]]));
        const below = substitute(yes, (c) => ({ ...c, name: renamed.get(c.name)!.name }));
        return pushFilter(input, below);
      });
      return filter(union(inputs, origin(relation)), no);
    }
    case 'join':
      return pushIntoJoin(relation, parts);
    case 'step': {
      if (!relation.pure && !relation.multiplies) return filter(relation, condition);
      const { yes, no } = split(within(new Set(relation.input.fields.map((f) => f.name))));
      if (!yes) return filter(relation, no);
      return filter({ ...relation, input: pushFilter(relation.input, yes) }, no);
    }
    case 'unnest': {
      const { yes, no } = split(within(new Set(relation.input.fields.map((f) => f.name))));
      if (!yes) return filter(relation, no);
      return filter({ ...relation, input: pushFilter(relation.input, yes) }, no);
    }
    case 'rank': {
      const { yes, no } = split(within(new Set(relation.partitionBy)));
      if (!yes) return filter(relation, no);
      return filter({ ...relation, input: pushFilter(relation.input, yes) }, no);
    }
    case 'match': {
      const { yes, no } = split(within(new Set(relation.partitionBy)));
      if (!yes) return filter(relation, no);
      return filter({ ...relation, input: pushFilter(relation.input, yes) }, no);
    }
    case 'over': {
      const ranked = rankOf(relation, parts);
      if (ranked) return ranked;
      const { yes, no } = split(within(new Set(relation.partitionBy)));
      if (!yes) return filter(relation, no);
      return filter({ ...relation, input: pushFilter(relation.input, yes) }, no);
    }
    default:
      return filter(relation, condition);
  }
}

/** Moves what a join's condition says of one side only to that side. */
export function pushJoinCondition(relation: JoinRelation): Relation {
  return relation.condition ? pushIntoJoin(relation, []) : relation;
}

function pushIntoJoin(relation: JoinRelation, parts: readonly Expr[]): Relation {
  const { type } = relation;
  const leftNames = new Set(relation.left.fields.map((f) => f.name));
  const rightNames = new Set(relation.right.fields.map((f) => f.name));
  const toLeft: Expr[] = [];
  const toRight: Expr[] = [];
  const inside: Expr[] = [];
  const above: Expr[] = [];
  const only = (names: ReadonlySet<string>, part: Expr) => [...columnsOf(part)].every((name) => names.has(name));
  for (const part of parts) {
    if (isVolatile(part)) above.push(part);
    else if (only(leftNames, part) && type !== 'right' && type !== 'full') toLeft.push(part);
    else if (only(rightNames, part) && (type === 'right' || (type === 'inner' && !relation.temporal)))
      toRight.push(part);
    else if (type === 'inner' && !relation.temporal) inside.push(part);
    else above.push(part);
  }
  // A join's own condition on one side only filters that side, where the join keeps no row for its own sake.
  const rest: Expr[] = [];
  for (const part of conjuncts(relation.condition)) {
    if (isVolatile(part) || columnsOf(part).size === 0 || relation.temporal || relation.nullAware) rest.push(part);
    else if (only(leftNames, part) && (type === 'inner' || type === 'right' || type === 'semi')) toLeft.push(part);
    else if (only(rightNames, part) && type !== 'right' && type !== 'full') toRight.push(part);
    else rest.push(part);
  }
  const left = pushFilter(relation.left, allOf(toLeft));
  const right = pushFilter(relation.right, allOf(toRight));
  const joined = join({ ...relation, left, right, condition: allOf([...rest, ...inside]) }, origin(relation));
  // The join may compute columns of its equations: only the old ones go on.
  const narrowed =
    joined.fields.length === relation.fields.length
      ? joined
      : calc(
          joined,
          undefined,
          relation.fields.map((f) => ({ name: f.name, expr: { op: 'column', ...f } })),
          origin(relation),
        );
  const condition = allOf(above);
  return filter(narrowed, condition && retype(condition, narrowed.fields));
}

/** `ROW_NUMBER() OVER (…) <= n` keeps the first rows of each partition. */
function rankOf(relation: OverRelation, parts: readonly Expr[]): Relation | undefined {
  const [call] = relation.calls;
  if (relation.calls.length !== 1 || call.fn !== 'ROW_NUMBER') return undefined;
  let to = Number.POSITIVE_INFINITY;
  let from = 1;
  const others: Expr[] = [];
  for (const part of parts) {
    const limit = limitOn(call.name, part);
    if (!limit) others.push(part);
    else {
      from = Math.max(from, limit.from);
      to = Math.min(to, limit.to);
    }
  }
  if (!Number.isFinite(to)) return undefined;
  const constant = from === to;
  const rank: Relation = {
    kind: 'rank',
    input: relation.input,
    partitionBy: relation.partitionBy,
    orderBy: relation.orderBy,
    from,
    to,
    ...(constant ? {} : { rankName: call.name }),
    fields: constant ? relation.input.fields : relation.fields,
    ...origin(relation),
  };
  if (!constant) return pushFilter(rank, allOf(others));
  const number: NamedExpr = { name: call.name, expr: { op: 'literal', value: from, type: call.type } };
  return pushFilter(calc(rank, undefined, [...columns(rank.fields), number], origin(relation)), allOf(others));
}

function limitOn(name: string, part: Expr): { from: number; to: number } | undefined {
  if (part.op !== 'call' || part.args.length !== 2) return undefined;
  const flipped: Record<string, string> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
  let [a, b] = part.args;
  let op = part.fn;
  if (a.op === 'literal') {
    [a, b] = [b, a];
    op = flipped[op] ?? '';
  }
  if (a.op === 'call' && a.fn === 'CAST') a = a.args[0];
  if (a.op !== 'column' || a.name !== name || b.op !== 'literal' || typeof b.value !== 'number') return undefined;
  if (b.type.kind === 'DECIMAL' && b.type.scale > 0) return undefined;
  const n = b.value;
  const unbounded = Number.POSITIVE_INFINITY;
  switch (op) {
    case '<':
      return { from: 1, to: Math.ceil(n) - 1 };
    case '<=':
      return { from: 1, to: Math.floor(n) };
    case '=':
      return { from: n, to: n };
    case '>':
      return { from: Math.floor(n) + 1, to: unbounded };
    case '>=':
      return { from: Math.ceil(n), to: unbounded };
    default:
      return undefined;
  }
}
