/** UNNEST: a row with each element of a collection. */
import type { Field } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import type { Unnest } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { uniqueNames } from '../plan/build.js';
import type { UnnestRelation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope, type ScopeTable } from './scope.js';

export function bindUnnest(binder: QueryBinder, left: BoundRelation, node: Unnest, outer: boolean): BoundRelation {
  if (node.values.length !== 1) throw unsupported('UNNEST of several collections', node.span);
  const value = new ExpressionBinder(plainContext(binder.env, left.scope, 'UNNEST')).bind(node.values[0]);
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
