/** What must hold of every plan, whatever the query: nothing refers to a column that isn't there. */
import type { AggregateCall, Expr } from '../../../runtime/expr/index.js';
import { compileExpr } from '../../../runtime/expr/index.js';
import type { PatternExpr } from '../../../runtime/graph/pattern.js';
import type { OtherSpec, Plan, PlanNode } from '../../../runtime/graph/plan.js';
import { planStages } from '../../../runtime/graph/stages.js';
import type { Field, RowSchema } from '../../../runtime/record/types.js';
import { columnsOfPattern } from '../../../runtime/sql/plan/expression.js';

/** Everything that is wrong with a plan; empty for a sound one. */
export function inconsistencies(plan: Plan): string[] {
  const problems: string[] = [];
  const seen = new Map<string, PlanNode>();
  for (const node of plan.nodes) {
    const say = (problem: string) => problems.push(`${node.id}: ${problem}`);
    const inputs = node.inputs.map(({ from }) => seen.get(from)?.schema);
    for (const [i, edge] of node.inputs.entries()) {
      if (!inputs[i]) say(`reads from ${edge.from}, which is not before it`);
      else if (edge.partitioning.kind === 'hash') {
        for (const key of edge.partitioning.keys)
          if (!has(inputs[i], key)) say(`hash key ${key} is not in ${edge.from}`);
      }
    }
    if (inputs.every((schema) => schema !== undefined)) checkNode(node, inputs, say);
    const names = node.schema.fields.map((f) => f.name);
    if (new Set(names).size !== names.length) say(`columns ${names.join(', ')}`);
    for (const key of node.upsertKey ?? []) if (!names.includes(key)) say(`upsert key ${key} is not a column`);
    seen.set(node.id, node);
  }
  planStages(plan, 3);
  return problems;
}

function has(schema: RowSchema, name: string): boolean {
  return schema.fields.some((f) => f.name === name);
}

function checkNode(node: PlanNode, inputs: readonly RowSchema[], say: (problem: string) => void): void {
  const { spec } = node;
  const all: Field[] = inputs.flatMap((schema) => [...schema.fields]);
  const expr = (e: Expr | undefined, fields: readonly Field[] = all) => {
    if (e) checkExpr(e, fields, say);
  };
  const aggregates = (calls: readonly AggregateCall[]) => {
    for (const call of calls) {
      call.args.forEach((arg) => expr(arg));
      expr(call.filter);
    }
  };
  const outputs = (names: readonly string[]) => {
    const actual = node.schema.fields.map((f) => f.name).join();
    if (actual !== names.join()) say(`makes ${names.join()}, says ${actual}`);
  };
  const inputNames = inputs[0]?.fields.map((f) => f.name) ?? [];
  switch (spec.kind) {
    case 'source': {
      const fields = [...node.schema.fields, ...spec.columns.fields];
      expr(spec.filter, fields);
      expr(spec.watermark?.expr, fields);
      if (spec.watermark && !has(node.schema, spec.watermark.column)) say('no watermark column');
      outputs([...spec.read, ...spec.metadata.map((m) => m.column), ...(spec.computed ?? []).map((c) => c.name)]);
      break;
    }
    case 'sink':
      outputs(inputNames);
      break;
    case 'calc':
      expr(spec.filter);
      spec.project?.forEach((p) => expr(p.expr));
      outputs(spec.project?.map((p) => p.name) ?? inputNames);
      break;
    case 'windowAggregate': {
      if (spec.phase !== 'global') {
        spec.keys.forEach((k) => expr(k.expr));
        aggregates(spec.aggregates);
        if (spec.timeColumn && !has(inputs[0], spec.timeColumn)) say(`no time column ${spec.timeColumn}`);
      }
      const bounds = [spec.windowStart, spec.windowEnd, spec.windowTime].filter((n): n is string => n !== undefined);
      if (spec.phase !== 'local')
        outputs([...spec.keys.map((k) => k.name), ...spec.aggregates.map((a) => a.name), ...bounds]);
      break;
    }
    case 'groupAggregate':
      spec.keys.forEach((k) => expr(k.expr));
      aggregates(spec.aggregates);
      outputs([...spec.keys.map((k) => k.name), ...spec.aggregates.map((a) => a.name)]);
      break;
    case 'union':
      for (const schema of inputs)
        if (schema.fields.map((f) => f.name).join() !== node.schema.fields.map((f) => f.name).join())
          say('an input has other columns');
      break;
    case 'other':
      checkOther(spec, all, inputs, outputs, say, expr);
      break;
  }
}

function checkOther(
  spec: OtherSpec,
  all: readonly Field[],
  inputs: readonly RowSchema[],
  outputs: (names: readonly string[]) => void,
  say: (problem: string) => void,
  expr: (e: Expr | undefined) => void,
): void {
  const names = all.map((f) => f.name);
  const list = (value: unknown) => (value ?? []) as readonly string[];
  const columns = [
    ...['partitionBy', 'leftKeys', 'rightKeys', 'leftColumns', 'rightColumns', 'key'].flatMap((k) => list(spec[k])),
    ...['timeColumn', 'leftTime', 'rightTime', 'leftStart', 'leftEnd', 'rightStart', 'rightEnd'].flatMap((k) =>
      spec[k] ? [spec[k] as string] : [],
    ),
    ...((spec.orderBy ?? []) as { column: string }[]).map((o) => o.column),
  ];
  for (const column of columns) if (!names.includes(column)) say(`no column ${column} in its inputs`);
  expr(spec.condition as Expr | undefined);
  expr(spec.value as Expr | undefined);
  for (const call of (spec.calls ?? []) as AggregateCall[]) call.args.forEach((arg) => expr(arg));
  const own = inputs[0].fields.map((f) => f.name);
  const text = (key: string) => (typeof spec[key] === 'string' ? [spec[key] as string] : []);
  switch (spec.transform) {
    case 'windowAssign':
      outputs([...own, ...text('windowStart'), ...text('windowEnd'), ...text('windowTime')]);
      break;
    case 'rank':
    case 'windowRank':
      outputs([...own, ...text('rankName')]);
      break;
    case 'over':
      outputs([...own, ...((spec.calls ?? []) as AggregateCall[]).map((c) => c.name)]);
      break;
    case 'matchRecognize': {
      const measures = (spec.measures ?? []) as { name: string }[];
      const defines = (spec.defines ?? []) as { condition: PatternExpr }[];
      const read = [...measures.map((m) => (m as { value?: PatternExpr }).value!), ...defines.map((d) => d.condition)];
      for (const name of read.flatMap((e) => [...columnsOfPattern(e)])) {
        if (!names.includes(name)) say(`no column ${name} in its inputs`);
      }
      break;
    }
    case 'toChangelog':
    case 'fromChangelog': {
      const { rowtime } = spec as { rowtime?: { name: string; column: string } };
      if (rowtime && !own.includes(rowtime.column)) say(`no column ${rowtime.column} for ${rowtime.name}`);
      const others = own.filter((name) => name !== spec.column);
      outputs([
        ...(spec.transform === 'toChangelog' ? text('column') : []),
        ...others,
        ...(rowtime ? [rowtime.name] : []),
      ]);
      break;
    }
    case 'unnest':
      outputs([...own, ...list(spec.columns), ...text('ordinality')]);
      break;
    case 'join':
    case 'intervalJoin':
    case 'windowJoin':
    case 'temporalJoin': {
      if (inputs[0].fields.map((f) => f.name).join() !== list(spec.leftColumns).join()) say('leftColumns');
      if (inputs[1].fields.map((f) => f.name).join() !== list(spec.rightColumns).join()) say('rightColumns');
      const semi = spec.joinType === 'semi' || spec.joinType === 'anti';
      outputs(semi ? own : names);
      break;
    }
    default:
      outputs(own);
  }
}

function checkExpr(expr: Expr, fields: readonly Field[], say: (problem: string) => void): void {
  const visit = (e: Expr): void => {
    if (e.op === 'column') {
      const field = fields.find((f) => f.name === e.name);
      if (!field) say(`no column ${e.name}`);
      else if (field.type.kind !== e.type.kind) say(`${e.name} is ${field.type.kind}, read as ${e.type.kind}`);
      else if (field.type.nullable && !e.type.nullable) say(`${e.name} may be NULL, read as NOT NULL`);
    } else if (e.op === 'call') e.args.forEach(visit);
  };
  visit(expr);
  try {
    compileExpr(expr);
  } catch (error) {
    say(`code of an expression: ${(error as Error).message}`);
  }
}
