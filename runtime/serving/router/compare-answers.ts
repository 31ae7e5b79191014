/** Whether two answers of the protocol say the same: numbers to within a tolerance, everything else exactly. */

const RELATIVE = 1e-4;
const ABSOLUTE = 1e-6;

/** `given` and `other` are bodies of infer answers. Answers that are no JSON are compared byte by byte. */
export function sameAnswer(given: Buffer, other: Buffer): boolean {
  try {
    return same(outputsOf(given), outputsOf(other));
  } catch {
    return given.equals(other);
  }
}

function outputsOf(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8')).outputs;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.max(Math.abs(a), Math.abs(b));
  }
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, i) => same(each, b[i]));
  if (typeof a === 'object' && a !== null) {
    if (typeof b !== 'object' || b === null) return false;
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
    );
  }
  return a === b;
}
