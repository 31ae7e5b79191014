/** What compiled layouts call for values that are not worth code of their own. Negative positions say 'not as predicted'. */
import { Malformed, Mismatch } from '../problems.js';
import type { Scanner } from './scanner.js';
import type { ValueReader } from './values.js';

/** A value that could not be read: the general path decides what that means. */
export const FAILED = Symbol('failed');

/** Reads the value at p with a reader of the general path; scanner.pos is behind it afterwards. */
export function readValue(
  scanner: Scanner,
  read: ValueReader,
  buf: Buffer,
  p: number,
  start: number,
  end: number,
): unknown {
  scanner.reset(buf, start, end);
  scanner.pos = p;
  if (p >= end) return FAILED;
  try {
    return read(scanner);
  } catch (problem) {
    if (problem instanceof Mismatch || problem instanceof Malformed) return FAILED;
    throw problem;
  }
}

/** Position behind whatever value is at p, or −1. */
export function skipAny(scanner: Scanner, buf: Buffer, p: number, start: number, end: number): number {
  scanner.reset(buf, start, end);
  scanner.pos = p;
  try {
    scanner.skipValue();
    return scanner.pos;
  } catch (problem) {
    if (problem instanceof Malformed) return -1;
    throw problem;
  }
}

/** Position behind the object whose member ends at p, or −1. */
export function skipRest(scanner: Scanner, buf: Buffer, p: number, start: number, end: number): number {
  scanner.reset(buf, start, end);
  scanner.pos = p;
  try {
    scanner.skipRest(125);
    return scanner.pos;
  } catch (problem) {
    if (problem instanceof Malformed) return -1;
    throw problem;
  }
}

/** Position behind a number without an exponent, or −1. */
export function skipNumber(buf: Buffer, start: number, end: number): number {
  let p = start;
  if (buf[p] === 45) p++;
  const first = buf[p];
  if (p >= end || first < 48 || first > 57) return -1;
  p++;
  while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
  if (first === 48 && p - start > 1 && buf[start] !== 45) return -1;
  if (p < end && buf[p] === 46) {
    const fraction = ++p;
    while (p < end && buf[p] >= 48 && buf[p] <= 57) p++;
    if (p === fraction) return -1;
  }
  return p < end && (buf[p] | 32) === 101 ? -1 : p;
}

/** Position of the quote that closes the string which opens at p, or −1. */
export function endOfString(buf: Buffer, p: number, end: number): number {
  let q = p + 1;
  for (;;) {
    if (q >= end) return -1;
    const c = buf[q];
    if (c === 34) return q;
    q += c === 92 ? 2 : 1;
  }
}
