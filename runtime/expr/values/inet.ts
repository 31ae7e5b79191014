/** IPv4 addresses as numbers, as MySQL's INET_ATON and INET_NTOA have them. */

const PART = /^\d+$/;

/** `127.0.0.1` → 2130706433; of short forms the last part fills the rest (`127.1`). null: no address. */
export function addressToNumber(text: string): number | null {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => PART.test(part))) return null;
  const numbers = parts.map(Number);
  if (numbers.some((n) => n > 255)) return null;
  const last = numbers.pop()!;
  return numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), last);
}

/** 2130706433 → `127.0.0.1`; null: out of range. */
export function numberToAddress(value: number | bigint): string | null {
  const n = Number(value);
  if (n < 0 || n > 0xffff_ffff) return null;
  return [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
}
