/** INSERT INTO: the query's columns as the table's. */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import { isAssignable } from '../../expr/typing.js';
import { type DataType, typeToString } from '../../record/types.js';
import type { Insert, Span } from '../ast/index.js';
import { type Table, writableColumns } from '../catalog/table.js';
import { SqlError, unsupported } from '../error.js';
import { project } from '../plan/build.js';
import { column } from '../plan/expression.js';
import type { Output } from '../plan/relation.js';
import { type Environment, plainContext } from './environment.js';
import { ExpressionBinder, text } from './expression.js';
import { QueryBinder } from './query.js';
import { Scope } from './scope.js';

/** Connectors without folders that take tables with PARTITIONED BY, as in Flink: to them it is but a word. */
const SHOWS_ROWS = new Set(['print', 'blackhole']);

export function bindInsert(env: Environment, node: Insert): Output {
  const name = node.target.parts.map((p) => p.name).join('.');
  const target = env.catalog.find(node.target);
  if (!target)
    throw new SqlError('TW2002', `unknown table '${name}'`, node.target.span, { name, known: env.catalog.names() });
  if (target.kind === 'view')
    throw new SqlError('TW2004', `'${name}' is a view`, node.target.span, { expected: 'a table' });
  if (node.overwrite) checkOverwrite(env, node, target);
  if (target.statement.partitionedBy.length > target.partitionedBy.length && !SHOWS_ROWS.has(target.connector)) {
    throw unsupported(
      `PARTITIONED BY of connector '${target.connector}'`,
      node.target.span,
      "use 'filesystem' or 's3'",
    );
  }
  for (const hint of node.hints) env.warn(`hint ${hint.name} has no effect`, hint.span);
  env.catalog.checkUse(target, target.options, 'sink', node.target.span);
  const writable = env.catalog.known.connectors[target.connector].sink!.writableMetadata ?? [];
  const unwritable = writableColumns(target).find((c) => c.kind === 'metadata' && !writable.includes(c.key));
  if (unwritable) {
    throw unsupported(
      `Writing metadata column '${unwritable.field.name}' of '${name}'`,
      node.target.span,
      'declare it VIRTUAL',
    );
  }

  const fixed = fixedPartitions(env, node, target);
  const wanted = targetColumns(node, target).filter((f) => !fixed.has(f.name));
  const binder = new QueryBinder(env, undefined, undefined);
  const query =
    node.query.body.kind === 'Values' &&
    node.query.with.length === 0 &&
    node.query.orderBy.length === 0 &&
    !node.query.limit
      ? binder.values(
          node.query.body,
          wanted.map((f) => f.type),
        )
      : binder.query(node.query);
  if (query.names.length !== wanted.length) {
    throw new SqlError(
      'TW2003',
      `${query.names.length} columns for '${name}': ${query.names.join(', ')}`,
      node.query.span,
      { expected: `${wanted.length}: ${wanted.map((f) => `${f.name} ${typeToString(f.type)}`).join(', ')}` },
    );
  }
  const casts = new ExpressionBinder(plainContext(env, new Scope([]), 'INSERT'));
  const values = new Map<string, Expr>(fixed);
  query.relation.fields.forEach((field, i) => {
    if (i >= wanted.length) return;
    const to = wanted[i].type;
    if (!isAssignable(field.type, to)) {
      throw new SqlError(
        'TW2003',
        `column '${wanted[i].name}' of '${name}' is ${typeToString(to)}, the query's column ${i + 1} ('${query.names[i]}') is ${typeToString(field.type)}`,
        itemSpan(node, i),
        {
          expected: `a type that fits, or CAST(${query.names[i]} AS ${typeToString({ ...to, nullable: true } as DataType)})`,
        },
      );
    }
    values.set(
      wanted[i].name,
      casts.cast(column(field), { ...to, nullable: field.type.nullable } as DataType, itemSpan(node, i)),
    );
  });
  const exprs: NamedExpr[] = writableColumns(target).map(({ field }) => {
    const value = values.get(field.name);
    if (value)
      return { name: field.name, expr: field.type.nullable ? value : notNull(value, `'${field.name}' of '${name}'`) };
    if (!field.type.nullable) {
      throw new SqlError(
        'TW2003',
        `column '${field.name}' of '${name}' is NOT NULL, but gets no value`,
        node.target.span,
      );
    }
    return { name: field.name, expr: { op: 'literal', value: null, type: field.type } };
  });
  return {
    relation: project(query.relation, exprs, binder.origin(node.span)),
    table: target,
    ...(node.overwrite ? { overwrite: true } : {}),
    at: node.span,
  };
}

/** As in Flink: files, in batch mode; of a partitioned table the folders that get rows. */
function checkOverwrite(env: Environment, node: Insert, target: Table): void {
  if (target.connector !== 'filesystem') {
    throw unsupported(`INSERT OVERWRITE of connector '${target.connector}'`, node.span, "use 'filesystem'");
  }
  if (!env.batch) {
    throw new SqlError('TW2004', 'INSERT OVERWRITE in streaming mode', node.span, { expected: 'batch mode' });
  }
}

/** The value, where it is one: a NULL fails the job when the row comes, as in Flink. */
function notNull(value: Expr, column: string): Expr {
  if (!value.type.nullable) return value;
  return { op: 'call', fn: '$NOT_NULL', args: [value, text(column)], type: { ...value.type, nullable: false } };
}

/** The span of the i-th select item, where there is one. */
function itemSpan(node: Insert, index: number): Span {
  const { body } = node.query;
  if (body.kind === 'Select' && body.items.every((item) => item.value.kind !== 'Star')) return body.items[index].span;
  if (body.kind === 'Values') return body.rows[0].items[index].span;
  return node.query.span;
}

function targetColumns(node: Insert, target: Table) {
  const writable = writableColumns(target).map((c) => c.field);
  if (!node.columns) return writable;
  const seen = new Set<string>();
  return node.columns.map((path) => {
    const name = path.parts.map((p) => p.name).join('.');
    const field = writable.find((f) => f.name === name);
    if (!field) {
      const computed = target.columns.some((c) => c.field.name === name);
      throw new SqlError(
        'TW2002',
        computed
          ? `column '${name}' of '${target.name}' can't be written`
          : `table '${target.name}' has no column '${name}'`,
        path.span,
        {
          name,
          known: computed ? [] : writable.map((f) => f.name),
        },
      );
    }
    if (seen.has(name)) throw new SqlError('TW2002', `column '${name}' is there twice`, path.span);
    seen.add(name);
    return field;
  });
}

/** PARTITION (day = '…'): constants for those columns. */
function fixedPartitions(env: Environment, node: Insert, target: Table): Map<string, Expr> {
  const values = new Map<string, Expr>();
  const binder = new ExpressionBinder(plainContext(env, new Scope([]), 'PARTITION'));
  for (const entry of node.partition) {
    const { name } = entry.column;
    const field = writableColumns(target).find((c) => c.field.name === name)?.field;
    if (!field || !target.partitionedBy.includes(name)) {
      throw new SqlError('TW2002', `'${name}' is no partition column of '${target.name}'`, entry.span, {
        name,
        known: target.partitionedBy,
      });
    }
    if (entry.value) values.set(name, binder.cast(binder.bind(entry.value), field.type, entry.span));
  }
  return values;
}
