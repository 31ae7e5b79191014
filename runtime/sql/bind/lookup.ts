/** JOIN … FOR SYSTEM_TIME AS OF a processing time, with a table that is asked for the rows of a key. */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import { type Field, typeToString } from '../../record/types.js';
import type { Join, TableRef } from '../ast/index.js';
import type { Table } from '../catalog/table.js';
import { SqlError, unsupported } from '../error.js';
import { project, uniqueNames } from '../plan/build.js';
import { allOf, columns, columnsOf, conjuncts } from '../plan/expression.js';
import type { StepRelation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { type BoundRelation, optionsWithHints } from './from.js';
import { lookupHint } from './hint.js';
import type { QueryBinder } from './query.js';
import { Scope, type ScopeTable } from './scope.js';

/** Whether a table is to be asked, not read: its connector can do that, or only that. */
export function isLookupTable(binder: QueryBinder, table: Table): boolean {
  const info = binder.env.catalog.known.connectors[table.connector];
  return info.lookup !== undefined;
}

export function bindLookupJoin(
  binder: QueryBinder,
  left: BoundRelation,
  node: Join,
  ref: TableRef,
  table: Table,
): BoundRelation {
  const { env } = binder;
  const options = optionsWithHints(binder, table, ref.hints);
  env.catalog.checkUse(table, options, 'lookup', ref.span);
  if (env.traits.of(left.relation).updating) {
    throw unsupported(
      `Asking '${table.name}' for rows that are updated`,
      ref.span,
      'an answer may differ from the one taken back',
    );
  }
  const physical = table.columns.flatMap((c) => (c.kind === 'physical' ? [c.field] : []));
  const other = table.columns.find((c) => c.kind !== 'physical');
  if (other) throw unsupported(`Column '${other.field.name}' of '${table.name}', which is ${other.kind}`, ref.span);
  const outer = node.type === 'LEFT';
  const names = uniqueNames(
    physical.map((f) => f.name),
    left.relation.fields.map((f) => f.name),
  );
  const made = physical.map((f, i): Field => ({ name: names[i], type: f.type }));
  const alias = ref.alias?.name.name ?? ref.name.parts[ref.name.parts.length - 1].name;
  const right = (fields: readonly Field[]): ScopeTable => ({
    alias,
    columns: physical.map((f, i) => ({ name: ref.alias?.columns[i]?.name ?? f.name, field: fields[i] })),
  });
  const both = left.scope.beside(new Scope([right(made)]));
  const condition = new ExpressionBinder(plainContext(env, both, 'the condition of JOIN')).condition(node.on!);
  const { keys, rest, added } = keysOf(condition, made, left);
  if (keys.length === 0) {
    throw new SqlError('TW2004', `'${table.name}' can only be asked by equal columns`, node.on!.span, {
      expected: `${alias}.column = a value of the left side in ON`,
    });
  }
  const input = added.length > 0 ? project(left.relation, [...columns(left.relation.fields), ...added]) : left.relation;
  const fields = made.map((f) => (outer ? ({ ...f, type: { ...f.type, nullable: true } } as Field) : f));
  const outputs = physical.map((f, i) => ({ field: f.name, column: names[i] }));
  const unique =
    table.primaryKey?.every((name) => keys.some((k) => physical[made.indexOf(k.field)].name === name)) ?? false;
  const relation: StepRelation = {
    kind: 'step',
    input,
    step: 'lookup',
    label: `LookupJoin(${table.name}: ${keys.map((k) => physical[made.indexOf(k.field)].name).join(', ')})`,
    keepsInput: true,
    pure: false,
    multiplies: !unique || !outer,
    spec: {
      kind: 'other',
      transform: 'lookupJoin',
      joinType: outer ? 'left' : 'inner',
      table: table.name,
      connector: table.connector,
      ...(table.format ? { format: table.format } : {}),
      options: { ...options, ...lookupHint([...ref.hints, ...binder.hints], [alias, table.name]) },
      columns: { fields: physical },
      keys: keys.map((k) => ({ column: physical[made.indexOf(k.field)].name, from: k.from, type: k.field.type })),
      outputs,
      ...(rest ? { condition: rest } : {}),
      timeZone: env.timeZone,
    },
    reads: [...new Set([...keys.map((k) => k.from), ...[...columnsOf(rest)].filter((c) => !names.includes(c))])],
    added: fields,
    fields: [...input.fields, ...fields],
    ...binder.origin(node.span),
  };
  return { relation, scope: new Scope([...left.scope.tables, right(fields)], left.scope.outer) };
}

interface Key {
  readonly field: Field;
  readonly from: string;
}

/** Equations of a right column with something of the left side, or a constant; and what else the condition says. */
function keysOf(
  condition: Expr,
  right: readonly Field[],
  left: BoundRelation,
): { keys: Key[]; rest: Expr | undefined; added: NamedExpr[] } {
  const rightNames = new Set(right.map((f) => f.name));
  const keys: Key[] = [];
  const rest: Expr[] = [];
  const added: NamedExpr[] = [];
  for (const part of conjuncts(condition)) {
    const pair = part.op === 'call' && part.fn === '=' ? part.args : [];
    const at = pair.findIndex((arg) => arg.op === 'column' && rightNames.has(arg.name));
    const value = at < 0 ? undefined : pair[1 - at];
    const field = at < 0 ? undefined : right.find((f) => f.name === (pair[at] as { name: string }).name);
    const ofLeft = value && [...columnsOf(value)].every((name) => !rightNames.has(name));
    if (!field || !ofLeft || !sameKind(field, value) || keys.some((k) => k.field === field)) {
      rest.push(part);
      continue;
    }
    if (value.op === 'column') keys.push({ field, from: value.name });
    else {
      const [name] = uniqueNames(
        [`$lookup${added.length}`],
        left.relation.fields.map((f) => f.name),
      );
      added.push({ name, expr: value });
      keys.push({ field, from: name });
    }
  }
  return { keys, rest: allOf(rest), added };
}

/** The other system compares texts: values of other kinds are compared here, once they are there. */
function sameKind(field: Field, value: Expr): boolean {
  const plain = (text: string) => text.replace(/\(.*$/, '');
  const [a, b] = [field.type, value.type].map((t) => plain(typeToString({ ...t, nullable: true } as typeof t)));
  const texts = new Set(['STRING', 'VARCHAR', 'CHAR']);
  const integers = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT']);
  return a === b || (texts.has(a) && texts.has(b)) || (integers.has(a) && integers.has(b));
}
