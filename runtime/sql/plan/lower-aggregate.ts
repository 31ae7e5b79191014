/** GROUP BY → a window aggregate where the keys hold a window's bounds, else an updating group aggregate. */
import type { NamedExpr } from '../../expr/ir.js';
import type { Window, WindowAggregateSpec } from '../../graph/plan.js';
import type { Field } from '../../record/types.js';
import { unsupported } from '../error.js';
import { filter, origin, project, uniqueNames } from './build.js';
import { allOf, column, columnsOf, columnsOfAggregate, conjuncts, isVolatile } from './expression.js';
import { byKey, edge, type Lowering, type Made } from './lower.js';
import type { AggregateRelation, CalcRelation, Relation, WindowAssignRelation } from './relation.js';
import { type WindowColumns, windowKeys } from './traits.js';

export function lowerAggregate(lowering: Lowering, relation: AggregateRelation): Made {
  const bounds = lowering.traits.of(relation.input).windowColumns;
  return windowKeys(relation.keys, bounds) ? lowerWindow(lowering, relation, bounds!) : lowerGroup(lowering, relation);
}

function lowerGroup(lowering: Lowering, relation: AggregateRelation): Made {
  const input = lowering.lower(relation.input);
  const { batch, ttlMs } = lowering.options;
  const { partitioning, parallelism } = byKey(relation.keys.map((key) => key.column));
  return lowering.add('aggregate', relation, {
    name: `GroupAggregate(${relation.keys.map((key) => key.name).join(', ')})`,
    spec: {
      kind: 'groupAggregate',
      keys: relation.keys.map((key) => keyExpr(relation.input, key)),
      aggregates: relation.aggregates,
      ttlMs: batch ? undefined : (relation.ttlMs ?? ttlMs),
      finalOnly: batch,
    },
    inputs: [edge(input, partitioning)],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism,
  });
}

function lowerWindow(lowering: Lowering, relation: AggregateRelation, bounds: WindowColumns): Made {
  const isBound = (name: string) => [...bounds.start, ...bounds.end, ...bounds.time].includes(name);
  const columns = relation.keys.map((key) => key.column).filter((name) => !isBound(name));
  const whole = fuse(relation, bounds, columns);
  const fused = whole && isOfItsPartitions(whole.assign, relation, columns) ? whole : undefined;
  // Sessions that end together may have begun at different times.
  const apart = !fused && bounds.window.kind === 'session';
  const keys = relation.keys.filter((key) => !isBound(key.column) || (apart && bounds.start.includes(key.column)));
  const output = (of: readonly string[]) => {
    const names = relation.keys.filter((key) => of.includes(key.column)).map((key) => key.name);
    if (names.length > 1) throw unsupported(`A window bound grouped twice (${names.join(', ')})`, relation.at);
    return names[0];
  };
  const input = fused?.input ?? relation.input;
  const window: Window = fused?.assign.window ?? {
    kind: 'attached',
    startColumn: bounds.start[0],
    endColumn: bounds.end[0],
  };
  const timeColumn = fused ? fused.timeColumn : bounds.end[0];
  const spec: WindowAggregateSpec = {
    kind: 'windowAggregate',
    window,
    timeColumn: bounds.processingTime ? undefined : timeColumn,
    keys: keys.map((key) => keyExpr(input, key)),
    aggregates: relation.aggregates,
    windowStart: apart ? undefined : output(bounds.start),
    windowEnd: output(bounds.end),
    windowTime: output(bounds.time),
    phase: 'single',
  };
  const types = new Map(relation.fields.map((f) => [f.name, f]));
  const ordered = [
    ...keys.map((key) => key.name),
    ...relation.aggregates.map((call) => call.name),
    ...[spec.windowStart, spec.windowEnd, spec.windowTime].filter((name): name is string => name !== undefined),
  ];
  const fields = ordered.map((name) => types.get(name)!);
  const made = emitWindow(lowering, relation, input, spec, fields);
  if (!fused?.above) return made;
  return lowering.add('calc', relation, {
    name: 'Calc',
    spec: { kind: 'calc', filter: fused.above },
    inputs: [edge(made, { kind: 'forward' })],
    updating: false,
    fields,
  });
}

function emitWindow(
  lowering: Lowering,
  relation: AggregateRelation,
  input: Relation,
  spec: WindowAggregateSpec,
  fields: readonly Field[],
): Made {
  const below = lowering.lower(input);
  const name = `${titles[spec.window.kind]}(${spec.keys.map((key) => key.name).join(', ')})`;
  const columns = spec.keys.map((key) => (key.expr.op === 'column' ? key.expr.name : key.name));
  const { partitioning, parallelism } = byKey(columns);
  return lowering.add('window', relation, {
    name,
    spec,
    inputs: [edge(below, partitioning)],
    updating: false,
    fields,
    parallelism,
  });
}

const titles: Record<Window['kind'], string> = {
  tumble: 'TumbleWindow',
  hop: 'HopWindow',
  cumulate: 'CumulateWindow',
  session: 'SessionWindow',
  attached: 'Window',
};

function keyExpr(input: Relation, key: { readonly name: string; readonly column: string }): NamedExpr {
  return { name: key.name, expr: column(input.fields.find((f) => f.name === key.column)!) };
}

interface Fused {
  readonly assign: WindowAssignRelation;
  /** What goes into the aggregate in place of the rows with window columns. */
  readonly input: Relation;
  readonly timeColumn: string;
  /** Conditions on the window's bounds, which hold for all rows of a window or none. */
  readonly above: ReturnType<typeof allOf>;
}

/** The window function right below an aggregate goes into it, unless something between looks at the windows of single rows. */
function fuse(relation: AggregateRelation, bounds: WindowColumns, keys: readonly string[]): Fused | undefined {
  if (relation.input.kind === 'windowAssign') {
    const assign = relation.input;
    const needed = new Set(keys);
    for (const call of relation.aggregates) columnsOfAggregate(call, needed);
    if (assign.names.some((name) => needed.has(name))) return undefined;
    return { assign, input: assign.input, timeColumn: assign.timeColumn, above: undefined };
  }
  if (relation.input.kind !== 'calc' || relation.input.input.kind !== 'windowAssign') return undefined;
  return fuseThroughCalc(relation, relation.input, relation.input.input, bounds, keys);
}

function fuseThroughCalc(
  relation: AggregateRelation,
  between: CalcRelation,
  assign: WindowAssignRelation,
  bounds: WindowColumns,
  keys: readonly string[],
): Fused | undefined {
  const added = new Set(assign.names);
  const touches = (names: Iterable<string>) => [...names].some((name) => added.has(name));
  const exprs = between.project ?? assign.fields.map((f) => ({ name: f.name, expr: column(f) }));
  const isBound = (name: string) => [...bounds.start, ...bounds.end, ...bounds.time].includes(name);
  const kept = exprs.filter((e) => !isBound(e.name));
  const needed = new Set(keys);
  for (const call of relation.aggregates) columnsOfAggregate(call, needed);
  if (kept.some((e) => needed.has(e.name) && touches(columnsOf(e.expr)))) return undefined;
  if ([...needed].some(isBound)) return undefined;

  // A condition on the bounds alone can wait until the window is complete.
  const outputOf = new Map<string, string>();
  for (const { name, expr } of exprs) {
    const key = relation.keys.find((k) => k.column === name);
    if (expr.op === 'column' && key) outputOf.set(expr.name, key.name);
  }
  const below: ReturnType<typeof conjuncts> = [];
  const above: typeof below = [];
  for (const part of conjuncts(between.filter)) {
    const used = [...columnsOf(part)];
    if (isVolatile(part)) return undefined;
    if (!touches(used)) below.push(part);
    else if (used.every((name) => outputOf.has(name))) above.push(renameColumns(part, outputOf));
    else return undefined;
  }
  const filtered = filter(assign.input, allOf(below));
  const picked: NamedExpr[] = kept.filter((e) => needed.has(e.name));
  const time = picked.find((e) => e.expr.op === 'column' && e.expr.name === assign.timeColumn);
  let timeColumn = time?.name ?? assign.timeColumn;
  if (!time && !assign.processingTime) {
    timeColumn = uniqueNames(
      [assign.timeColumn],
      picked.map((e) => e.name),
    )[0];
    picked.push({ name: timeColumn, expr: column(assign.input.fields.find((f) => f.name === assign.timeColumn)!) });
  }
  const plain = picked.every((e) => e.expr.op === 'column' && e.expr.name === e.name);
  // Columns as they are: not worth a new row, but for what a filter no longer needs.
  const input = plain && below.length === 0 ? filtered : project(filtered, picked, origin(between));
  return { assign, input, timeColumn, above: allOf(above) };
}

function renameColumns(part: ReturnType<typeof conjuncts>[number], names: ReadonlyMap<string, string>): typeof part {
  if (part.op === 'column') return { ...part, name: names.get(part.name)! };
  return part.op === 'call' ? { ...part, args: part.args.map((arg) => renameColumns(arg, names)) } : part;
}

/** Sessions are of the partitions that SESSION names: grouped by anything else, its rows are grouped when it is complete. */
function isOfItsPartitions(
  assign: WindowAssignRelation,
  relation: AggregateRelation,
  keys: readonly string[],
): boolean {
  if (assign.window.kind !== 'session') return true;
  const traced = new Set(keys.map((key) => trace(relation.input, key)));
  return traced.size === assign.partitionBy.length && assign.partitionBy.every((name) => traced.has(name));
}

/** The column below a calc that a column is a copy of. */
function trace(relation: Relation, name: string): string | undefined {
  if (relation.kind !== 'calc' || !relation.project) return name;
  const found = relation.project.find((p) => p.name === name)?.expr;
  return found?.op === 'column' ? found.name : undefined;
}
