/**
 * How fast this machine is just now, by a fixed piece of work of the kind that the engine does: figures divided by it can be
 * compared between machines.
 */
const ROUNDS = 60;
const RECORDS = 2000;

/** Millions of records per CPU second: parse a line of JSON, count by a key, write it again. The best of several rounds. */
export function calibrate(): number {
  const lines = Array.from({ length: RECORDS }, (_, i) =>
    JSON.stringify({
      auction: 1000 + (i % 97),
      bidder: i * 7919,
      price: i * 31,
      channel: `channel-${i % 13}`,
      extra: 'x'.repeat(60),
    }),
  );
  let best = Number.POSITIVE_INFINITY;
  let sink = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const counts = new Map<number, number>();
    const before = process.cpuUsage();
    for (const line of lines) {
      const row = JSON.parse(line);
      counts.set(row.auction, (counts.get(row.auction) ?? 0) + 1);
      sink += JSON.stringify(row).length;
    }
    const { user, system } = process.cpuUsage(before);
    if (round >= ROUNDS / 3) best = Math.min(best, user + system);
  }
  return sink > 0 ? RECORDS / best : 0;
}
