/**
 * JSON text of a value whose type only the user's functions know: as JSON.stringify, but a bigint is written as the number
 * that it is. What JSON has no word for (undefined, a function) is null.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof TypeError) || !/BigInt/.test(error.message)) throw error;
    return withBigInts(value);
  }
}

function withBigInts(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(withBigInts).join(',')}]`;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return JSON.stringify(value);
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined && typeof member !== 'function') {
      members.push(`${JSON.stringify(key)}:${withBigInts(member)}`);
    }
  }
  return `{${members.join(',')}}`;
}
