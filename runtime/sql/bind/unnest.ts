/** UNNEST: a row with each element of a collection. */
import type { Expr } from '../../expr/ir.js';
import type { Field } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import type { Expression, TableFunction, Unnest } from '../ast/index.js';
import type { ScriptFunction } from '../catalog/script-function.js';
import { SqlError, unsupported } from '../error.js';
import { uniqueNames } from '../plan/build.js';
import type { UnnestRelation } from '../plan/relation.js';
import { callScriptFunction } from './create-function.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope, type ScopeTable } from './scope.js';

export function bindUnnest(binder: QueryBinder, left: BoundRelation, node: Unnest, outer: boolean): BoundRelation {
  if (node.values.length !== 1) throw unsupported('UNNEST of several collections', node.span);
  const value = new ExpressionBinder(plainContext(binder.env, left.scope, 'UNNEST')).bind(node.values[0]);
  return unnested(binder, left, value, node, outer);
}

/** The function of CREATE FUNCTION … RETURNS TABLE that a call in FROM names; undefined: another one. */
export function tableFunctionOf(binder: QueryBinder, node: TableFunction): ScriptFunction | undefined {
  const { parts } = node.call.name;
  const fn = binder.env.catalog.functions.get(parts[parts.length - 1].name.toUpperCase());
  return fn?.kind === 'table' ? fn : undefined;
}

/** LATERAL TABLE(f(…)): a row of the left with each row that the function gives for it. */
export function bindLateral(
  binder: QueryBinder,
  left: BoundRelation,
  node: TableFunction,
  fn: ScriptFunction,
  outer: boolean,
): BoundRelation {
  const expressions = new ExpressionBinder(plainContext(binder.env, left.scope, `the arguments of ${fn.name}`));
  const args = node.call.args.map((arg) => {
    if (
      arg.kind === 'NamedArgument' ||
      arg.kind === 'Star' ||
      arg.kind === 'TableArgument' ||
      arg.kind === 'DescriptorArgument' ||
      arg.kind === 'DefaultArgument'
    ) {
      throw unsupported(`This kind of argument for ${fn.name}`, arg.span);
    }
    return expressions.bind(arg as Expression);
  });
  const value = callScriptFunction(expressions, fn, args, node.call.span);
  return unnested(binder, left, value, { ...node, values: [], ordinality: false }, outer);
}

function unnested(
  binder: QueryBinder,
  left: BoundRelation,
  value: Expr,
  node: Pick<Unnest, 'alias' | 'ordinality' | 'span' | 'values'>,
  outer: boolean,
): BoundRelation {
  const made = elements(value.type);
  if (!made) {
    throw new SqlError('TW2003', `UNNEST of ${typeToString(value.type)}`, node.values[0].span, {
      expected: 'an ARRAY, MULTISET or MAP',
    });
  }
  const names = [...made.map((f) => f.name), ...(node.ordinality ? ['ORDINALITY'] : [])];
  const unique = uniqueNames(
    names,
    left.relation.fields.map((f) => f.name),
  );
  const columns: Field[] = made.map((f, i) => ({
    name: unique[i],
    type: outer ? { ...f.type, nullable: true } : f.type,
  }));
  const ordinality = node.ordinality ? unique[made.length] : undefined;
  const added: Field[] = ordinality
    ? [...columns, { name: ordinality, type: { kind: 'INT', nullable: outer } }]
    : columns;
  const relation: UnnestRelation = {
    kind: 'unnest',
    input: left.relation,
    value,
    columns,
    ...(ordinality ? { ordinality } : {}),
    outer,
    fields: [...left.relation.fields, ...added],
    ...binder.origin(node.span),
  };
  const written = node.alias?.columns ?? [];
  if (written.length > 0 && written.length !== added.length) {
    throw new SqlError('TW2004', `${written.length} column names for ${added.length} columns`, node.alias!.span, {
      expected: `${added.length} names`,
    });
  }
  const table: ScopeTable = {
    alias: node.alias?.name.name,
    columns: added.map((field, i) => ({ name: written[i]?.name ?? names[i], field })),
  };
  return { relation, scope: new Scope([...left.scope.tables, table], left.scope.outer) };
}

function elements(type: Field['type']): Field[] | undefined {
  switch (type.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return type.element.kind === 'ROW' ? [...type.element.fields] : [{ name: 'f0', type: type.element }];
    case 'MAP':
      return [
        { name: 'f0', type: type.key },
        { name: 'f1', type: type.value },
      ];
    default:
      return undefined;
  }
}
