/** The input of the Nexmark queries: written once, kept under ~/.cache/tidewheel/bench. */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeNexmarkJson } from '../../runtime/connectors/nexmark/json-lines.js';

/** Changes with what the generator writes: files of older versions are not used. */
const VERSION = 1;
/** Events that go into one file before the next one's turn: files of all slots cover the same time. */
const BLOCK_BYTES = 64 * 1024;

export interface NexmarkData {
  /** A folder of `files` files, together all events. */
  readonly folder: string;
  readonly events: number;
}

const SIDE_ROWS = 10_000;

function base(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tidewheel', 'bench');
}

/** The file that q13 looks up: a line `key,value` for each number below 10,000, written if it isn't there. */
export async function sideInput(): Promise<string> {
  const file = join(base(), `nexmark-side-${SIDE_ROWS}`, 'side_input.csv');
  if (await stat(file).catch(() => undefined)) return file;
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, Array.from({ length: SIDE_ROWS }, (_, key) => `${key},value of ${key}\n`).join(''));
  await rename(draft, file);
  return file;
}

/** The folder with that many events in that many files, written if it isn't there. */
export async function nexmarkData(events: number, files: number, seed = '0'): Promise<NexmarkData> {
  const folder = join(base(), `nexmark-v${VERSION}-${events}-seed${seed}-files${files}`);
  if (await stat(folder).catch(() => undefined)) return { folder, events };
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    const whole = join(draft, 'events-0.json');
    await writeNexmarkJson(whole, events, { seed });
    if (files > 1) await deal(whole, draft, files);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { folder, events };
}

/** Deals the lines of a file to several, blocks of lines in turn. */
async function deal(whole: string, folder: string, files: number): Promise<void> {
  const bytes = await readFile(whole); // At most 2 GiB: five million events.
  const targets = await Promise.all(Array.from({ length: files }, (_, i) => open(join(folder, `part-${i}.json`), 'w')));
  let start = 0;
  for (let block = 0; start < bytes.length; block++) {
    const newline = bytes.indexOf(10, Math.min(start + BLOCK_BYTES, bytes.length - 1));
    const end = newline < 0 ? bytes.length : newline + 1;
    await targets[block % files].write(bytes, start, end - start);
    start = end;
  }
  await Promise.all(targets.map((target) => target.close()));
  await rm(whole);
}
