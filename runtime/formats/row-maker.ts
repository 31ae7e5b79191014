/**
 * Functions that make rows. Each is one object literal, so that every row of a stream has the same hidden class, whichever
 * path of a decoder made it.
 */
import type { Row } from '../record/types.js';

/** Text of an object literal's key that makes an own property, `__proto__` too. */
export function propertyKey(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

/** (v0, v1, …) => row with the columns in the order of the names. */
export function rowMaker(names: readonly string[]): (...values: unknown[]) => Row {
  const parameters = names.map((_, i) => `v${i}`);
  const members = names.map((name, i) => `${propertyKey(name)}: v${i}`);
  return new Function(`return (${parameters.join(', ')}) => ({${members.join(', ')}})`)();
}

/** The same from an array of values. */
export function rowMakerOfArray(
  names: readonly string[],
  make: (...values: unknown[]) => Row,
): (values: unknown[]) => Row {
  return new Function('make', `return (v) => make(${names.map((_, i) => `v[${i}]`).join(', ')})`)(make);
}
