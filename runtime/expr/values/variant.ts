/**
 * VARIANT: a JSON value, kept as its canonical text. Canonical: members ordered by name, the last of a repeated name, no spaces,
 * numbers as Flink's variant holds them: exact ones (also beyond 64 bits, up to 38 digits) without zeros at the end, those with an
 * exponent as doubles.
 */
import { doubleToString } from './number-text.js';

/** A text that is no JSON, or a step into a value that has no such parts. */
export class VariantError extends Error {
  readonly code = 'TW5006';
  override name = 'VariantError';
}

/** A scalar is its canonical text. */
type Node = string | Node[] | Map<string, Node>;

/** The canonical text of a JSON text. Throws VariantError for what is none, and for a repeated name unless these are allowed. */
export function parseVariant(json: string, allowDuplicateKeys = false): string {
  return write(parse(json, allowDuplicateKeys));
}

/** As parseVariant, but NULL where that throws. */
export function tryParseVariant(json: string, allowDuplicateKeys = false): string | null {
  try {
    return parseVariant(json, allowDuplicateKeys);
  } catch (error) {
    if (error instanceof VariantError) return null;
    throw error;
  }
}

/** The member of an object; NULL when there is none. Throws VariantError for anything but an object. */
export function variantField(variant: string, name: string): string | null {
  const node = parse(variant, true);
  if (!(node instanceof Map))
    throw new VariantError(`['${name}'] of a variant that is no object: ${variant.slice(0, 60)}`);
  const value = node.get(name);
  return value === undefined ? null : write(value);
}

/** The element at a 1-based position; NULL when there is none. Throws VariantError for anything but an array. */
export function variantElement(variant: string, position: number): string | null {
  const node = parse(variant, true);
  if (!Array.isArray(node))
    throw new VariantError(`[${position}] of a variant that is no array: ${variant.slice(0, 60)}`);
  const value = node[position - 1];
  return value === undefined ? null : write(value);
}

function write(node: Node): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return `[${node.map(write).join(',')}]`;
  const members = [...node].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(',')}}`;
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const TEXT = /"(?:[^"\\]|\\[\s\S])*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;
const MAX_DEPTH = 1000;

function parse(json: string, allowDuplicateKeys: boolean): Node {
  let at = 0;
  const fail = (what: string): never => {
    throw new VariantError(`not JSON: ${what} at ${at} of ${json.slice(0, 60)}`);
  };
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(json);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const take = (char: string) => {
    match(SPACE);
    if (json[at] !== char) return false;
    at++;
    match(SPACE);
    return true;
  };
  const text = (): string => {
    const quoted = (match(TEXT) ?? fail('no text'))[0];
    try {
      return JSON.parse(quoted);
    } catch {
      return fail(`${quoted} is no text`);
    }
  };
  const value = (depth: number): Node => {
    if (depth > MAX_DEPTH) return fail(`more than ${MAX_DEPTH} levels`);
    match(SPACE);
    const char = json[at];
    if (char === '{') return object(depth);
    if (char === '[') return array(depth);
    if (char === '"') return JSON.stringify(text());
    const number = match(NUMBER);
    if (number) return numberText(number[0], number[1], number[2]);
    return (match(WORD) ?? fail('no value'))[0];
  };
  const object = (depth: number): Node => {
    take('{');
    const members = new Map<string, Node>();
    if (take('}')) return members;
    do {
      const name = text();
      if (members.has(name) && !allowDuplicateKeys) fail(`the name ${JSON.stringify(name)} is repeated`);
      if (!take(':')) fail('no colon');
      members.set(name, value(depth + 1));
    } while (take(','));
    if (!take('}')) fail('no }');
    return members;
  };
  const array = (depth: number): Node => {
    take('[');
    const elements: Node[] = [];
    if (take(']')) return elements;
    do elements.push(value(depth + 1));
    while (take(','));
    if (!take(']')) fail('no ]');
    return elements;
  };
  const result = value(0);
  match(SPACE);
  if (at < json.length) fail('more text');
  return result;
}

function numberText(text: string, fraction: string | undefined, exponent: string | undefined): string {
  const digits = text.replace(/^-?0*/, '').replace('.', '').length;
  if (exponent !== undefined || digits > 38 || (fraction?.length ?? 0) > 39) return doubleToString(Number(text));
  const short = fraction === undefined ? text : text.replace(/\.?0+$/, '');
  return short === '-0' ? '0' : short;
}
