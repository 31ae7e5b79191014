/**
 * `node dist/test/oracle/flink/make-transform-cases.js [NAME…] [--all]`: runs the queries of test/unit/transform/cases on Flink and
 * writes what it answered beside them; those that have an answer only with --all.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type FlinkChange,
  type FlinkQueryOutput,
  finalRows,
  readFlinkOutput,
} from '../../harness/flink/flink-output.js';
import { startFlink } from '../../harness/flink/start-flink.js';
import { CASES, caseFiles, inOrder, readCases, sorted } from '../../unit/transform/case.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } });
const flink = await startFlink();
const dir = await mkdtemp(join(tmpdir(), 'tidewheel-cases-'));
try {
  for (const name of caseFiles()) {
    if (positionals.length > 0 && !positionals.some((p) => name.startsWith(p))) continue;
    const file = readCases(name);
    for (const [table, rows] of Object.entries(file.inputs)) {
      await writeFile(join(dir, table), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    }
    const tables = file.tables.replace(/('path'\s*=\s*')/g, `$1${dir}/`);
    const queries = [];
    for (const query of file.queries) {
      if ((query.expected || query.refused) && !values.all) {
        queries.push(query);
        continue;
      }
      const output = join(dir, 'out.jsonl');
      const settings = "SET 'pipeline.auto-watermark-interval' = '0'; SET 'table.local-time-zone' = 'UTC';";
      try {
        await flink.run({
          script: `${settings}\n${tables}\n${query.sql};`,
          mode: query.mode ?? 'streaming',
          output,
          timeoutMs: 60_000,
        });
        const changes = comparable(await readFlinkOutput(output));
        const kinds = [...new Set(changes.map((c) => c.kind))].sort().join(' ');
        queries.push({ ...query, expected: sorted(finalRows(changes)), kinds });
        console.log(`${name} ${query.name}: ${changes.length} changes (${kinds})`);
      } catch (error) {
        const refused = reason((error as Error).message);
        console.log(`${name} ${query.name}: REFUSED ${refused}`);
        const { expected: _, kinds: __, ...rest } = query;
        queries.push({ ...rest, refused });
      }
    }
    await writeFile(join(CASES, name), pretty({ ...file, queries }));
  }
} finally {
  await flink.stop();
  await rm(dir, { recursive: true, force: true });
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

/** JSON with one row a line. */
function pretty(value: object): string {
  const lines = JSON.stringify(value, (_key, v) => v, 2);
  return `${lines.replace(/\[\n\s+((?:"(?:[^"\\]|\\.)*"|-?[\d.e+]+|null|true|false)(?:,\n\s+(?:"(?:[^"\\]|\\.)*"|-?[\d.e+]+|null|true|false))*)\n\s+\]/g, (_m, inner: string) => `[${inner.replace(/\n\s+/g, ' ')}]`)}\n`;
}
