import { resolveAggregate } from '../../expr/aggregates/resolve.js';
import type { AggregateCall, Expr } from '../../expr/ir.js';
import { STRING } from '../../expr/typing.js';
import type { DataType } from '../../record/types.js';
import type { Expression } from '../ast/index.js';
import { SqlError } from '../error.js';
import { scriptAggregate } from './create-function.js';
import type { AggregateNode, ExpressionBinder } from './expression.js';

/** Types and casts of an aggregate call; `bound`: its arguments, where they are known already. */
export function bindAggregate(
  node: AggregateNode,
  binder: ExpressionBinder,
  bound?: readonly Expr[],
): Omit<AggregateCall, 'name'> {
  if (node.args.includes('row') && node.name !== 'COUNT') {
    throw new SqlError('TW2004', `'*' can't be an argument of ${node.name}`, node.span, { expected: 'COUNT(*)' });
  }
  const args = bound ?? (node.args.filter((arg) => arg !== 'row') as Expression[]).map((arg) => binder.bind(arg));
  const filter = node.filter && binder.condition(node.filter);
  const own = binder.context.scriptFunction?.(node.name);
  if (own?.kind === 'aggregate') {
    const call = scriptAggregate(binder, own, args, node.span);
    return { ...call, distinct: node.distinct, ...(filter ? { filter } : {}) };
  }
  const signature = resolveAggregate(
    node.name,
    args.map((arg) => arg.type),
    node.distinct,
  );
  if (!signature) throw new SqlError('TW2002', `unknown aggregate ${node.name}`, node.span);
  if ('error' in signature) throw new SqlError('TW2003', signature.error, node.span);
  const cast = args.map((arg, i) => {
    const want: DataType = signature.argTypes[i] ?? arg.type ?? STRING;
    return binder.cast(arg, want, node.span);
  });
  return { fn: signature.fn, args: cast, distinct: node.distinct, ...(filter ? { filter } : {}), type: signature.type };
}
