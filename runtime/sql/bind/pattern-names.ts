/**
 * What names and functions mean in MEASURES and DEFINE: `A.x` is the last row of A, in A's own condition the row at hand;
 * without a variable in front any row counts. FIRST, LAST and aggregates look at the rows of one variable.
 */
import { isAggregate, resolveAggregate } from '../../expr/aggregates/resolve.js';
import type { AggregateCall, Expr } from '../../expr/ir.js';
import { MATCH_TIME, type PatternExpr, type PatternFold, type PatternRow } from '../../graph/pattern.js';
import type { DataType } from '../../record/types.js';
import type { Argument, Call, ColumnRef, Expression, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { column, digest } from '../plan/expression.js';
import { scriptAggregate } from './create-function.js';
import { type Environment, plainContext } from './environment.js';
import { ExpressionBinder, type ExpressionContext, type PatternContext } from './expression.js';
import type { Scope } from './scope.js';

const UNSUPPORTED = new Set(['PREV', 'NEXT', 'CLASSIFIER', 'MATCH_NUMBER']);

export class PatternNames {
  constructor(
    private readonly scope: Scope,
    private readonly variables: readonly string[],
    private readonly env: Environment,
  ) {}

  condition(variable: string, node: Expression): PatternExpr {
    // A variable that the pattern doesn't use may still name itself.
    const parts = new Parts(this.scope, [...this.variables, variable], this.env, variable);
    return parts.finish(parts.binder('DEFINE').condition(node));
  }

  measure(node: Expression): { value: PatternExpr; type: DataType } {
    const parts = new Parts(this.scope, this.variables, this.env, undefined);
    const expr = parts.binder('MEASURES').bind(node);
    return { value: parts.finish(expr), type: expr.type };
  }
}

/** One condition or measure. */
class Parts implements PatternContext {
  private readonly rows: PatternRow[] = [];
  private readonly folds: { variable?: string; calls: AggregateCall[] }[] = [];
  private calls = 0;
  /** Inside of FIRST, LAST or an aggregate: the variables that its columns name; `undefined` for any row. */
  private inside: { readonly name: string; readonly seen: Set<string | undefined> } | undefined;

  constructor(
    private readonly scope: Scope,
    private readonly variables: readonly string[],
    private readonly env: Environment,
    /** The variable whose condition it is. */
    private readonly self: string | undefined,
  ) {}

  binder(clause: string): ExpressionBinder {
    const context: ExpressionContext = { ...plainContext(this.env, this.scope, clause), pattern: this };
    return new ExpressionBinder(context);
  }

  finish(expr: Expr): PatternExpr {
    const folds: PatternFold[] = this.folds.map(({ variable, calls }) => ({
      ...(variable ? { variable } : {}),
      calls,
    }));
    return { expr, rows: this.rows, folds };
  }

  column(node: ColumnRef, binder: ExpressionBinder): Expr {
    const [head, ...behind] = node.path;
    const variable = behind.length > 0 && this.variables.includes(head.name) ? head.name : undefined;
    const path = variable === undefined ? node.path : behind;
    if (variable === undefined && behind.length > 0 && !this.scope.find(node.path, node.span)) {
      throw new SqlError('TW2002', `the pattern has no variable '${head.name}'`, head.span, {
        name: head.name,
        known: this.variables,
      });
    }
    const { field, rest } = this.scope.resolve(path, node.span);
    const access = (from: Expr) => rest.reduce((value, part) => binder.field(value, part.name, part.span), from);
    if (this.inside) {
      this.inside.seen.add(variable);
      return access(column(field));
    }
    // The row at hand.
    if (this.self !== undefined && (variable === undefined || variable === this.self)) return access(column(field));
    return access(this.row(variable, 'last', 0, column(field)));
  }

  call(node: Call, binder: ExpressionBinder): Expr | undefined {
    const name = node.name.parts
      .map((p) => p.name)
      .join('.')
      .toUpperCase();
    const at = node.span;
    if (node.semantics === 'RUNNING') throw unsupported('RUNNING', at);
    if (node.semantics === 'FINAL' && this.self !== undefined) {
      throw new SqlError('TW2004', 'FINAL belongs into MEASURES', at);
    }
    if (UNSUPPORTED.has(name)) throw unsupported(name, at, name === 'PREV' ? 'LAST(variable.column, 1)' : undefined);
    const moves = name === 'FIRST' || name === 'LAST';
    const aggregates = isAggregate(name) || this.own(name) !== undefined;
    if (node.semantics && !moves && !aggregates) {
      throw new SqlError('TW2004', `${node.semantics} stands in front of FIRST, LAST and aggregates`, at);
    }
    if (moves) return this.move(node, name, binder);
    if (name === 'MATCH_ROWTIME') return this.rowtime(node);
    if (name === 'MATCH_PROCTIME') {
      if (node.args.length > 0) throw new SqlError('TW2003', 'MATCH_PROCTIME takes no argument', at);
      return binder.call('PROCTIME', [], at);
    }
    return aggregates ? this.aggregate(node, name, binder) : undefined;
  }

  /** An aggregate that the script made. */
  private own(name: string) {
    const found = this.env.catalog.functions.get(name);
    return found?.kind === 'aggregate' ? found : undefined;
  }

  private row(variable: string | undefined, from: 'first' | 'last', offset: number, value: Expr): Expr {
    const type = { ...value.type, nullable: true } as DataType;
    const key = digest([variable, from, offset, value]);
    const known = this.rows.find((r) => digest([r.variable, r.from, r.offset, r.value]) === key);
    const name = known?.name ?? `$row${this.rows.length}`;
    if (!known) this.rows.push({ name, ...(variable ? { variable } : {}), from, offset, value });
    return { op: 'column', name, type };
  }

  /** Binds arguments, and says which variable's rows they are about. */
  private within(name: string, at: Span, bind: () => Expr[]): { args: Expr[]; variable: string | undefined } {
    if (this.inside) throw new SqlError('TW2004', `${name} inside of ${this.inside.name}`, at);
    const seen = new Set<string | undefined>();
    this.inside = { name, seen };
    const args = bind();
    this.inside = undefined;
    if (seen.size > 1) {
      throw new SqlError('TW2004', `${name} over rows of several variables`, at, {
        expected: 'columns of one variable',
      });
    }
    return { args, variable: [...seen][0] };
  }

  /** FIRST(value[, offset]), LAST(value[, offset]). */
  private move(node: Call, name: 'FIRST' | 'LAST', binder: ExpressionBinder): Expr {
    const [value, offset] = node.args;
    if (node.args.length < 1 || node.args.length > 2) {
      throw new SqlError('TW2003', `${name} of ${node.args.length} arguments`, node.span, {
        expected: `${name}(value[, offset])`,
      });
    }
    const { args, variable } = this.within(name, node.span, () => [binder.bind(value as Expression)]);
    const count = offset ? this.offset(name, offset, binder) : 0;
    return this.row(variable, name === 'FIRST' ? 'first' : 'last', count, args[0]);
  }

  private offset(name: string, node: Argument, binder: ExpressionBinder): number {
    const expr = node.kind === 'NumberLiteral' ? binder.bind(node) : undefined;
    if (expr?.op === 'literal' && typeof expr.value === 'number' && Number.isInteger(expr.value)) return expr.value;
    throw new SqlError('TW2003', `the offset of ${name}`, node.span, { expected: 'a whole number' });
  }

  private rowtime(node: Call): Expr {
    if (node.args.length > 1) throw new SqlError('TW2003', 'MATCH_ROWTIME takes one argument at most', node.span);
    const [arg] = node.args;
    let type: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: false };
    if (arg) {
      if (arg.kind !== 'ColumnRef') {
        throw new SqlError('TW2003', 'MATCH_ROWTIME', arg.span, { expected: 'the time attribute' });
      }
      const { field } = this.scope.resolve(arg.path, arg.span);
      if (field.type.kind !== 'TIMESTAMP' && field.type.kind !== 'TIMESTAMP_LTZ') {
        throw new SqlError('TW2003', 'MATCH_ROWTIME', arg.span, { expected: 'the time attribute' });
      }
      type = { ...field.type, nullable: false };
    }
    return { op: 'column', name: MATCH_TIME, type };
  }

  private aggregate(node: Call, name: string, binder: ExpressionBinder): Expr {
    const at = node.span;
    if (node.distinct) throw unsupported(`${name} with DISTINCT in MATCH_RECOGNIZE`, at);
    if (node.filter) throw unsupported(`${name} with FILTER in MATCH_RECOGNIZE`, at);
    if (node.orderBy) throw unsupported(`ORDER BY inside of ${name}`, at);
    const rows = node.args.some((arg) => arg.kind === 'Star');
    const { args, variable } = this.within(name, at, () => {
      if (!rows) return node.args.map((arg) => binder.bind(arg as Expression));
      const [star] = node.args;
      if (name !== 'COUNT' || node.args.length > 1 || star.kind !== 'Star') {
        throw new SqlError('TW2004', `'*' can't be an argument of ${name}`, at, { expected: 'COUNT(*)' });
      }
      if (star.qualifier.length > 0) {
        throw unsupported(`COUNT(${star.qualifier[0].name}.*)`, at, `COUNT(${star.qualifier[0].name}.column)`);
      }
      return [];
    });
    const call = this.signature(name, args, binder, at);
    const { type } = call;
    let fold = this.folds.find((f) => f.variable === variable);
    if (!fold) {
      fold = { variable, calls: [] };
      this.folds.push(fold);
    }
    const known = fold.calls.find(({ name: _, ...rest }) => digest(rest) === digest(call));
    const result = known ?? { ...call, name: `$agg${this.calls++}` };
    if (!known) fold.calls.push(result);
    return { op: 'column', name: result.name, type };
  }

  private signature(
    name: string,
    args: readonly Expr[],
    binder: ExpressionBinder,
    at: Span,
  ): Omit<AggregateCall, 'name'> {
    const own = this.own(name);
    if (own) {
      const call = scriptAggregate(binder, own, args, at);
      return { ...call, distinct: false, type: { ...call.type, nullable: true } as DataType };
    }
    const signature = resolveAggregate(
      name,
      args.map((arg) => arg.type),
      false,
    );
    if (!signature) throw new SqlError('TW2002', `unknown aggregate ${name}`, at);
    if ('error' in signature) throw new SqlError('TW2003', signature.error, at);
    // Over no row it is NULL.
    const type = { ...signature.type, nullable: signature.type.nullable || name !== 'COUNT' } as DataType;
    const cast = args.map((arg, i) => binder.cast(arg, signature.argTypes[i] ?? arg.type, at));
    return { fn: signature.fn, args: cast, distinct: false, type };
  }
}
