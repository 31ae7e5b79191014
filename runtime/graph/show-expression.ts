/** Bound expressions as SQL-like text, for people: `amount > 10 AND card IS NOT NULL`. Not meant to be parsed again. */
import type { AggregateCall, Expr, LiteralExpr } from '../expr/ir.js';
import { typeToString } from '../record/types.js';

/** Binary operators by how tightly they bind. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  OR: 1,
  AND: 2,
  '=': 4,
  '<>': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  LIKE: 4,
  'SIMILAR TO': 4,
  'IS DISTINCT FROM': 4,
  'IS NOT DISTINCT FROM': 4,
  '+': 5,
  '-': 5,
  '||': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

export function showExpression(expr: Expr): string {
  return show(expr, 0);
}

export function showAggregate(call: AggregateCall): string {
  const args = call.args.map(showExpression).join(', ') || (call.fn === 'COUNT' ? '*' : '');
  const filter = call.filter ? ` FILTER (WHERE ${showExpression(call.filter)})` : '';
  return `${call.fn}(${call.distinct ? 'DISTINCT ' : ''}${args})${filter}`;
}

function show(expr: Expr, outer: number): string {
  if (expr.op === 'column') return showName(expr.name);
  if (expr.op === 'literal') return showLiteral(expr);
  const { fn, args } = expr;
  const own = PRECEDENCE[fn];
  if ((fn === 'LIKE' || fn === 'SIMILAR TO') && args.length === 3) {
    return `(${show(args[0], 5)} ${fn} ${show(args[1], 5)} ESCAPE ${show(args[2], 5)})`;
  }
  const wrapped = (text: string, level: number) => (level < outer ? `(${text})` : text);
  if (own !== undefined && args.length >= 2) {
    return wrapped(args.map((arg, i) => show(arg, i === 0 ? own : own + 1)).join(` ${fn} `), own);
  }
  if (fn === 'NOT') return wrapped(`NOT ${show(args[0], 3)}`, 3);
  if (fn.startsWith('IS ')) return wrapped(`${show(args[0], 5)} ${fn}`, 4);
  if (fn === 'NEGATE') return `-${show(args[0], 7)}`;
  if (fn === 'FIELD' && args[1].op === 'literal') return `${show(args[0], 8)}.${args[1].value}`;
  if (fn === 'ITEM') return `${show(args[0], 8)}[${show(args[1], 0)}]`;
  if (fn === 'BETWEEN') return wrapped(`${show(args[0], 5)} BETWEEN ${show(args[1], 5)} AND ${show(args[2], 5)}`, 4);
  if (fn === 'IN')
    return wrapped(
      `${show(args[0], 5)} IN (${args
        .slice(1)
        .map((arg) => show(arg, 0))
        .join(', ')})`,
      4,
    );
  if (fn === 'CAST' || fn === 'TRY_CAST') {
    return `${fn}(${show(args[0], 0)} AS ${typeToString({ ...expr.type, nullable: true })})`;
  }
  if (fn === 'CASE') return showCase(args);
  if (fn === '$NOT_NULL') return `NOT_NULL(${show(args[0], 0)})`;
  // A function of the script: name, parameters, body, then its values.
  if (fn === '$JS' && args[0].op === 'literal') {
    return `${args[0].value}(${args
      .slice(3)
      .map((arg) => show(arg, 0))
      .join(', ')})`;
  }
  return `${fn}(${args.map((arg) => show(arg, 0)).join(', ')})`;
}

function showCase(args: readonly Expr[]): string {
  let text = 'CASE';
  for (let i = 0; i + 1 < args.length; i += 2) text += ` WHEN ${show(args[i], 0)} THEN ${show(args[i + 1], 0)}`;
  return `${text} ELSE ${show(args[args.length - 1], 0)} END`;
}

function showName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `\`${name}\``;
}

const INTERVALS: readonly (readonly [number, string])[] = [
  [86_400_000, 'DAY'],
  [3_600_000, 'HOUR'],
  [60_000, 'MINUTE'],
  [1000, 'SECOND'],
];

function showLiteral(expr: LiteralExpr): string {
  const { value, type } = expr;
  if (value === null) return 'NULL';
  if (expr.encoding === 'base64') return `X'${Buffer.from(String(value), 'base64').toString('hex').toUpperCase()}'`;
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return `'${String(value).replaceAll("'", "''")}'`;
    case 'BOOLEAN':
      return value ? 'TRUE' : 'FALSE';
    case 'DECIMAL':
      return decimalText(String(value), type.scale);
    case 'INTERVAL_DAY_TIME': {
      const ms = Number(value);
      const [unit, name] = INTERVALS.find(([size]) => ms % size === 0) ?? [1000, 'SECOND'];
      return `INTERVAL '${ms / unit}' ${name}`;
    }
    case 'INTERVAL_YEAR_MONTH':
      return `INTERVAL '${value}' MONTH`;
    case 'DATE':
      return `DATE '${new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)}'`;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const perMs = type.precision <= 3 ? 1 : type.precision <= 6 ? 1000 : 1_000_000;
      const date = new Date(Number(value) / perMs);
      if (Number.isNaN(date.getTime())) return String(value);
      return `${type.kind} '${date
        .toISOString()
        .slice(0, -1)
        .replace('T', ' ')
        .replace(/\.000$/, '')}'`;
    }
    default:
      return String(value);
  }
}

function decimalText(unscaled: string, scale: number): string {
  if (scale === 0) return unscaled;
  const negative = unscaled.startsWith('-');
  const digits = unscaled.replace('-', '').padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
