/** Arguments of table functions: by position or name, tables, their PARTITION BY. */
import type { Argument, Call, PositionalArgument, TableArgument } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { type BoundRelation, bindTable } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';

/** Arguments by parameter: by position or by name. */
export function assignArguments(
  name: string,
  parameters: readonly string[],
  call: Call,
): Map<string, PositionalArgument> {
  const usage = `${name}(${parameters.map((p) => (p.endsWith('?') ? `[${p.slice(0, -1)}]` : p)).join(', ')})`;
  const known = parameters.map((p) => p.replace('?', ''));
  const found = new Map<string, PositionalArgument>();
  call.args.forEach((arg: Argument, i) => {
    if (arg.kind === 'NamedArgument') {
      const parameter = arg.name.name.toUpperCase();
      if (!known.includes(parameter)) {
        throw new SqlError('TW2002', `${name} has no parameter '${arg.name.name}'`, arg.span, {
          name: parameter,
          known,
        });
      }
      found.set(parameter, arg.value);
    } else if (i >= known.length) {
      throw new SqlError('TW2003', `too many arguments for ${name}`, arg.span, { expected: usage });
    } else if (arg.kind === 'Star') {
      throw new SqlError('TW2003', `'*' is no argument of ${name}`, arg.span, { expected: usage });
    } else found.set(known[i], arg);
  });
  for (const parameter of parameters) {
    if (!parameter.endsWith('?') && !found.has(parameter)) {
      throw new SqlError('TW2003', `${name} lacks ${parameter}`, call.span, { expected: usage });
    }
  }
  return found;
}

/** A table, or a query in parentheses; undefined for all else. */
export function tableArgument(arg: PositionalArgument): TableArgument | undefined {
  if (arg.kind === 'TableArgument') return arg;
  if (arg.kind !== 'ScalarSubquery') return undefined;
  return { kind: 'TableArgument', query: arg.query, partitionBy: [], orderBy: [], span: arg.span };
}

export function bindData(binder: QueryBinder, data: TableArgument): BoundRelation {
  if (data.orderBy.length > 0) throw unsupported('ORDER BY of a table argument', data.span);
  if (data.table) return bindTable(binder, data.table, [], data.span);
  const query = binder.query(data.query!);
  return { relation: query.relation, scope: Scope.of(undefined, query.relation.fields, query.names) };
}

export function partitionColumns(
  query: QueryBinder,
  input: BoundRelation,
  data: TableArgument,
  name: string,
  allowed: boolean,
): string[] {
  if (data.partitionBy.length > 0 && !allowed) {
    throw new SqlError('TW2004', `${name} takes no PARTITION BY`, data.partitionBy[0].span, {
      expected: 'GROUP BY for keys',
    });
  }
  const binder = new ExpressionBinder(plainContext(query.env, input.scope, 'PARTITION BY'));
  return data.partitionBy.map((node) => {
    const expr = binder.bind(node);
    if (expr.op !== 'column') throw unsupported('PARTITION BY an expression', node.span, 'compute it in a sub-query');
    return expr.name;
  });
}
