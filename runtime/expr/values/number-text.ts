/** Numbers as text, written and read as Java does. */
import { type Exact, normalize } from './exact.js';

/** `1.0`, `1.5E10`, `1.0E-4`, `NaN`, `Infinity`: as Java's Double.toString. */
export function doubleToString(value: number): string {
  return javaNotation(value, String(Math.abs(value)));
}

/** The shortest text that reads as the same FLOAT. */
export function floatToString(value: number): string {
  const abs = Math.abs(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = abs.toPrecision(digits);
    if (Math.fround(Number(text)) === abs) return javaNotation(value, String(Number(text)));
  }
  return javaNotation(value, String(Number(abs.toPrecision(9))));
}

function javaNotation(value: number, shortest: string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const abs = Math.abs(value);
  if (abs === Number.POSITIVE_INFINITY) return `${sign}Infinity`;
  if (abs === 0) return `${sign}0.0`;
  const [mantissa, exponentText] = shortest.split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const leading = all.length - all.replace(/^0+/, '').length;
  const digits = all.slice(leading).replace(/0+$/, '') || '0';
  const exponent = whole.length - 1 - leading + Number(exponentText ?? 0);
  if (abs >= 1e-3 && abs < 1e7) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
    const padded = digits.padEnd(exponent + 2, '0');
    return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
}

const INTEGER_TEXT = /^[+-]?\d+(?:\.\d*)?$|^[+-]?\.\d+$/;

/** An integer within the bounds from text such as ` 12 `, `12.7` (cut to 12); `null` when it is none. */
export function parseInteger(text: string, min: number, max: number): number | null {
  const value = parseLong(text);
  return typeof value === 'number' && value >= min && value <= max ? value : null;
}

export function parseLong(text: string): Exact | null {
  const trimmed = text.trim();
  if (!INTEGER_TEXT.test(trimmed)) return null;
  const point = trimmed.indexOf('.');
  const whole = point < 0 ? trimmed : trimmed.slice(0, point);
  if (whole.length <= 15) return Number(whole === '' || whole === '-' || whole === '+' ? 0 : whole) + 0;
  const value = BigInt(whole[0] === '+' ? whole.slice(1) : whole);
  return BigInt.asIntN(64, value) === value ? normalize(value) : null;
}

const DOUBLE_TEXT = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)$/;

/** As Java's Double.parseDouble on the trimmed text; `null` when it is no number. */
export function parseDouble(text: string): number | null {
  const trimmed = text.trim();
  if (!DOUBLE_TEXT.test(trimmed)) return null;
  return Number(trimmed.replace(/[dDfF]$/, ''));
}

const TRUE = new Set(['t', 'true', 'y', 'yes', '1']);
const FALSE = new Set(['f', 'false', 'n', 'no', '0']);

export function parseBoolean(text: string): boolean | null {
  const lower = text.trim().toLowerCase();
  return TRUE.has(lower) ? true : FALSE.has(lower) ? false : null;
}
