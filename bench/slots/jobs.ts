/** Jobs of the slots suite that are not Nexmark's own queries. */

const TABLES = `SET 'execution.checkpointing.interval' = '1s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
CREATE TABLE nexmark (
  event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>, \`dateTime\` TIMESTAMP(3),
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'events.num' = '$EVENTS');
`;

const generated = (statements: string) => (events: number) => TABLES.replace('$EVENTS', String(events)) + statements;

/** Events are generated in the process: no disk takes part, and an event costs 0.15 µs. */
export const GENERATED: Readonly<Record<string, (events: number) => string>> = {
  window:
    generated(`CREATE TABLE answer (auction BIGINT, n BIGINT, best BIGINT, window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO answer SELECT bid.auction, COUNT(*), MAX(bid.price), window_end
FROM TABLE(TUMBLE(TABLE nexmark, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
WHERE event_type = 2 GROUP BY bid.auction, window_start, window_end;
`),
  group:
    generated(`CREATE TABLE answer (bidder BIGINT, n BIGINT, best BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO answer SELECT bid.bidder, COUNT(*), MAX(bid.price), SUM(bid.price) FROM nexmark
WHERE event_type = 2 GROUP BY bid.bidder;
`),
  // Not aggregated before the exchange: every second row crosses it.
  distinct:
    generated(`CREATE TABLE answer (auction BIGINT, n BIGINT, bidders BIGINT, window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO answer SELECT bid.auction, COUNT(*), COUNT(DISTINCT bid.bidder), window_end
FROM TABLE(TUMBLE(TABLE nexmark, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
WHERE event_type = 2 GROUP BY bid.auction, window_start, window_end;
`),
};

/** What a user's lambda does to a bid before its row goes to the slot of its key. */
const SCORES: Readonly<Record<string, string>> = {
  // Each word of the address, 0.6 µs a row: the exchange costs as much.
  lambda: `
            let score = 0;
            for (const word of bid.url.split(/[/?&=.:]+/)) {
              let h = 2166136261;
              for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 16777619);
              score += Math.log1p(h >>> 0) * Math.sqrt(bid.price);
            }`,
  // A linear model over all pairs of words, its weights hashed: most of the job's time is the user's own.
  crosses: `
            const words = bid.url.split(/[/?&=.:]+/);
            words.push(bid.channel, String(bid.bidder % 1000), String(bid.price % 1000));
            let score = 0;
            for (const one of words) {
              for (const other of words) {
                let h = 2166136261;
                for (let i = 0; i < one.length; i++) h = Math.imul(h ^ one.charCodeAt(i), 16777619);
                for (let i = 0; i < other.length; i++) h = Math.imul(h ^ other.charCodeAt(i), 16777619);
                score += (h >>> 0) / 4294967296 - 0.5;
              }
            }
            score = 1 / (1 + Math.exp(-score));`,
};

export const WITH_LAMBDAS: readonly string[] = Object.keys(SCORES);

/**
 * A user's lambda takes each bid's address apart and gives a score, then a window by key, also of lambdas: the engine can aggregate
 * nothing before the exchange.
 */
export function lambdaJob(name: string, events: number): string {
  return `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: bench-slots-${name} }
spec:
  checkpoint: { interval: 1s, guarantee: exactly-once }
  graph:
    nodes:
      - name: events
        source:
          connector: nexmark
          events.num: '${events}'
          schema: >-
            event_type INT,
            bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING>,
            \`dateTime\` TIMESTAMP(3)
          time: dateTime
          delay: 4s
      - { name: bids, filter: "(row) => row.event_type === 2" }
      - name: scored
        map: |
          (row) => {
            const { bid } = row;${SCORES[name]}
            return { auction: bid.auction, score, dateTime: row.dateTime };
          }
      - name: scores
        window:
          key: "(row) => row.auction"
          time: dateTime
          tumble: 10s
          init: "() => ({ n: 0, best: 0 })"
          add: "(acc, row) => { acc.n++; if (row.score > acc.best) acc.best = row.score; return acc; }"
          result: "(acc, auction, window) => ({ auction, end: window.end, n: acc.n, best: acc.best })"
      - { name: out, sink: { connector: blackhole } }
`;
}
