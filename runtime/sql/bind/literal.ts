/** Constants as written → their in-memory form. */
import type { LiteralExpr } from '../../expr/ir.js';
import type { IntervalLiteral, Literal, NumberLiteral } from '../ast/index.js';
import { SqlError } from '../error.js';
import { intervalKind } from './type.js';

/** Datetime literals are left to the caller: their text is cast by the rules of CAST. */
export function bindLiteral(node: Exclude<Literal, { kind: 'DatetimeLiteral' }>): LiteralExpr {
  switch (node.kind) {
    case 'StringLiteral':
      return {
        op: 'literal',
        value: node.value,
        type: { kind: 'CHAR', length: [...node.value].length, nullable: false },
      };
    case 'BinaryLiteral': {
      const bytes = Buffer.from(node.hex, 'hex');
      return {
        op: 'literal',
        value: bytes.toString('base64'),
        encoding: 'base64',
        type: { kind: 'BINARY', length: bytes.length, nullable: false },
      };
    }
    case 'NumberLiteral':
      return numberLiteral(node);
    case 'BooleanLiteral':
      return { op: 'literal', value: node.value, type: { kind: 'BOOLEAN', nullable: false } };
    case 'NullLiteral':
      return { op: 'literal', value: null, type: { kind: 'NULL', nullable: true } };
    case 'IntervalLiteral':
      return {
        op: 'literal',
        value: intervalValue(node),
        type: { kind: intervalKind(node.qualifier), nullable: false },
      };
  }
}

/** A whole number of any kind: INT, BIGINT or DECIMAL by its size, as Flink types them. */
function numberLiteral(node: NumberLiteral): LiteralExpr {
  if (node.form === 'approximate') {
    return { op: 'literal', value: Number(node.text), type: { kind: 'DOUBLE', nullable: false } };
  }
  const point = node.text.indexOf('.');
  const scale = point < 0 ? 0 : node.text.length - point - 1;
  const unscaled = BigInt(node.text.replace('.', '') || '0');
  const exact = exactLiteral(unscaled);
  if (scale === 0 && unscaled <= 2147483647n) return { ...exact, type: { kind: 'INT', nullable: false } };
  if (scale === 0 && unscaled <= 9223372036854775807n) return { ...exact, type: { kind: 'BIGINT', nullable: false } };
  const precision = scale === 0 ? unscaled.toString().length : node.text.length - 1;
  if (precision > 38) {
    throw new SqlError('TW2003', `number ${node.text} has ${precision} digits`, node.span, { expected: 'at most 38' });
  }
  return { ...exact, type: { kind: 'DECIMAL', precision: Math.max(1, precision), scale, nullable: false } };
}

function exactLiteral(value: bigint): Pick<LiteralExpr, 'op' | 'value' | 'encoding'> {
  const small = Number(value);
  return Number.isSafeInteger(small)
    ? { op: 'literal', value: small }
    : { op: 'literal', value: value.toString(), encoding: 'bigint' };
}

const MS: Record<string, number> = {
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
};
const FIELDS = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];

/** Milliseconds, or months for YEAR and MONTH. */
function intervalValue(node: IntervalLiteral): number {
  const { from, to } = node.qualifier;
  const text = node.text.trim();
  const signed = /^([+-]?)(.*)$/.exec(text)!;
  const sign = (signed[1] === '-' ? -1 : 1) * (node.negative ? -1 : 1);
  const wrong = (expected: string) =>
    new SqlError('TW2003', `'${node.text}' is no interval of ${from}${to ? ` TO ${to}` : ''}`, node.span, { expected });

  if (intervalKind(node.qualifier) === 'INTERVAL_YEAR_MONTH') {
    if (to) {
      const match = /^(\d+)-(\d{1,2})$/.exec(signed[2]);
      if (!match || Number(match[2]) > 11) throw wrong("'years-months', like '1-6'");
      return sign * (Number(match[1]) * 12 + Number(match[2]));
    }
    if (!/^\d+$/.test(signed[2])) throw wrong('a whole number');
    return sign * Number(signed[2]) * (from === 'YEAR' ? 12 : from === 'QUARTER' ? 3 : 1);
  }
  if (!to) {
    const match = from === 'SECOND' ? /^(\d+)(?:\.(\d{1,9}))?$/.exec(signed[2]) : /^(\d+)$/.exec(signed[2]);
    if (!match) throw wrong(from === 'SECOND' ? "a number, like '5' or '0.5'" : 'a whole number');
    return sign * (Number(match[1]) * MS[from] + milliseconds(match[2]));
  }
  const parts = FIELDS.slice(FIELDS.indexOf(from), FIELDS.indexOf(to) + 1);
  const forms: Record<string, string> = {
    DAY: '(\\d+)',
    HOUR: '(\\d+)',
    MINUTE: '(\\d+)',
    SECOND: '(\\d+(?:\\.\\d{1,9})?)',
  };
  const pattern = parts.map((part, i) => (i === 0 ? '' : parts[i - 1] === 'DAY' ? '\\s+' : ':') + forms[part]).join('');
  const match = new RegExp(`^${pattern}$`).exec(signed[2]);
  const shape = { DAY: '1', HOUR: '10', MINUTE: '30', SECOND: '00.5' } as Record<string, string>;
  const example = parts.map((part, i) => (i === 0 ? '' : parts[i - 1] === 'DAY' ? ' ' : ':') + shape[part]).join('');
  if (!match) throw wrong(`a text like '${example}'`);
  let total = 0;
  parts.forEach((part, i) => {
    const [whole, fraction] = match[i + 1].split('.');
    const value = Number(whole);
    const limit = part === 'HOUR' ? 23 : 59;
    if (i > 0 && value > limit) throw wrong(`${part} from 0 to ${limit}`);
    total += value * MS[part] + milliseconds(fraction);
  });
  return sign * total;
}

function milliseconds(fraction: string | undefined): number {
  return fraction ? Math.floor(Number(`0.${fraction}`) * 1000 + 1e-9) : 0;
}
