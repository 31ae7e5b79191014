/** What stands in FROM: tables, views, WITH names, sub-queries, table functions, joins. */
import type { Expr } from '../../expr/ir.js';
import type { Hint, Join, QualifiedName, Relation as RelationNode, Span, TableAlias } from '../ast/index.js';
import { type Table, type View, visibleFields } from '../catalog/table.js';
import { SqlError, unsupported } from '../error.js';
import { optimise } from '../optimise/index.js';
import { disjoint, join, project, uniqueNames } from '../plan/build.js';
import { column, columns } from '../plan/expression.js';
import type { JoinType, Relation, ScanRelation } from '../plan/relation.js';
import { type CommonTables, type Environment, plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { checkTableHint, joinTtl } from './hint.js';
import { bindLateralQuery } from './lateral-query.js';
import { bindMatchRecognize } from './match-recognize.js';
import type { BoundQuery, QueryBinder } from './query.js';
import { markShared } from './references.js';
import { Scope, type ScopeTable } from './scope.js';
import { bindTableFunction } from './table-function.js';
import { bindTemporalJoin } from './temporal.js';
import { bindLateral, bindUnnest, tableFunctionOf } from './unnest.js';

export interface BoundRelation {
  readonly relation: Relation;
  readonly scope: Scope;
}

export function bindFrom(binder: QueryBinder, node: RelationNode): BoundRelation {
  switch (node.kind) {
    case 'TableRef': {
      if (node.systemTime) {
        throw new SqlError('TW2004', 'FOR SYSTEM_TIME AS OF belongs to the right side of a JOIN', node.span);
      }
      const bound = bindTable(binder, node.name, node.hints, node.span);
      const name = node.name.parts[node.name.parts.length - 1].name;
      return aliased(bound, node.alias, name);
    }
    case 'DerivedTable': {
      const query = binder.query(node.query);
      const scope = Scope.of(undefined, query.relation.fields, query.names);
      return aliased({ relation: query.relation, scope }, node.alias, undefined);
    }
    case 'TableFunction': {
      const own = tableFunctionOf(binder, node);
      if (own) return bindLateral(binder, oneRow(binder, node.span), node, own, false);
      return aliased(bindTableFunction(binder, node.call), node.alias, undefined);
    }
    case 'Unnest':
      return aliased(bindUnnest(binder, oneRow(binder, node.span), node, false), node.alias, undefined);
    case 'Join':
      return bindJoin(binder, node);
    case 'MatchRecognize':
      return aliased(bindMatchRecognize(binder, node), node.alias, undefined);
  }
}

/** What stands in front of the first relation of FROM: one row without columns. */
function oneRow(binder: QueryBinder, at: Span): BoundRelation {
  return { relation: { kind: 'values', rows: [[]], fields: [], ...binder.origin(at) }, scope: new Scope([]) };
}

/** The same columns under a table alias, and the alias's column names where it has some. */
export function aliased(bound: BoundRelation, alias: TableAlias | undefined, name: string | undefined): BoundRelation {
  const visible = bound.scope.columns;
  const names = alias?.columns ?? [];
  if (names.length > 0 && names.length !== visible.length) {
    throw new SqlError('TW2004', `${names.length} column names for ${visible.length} columns`, alias!.span, {
      expected: `${visible.length} names`,
    });
  }
  const table: ScopeTable = {
    alias: alias?.name.name ?? name,
    columns: visible.map((c, i) => ({ name: names[i]?.name ?? c.name, field: c.field })),
  };
  return { relation: bound.relation, scope: new Scope([table], bound.scope.outer) };
}

/** A WITH name, a table or a view by name. */
export function bindTable(binder: QueryBinder, name: QualifiedName, hints: readonly Hint[], at: Span): BoundRelation {
  if (name.parts.length === 1) {
    for (let entry = binder.common; entry; entry = entry.before) {
      if (entry.name === name.parts[0].name) return commonTable(binder, entry);
    }
  }
  const { catalog } = binder.env;
  const entry = catalog.find(name);
  if (!entry) {
    const withNames: string[] = [];
    for (let c = binder.common; c; c = c.before) withNames.push(c.name);
    const text = name.parts.map((p) => p.name).join('.');
    throw new SqlError('TW2002', `unknown table '${text}'`, name.span, {
      name: name.parts[name.parts.length - 1].name,
      known: [...withNames, ...catalog.names()],
    });
  }
  if (entry.kind === 'view') {
    const [hint] = hints;
    if (hint)
      throw new SqlError('TW2004', `hint ${hint.name} behind a view`, hint.span, { expected: 'it behind a table' });
    return bindView(binder, entry);
  }
  const options = optionsWithHints(binder, entry, hints);
  catalog.checkUse(entry, options, 'source', at);
  return scanTable(binder, entry, options, at);
}

/** A table's options with those of OPTIONS hints in their place. */
export function optionsWithHints(binder: QueryBinder, table: Table, hints: readonly Hint[]): Record<string, string> {
  const options = { ...table.options };
  for (const hint of hints) {
    if (hint.name !== 'OPTIONS') {
      checkTableHint(hint);
      continue;
    }
    for (const option of hint.options) options[option.key] = option.value;
    binder.env.catalog.checkOptions(options, hint.options, hint.span, table.name);
  }
  return options;
}

function scanTable(binder: QueryBinder, table: Table, options: Table['options'], at: Span): BoundRelation {
  const early = new Set(table.watermark?.computed.map((c) => c.name));
  const fields = table.columns.flatMap((c) => (c.kind !== 'computed' || early.has(c.field.name) ? [c.field] : []));
  let relation: Relation = { kind: 'scan', table, options, fields, ...binder.origin(at) } satisfies ScanRelation;
  if (table.changelog !== 'append') {
    if (binder.env.batch) throw unsupported(`Table '${table.name}', which is a changelog, in batch mode`, at);
    if (table.changelog === 'upsert') {
      const key = table.primaryKey;
      if (!key) {
        throw new SqlError('TW2004', `table '${table.name}' (connector '${table.connector}') needs a key`, table.at, {
          expected: 'PRIMARY KEY (…) NOT ENFORCED',
        });
      }
      relation = { kind: 'normalize', input: relation, key, fields, ...binder.origin(at) };
    }
  }
  const late = table.columns.flatMap((c) =>
    c.kind === 'computed' && !early.has(c.field.name) ? [{ name: c.field.name, expr: c.expr }] : [],
  );
  // A computed column may use those before it.
  for (const computed of late) relation = project(relation, [...columns(relation.fields), computed]);
  return { relation, scope: Scope.of(table.name, visibleFields(table)) };
}

function bindView(binder: QueryBinder, view: View): BoundRelation {
  const { env } = binder;
  // Within another view its nodes have other ids.
  const known = binder.tag === undefined ? env.catalog.boundViews.get(view)?.get(viewKey(env)) : undefined;
  const query = known ?? queryOfView(binder, view);
  if (!known && binder.tag === undefined) rememberView(env, view, query);
  const names = view.columns.length > 0 ? view.columns : query.names;
  const relation = env.sharedViews.has(view.name) ? markShared(optimise(query.relation)) : query.relation;
  return { relation, scope: Scope.of(view.name, relation.fields, names) };
}

/** What a view's query has been bound to, until something that it may read from changes. */
export function rememberView(env: Environment, view: View, query: BoundQuery): void {
  const known = env.catalog.boundViews.get(view) ?? new Map<string, BoundQuery>();
  env.catalog.boundViews.set(view, known.set(viewKey(env), query));
}

function viewKey(env: Environment): string {
  return `${env.timeZone} ${env.batch}`;
}

function queryOfView(binder: QueryBinder, view: View): BoundQuery {
  const inside = binder.inside(binder.tag ? `${binder.tag}.${view.name}` : view.name, undefined);
  return binder.env.catalog.within(view.madeIn, () => inside.query(view.query));
}

function commonTable(binder: QueryBinder, entry: CommonTables): BoundRelation {
  const query = binder.inside(binder.tag ? `${binder.tag}.${entry.name}` : entry.name, entry.before).query(entry.query);
  if (entry.columns.length > 0 && entry.columns.length !== query.names.length) {
    throw new SqlError(
      'TW2004',
      `'${entry.name}' names ${entry.columns.length} of ${query.names.length} columns`,
      entry.query.span,
    );
  }
  const names = entry.columns.length > 0 ? entry.columns : query.names;
  const relation = entry.shared ? markShared(optimise(query.relation)) : query.relation;
  return { relation, scope: Scope.of(entry.name, relation.fields, names) };
}

const JOIN_TYPES: Record<Join['type'], JoinType> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  CROSS: 'inner',
  COMMA: 'inner',
};

function bindJoin(binder: QueryBinder, node: Join): BoundRelation {
  const left = bindFrom(binder, node.left);
  const type = JOIN_TYPES[node.type];
  if (node.right.kind === 'Unnest') {
    if (type !== 'inner' && type !== 'left') throw unsupported(`${node.type} JOIN UNNEST`, node.right.span);
    const bound = bindUnnest(binder, left, node.right, type === 'left');
    return node.on ? withCondition(binder, bound, node.on, type) : bound;
  }
  const own = node.right.kind === 'TableFunction' ? tableFunctionOf(binder, node.right) : undefined;
  if (own && node.right.kind === 'TableFunction') {
    if (type !== 'inner' && type !== 'left') throw unsupported(`${node.type} JOIN LATERAL TABLE`, node.right.span);
    const bound = bindLateral(binder, left, node.right, own, type === 'left');
    return node.on ? withCondition(binder, bound, node.on, type) : bound;
  }
  if (node.right.kind === 'TableRef' && node.right.systemTime) return bindTemporalJoin(binder, left, node, node.right);
  if (node.right.kind === 'DerivedTable' && node.right.lateral) {
    const lateral = bindLateralQuery(binder, left, node, node.right);
    if (lateral) return lateral;
  }
  const bound = bindFrom(binder, node.right);
  const { right, renamed } = disjoint(left.relation, bound.relation);
  const fields = new Map(right.fields.map((f) => [f.name, f]));
  const rightScope = bound.scope.mapFields((f) => fields.get(renamed.get(f.name)!)!);

  const shared = node.natural ? commonNames(left.scope, rightScope) : node.using?.map((n) => n.name);
  if (shared && shared.length > 0) return joinUsing(binder, node, type, left, right, rightScope, shared);
  const scope = left.scope.beside(rightScope);
  const condition =
    node.on && new ExpressionBinder(plainContext(binder.env, scope, 'the condition of JOIN')).condition(node.on);
  const ttl = joinTtl(binder.hints, node);
  const relation = join({ type, left: left.relation, right, condition, ttl }, binder.origin(node.span));
  return narrowJoin(relation, scope, binder, node.span);
}

/** Names of a join's outputs with their types of now: an outer join made some nullable, equations may have added some. */
export function narrowJoin(relation: Relation, scope: Scope, binder: QueryBinder, at: Span): BoundRelation {
  const fields = new Map(relation.fields.map((f) => [f.name, f]));
  const next = scope.mapFields((f) => fields.get(f.name) ?? f);
  const named = new Set(next.tables.flatMap((t) => t.columns.map((c) => c.field.name)));
  const added = relation.fields.some((f) => !named.has(f.name) && f.name.startsWith('$'));
  if (!added) return { relation, scope: next };
  const kept = relation.fields.filter((f) => !/^\$(left|right)\d/.test(f.name));
  return { relation: project(relation, columns(kept), binder.origin(at)), scope: next };
}

function commonNames(left: Scope, right: Scope): string[] {
  const names = new Set(left.columns.map((c) => c.name));
  return right.columns.map((c) => c.name).filter((name) => names.has(name));
}

/** USING and NATURAL: each shared name is one column, first in `*`. */
function joinUsing(
  binder: QueryBinder,
  node: Join,
  type: JoinType,
  left: BoundRelation,
  right: Relation,
  rightScope: Scope,
  names: readonly string[],
): BoundRelation {
  const origin = binder.origin(node.span);
  const expressions = new ExpressionBinder(plainContext(binder.env, left.scope, 'USING'));
  const pairs = names.map((name, i) => {
    const at = node.using?.[i] ?? node;
    const find = (scope: Scope) => scope.resolve([{ kind: 'Identifier', name, span: at.span }], at.span).field;
    return { name, left: find(left.scope), right: find(rightScope) };
  });
  const condition = pairs
    .map((p) => expressions.call('=', [column(p.left), column(p.right)], node.span))
    .reduce((a, b) => expressions.call('AND', [a, b], node.span));
  const ttl = joinTtl(binder.hints, node);
  const joined = join({ type, left: left.relation, right, condition, ttl }, origin);
  const fields = new Map(joined.fields.map((f) => [f.name, f]));
  const merged = uniqueNames(
    names.map((name) => name),
    joined.fields.map((f) => f.name),
  );
  const values: Expr[] = pairs.map((p) => {
    const [l, r] = [column(fields.get(p.left.name)!), column(fields.get(p.right.name)!)];
    if (type === 'right') return r;
    return type === 'full' ? expressions.call('COALESCE', [l, r], node.span) : l;
  });
  const kept = joined.fields.filter((f) => !/^\$(left|right)\d/.test(f.name));
  const relation = project(joined, [...columns(kept), ...values.map((expr, i) => ({ name: merged[i], expr }))], origin);
  const out = new Map(relation.fields.map((f) => [f.name, f]));
  const sides = left.scope.beside(rightScope).mapFields((f) => out.get(f.name) ?? f);
  const shared: ScopeTable = { columns: names.map((name, i) => ({ name, field: out.get(merged[i])! })) };
  const tables = sides.tables.map((t) => ({
    ...t,
    columns: t.columns.map((c) => (names.includes(c.name) ? { ...c, hidden: true } : c)),
  }));
  return { relation, scope: new Scope([shared, ...tables]) };
}

function withCondition(
  binder: QueryBinder,
  bound: BoundRelation,
  on: NonNullable<Join['on']>,
  type: JoinType,
): BoundRelation {
  if (on.kind === 'BooleanLiteral' && on.value) return bound;
  const condition = new ExpressionBinder(plainContext(binder.env, bound.scope, 'the condition of JOIN')).condition(on);
  if (type === 'left' && bound.relation.kind === 'unnest')
    return { ...bound, relation: { ...bound.relation, condition } };
  return {
    ...bound,
    relation: { kind: 'calc', input: bound.relation, filter: condition, fields: bound.relation.fields, at: on.span },
  };
}
