/** `soak`: one job over very many events. Its memory must be as much at the end as it was early on. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processTree } from '../measure/process-tree.js';
import type { Suite } from '../suite.js';

const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const SAMPLE_MS = 500;
const SHOWN = 20;
/** Of the run; before it, caches and heaps take their size. */
const WARM_UP = 0.2;
const TARGET_GROWTH = 1.1;

/** Bids generated in the process itself, counted by auction in windows of ten seconds: state comes and goes all the time. */
const job = (events: number) => `SET 'execution.checkpointing.interval' = '1s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
CREATE TABLE nexmark (
  event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT>, \`dateTime\` TIMESTAMP(3),
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'events.num' = '${events}');
CREATE TABLE answer (auction BIGINT, n BIGINT, best BIGINT, window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO answer
SELECT bid.auction, COUNT(*), MAX(bid.price), window_end
FROM TABLE(TUMBLE(TABLE nexmark, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
WHERE event_type = 2 GROUP BY bid.auction, window_start, window_end;
`;

export const soak: Suite = {
  describe: '200 M events through windows: resident memory over time',
  names: () => ['windows'],
  events: 200_000_000,
  repeat: 1,
  run: async ({ events, slots, report }) => {
    const { wallS, rssMb } = await memoryOverTime(job(events), slots);
    const figure = { query: `soak/${events / 1e6} M events`, engine: 'tidewheel' };
    const step = Math.max(1, Math.floor(rssMb.length / SHOWN));
    for (let i = 0; i < rssMb.length; i += step) {
      const measure = `memory after ${Math.round((i * SAMPLE_MS) / 1000)} s`;
      report.figure({ ...figure, measure, value: rssMb[i], unit: 'MiB' });
    }
    const settled = rssMb.slice(Math.floor(rssMb.length * WARM_UP));
    const half = settled.length >> 1;
    report.figure({ ...figure, measure: 'events a second', value: events / wallS, unit: '1/s' });
    report.figure({
      ...figure,
      ...{ measure: 'peak of the last two fifths to that of the two before', unit: '×' },
      value: Math.max(...settled.slice(half)) / Math.max(...settled.slice(0, half)),
      target: { most: TARGET_GROWTH },
    });
  },
};

function residentMb(root: number): number {
  let sum = 0;
  for (const pid of processTree(root)) {
    try {
      const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
      sum += match ? Number(match[1]) / 1024 : 0;
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

async function memoryOverTime(sql: string, slots: number): Promise<{ wallS: number; rssMb: number[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-soak-'));
  try {
    const file = join(dir, 'job.sql');
    await writeFile(file, sql);
    const startedMs = performance.now();
    const args = [CLI, 'run', file, '--parallelism', String(slots), '--state-dir', join(dir, 'state')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const rssMb: number[] = [];
    const sampler = setInterval(() => rssMb.push(residentMb(child.pid!)), SAMPLE_MS);
    const code = await new Promise((resolve) => child.once('close', resolve)).finally(() => clearInterval(sampler));
    if (code !== 0) throw new Error(`the job ended with code ${code}`);
    return { wallS: (performance.now() - startedMs) / 1000, rssMb };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
