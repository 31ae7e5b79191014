/**
 * `tidewheel quickstart` (`npm start`): examples/quickstart on this machine, two runner processes, one of which is killed half-way;
 * shows what is going on, and that the result is still exact.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandModule } from 'yargs';
import { Supervisor } from '../local/supervisor.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TOTAL = 400_000;
/** Tasks tell their figures once a second. */
const POLL_MS = 1000;

interface Alert {
  card: string;
  spent: number;
  payments: number;
  window_end: string;
}

/** The answer, computed from the definition of the data without any of the engine. */
export function expectedAlerts(): Map<string, string> {
  const sums = new Map<string, { card: string; end: number; spent: number; payments: number }>();
  for (let n = 0; n < TOTAL; n++) {
    const fraud = n % 20_000 < 50;
    const card = fraud ? `card-${Math.floor(n / 20_000) % 12}` : `card-${(n * 7919) % 500}`;
    const end = (Math.floor((1767225600000 + n * 5) / 10_000) + 1) * 10_000;
    const key = `${card}|${end}`;
    const sum = sums.get(key) ?? { card, end, spent: 0, payments: 0 };
    sum.spent += fraud ? 900 : (n % 97) + 1;
    sum.payments++;
    sums.set(key, sum);
  }
  const first = new Map<string, { end: number; text: string }>();
  for (const { card, end, spent, payments } of sums.values()) {
    if (spent <= 10_000) continue;
    const seen = first.get(card);
    if (!seen || end < seen.end) first.set(card, { end, text: `${card} ${spent} ${payments} ${end}` });
  }
  return new Map([...first].map(([card, { text }]) => [card, text]));
}

async function readAlerts(folder: string): Promise<Alert[]> {
  const files = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    files.filter((f) => !f.startsWith('.')).map((f) => readFile(join(folder, f), 'utf8')),
  );
  return texts.flatMap((t) => t.split('\n').filter((line) => line !== '')).map((line) => JSON.parse(line) as Alert);
}

function asText(a: Alert): string {
  return `${a.card} ${a.spent} ${a.payments} ${Date.parse(a.window_end.replace(' ', 'T'))}`;
}

export const command: CommandModule = {
  command: 'quickstart',
  describe: 'The quick start: a job that survives the death of one of its runners',
  handler: async () => {
    const stateDir = join(ROOT, '.tidewheel');
    const alerts = join(stateDir, 'quickstart-alerts');
    await Promise.all([
      rm(alerts, { recursive: true, force: true }),
      rm(join(stateDir, 'quickstart'), { recursive: true, force: true }),
    ]);
    const started = Date.now();
    const tty = process.stdout.isTTY;
    const say = (text: string) => console.log(`${tty ? '\r\x1b[K' : ''}${text}`);
    say(
      'quickstart: 400,000 card payments → 10 s windows per card → alerts; two runner processes, state in .tidewheel/',
    );
    const supervisor = new Supervisor({
      file: join(ROOT, 'examples/quickstart/job.yaml'),
      name: 'quickstart',
      runners: 2,
      stateDir,
      logLevel: 'silent',
      env: process.env,
      onEvent: ({ what, who, pid }) => say(`${who} ${what} (process ${pid})`),
    });
    process.on('SIGINT', () => void supervisor.stop().then(() => process.exit(130)));
    await supervisor.start();
    let killed = false;
    let lastRows = 0;
    let lastAt = started;
    const timer = setInterval(async () => {
      try {
        const url = await supervisor.api();
        const [job, checkpoints] = await Promise.all([
          fetch(`${url}/api/v1/job`).then((r) => r.json() as Promise<any>),
          fetch(`${url}/api/v1/job/checkpoints`).then((r) => r.json() as Promise<any>),
        ]);
        if (job.rowsIn === 0 && lastRows === 0) return;
        const now = Date.now();
        const rate = Math.max(0, Math.round(((job.rowsIn - lastRows) / (now - lastAt)) * 1000));
        lastRows = job.rowsIn;
        lastAt = now;
        const watermark = job.watermark ? new Date(job.watermark).toISOString().slice(11, 19) : '--:--:--';
        const found = (await readAlerts(alerts)).length;
        const text = `${job.state.padEnd(10)} ${rate.toLocaleString('en')} rows/s · watermark ${watermark} · checkpoint ${job.lastCheckpoint?.id ?? 0} · restarts ${job.restarts} · alerts ${found}`;
        if (tty) process.stdout.write(`\r\x1b[K${text}`);
        else console.log(text);
        if (!killed && checkpoints.completed >= 3 && now - started > 4000) {
          killed = true;
          say('now killing runner-0 with SIGKILL, to show that nothing is lost');
          supervisor.kill('runner-0');
        }
      } catch {
        // The coordinator is not up yet.
      }
    }, POLL_MS);
    const code = await supervisor.done;
    clearInterval(timer);
    await supervisor.stop();
    process.exitCode = code === 0 ? await report(alerts, started, killed, say) : code;
  },
};

async function report(folder: string, started: number, killed: boolean, say: (text: string) => void): Promise<number> {
  const found = await readAlerts(folder);
  const expected = expectedAlerts();
  const lines = found.map(asText);
  const wrong = lines.filter((line) => expected.get(line.split(' ')[0]) !== line);
  const doubled = lines.length - new Set(lines).size;
  const missing = [...expected.values()].filter((line) => !lines.includes(line));
  say('');
  for (const a of found.sort((x, y) => (x.window_end < y.window_end ? -1 : 1))) {
    console.log(
      `  ${a.window_end}  ${a.card.padEnd(8)} spent ${String(a.spent).padStart(6)} in ${a.payments} payments`,
    );
  }
  const exact = wrong.length + doubled + missing.length === 0;
  console.log(
    exact
      ? `exact: ${found.length} alerts of ${expected.size} expected, none missing, none twice${killed ? ', with a runner killed on the way' : ''} (${((Date.now() - started) / 1000).toFixed(1)} s)`
      : `NOT exact: ${missing.length} missing, ${wrong.length} wrong, ${doubled} twice`,
  );
  console.log(`
what to try next
  edit examples/quickstart/job.yaml and run it:   npx tidewheel run examples/quickstart/job.yaml
  see its plan:                                   npx tidewheel explain examples/quickstart/job.yaml
  change the parallelism of a running job:        npx tidewheel rescale quickstart 3
  lines → upper case, the smallest job:           npx tidewheel run examples/uppercase.yaml`);
  return exact ? 0 : 1;
}
