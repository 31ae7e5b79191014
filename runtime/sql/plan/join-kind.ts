/** Which of the streaming joins a join is, from its condition and its inputs' time attributes. */
import type { Expr } from '../../expr/ir.js';
import type { Window } from '../../graph/plan.js';
import { allOf, conjuncts, digest } from './expression.js';
import type { JoinRelation } from './relation.js';
import type { Traits, WindowColumns } from './traits.js';

export type JoinKind =
  | { readonly kind: 'regular' }
  | {
      readonly kind: 'window';
      readonly window: Window;
      readonly processingTime: boolean;
      readonly leftStart: string;
      readonly leftEnd: string;
      readonly rightStart: string;
      readonly rightEnd: string;
    }
  | {
      readonly kind: 'interval';
      readonly processingTime: boolean;
      readonly leftTime: string;
      readonly rightTime: string;
      /** left time − right time is at least lowerMs and at most upperMs. */
      readonly lowerMs: number;
      readonly upperMs: number;
      /** The rest of the condition. */
      readonly condition?: Expr;
    }
  | {
      readonly kind: 'temporal';
      readonly timeColumn: string;
      readonly processingTime: boolean;
      readonly rightTime?: string;
    };

/** In batch mode all input is there: time bounds are conditions like others. */
export function joinKind(join: JoinRelation, left: Traits, right: Traits, batch: boolean): JoinKind {
  if (join.temporal) return { kind: 'temporal', ...join.temporal };
  if (batch) return { kind: 'regular' };
  const window = windowJoin(join, left.windowColumns, right.windowColumns);
  if (window && !left.updating && !right.updating) return window;
  if (left.updating || right.updating) return { kind: 'regular' };
  return intervalJoin(join, left, right) ?? { kind: 'regular' };
}

function windowJoin(join: JoinRelation, left?: WindowColumns, right?: WindowColumns): JoinKind | undefined {
  if (!left || !right || left.processingTime !== right.processingTime) return undefined;
  if (digest(left.window) !== digest(right.window)) return undefined;
  const start = join.equal.find((e) => left.start.includes(e.left) && right.start.includes(e.right));
  const end = join.equal.find((e) => left.end.includes(e.left) && right.end.includes(e.right));
  if (!start || !end) return undefined;
  return {
    kind: 'window',
    window: left.window,
    processingTime: left.processingTime,
    leftStart: start.left,
    leftEnd: end.left,
    rightStart: start.right,
    rightEnd: end.right,
  };
}

/** `left time − right time OP ms`, read from one comparison. */
interface Bound {
  leftTime: string;
  rightTime: string;
  op: '<' | '<=' | '>' | '>=' | '=';
  ms: number;
}

const MIRROR = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' } as const;

function intervalJoin(join: JoinRelation, left: Traits, right: Traits): JoinKind | undefined {
  const rest: Expr[] = [];
  let times: { leftTime: string; rightTime: string } | undefined;
  let lowerMs = Number.NEGATIVE_INFINITY;
  let upperMs = Number.POSITIVE_INFINITY;
  const take = (bound: Bound) => {
    if (times && (times.leftTime !== bound.leftTime || times.rightTime !== bound.rightTime)) return false;
    times = bound;
    // Times are whole milliseconds.
    if (bound.op === '>' || bound.op === '>=' || bound.op === '=')
      lowerMs = Math.max(lowerMs, bound.op === '>' ? bound.ms + 1 : bound.ms);
    if (bound.op === '<' || bound.op === '<=' || bound.op === '=')
      upperMs = Math.min(upperMs, bound.op === '<' ? bound.ms - 1 : bound.ms);
    return true;
  };
  for (const part of conjuncts(join.condition)) {
    const bound = boundOf(part, left, right);
    if (!bound || !take(bound)) rest.push(part);
  }
  for (const { left: l, right: r } of join.equal) {
    const kind = left.time.get(l);
    if (kind && kind === right.time.get(r)) take({ leftTime: l, rightTime: r, op: '=', ms: 0 });
  }
  if (!times || !Number.isFinite(lowerMs) || !Number.isFinite(upperMs)) return undefined;
  return {
    kind: 'interval',
    processingTime: left.time.get(times.leftTime) === 'proctime',
    leftTime: times.leftTime,
    rightTime: times.rightTime,
    lowerMs,
    upperMs,
    condition: allOf(rest),
  };
}

function boundOf(expr: Expr, left: Traits, right: Traits): Bound | undefined {
  if (expr.op !== 'call' || !(expr.fn in MIRROR) || expr.args.length !== 2) return undefined;
  const op = expr.fn as Bound['op'];
  const a = timePlus(expr.args[0]);
  const b = timePlus(expr.args[1]);
  if (!a || !b) return undefined;
  // a.time + a.ms OP b.time + b.ms
  const kindA = left.time.get(a.column);
  if (kindA && right.time.get(b.column) === kindA)
    return { leftTime: a.column, rightTime: b.column, op, ms: b.ms - a.ms };
  const kindB = left.time.get(b.column);
  if (kindB && right.time.get(a.column) === kindB)
    return { leftTime: b.column, rightTime: a.column, op: MIRROR[op], ms: a.ms - b.ms };
  return undefined;
}

/** `column`, `column + INTERVAL`, `column − INTERVAL`, through casts that only change precision. */
export function timePlus(expr: Expr): { column: string; ms: number } | undefined {
  if (expr.op === 'column') return { column: expr.name, ms: 0 };
  if (expr.op !== 'call') return undefined;
  if (expr.fn === 'CAST' && expr.type.kind === expr.args[0].type.kind) return timePlus(expr.args[0]);
  if ((expr.fn !== '+' && expr.fn !== '-') || expr.args.length !== 2) return undefined;
  const [x, y] = expr.args;
  const interval = constantInterval(y);
  const base = timePlus(x);
  if (base && interval !== undefined)
    return { column: base.column, ms: base.ms + (expr.fn === '+' ? interval : -interval) };
  const front = constantInterval(x);
  const behind = timePlus(y);
  if (expr.fn === '+' && behind && front !== undefined) return { column: behind.column, ms: behind.ms + front };
  return undefined;
}

function constantInterval(expr: Expr): number | undefined {
  return expr.op === 'literal' && expr.type.kind === 'INTERVAL_DAY_TIME' && typeof expr.value === 'number'
    ? expr.value
    : undefined;
}
