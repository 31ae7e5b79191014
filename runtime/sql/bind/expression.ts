/** Expressions as written → bound expressions: names found, types known, casts put, constants computed. */
import { type Expr, foldConstants, resolveCast, resolveFunction, withTimeZone } from '../../expr/index.js';
import { type DataType, typeToString } from '../../record/types.js';
import type { Call, ColumnRef, Expression, OverClause, Query, SortItem, Span } from '../ast/index.js';
import type { ScriptFunction } from '../catalog/script-function.js';
import { SqlError, unsupported } from '../error.js';
import { column } from '../plan/expression.js';
import { callScriptFunction } from './create-function.js';
import { bindJsonFunction } from './json-function.js';
import { bindLiteral } from './literal.js';
import type { Scope } from './scope.js';
import { bindType } from './type.js';

/** What may stand in an expression besides columns and functions, decided by the clause that it is in. */
export interface ExpressionContext {
  /** The session's, which some functions and casts depend on. */
  readonly timeZone: string;
  readonly scope: Scope;
  /** The clause, for messages: `WHERE`, `the condition of JOIN`. */
  readonly clause: string;
  /** An aggregate function; undefined where there can't be one. */
  readonly aggregate?: (call: AggregateNode) => Expr;
  /** A function with OVER. */
  readonly over?: (call: OverNode) => Expr;
  /** `(SELECT …)` as a value; IN and EXISTS outside of WHERE's conjunction. */
  readonly subquery?: (query: Query, at: Span) => Expr;
  /** EXISTS, IN, ANY and ALL over a sub-query, as a value. */
  readonly subqueryTest?: (test: SubqueryTest) => Expr;
  /** TUMBLE_START(…) and the like, where GROUP BY has such a window. */
  readonly groupWindow?: (name: string, call: Call) => Expr;
  /** GROUPING(a, b), and GROUP_ID() without arguments: known once the grouping sets are. */
  readonly grouping?: (args: readonly Expr[]) => Expr;
  /** In MEASURES and DEFINE of MATCH_RECOGNIZE. */
  readonly pattern?: PatternContext;
  /** Functions of the script, looked up before the built-in ones. */
  readonly scriptFunction?: (name: string) => ScriptFunction | undefined;
  readonly isAggregate: (name: string) => boolean;
  readonly unknownFunction: (name: string, message: string, suggestions: readonly string[], at: Span) => SqlError;
}

/** What columns and calls mean over the rows of a pattern. `call` gives undefined for functions that mean what they mean anywhere. */
export interface PatternContext {
  column(node: ColumnRef, binder: ExpressionBinder): Expr;
  call(node: Call, binder: ExpressionBinder): Expr | undefined;
}

/** A sub-query that says yes or no. */
export type SubqueryTest = Extract<Expression, { kind: 'Exists' | 'InSubquery' | 'QuantifiedComparison' }>;

/** An aggregate function's call, plain or with a syntax of its own. */
export interface AggregateNode {
  readonly name: string;
  readonly args: readonly (Expression | 'row')[];
  readonly distinct: boolean;
  readonly filter?: Expression;
  readonly orderBy?: readonly SortItem[];
  readonly options?: readonly string[];
  readonly span: Span;
}

export interface OverNode extends AggregateNode {
  readonly over: OverClause;
  readonly ignoreNulls: boolean;
}

export class ExpressionBinder {
  /** Where a bound expression was written, for errors found later. */
  readonly spans = new WeakMap<Expr, Span>();

  constructor(readonly context: ExpressionContext) {}

  bind(node: Expression): Expr {
    const expr = this.bindAny(node);
    if (!this.spans.has(expr)) this.spans.set(expr, node.span);
    return expr;
  }

  /** A condition: BOOLEAN. */
  condition(node: Expression): Expr {
    const expr = this.bind(node);
    if (expr.type.kind === 'BOOLEAN') return expr;
    if (expr.type.kind === 'NULL') return this.cast(expr, { kind: 'BOOLEAN', nullable: true }, node.span);
    throw new SqlError('TW2003', `${this.context.clause} is ${typeToString(expr.type)}`, node.span, {
      expected: 'BOOLEAN',
    });
  }

  /** Calls a function by its name in the function table. */
  call(name: string, args: readonly Expr[], at: Span, returning?: DataType): Expr {
    const resolved = resolveFunction(name, args, { returning });
    if ('error' in resolved) {
      if (resolved.error.startsWith('unknown function')) {
        throw this.context.unknownFunction(name, resolved.error, resolved.suggestions, at);
      }
      throw new SqlError('TW2003', resolved.error, at);
    }
    return foldConstants(withTimeZone(resolved.expr, this.context.timeZone));
  }

  cast(expr: Expr, type: DataType, at: Span, safe = false): Expr {
    const resolved = resolveCast(expr, type, safe ? 'TRY_CAST' : 'CAST');
    if ('error' in resolved) throw new SqlError('TW2003', resolved.error, at);
    return foldConstants(withTimeZone(resolved.expr, this.context.timeZone));
  }

  private bindAny(node: Expression): Expr {
    const at = node.span;
    const call = (name: string, ...args: Expression[]) =>
      this.call(
        name,
        args.map((arg) => this.bind(arg)),
        at,
      );
    const negate = (expr: Expr, negated: boolean) => (negated ? this.call('NOT', [expr], at) : expr);
    switch (node.kind) {
      case 'StringLiteral':
      case 'BinaryLiteral':
      case 'NumberLiteral':
      case 'BooleanLiteral':
      case 'NullLiteral':
      case 'IntervalLiteral':
        return bindLiteral(node);
      case 'DatetimeLiteral':
        return this.datetime(node);
      case 'ColumnRef':
        return this.columnRef(node);
      case 'Star':
        throw new SqlError('TW2004', `'*' has no value in ${this.context.clause}`, at);
      case 'Binary':
        if (node.op === 'OVERLAPS') return this.overlaps(node.left, node.right, at);
        if (node.op === '=' || node.op === '<>') {
          const rows = this.compareRows(node.op, node.left, node.right, at);
          if (rows) return rows;
        }
        return call(node.op, node.left, node.right);
      case 'Unary':
        return call(node.op === '-' ? 'NEGATE' : node.op === '+' ? 'PLUS' : 'NOT', node.operand);
      case 'IsTest':
        return call(`IS ${node.negated ? 'NOT ' : ''}${node.test}`, node.value);
      case 'IsDistinctFrom':
        return call(node.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', node.left, node.right);
      case 'IsJson':
        return negate(call(`IS JSON${node.shape === 'VALUE' ? '' : ` ${node.shape}`}`, node.value), node.negated);
      case 'Between':
        return negate(this.between(node), node.negated);
      case 'InList':
        return negate(call('IN', node.value, ...node.items), node.negated);
      case 'Like': {
        const args = node.escape ? [node.value, node.pattern, node.escape] : [node.value, node.pattern];
        return negate(call(node.similar ? 'SIMILAR TO' : 'LIKE', ...args), node.negated);
      }
      case 'Case':
        return this.caseOf(node);
      case 'Cast':
        return this.cast(this.bind(node.value), bindType(node.type), at, node.safe);
      case 'RowConstructor':
        return call('ROW', ...node.items);
      case 'ArrayConstructor':
        return call('ARRAY', ...node.items);
      case 'MapConstructor':
        return call('MAP', ...node.items);
      case 'ElementAccess':
        return call('ITEM', node.value, node.index);
      case 'FieldAccess':
        return this.field(this.bind(node.value), node.field.name, node.field.span);
      case 'NiladicCall':
        return this.call(node.name, node.precision === undefined ? [] : [int(node.precision)], at);
      case 'Extract':
        return this.call('EXTRACT', [text(node.unit), this.bind(node.value)], at);
      case 'DatetimeRound':
        return this.call(node.op, [this.bind(node.value), text(node.unit)], at);
      case 'TimestampAdd':
        return this.call('TIMESTAMPADD', [text(node.unit), this.bind(node.count), this.bind(node.value)], at);
      case 'TimestampDiff':
        return this.call('TIMESTAMPDIFF', [text(node.unit), this.bind(node.from), this.bind(node.to)], at);
      case 'Position':
        return call('POSITION', node.needle, node.haystack, ...(node.from ? [node.from] : []));
      case 'Trim': {
        if (node.side === 'BOTH' && !node.characters) return call('TRIM', node.value);
        const characters = node.characters ? this.bind(node.characters) : text(' ');
        return this.call('TRIM', [text(node.side), characters, this.bind(node.value)], at);
      }
      case 'Overlay':
        return call('OVERLAY', node.value, node.replacement, node.start, ...(node.length ? [node.length] : []));
      case 'Call':
        return this.callNode(node);
      case 'ScalarSubquery':
        return this.subquery(node.query, at);
      case 'InSubquery':
      case 'Exists':
        if (this.context.subqueryTest) return this.context.subqueryTest(node);
        throw unsupported(
          `${node.kind === 'Exists' ? 'EXISTS' : 'IN (SELECT …)'} in ${this.context.clause} other than as a condition of its own, joined by AND`,
          at,
        );
      case 'QuantifiedComparison':
        return this.quantified(node);
      default:
        return bindJsonFunction(this, node);
    }
  }

  private subquery(query: Query, at: Span): Expr {
    if (!this.context.subquery) throw unsupported(`A sub-query in ${this.context.clause}`, at);
    return this.context.subquery(query, at);
  }

  private columnRef(node: ColumnRef): Expr {
    if (this.context.pattern) return this.context.pattern.column(node, this);
    const { field, rest } = this.context.scope.resolve(node.path, node.span);
    let expr: Expr = column(field);
    this.spans.set(expr, node.span);
    for (const part of rest) expr = this.field(expr, part.name, part.span);
    return expr;
  }

  field(value: Expr, name: string, at: Span): Expr {
    const { type } = value;
    if (type.kind !== 'ROW' && type.kind !== 'ANY') {
      throw new SqlError('TW2003', `${typeToString(type)} has no field '${name}'`, at, { expected: 'a ROW' });
    }
    if (type.kind === 'ROW' && !type.fields.some((f) => f.name === name)) {
      throw new SqlError('TW2002', `no field '${name}'`, at, { name, known: type.fields.map((f) => f.name) });
    }
    return this.call('FIELD', [value, text(name)], at);
  }

  private datetime(node: Extract<Expression, { kind: 'DatetimeLiteral' }>): Expr {
    const fraction = /\.(\d+)\s*$/.exec(node.text)?.[1].length ?? 0;
    const type: DataType =
      node.type === 'DATE'
        ? { kind: 'DATE', nullable: false }
        : { kind: node.type, precision: Math.min(9, fraction), nullable: false };
    const value = this.cast(text(node.text), type, node.span, true);
    if (value.op === 'literal' && value.value === null) {
      const example = {
        DATE: '2024-01-31',
        TIME: '10:00:00',
        TIMESTAMP: '2024-01-31 10:00:00',
        TIMESTAMP_LTZ: '2024-01-31 10:00:00',
      };
      throw new SqlError('TW2003', `'${node.text}' is no ${node.type}`, node.span, {
        expected: `a text like '${example[node.type]}'`,
      });
    }
    return value;
  }

  /** Comparisons of their own, so that time bounds of joins and conditions on keys are seen. */
  private between(node: Extract<Expression, { kind: 'Between' }>): Expr {
    const [value, low, high] = [node.value, node.low, node.high].map((part) => this.bind(part));
    if (node.symmetric) return this.call('BETWEEN SYMMETRIC', [value, low, high], node.span);
    if (value.op !== 'column') return this.call('BETWEEN', [value, low, high], node.span);
    const from = this.call('>=', [value, low], node.span);
    const to = this.call('<=', [value, high], node.span);
    return this.call('AND', [from, to], node.span);
  }

  private caseOf(node: Extract<Expression, { kind: 'Case' }>): Expr {
    const operand = node.operand && this.bind(node.operand);
    const args: Expr[] = [];
    for (const branch of node.branches) {
      const conditions = branch.when.map((when) => {
        const bound = this.bind(when);
        return operand ? this.call('=', [operand, bound], when.span) : bound;
      });
      args.push(
        conditions.reduce((a, b) => this.call('OR', [a, b], branch.span)),
        this.bind(branch.then),
      );
    }
    args.push(node.otherwise ? this.bind(node.otherwise) : NULL);
    return this.call('CASE', args, node.span);
  }

  private compareRows(op: '=' | '<>', left: Expression, right: Expression, at: Span): Expr | undefined {
    if (left.kind !== 'RowConstructor' || right.kind !== 'RowConstructor') return undefined;
    if (left.items.length !== right.items.length) {
      throw new SqlError(
        'TW2003',
        `rows of ${left.items.length} and ${right.items.length} values can't be compared`,
        at,
      );
    }
    const equal = left.items
      .map((item, i) => this.call('=', [this.bind(item), this.bind(right.items[i])], at))
      .reduce((a, b) => this.call('AND', [a, b], at));
    return op === '=' ? equal : this.call('NOT', [equal], at);
  }

  /** (a, b) OVERLAPS (c, d): the two periods share an instant; the second value may be a length. */
  private overlaps(left: Expression, right: Expression, at: Span): Expr {
    const period = (node: Expression): [Expr, Expr] => {
      if (node.kind !== 'RowConstructor' || node.items.length !== 2) {
        throw new SqlError('TW2003', 'OVERLAPS compares periods', node.span, {
          expected: '(start, end) or (start, interval)',
        });
      }
      const [start, end] = node.items.map((item) => this.bind(item));
      return [start, end.type.kind.startsWith('INTERVAL') ? this.call('+', [start, end], node.span) : end];
    };
    const [a, b] = period(left);
    const [c, d] = period(right);
    const ordered = ([x, y]: [Expr, Expr]): [Expr, Expr] => [
      this.call('LEAST', [x, y], at),
      this.call('GREATEST', [x, y], at),
    ];
    const [a1, b1] = ordered([a, b]);
    const [c1, d1] = ordered([c, d]);
    return this.call('AND', [this.call('>=', [b1, c1], at), this.call('>=', [d1, a1], at)], at);
  }

  private quantified(node: Extract<Expression, { kind: 'QuantifiedComparison' }>): Expr {
    if (!node.items) {
      if (this.context.subqueryTest) return this.context.subqueryTest(node);
      throw unsupported(`${node.quantifier} (SELECT …) in ${this.context.clause}`, node.span);
    }
    const value = this.bind(node.value);
    return node.items
      .map((item) => this.call(node.op, [value, this.bind(item)], node.span))
      .reduce((a, b) => this.call(node.quantifier === 'ALL' ? 'AND' : 'OR', [a, b], node.span));
  }

  private callNode(node: Call): Expr {
    const at = node.span;
    const name = node.name.parts.map((p) => p.name).join('.');
    const upper = name.toUpperCase();
    const ofPattern = this.context.pattern?.call(node, this);
    if (ofPattern) return ofPattern;
    if (node.semantics) throw new SqlError('TW2004', `${node.semantics} belongs into MATCH_RECOGNIZE`, at);
    const args = node.args.map((arg): Expression | 'row' => {
      switch (arg.kind) {
        case 'Star':
          return 'row';
        case 'NamedArgument':
        case 'TableArgument':
        case 'DescriptorArgument':
        case 'ModelArgument':
        case 'DefaultArgument':
          throw unsupported(`This kind of argument for ${name} in ${this.context.clause}`, arg.span);
        default:
          return arg;
      }
    });
    if (node.over) {
      if (!this.context.over) throw new SqlError('TW2004', `${name} OVER can't be used in ${this.context.clause}`, at);
      return this.context.over({
        name: upper,
        args,
        distinct: node.distinct,
        filter: node.filter,
        orderBy: node.orderBy,
        over: node.over,
        ignoreNulls: node.nullTreatment === 'IGNORE NULLS',
        span: at,
      });
    }
    if (RANKS.has(upper)) throw new SqlError('TW2004', `${upper} needs OVER (…)`, at);
    if (this.context.isAggregate(upper)) {
      const variant = `${upper} ${node.nullTreatment}`;
      const ignoring = node.nullTreatment && this.context.isAggregate(variant) ? variant : undefined;
      if (node.nullTreatment && !ignoring) throw unsupported(`${upper} with ${node.nullTreatment}`, at);
      if (!this.context.aggregate) {
        throw new SqlError('TW2004', `aggregate ${upper} can't be used in ${this.context.clause}`, at);
      }
      return this.context.aggregate({
        name: ignoring ?? upper,
        args,
        distinct: node.distinct,
        filter: node.filter,
        orderBy: node.orderBy,
        span: at,
      });
    }
    if (GROUP_WINDOW.test(upper)) {
      if (this.context.groupWindow && upper.includes('_')) return this.context.groupWindow(upper, node);
      const tvf = upper.split('_')[0];
      throw unsupported(
        `${upper} in ${this.context.clause}`,
        at,
        `use the window function in FROM: TABLE(${tvf}(TABLE t, DESCRIPTOR(ts), …))`,
      );
    }
    if (args.includes('row')) throw new SqlError('TW2004', `'*' can't be an argument of ${name}`, at);
    const bound = (args as Expression[]).map((arg) => this.bind(arg));
    if (upper === 'GROUPING' || upper === 'GROUPING_ID' || upper === 'GROUP_ID') {
      const keyless = upper === 'GROUP_ID';
      if (!this.context.grouping || (bound.length === 0) !== keyless) {
        throw new SqlError('TW2004', `${upper} can't be used in ${this.context.clause}`, at, {
          expected: `${upper}(${keyless ? '' : 'key, …'}) in a query with GROUP BY`,
        });
      }
      return this.context.grouping(bound);
    }
    if (upper === 'JSON') {
      throw new SqlError('TW2004', 'JSON(…) outside of JSON_OBJECT and JSON_ARRAY', at, {
        expected: 'JSON_ARRAY(JSON(…))',
      });
    }
    const own = this.context.scriptFunction?.(name);
    if (own?.kind === 'table') {
      throw new SqlError('TW2004', `${own.name} returns a table`, at, {
        expected: `LATERAL TABLE(${own.name}(…)) in FROM`,
      });
    }
    if (own) return callScriptFunction(this, own, bound, at);
    if (node.distinct || node.filter || node.orderBy) {
      throw new SqlError('TW2004', `DISTINCT, FILTER and ORDER BY are for aggregates, which ${name} isn't`, at);
    }
    return this.call(upper, bound, at);
  }
}

const RANKS = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'NTILE', 'PERCENT_RANK', 'CUME_DIST', 'LAG', 'LEAD']);
const GROUP_WINDOW = /^(TUMBLE|HOP|SESSION)(_START|_END|_ROWTIME|_PROCTIME)?$/;
export const NULL: Expr = { op: 'literal', value: null, type: { kind: 'NULL', nullable: true } };

export function text(value: string): Expr {
  return { op: 'literal', value, type: { kind: 'CHAR', length: [...value].length, nullable: false } };
}

export function int(value: number): Expr {
  return { op: 'literal', value, type: { kind: 'INT', nullable: false } };
}
