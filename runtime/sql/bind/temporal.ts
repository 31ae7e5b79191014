/** JOIN … FOR SYSTEM_TIME AS OF: the right side as it was at the left row's time. */
import { typeToString } from '../../record/types.js';
import type { Join, TableRef } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { disjoint, join } from '../plan/build.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { aliased, type BoundRelation, bindTable, narrowJoin } from './from.js';
import { bindLookupJoin, isLookupTable } from './lookup.js';
import type { QueryBinder } from './query.js';

export function bindTemporalJoin(binder: QueryBinder, left: BoundRelation, node: Join, ref: TableRef): BoundRelation {
  if (node.type !== 'INNER' && node.type !== 'LEFT')
    throw unsupported(`${node.type} JOIN … FOR SYSTEM_TIME AS OF`, node.span);
  if (!node.on)
    throw new SqlError('TW2004', 'FOR SYSTEM_TIME AS OF needs a condition', node.span, {
      expected: 'ON a.key = b.key',
    });
  const { timeColumn, processingTime } = leftTime(binder, left, ref);
  const entry = binder.env.catalog.find(ref.name);
  if (entry?.kind === 'table' && isLookupTable(binder, entry)) {
    if (processingTime) return bindLookupJoin(binder, left, node, ref, entry);
    throw new SqlError('TW2004', `'${entry.name}' has no versions in event time`, ref.systemTime!.span, {
      expected: 'a processing time: a column made by PROCTIME()',
    });
  }
  const name = ref.name.parts[ref.name.parts.length - 1].name;
  const bound = aliased(bindTable(binder, ref.name, ref.hints, ref.span), ref.alias, name);
  const { right, renamed } = disjoint(left.relation, bound.relation);
  const fields = new Map(right.fields.map((f) => [f.name, f]));
  const scope = left.scope.beside(bound.scope.mapFields((f) => fields.get(renamed.get(f.name)!)!));
  const condition = new ExpressionBinder(plainContext(binder.env, scope, 'the condition of JOIN')).condition(node.on);

  const traits = binder.env.traits.of(right);
  const rightTime = [...traits.time].find(([, attribute]) => attribute === 'rowtime')?.[0];
  if (!processingTime && !rightTime) {
    throw new SqlError('TW2004', `'${name}' has no WATERMARK, so that it has no versions in event time`, ref.span, {
      expected: 'a table with PRIMARY KEY and WATERMARK, or processing time (PROCTIME())',
    });
  }
  const relation = join(
    {
      type: node.type === 'LEFT' ? 'left' : 'inner',
      left: left.relation,
      right,
      condition,
      temporal: { timeColumn, processingTime, ...(processingTime ? {} : { rightTime }) },
    },
    binder.origin(node.span),
  );
  if (relation.equal.length === 0) {
    throw new SqlError('TW2004', 'FOR SYSTEM_TIME AS OF joins by equal columns', node.on.span, {
      expected: 'a.key = b.key in ON',
    });
  }
  const rightKeys = relation.equal.map((e) => e.right);
  if (!processingTime && !traits.keys.some((key) => key.every((k) => rightKeys.includes(k)))) {
    throw new SqlError('TW2004', `the condition doesn't hold the whole key of '${name}'`, node.on.span, {
      expected: 'its PRIMARY KEY in equations',
    });
  }
  return narrowJoin(relation, scope, binder, node.span);
}

function leftTime(
  binder: QueryBinder,
  left: BoundRelation,
  ref: TableRef,
): { timeColumn: string; processingTime: boolean } {
  const at = ref.systemTime!.span;
  const expr = new ExpressionBinder(plainContext(binder.env, left.scope, 'FOR SYSTEM_TIME AS OF')).bind(
    ref.systemTime!,
  );
  const attribute = expr.op === 'column' ? binder.env.traits.of(left.relation).time.get(expr.name) : undefined;
  if (expr.op !== 'column' || !attribute) {
    throw new SqlError('TW2004', `FOR SYSTEM_TIME AS OF ${typeToString(expr.type)} that is no time attribute`, at, {
      expected: 'a time attribute of the left side: its column with a WATERMARK, or one made by PROCTIME()',
    });
  }
  return { timeColumn: expr.name, processingTime: attribute === 'proctime' };
}
