/** Java's String.format for the conversions that SQL values need. */
import { PatternError } from './regex.js';

const SPEC = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** Throws PatternError for a conversion that doesn't exist or an argument that is missing or of another kind. */
export function javaFormat(pattern: string, args: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(SPEC, (spec, index, flags: string, width, precision, conversion: string) => {
    if (conversion === '%') return '%';
    if (conversion === 'n') return '\n';
    const at = index === undefined ? next++ : Number(index) - 1;
    if (at >= args.length)
      throw new PatternError(`format '${pattern}' wants ${at + 1} arguments, there are ${args.length}`);
    const text = convert(spec, args[at], flags, precision === undefined ? undefined : Number(precision), conversion);
    const missing = Number(width ?? 0) - text.length;
    if (missing <= 0) return text;
    if (flags.includes('-')) return text + ' '.repeat(missing);
    if (!flags.includes('0')) return ' '.repeat(missing) + text;
    const sign = /^[+-]/.test(text) ? text[0] : '';
    return sign + '0'.repeat(missing) + text.slice(sign.length);
  });
}

function convert(
  spec: string,
  value: unknown,
  flags: string,
  precision: number | undefined,
  conversion: string,
): string {
  const lower = conversion.toLowerCase();
  const up = (text: string) => (lower === conversion ? text : text.toUpperCase());
  if (lower === 's') return up(value === null ? 'null' : String(value).slice(0, precision));
  if (lower === 'b') return up(String(value !== null && value !== false));
  if (value === null) return up('null');
  if (lower === 'c') return up(typeof value === 'number' ? String.fromCodePoint(value) : String(value));
  const signed = (text: string) =>
    flags.includes('+') && !text.startsWith('-')
      ? `+${text}`
      : flags.includes(' ') && !text.startsWith('-')
        ? ` ${text}`
        : text;
  if (lower === 'd' || lower === 'x' || lower === 'o') {
    const whole =
      typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : undefined;
    if (whole === undefined) throw new PatternError(`${spec} formats whole numbers, not ${String(value)}`);
    if (lower === 'd')
      return signed(flags.includes(',') ? whole.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',') : whole.toString());
    const bits = whole < -2147483648n ? 64 : 32;
    return up((whole < 0n ? BigInt.asUintN(bits, whole) : whole).toString(lower === 'x' ? 16 : 8));
  }
  const number = Number(value);
  if (lower === 'f') {
    const text = number.toFixed(precision ?? 6);
    return signed(flags.includes(',') ? text.replace(/\B(?=(\d{3})+(?!\d)(?=.*\.|$))/g, ',') : text);
  }
  if (lower === 'e') return signed(up(number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')));
  throw new PatternError(`${spec}: no such conversion`);
}
