/** Makes relations and keeps them small: calcs merge, conditions of joins are taken apart. */
import { foldConstants } from '../../expr/codegen/compile.js';
import type { AggregateCall, CallExpr, Expr, NamedExpr } from '../../expr/ir.js';
import type { DataType, Field } from '../../record/types.js';
import type { Span } from '../ast/index.js';
import { allOf, column, columns, columnsOf, conjuncts, isTrue, rewrite, substitute } from './expression.js';
import type {
  AggregateRelation,
  CalcRelation,
  JoinRelation,
  JoinType,
  Relation,
  UnionRelation,
  WindowAssignRelation,
} from './relation.js';

export interface Origin {
  readonly at: Span;
  readonly scope?: string;
  readonly shared?: boolean;
  readonly ttlMs?: number;
}

export function origin(relation: Relation): Origin {
  const { at, scope, shared, ttlMs } = relation;
  return {
    at,
    ...(scope === undefined ? {} : { scope }),
    ...(shared ? { shared } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}

/** Names that differ from each other and from `taken`: the first keeps its name, others get a number. */
export function uniqueNames(names: readonly string[], taken: Iterable<string> = []): string[] {
  const used = new Set(taken);
  return names.map((name) => {
    let unique = name;
    for (let n = 0; used.has(unique); n++) unique = `${name}${n}`;
    used.add(unique);
    return unique;
  });
}

/** Filter and projection over a relation; merged with a calc below where that computes nothing twice. */
export function calc(
  input: Relation,
  filter: Expr | undefined,
  project: readonly NamedExpr[] | undefined,
  from: Origin,
): Relation {
  const condition = filter && isTrue(filter) ? undefined : filter;
  if (!condition && (!project || isIdentity(project, input.fields))) return input;
  if (input.kind === 'calc') {
    const merged = mergeCalcs(input, condition, project, from);
    if (merged) return merged;
  }
  const fields = project ? project.map(({ name, expr }) => ({ name, type: expr.type })) : input.fields;
  return { kind: 'calc', input, filter: condition, project, fields, ...from };
}

export function filter(input: Relation, condition: Expr | undefined, from: Origin = origin(input)): Relation {
  return calc(input, condition, undefined, from);
}

export function project(input: Relation, exprs: readonly NamedExpr[], from: Origin = origin(input)): Relation {
  return calc(input, undefined, exprs, from);
}

function isIdentity(exprs: readonly NamedExpr[], fields: readonly Field[]): boolean {
  return (
    exprs.length === fields.length &&
    exprs.every(({ name, expr }, i) => expr.op === 'column' && expr.name === name && fields[i].name === name)
  );
}

function mergeCalcs(
  inner: CalcRelation,
  condition: Expr | undefined,
  exprs: readonly NamedExpr[] | undefined,
  from: Origin,
): Relation | undefined {
  const definitions = new Map(inner.project?.map(({ name, expr }) => [name, expr]));
  if (inner.project) {
    const uses = new Map<string, number>();
    const count = (expr: Expr): void => {
      if (expr.op === 'column') uses.set(expr.name, (uses.get(expr.name) ?? 0) + 1);
      else if (expr.op === 'call') expr.args.forEach(count);
    };
    if (condition) count(condition);
    for (const { expr } of exprs ?? columns(inner.fields)) count(expr);
    for (const [name, times] of uses) {
      if (times > 1 && !isCheap(definitions.get(name)!)) return undefined;
    }
  }
  const resolve = (expr: Expr) => foldConstants(substitute(expr, (c) => definitions.get(c.name)));
  const outer = exprs?.map(({ name, expr }) => ({ name, expr: resolve(expr) })) ?? inner.project;
  return calc(inner.input, allOf([inner.filter, condition && resolve(condition)]), outer, from);
}

const CHEAP = new Set([
  '+',
  '-',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'AND',
  'OR',
  'NOT',
  'IS NULL',
  'IS NOT NULL',
  'FIELD',
]);

function isCheap(expr: Expr, depth = 0): boolean {
  if (expr.op !== 'call') return true;
  return depth < 3 && CHEAP.has(expr.fn) && expr.args.every((arg) => isCheap(arg, depth + 1));
}

export function aggregate(
  input: Relation,
  keys: AggregateRelation['keys'],
  aggregates: readonly AggregateCall[],
  from: Origin,
): AggregateRelation {
  const types = new Map(input.fields.map((f) => [f.name, f.type]));
  const fields = [
    ...keys.map((key) => ({ name: key.name, type: types.get(key.column)! })),
    ...aggregates.map((call) => ({ name: call.name, type: call.type })),
  ];
  return { kind: 'aggregate', input, keys, aggregates, fields, ...from };
}

/** One row for each different row. */
export function distinct(input: Relation, from: Origin): Relation {
  return aggregate(
    input,
    input.fields.map((f) => ({ name: f.name, column: f.name })),
    [],
    from,
  );
}

const PROCTIME: DataType = { kind: 'TIMESTAMP_LTZ', precision: 3, nullable: false };
const BOUND: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: false };

export function windowAssign(
  input: Relation,
  what: Pick<WindowAssignRelation, 'window' | 'timeColumn' | 'processingTime' | 'partitionBy'>,
  from: Origin,
): WindowAssignRelation {
  const names = uniqueNames(
    ['window_start', 'window_end', 'window_time'],
    input.fields.map((f) => f.name),
  );
  // A processing-time column that nothing reads may be gone.
  const time = input.fields.find((f) => f.name === what.timeColumn)?.type ?? PROCTIME;
  const fields = [
    ...input.fields,
    { name: names[0], type: BOUND },
    { name: names[1], type: BOUND },
    { name: names[2], type: { ...time, precision: 3, nullable: false } as DataType },
  ];
  return {
    kind: 'windowAssign',
    input,
    window: what.window,
    timeColumn: what.timeColumn,
    processingTime: what.processingTime,
    partitionBy: what.partitionBy,
    names: names as [string, string, string],
    fields,
    ...from,
  };
}

/** Inputs become alike first: names of the first, the given types. */
export function union(inputs: readonly Relation[], from: Origin): UnionRelation {
  const flat = inputs.flatMap((input) => (input.kind === 'union' ? input.inputs : [input]));
  const fields = inputs[0].fields.map((field, i) => ({
    name: field.name,
    type: inputs.some((input) => input.fields[i].type.nullable) ? { ...field.type, nullable: true } : field.type,
  }));
  return { kind: 'union', inputs: flat, fields, ...from };
}

/** Renames columns of `right` that are also names of `left`. Returns the new relation and old name → new name. */
export function disjoint(left: Relation, right: Relation): { right: Relation; renamed: Map<string, string> } {
  const names = right.fields.map((f) => f.name);
  const unique = uniqueNames(
    names,
    left.fields.map((f) => f.name),
  );
  const renamed = new Map(names.map((name, i) => [name, unique[i]]));
  if (names.every((name, i) => name === unique[i])) return { right, renamed };
  return {
    right: project(
      right,
      right.fields.map((f, i) => ({ name: unique[i], expr: column(f) })),
    ),
    renamed,
  };
}

export interface JoinParts {
  readonly type: JoinType;
  readonly left: Relation;
  readonly right: Relation;
  readonly condition?: Expr;
  readonly equal?: JoinRelation['equal'];
  readonly nullAware?: boolean;
  readonly temporal?: JoinRelation['temporal'];
  readonly ttl?: JoinRelation['ttl'];
}

/**
 * A join, its condition taken apart into pairs of equal columns and the rest. Sides of an equation that aren't bare columns
 * are computed below the join.
 */
export function join(parts: JoinParts, from: Origin): JoinRelation {
  const leftNames = new Set(parts.left.fields.map((f) => f.name));
  const rightNames = new Set(parts.right.fields.map((f) => f.name));
  const equal = [...(parts.equal ?? [])];
  const rest: Expr[] = [];
  const leftAdded: NamedExpr[] = [];
  const rightAdded: NamedExpr[] = [];
  const sideOf = (expr: Expr): 'left' | 'right' | undefined => {
    const used = [...columnsOf(expr)];
    if (used.length === 0) return undefined;
    if (used.every((name) => leftNames.has(name))) return 'left';
    return used.every((name) => rightNames.has(name)) ? 'right' : undefined;
  };
  const nameOf = (expr: Expr, added: NamedExpr[], prefix: string): string => {
    if (expr.op === 'column') return expr.name;
    const name = uniqueNames([`$${prefix}${added.length}`], [...leftNames, ...rightNames])[0];
    added.push({ name, expr });
    return name;
  };
  for (const part of conjuncts(parts.condition)) {
    if (part.op === 'call' && part.fn === '=' && sameRepresentation(part)) {
      const sides = [sideOf(part.args[0]), sideOf(part.args[1])];
      if (sides[0] && sides[1] && sides[0] !== sides[1]) {
        const [l, r] = sides[0] === 'left' ? part.args : [part.args[1], part.args[0]];
        const pair = { left: nameOf(l, leftAdded, 'left'), right: nameOf(r, rightAdded, 'right') };
        if (!equal.some((e) => e.left === pair.left && e.right === pair.right)) equal.push(pair);
        continue;
      }
    }
    rest.push(part);
  }
  const left = leftAdded.length ? project(parts.left, [...columns(parts.left.fields), ...leftAdded]) : parts.left;
  const right = rightAdded.length ? project(parts.right, [...columns(parts.right.fields), ...rightAdded]) : parts.right;
  return {
    kind: 'join',
    type: parts.type,
    left,
    right,
    equal,
    condition: allOf(rest),
    nullAware: parts.nullAware,
    temporal: parts.temporal,
    ...(parts.ttl ? { ttl: parts.ttl } : {}),
    fields: joinFields(parts.type, left.fields, right.fields),
    ...from,
  };
}

/** Equal values are the same in memory: what a hash of the columns needs. */
function sameRepresentation(call: CallExpr): boolean {
  const [a, b] = call.args.map((arg) => arg.type);
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL')
    return a.kind === b.kind && 'scale' in a && 'scale' in b && a.scale === b.scale;
  if (a.kind === 'CHAR' || b.kind === 'CHAR') return true;
  if ('precision' in a && 'precision' in b) return a.kind === b.kind && unit(a.precision) === unit(b.precision);
  const integers = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];
  if (integers.includes(a.kind) && integers.includes(b.kind)) return true;
  return a.kind === b.kind;
}

/** Timestamps of up to 3, 6, 9 digits are held in milli-, micro- and nanoseconds. */
function unit(precision: number): number {
  return precision <= 3 ? 3 : precision <= 6 ? 6 : 9;
}

function joinFields(type: JoinType, left: readonly Field[], right: readonly Field[]): Field[] {
  const nullable = (fields: readonly Field[]) => fields.map((f) => ({ ...f, type: { ...f.type, nullable: true } }));
  switch (type) {
    case 'semi':
    case 'anti':
      return [...left];
    case 'left':
      return [...left, ...nullable(right)];
    case 'right':
      return [...nullable(left), ...right];
    case 'full':
      return [...nullable(left), ...nullable(right)];
    default:
      return [...left, ...right];
  }
}

/** Gives column references the types that the fields have now (a join made them nullable, a cast was pushed down). */
export function retype(expr: Expr, fields: readonly Field[]): Expr {
  const types = new Map(fields.map((f) => [f.name, f.type]));
  return rewrite(expr, (e) => {
    const type = e.op === 'column' ? types.get(e.name) : undefined;
    return type && type.nullable !== e.type.nullable ? { ...e, type } : e;
  });
}
