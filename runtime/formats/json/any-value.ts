/**
 * Values whose type only the user's functions know: as JSON.parse makes them, but integers beyond 2^53 are bigints, not
 * rounded, and raw control characters in strings are let through as everywhere in this format.
 */
import { MAX_DEPTH, type Scanner } from './scanner.js';

/** Reads the value at scanner.pos and leaves pos behind it. Throws a Malformed. */
export function readAny(scanner: Scanner): unknown {
  return read(scanner, 0);
}

/** The same for a value that stands inside `depth` containers. */
export function readAnyAt(depth: number): (scanner: Scanner) => unknown {
  return (scanner) => read(scanner, depth);
}

function read(scanner: Scanner, depth: number): unknown {
  if (depth > MAX_DEPTH) scanner.fail(`containers nested at most ${MAX_DEPTH} deep`);
  const c = scanner.pos < scanner.end ? scanner.buf[scanner.pos] : -1;
  switch (c) {
    case 34:
      scanner.takeString();
      return scanner.tokenText();
    case 123:
      return readObject(scanner, depth);
    case 91:
      return readArray(scanner, depth);
    case 116:
      scanner.takeWord('true');
      return true;
    case 102:
      scanner.takeWord('false');
      return false;
    case 110:
      scanner.takeWord('null');
      return null;
    default:
      return readNumber(scanner);
  }
}

function readNumber(scanner: Scanner): number | bigint {
  const c = scanner.pos < scanner.end ? scanner.buf[scanner.pos] : 0;
  if (c !== 45 && (c < 48 || c > 57)) scanner.fail('a value');
  scanner.takeNumber();
  const text = scanner.buf.latin1Slice(scanner.tokenStart, scanner.tokenEnd);
  const value = Number(text);
  return Number.isSafeInteger(value) || text.length < 16 || !/^-?\d+$/.test(text) ? value : BigInt(text);
}

function readArray(scanner: Scanner, depth: number): unknown[] {
  const values: unknown[] = [];
  scanner.pos++;
  if (scanner.peek() === 93) {
    scanner.pos++;
    return values;
  }
  do values.push(read(scanner, depth + 1));
  while (scanner.more(93));
  return values;
}

function readObject(scanner: Scanner, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  scanner.pos++;
  if (scanner.peek() === 125) {
    scanner.pos++;
    return object;
  }
  do {
    if (scanner.pos >= scanner.end || scanner.buf[scanner.pos] !== 34) scanner.fail("a key in '\"'");
    scanner.takeString();
    const key = scanner.tokenText();
    scanner.takeColon();
    const value = read(scanner, depth + 1);
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
    else object[key] = value;
  } while (scanner.more(125));
  return object;
}
