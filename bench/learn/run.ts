/** Rows per CPU second here and in River; see README.md. Usage: node dist/bench/learn/run.js [--json] [--no-river] [part of a case's name …] */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Case, cases, sink } from './cases.js';

const SECONDS = 1;
const json = process.argv.includes('--json');
const alone = process.argv.includes('--no-river');
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));

/** Asking for the CPU time takes longer than some rounds do: rounds are counted in lots of about this long. */
const LOT_SECONDS = 0.05;

function rowsPerCpuSecond({ round }: Case): number {
  let rounds = 0;
  const warm = process.cpuUsage();
  for (; cpuSeconds(warm) < SECONDS / 3; rounds++) round();
  const lot = Math.max(1, Math.round((rounds / cpuSeconds(warm)) * LOT_SECONDS));
  const start = process.cpuUsage();
  let rows = 0;
  while (cpuSeconds(start) < SECONDS) for (let i = 0; i < lot; i++) rows += round();
  return rows / cpuSeconds(start);
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function river(): Record<string, number> {
  const python = join(homedir(), '.cache', 'tidewheel', 'oracle-venv', 'bin', 'python');
  if (!existsSync(python)) return {};
  const args = [
    '-B',
    join('bench', 'learn', 'river_cases.py'),
    join('test', 'unit', 'learn'),
    String(SECONDS),
    ...wanted,
  ];
  return JSON.parse(execFileSync(python, args, { encoding: 'utf8' }));
}

const ours: Record<string, number> = {};
for (const one of cases()) {
  if (wanted.length === 0 || wanted.some((part) => one.name.includes(part))) ours[one.name] = rowsPerCpuSecond(one);
}
const theirs = alone ? {} : river();
if (json) console.log(JSON.stringify({ ours, theirs }));
else {
  const shown = (n: number | undefined): string =>
    (n === undefined ? '–' : Math.round(n).toLocaleString('en')).padStart(12);
  console.log(
    `${'rows per CPU second'.padEnd(44)}${'Tidewheel'.padStart(12)}${'River'.padStart(12)}${'×'.padStart(8)}`,
  );
  for (const [name, rate] of Object.entries(ours)) {
    const times = theirs[name] === undefined ? '–' : (rate / theirs[name]).toFixed(1);
    console.log(`${name.padEnd(44)}${shown(rate)}${shown(theirs[name])}${times.padStart(8)}`);
  }
}
if (Number.isNaN(sink)) process.exitCode = 1;
