/**
 * Logical relations → plan nodes. Equal sub-plans become one node, so that inserts of a statement set share their work.
 *
 * A node's id is where it stands in the script: `alerts/window1` is the first window of INSERT INTO alerts, `v/window1`
 * the first of view v. A changed aggregate keeps its id, and runtime/graph/verdict.ts says what becomes of its state.
 */
import type { Partitioning, Plan, PlanEdge, PlanNode } from '../../graph/plan.js';
import type { Field } from '../../record/types.js';
import { digest, isVolatile } from './expression.js';
import { lowerAggregate } from './lower-aggregate.js';
import { lowerJoin } from './lower-join.js';
import { lowerMatch } from './lower-match.js';
import { lowerOver, lowerRank, lowerSort } from './lower-order.js';
import { sessionRows } from './lower-session.js';
import { lowerSink } from './lower-sink.js';
import { Sources } from './lower-source.js';
import type { Output, Relation } from './relation.js';
import { TraitsOf } from './traits.js';

export interface LowerOptions {
  readonly batch: boolean;
  readonly sourceParallelism?: number;
  readonly timeZone: string;
  /** Whether a table's source ends by itself. */
  readonly bounded: (connector: string, options: Readonly<Record<string, string>>) => boolean;
  /** Which changes a connector's sink takes, where it is known. */
  readonly changelogOf: (connector: string) => 'append' | 'upsert' | 'retract' | undefined;
}

/** A node that has been made: its id and the columns of its rows (a shared source may have more than asked for). */
export interface Made {
  readonly id: string;
  readonly fields: readonly Field[];
}

export type Draft = Omit<PlanNode, 'id' | 'schema'> & { readonly fields: readonly Field[] };

export class Lowering {
  readonly traits: TraitsOf;
  readonly nodes: PlanNode[] = [];
  private readonly byDigest = new Map<string, Made>();
  private readonly ids = new Set<string>();
  private readonly counters = new Map<string, number>();
  readonly sources: Sources;
  /** Name of the sink whose tree is being lowered. */
  target = '';

  /** For the tree that is being lowered: `ttlMs` is that of its statement. */
  options: LowerOptions & { readonly ttlMs?: number };

  constructor(
    readonly outputs: readonly Output[],
    options: LowerOptions,
  ) {
    this.options = options;
    this.traits = new TraitsOf(options.batch);
    this.sources = new Sources(this);
  }

  run(): Plan {
    this.sources.collect(this.outputs);
    const targets = new Map<string, number>();
    for (const output of this.outputs) {
      const name = output.table?.name ?? 'collect';
      const nth = (targets.get(name) ?? 0) + 1;
      targets.set(name, nth);
      this.target = nth === 1 ? name : `${name}~${nth}`;
      this.options = { ...this.options, ttlMs: output.ttlMs };
      lowerSink(this, output);
    }
    return { version: 1, nodes: this.nodes };
  }

  /** Lowers a relation; `exact`: with its columns and no others. */
  lower(relation: Relation, exact = false): Made {
    const made = this.lowerAny(relation);
    return exact ? this.narrowed(made, relation) : made;
  }

  private narrowed(made: Made, relation: Relation): Made {
    if (made.fields.length === relation.fields.length) return made;
    return this.add('calc', relation, {
      name: 'Calc',
      spec: {
        kind: 'calc',
        project: relation.fields.map((f) => ({ name: f.name, expr: { op: 'column', name: f.name, type: f.type } })),
      },
      inputs: [edge(made, { kind: 'forward' })],
      ...this.changes(relation),
      fields: relation.fields,
    });
  }

  private lowerAny(relation: Relation): Made {
    switch (relation.kind) {
      case 'scan':
        return this.sources.scan(relation);
      case 'normalize': {
        const input = this.lower(relation.input, true);
        const { ttlMs } = this.options;
        return this.add('normalize', relation, {
          name: `Normalize(${relation.key.join(', ')})`,
          spec: { kind: 'other', transform: 'changelogNormalize', key: relation.key, ...(ttlMs ? { ttlMs } : {}) },
          inputs: [edge(input, { kind: 'hash', keys: relation.key })],
          ...this.changes(relation),
          fields: relation.fields,
        });
      }
      case 'values':
        return this.sources.values(relation);
      case 'calc': {
        const input = this.lower(relation.input);
        return this.add('calc', relation, {
          name: 'Calc',
          spec: { kind: 'calc', filter: relation.filter, project: relation.project },
          inputs: [edge(input, { kind: 'forward' })],
          ...this.changes(relation),
          fields: relation.project ? relation.fields : input.fields,
        });
      }
      case 'windowAssign': {
        if (relation.window.kind === 'session') return this.lower(sessionRows(relation));
        const input = this.lower(relation.input);
        const [start, end, time] = relation.names;
        return this.add('assign', relation, {
          name: `WindowAssign(${relation.window.kind})`,
          spec: {
            kind: 'other',
            transform: 'windowAssign',
            window: relation.window,
            ...(relation.processingTime ? {} : { timeColumn: relation.timeColumn }),
            windowStart: start,
            windowEnd: end,
            windowTime: time,
          },
          inputs: [edge(input, { kind: 'forward' })],
          ...this.changes(relation),
          fields: [...input.fields, ...relation.fields.slice(-3)],
        });
      }
      case 'aggregate':
        return lowerAggregate(this, relation);
      case 'union': {
        const inputs = relation.inputs.map((input) => this.unionInput(input, relation.fields));
        return this.add('union', relation, {
          name: 'Union',
          spec: { kind: 'union' },
          inputs: inputs.map((input) => edge(input, { kind: 'forward' })),
          ...this.changes(relation),
          fields: relation.fields,
        });
      }
      case 'join':
        return lowerJoin(this, relation);
      case 'rank':
        return lowerRank(this, relation);
      case 'over':
        return lowerOver(this, relation);
      case 'sort':
        return lowerSort(this, relation);
      case 'match':
        return lowerMatch(this, relation);
      case 'step': {
        const input = this.lower(relation.input);
        const { partitioning, parallelism } = relation.by
          ? byKey(relation.by)
          : { partitioning: { kind: 'forward' } as const, parallelism: undefined };
        return this.add(relation.step, relation, {
          name: relation.label,
          spec: { ...relation.spec },
          inputs: [edge(input, partitioning)],
          ...this.changes(relation),
          ...(parallelism ? { parallelism } : {}),
          fields: relation.keepsInput ? [...input.fields, ...relation.added] : relation.fields,
        });
      }
      case 'unnest': {
        const input = this.lower(relation.input);
        const width = relation.columns.length + (relation.ordinality ? 1 : 0);
        const added = relation.fields.slice(relation.fields.length - width);
        return this.add('unnest', relation, {
          name: 'Unnest',
          spec: {
            kind: 'other',
            transform: 'unnest',
            value: relation.value,
            columns: relation.columns.map((c) => c.name),
            ...(relation.ordinality ? { ordinality: relation.ordinality } : {}),
            outer: relation.outer,
            ...(relation.condition ? { condition: relation.condition } : {}),
          },
          inputs: [edge(input, { kind: 'forward' })],
          ...this.changes(relation),
          fields: [...input.fields, ...added],
        });
      }
    }
  }

  /** A union's inputs have its column names. */
  private unionInput(input: Relation, fields: readonly Field[]): Made {
    const made = this.lower(input, true);
    if (made.fields.every((f, i) => f.name === fields[i].name)) return made;
    return this.add('calc', input, {
      name: 'Calc',
      spec: {
        kind: 'calc',
        project: input.fields.map((f, i) => ({
          name: fields[i].name,
          expr: { op: 'column', name: f.name, type: f.type },
        })),
      },
      inputs: [edge(made, { kind: 'forward' })],
      updating: this.traits.of(input).updating,
      fields,
    });
  }

  /** `updating` and `upsertKey` of a relation. */
  changes(relation: Relation): { updating: boolean; upsertKey?: readonly string[] } {
    const traits = this.traits.of(relation);
    if (!traits.updating) return { updating: false };
    const [first] = [...traits.keys].sort((a, b) => a.length - b.length);
    return first ? { updating: true, upsertKey: first } : { updating: true };
  }

  /** Adds a node, or gives the one that is there already and does the same. */
  add(kind: string, relation: Pick<Relation, 'scope'>, draft: Draft): Made {
    const { fields, ...node } = draft;
    const spec = dropUndefined(node.spec);
    const { name, inputs, updating, upsertKey, parallelism } = node;
    const key = digest([spec, inputs, fields.map((f) => f.name), parallelism]);
    const shareable = !sometimesVolatile(spec);
    const known = shareable ? this.byDigest.get(key) : undefined;
    if (known) return known;
    const id = this.newId(kind, relation.scope);
    this.nodes.push({
      id,
      name,
      spec,
      inputs,
      schema: { fields },
      updating,
      ...(upsertKey ? { upsertKey } : {}),
      ...(parallelism ? { parallelism } : {}),
    });
    const made = { id, fields };
    this.byDigest.set(key, made);
    return made;
  }

  /** Adds a node under a given id. */
  addNamed(node: PlanNode): Made {
    this.ids.add(node.id);
    this.nodes.push({ ...node, spec: dropUndefined(node.spec) });
    return { id: node.id, fields: node.schema.fields };
  }

  private newId(kind: string, scope: string | undefined): string {
    const counter = `${this.target} ${scope ?? ''} ${kind}`;
    const n = (this.counters.get(counter) ?? 0) + 1;
    this.counters.set(counter, n);
    const own = scope === undefined ? `${this.target}/${kind}${n}` : `${this.target}.${scope}/${kind}${n}`;
    let id = scope === undefined ? own : `${scope}/${kind}${n}`;
    if (this.ids.has(id)) id = own;
    for (let again = 2; this.ids.has(id); again++) id = `${own}~${again}`;
    this.ids.add(id);
    return id;
  }
}

export function edge(from: Made, partitioning: Partitioning): PlanEdge {
  return { from: from.id, partitioning };
}

/** Rows of a key meet; without keys all rows meet, in one place. */
export function byKey(keys: readonly string[]): { partitioning: Partitioning; parallelism?: number } {
  return keys.length > 0
    ? { partitioning: { kind: 'hash', keys } }
    : { partitioning: { kind: 'global' }, parallelism: 1 };
}

/** Plans are JSON: absent and undefined are the same. */
function dropUndefined<T extends object>(value: T): T {
  const out: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) out[key] = value[key];
  return out as T;
}

function sometimesVolatile(spec: PlanNode['spec']): boolean {
  return (
    spec.kind === 'calc' && [spec.filter, ...(spec.project ?? []).map((p) => p.expr)].some((e) => e && isVolatile(e))
  );
}
