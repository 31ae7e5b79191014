/** Leaves out columns that nothing above needs, down to what the sources decode. */
import { aggregate, calc, join, origin, project, union, windowAssign } from '../plan/build.js';
import { column, columnsOf, columnsOfAggregate, columnsOfPattern } from '../plan/expression.js';
import type { JoinRelation, Relation } from '../plan/relation.js';

/** `relation` with at least the columns `wanted`, in their old order; its rows are the same otherwise. */
export function prune(relation: Relation, wanted: ReadonlySet<string>): Relation {
  const needed = relation.shared ? new Set(relation.fields.map((f) => f.name)) : wanted;
  switch (relation.kind) {
    case 'scan':
      return { ...relation, fields: relation.fields.filter((f) => needed.has(f.name)) };
    case 'normalize': {
      const input = prune(relation.input, new Set([...needed, ...relation.key]));
      return { ...relation, input, fields: input.fields };
    }
    case 'values': {
      const keep = relation.fields.map((f) => needed.has(f.name));
      if (keep.every(Boolean) || !keep.some(Boolean)) return relation;
      return {
        ...relation,
        fields: relation.fields.filter((_, i) => keep[i]),
        rows: relation.rows.map((row) => row.filter((_, i) => keep[i])),
      };
    }
    case 'calc': {
      const outputs = relation.project?.filter((p) => needed.has(p.name));
      const below = new Set<string>(outputs ? [] : needed);
      for (const { expr } of outputs ?? []) columnsOf(expr, below);
      columnsOf(relation.filter, below);
      const input = prune(relation.input, below);
      if (outputs) return calc(input, relation.filter, outputs, origin(relation));
      return calc(input, relation.filter, undefined, origin(relation));
    }
    case 'windowAssign': {
      const below = new Set([...needed, ...relation.partitionBy]);
      if (!relation.processingTime) below.add(relation.timeColumn);
      for (const name of relation.names) below.delete(name);
      const assigned = windowAssign(prune(relation.input, below), relation, origin(relation));
      // Pruning frees names; those of the window columns must stay.
      const names = relation.names;
      const start = assigned.fields.length - 3;
      const fields = assigned.fields.map((f, i) => (i < start ? f : { ...f, name: names[i - start] }));
      return { ...assigned, names, fields };
    }
    case 'aggregate': {
      const aggregates = relation.aggregates.filter((call) => needed.has(call.name));
      const below = new Set(relation.keys.map((key) => key.column));
      for (const call of aggregates) columnsOfAggregate(call, below);
      return aggregate(narrow(prune(relation.input, below), below), relation.keys, aggregates, origin(relation));
    }
    case 'union': {
      const keep = relation.fields.map((f) => needed.has(f.name));
      if (!keep.some(Boolean)) keep[0] = true;
      const inputs = relation.inputs.map((input) => {
        const wanted = new Set(input.fields.filter((_, i) => keep[i]).map((f) => f.name));
        return narrow(prune(input, wanted), wanted);
      });
      return union(inputs, origin(relation));
    }
    case 'join':
      return pruneJoin(relation, needed);
    case 'rank': {
      const below = new Set([...needed, ...relation.partitionBy, ...relation.orderBy.map((o) => o.column)]);
      const named = relation.rankName !== undefined && needed.has(relation.rankName);
      if (relation.rankName) below.delete(relation.rankName);
      const input = narrow(prune(relation.input, below), below);
      const number = relation.fields.find((f) => f.name === relation.rankName);
      return {
        ...relation,
        input,
        rankName: named ? relation.rankName : undefined,
        fields: named ? [...input.fields, number!] : input.fields,
      };
    }
    case 'over': {
      const calls = relation.calls.filter((call) => needed.has(call.name));
      const below = new Set(needed);
      for (const call of relation.calls) below.delete(call.name);
      if (calls.length === 0) return prune(relation.input, below);
      for (const name of relation.partitionBy) below.add(name);
      for (const key of relation.orderBy) below.add(key.column);
      for (const call of calls) columnsOfAggregate(call, below);
      const input = narrow(prune(relation.input, below), below);
      return {
        ...relation,
        input,
        calls,
        fields: [...input.fields, ...calls.map(({ name, type }) => ({ name, type }))],
      };
    }
    case 'sort': {
      const below = new Set([...needed, ...relation.orderBy.map((o) => o.column)]);
      const input = narrow(prune(relation.input, below), below);
      return { ...relation, input, fields: input.fields };
    }
    case 'match': {
      const measures = relation.measures.filter((m) => needed.has(m.name));
      const below = new Set([...relation.partitionBy, ...relation.orderBy.map((o) => o.column)]);
      for (const { value } of measures) columnsOfPattern(value, below);
      for (const { condition } of relation.defines) columnsOfPattern(condition, below);
      const input = narrow(prune(relation.input, below), below);
      const kept = new Set([...relation.partitionBy, ...measures.map((m) => m.name)]);
      return { ...relation, input, measures, fields: relation.fields.filter((f) => kept.has(f.name)) };
    }
    case 'step': {
      const below = new Set(relation.keepsInput ? needed : []);
      for (const { name } of relation.added) below.delete(name);
      if (relation.pure && !relation.added.some((f) => needed.has(f.name))) return prune(relation.input, below);
      for (const name of relation.reads) below.add(name);
      const input = narrow(prune(relation.input, below), below);
      return {
        ...relation,
        input,
        fields: relation.keepsInput ? [...input.fields, ...relation.added] : relation.fields,
      };
    }
    case 'unnest': {
      const below = new Set(needed);
      for (const { name } of relation.columns) below.delete(name);
      if (relation.ordinality) below.delete(relation.ordinality);
      const made = new Set([...relation.columns.map((c) => c.name), relation.ordinality]);
      const asked = [...columnsOf(relation.condition)].filter((name) => !made.has(name));
      const input = prune(relation.input, new Set([...below, ...columnsOf(relation.value), ...asked]));
      const added = relation.fields.slice(
        relation.fields.length - relation.columns.length - (relation.ordinality ? 1 : 0),
      );
      return { ...relation, input, fields: [...input.fields, ...added] };
    }
  }
}

/** Exactly the columns wanted (at least one): rows are about to travel or to be kept. */
export function narrow(relation: Relation, wanted: ReadonlySet<string>): Relation {
  const keep = relation.fields.filter((f) => wanted.has(f.name));
  if (keep.length === relation.fields.length) return relation;
  if (keep.length === 0) return relation.fields.length <= 1 ? relation : project(relation, [named(relation, 0)]);
  return project(
    relation,
    keep.map((f) => ({ name: f.name, expr: column(f) })),
  );
}

function named(relation: Relation, index: number) {
  const field = relation.fields[index];
  return { name: field.name, expr: column(field) };
}

function pruneJoin(relation: JoinRelation, needed: ReadonlySet<string>): Relation {
  const below = columnsOf(relation.condition, new Set(needed));
  for (const pair of relation.equal) {
    below.add(pair.left);
    below.add(pair.right);
  }
  if (relation.temporal) {
    below.add(relation.temporal.timeColumn);
    if (relation.temporal.rightTime) below.add(relation.temporal.rightTime);
  }
  const side = (input: Relation) => {
    const wanted = new Set(input.fields.filter((f) => below.has(f.name)).map((f) => f.name));
    return narrow(prune(input, wanted), wanted);
  };
  return join({ ...relation, left: side(relation.left), right: side(relation.right) }, origin(relation));
}
