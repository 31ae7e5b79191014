/** Asks Flink for the answers of cases: one JVM, one cluster, the queries one after the other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FlinkChange,
  type FlinkQueryOutput,
  type FlinkValue,
  finalRows,
  readFlinkOutput,
} from '../../harness/flink/flink-output.js';
import { type FlinkRunner, startFlink } from '../../harness/flink/start-flink.js';
import { type CaseFile, inOrder, type Query, sorted } from '../../unit/transform/case.js';

/** What Flink was left with and which kinds of changes it sent, or why it does not run the query. */
export type FlinkAnswer = Pick<Query, 'expected' | 'kinds'> | Pick<Query, 'refused'>;

/** A watermark behind each row, so that what comes late is the same on both sides. */
const SETTINGS = "SET 'pipeline.auto-watermark-interval' = '0'; SET 'table.local-time-zone' = 'UTC';";

export class FlinkSession {
  private readonly written = new WeakSet<CaseFile>();

  private constructor(
    private flink: FlinkRunner,
    private readonly dir: string,
  ) {}

  static async start(): Promise<FlinkSession> {
    const flink = await startFlink();
    return new FlinkSession(flink, await mkdtemp(join(tmpdir(), 'tidewheel-cases-')));
  }

  async answer(file: CaseFile, query: Query): Promise<FlinkAnswer> {
    if (!this.written.has(file)) {
      for (const [table, rows] of Object.entries(file.inputs)) {
        await writeFile(join(this.dir, table), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      }
      this.written.add(file);
    }
    const tables = file.tables.replace(/('path'\s*=\s*')/g, `$1${this.dir}/`);
    const output = join(this.dir, 'out.jsonl');
    try {
      await this.flink.run({
        script: `${SETTINGS}\n${tables}\n${query.sql};`,
        mode: query.mode ?? 'streaming',
        output,
        timeoutMs: 120_000,
      });
      const changes = comparable(await readFlinkOutput(output));
      const kinds = [...new Set(changes.map((c) => c.kind))].sort().join(' ');
      return { expected: sorted(query.key ? lastByKey(changes, query.key) : finalRows(changes)), kinds };
    } catch (error) {
      const refused = reason((error as Error).message);
      if (/cancelled|minimum required resources|timed? ?out/i.test(refused)) {
        // A statement that hangs keeps its slots: the next one gets a cluster of its own.
        await this.flink.stop();
        this.flink = await startFlink();
        throw new Error(`no answer from Flink: ${refused}`);
      }
      return { refused };
    }
  }

  async stop(): Promise<void> {
    await this.flink.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** The rows that remain of a stream of upserts. */
function lastByKey(changes: readonly FlinkChange[], key: readonly number[]): (readonly FlinkValue[])[] {
  const rows = new Map<string, readonly FlinkValue[]>();
  for (const { kind, row } of changes) {
    const text = JSON.stringify(key.map((i) => row[i]));
    if (kind === '+I' || kind === '+U') rows.set(text, row);
    else rows.delete(text);
  }
  return [...rows.values()];
}

/** The changes of the only query, maps and multisets in order of their text. */
function comparable([{ changes, columns }]: FlinkQueryOutput[]): FlinkChange[] {
  const maps = columns.flatMap(({ type }, i) => (/^(?:MAP|MULTISET)</.test(type) ? [i] : []));
  if (maps.length === 0) return [...changes];
  return changes.map(({ kind, row }) => ({
    kind,
    row: row.map((v, i) => (maps.includes(i) && Array.isArray(v) ? inOrder([...v]) : v)),
  }));
}

/** What Flink says, without the names of its classes. */
function reason(message: string): string {
  const lines = message.replace(/^statement \d+: /, '').split('\n');
  const root = lines.filter((line) => line.startsWith('caused by ')).at(-1) ?? lines[0];
  return root
    .replace(/^caused by /, '')
    .replace(/^[\w.$]+: /, '')
    .slice(0, 300);
}
