/**
 * How fast this machine is just now, by a fixed piece of work of the kind that the engine does: figures divided by it can be
 * compared between machines, and between a quiet hour and a busy one.
 */
const ROUNDS = 50;
const WARM_UP_ROUNDS = 10;
const RECORDS = 2000;

const LINES = Array.from({ length: RECORDS }, (_, i) =>
  JSON.stringify({
    auction: 1000 + (i % 97),
    bidder: i * 7919,
    price: i * 31,
    channel: `channel-${i % 13}`,
    extra: 'x'.repeat(60),
  }),
);
let written = 0;

function round(): void {
  const counts = new Map<number, number>();
  for (const line of LINES) {
    const row = JSON.parse(line);
    counts.set(row.auction, (counts.get(row.auction) ?? 0) + 1);
    written += JSON.stringify(row).length;
  }
}

/** Millions of records per CPU second: parse a line of JSON, count by a key, write it again. About a fifth of a second. */
export function calibrate(): number {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
  const before = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i++) round();
  const { user, system } = process.cpuUsage(before);
  return written > 0 ? (RECORDS * ROUNDS) / (user + system) : 0;
}
