/** Delays between tries: exponential with full jitter above a floor, so that many waiters don't come back at once. */
export function backoffMs(tries: number, random: number, baseMs = 100, maxMs = 60_000): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(tries, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
