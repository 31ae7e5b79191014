/** `slots`: what a second slot brings on a query that needs the CPU and exchanges its rows by key. */
import { runTidewheel } from '../engine/tidewheel.js';
import type { Suite } from '../suite.js';

const TARGET = 1.7;

const TABLES = `SET 'execution.checkpointing.interval' = '1s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
CREATE TABLE nexmark (
  event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>, \`dateTime\` TIMESTAMP(3),
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'events.num' = '$EVENTS');
`;

/** Events are generated in the process: no disk takes part. */
const JOBS: Readonly<Record<string, string>> = {
  // Aggregated before the exchange: hardly a row crosses it.
  window: `CREATE TABLE answer (auction BIGINT, n BIGINT, best BIGINT, window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO answer SELECT bid.auction, COUNT(*), MAX(bid.price), window_end
FROM TABLE(TUMBLE(TABLE nexmark, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
WHERE event_type = 2 GROUP BY bid.auction, window_start, window_end;
`,
  // Every row crosses it, or half of them where there are two slots.
  group: `CREATE TABLE answer (bidder BIGINT, n BIGINT, best BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO answer SELECT bid.bidder, COUNT(*), MAX(bid.price), SUM(bid.price) FROM nexmark
WHERE event_type = 2 GROUP BY bid.bidder;
`,
};

export const slots: Suite = {
  describe: 'a CPU-bound query with a keyBy on one slot and on two',
  names: () => Object.keys(JOBS),
  // Long enough that start and warm-up are small beside it: about 20 s with one slot.
  events: 100_000_000,
  repeat: 2,
  run: async ({ names, events, repeat, report }) => {
    for (const name of names) {
      const job = TABLES.replace('$EVENTS', String(events)) + JOBS[name];
      const wallS: number[] = [];
      for (const count of [1, 2]) {
        const runs = [];
        for (let i = 0; i < repeat; i++) runs.push(await runTidewheel({ job, ending: 'sql', slots: count }));
        const best = runs.sort((a, b) => a.wallS - b.wallS)[0];
        report.result({
          ...{ query: `slots/${name}/${count}`, engine: 'tidewheel', events, ...best },
          eventsPerCpuS: events / best.cpuS,
        });
        wallS.push(best.wallS);
      }
      report.figure({
        ...{ query: `slots/${name}`, engine: 'tidewheel', measure: 'two slots to one', unit: '× events a second' },
        ...{ value: wallS[0] / wallS[1], target: { least: TARGET } },
      });
    }
  },
};
