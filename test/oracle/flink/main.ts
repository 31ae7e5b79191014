/**
 * `npm run test:flink [-- FILE…] [--query TEXT] [--new | --update]`: runs the queries of test/unit/transform/cases on Flink and on
 * Tidewheel over the same rows and compares, also with what is stored. `--new` stores Flink's answers where there is none,
 * `--update` all of them anew. `--random N --seed S`: random queries over random rows instead; what differs becomes a case.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, type CaseFile, caseFiles, type Query, readCases } from '../../unit/transform/case.js';
import { campaign } from './campaign.js';
import { caseText } from './case-text.js';
import { difference } from './compare.js';
import { type FlinkAnswer, FlinkSession } from './flink-session.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    query: { type: 'string' },
    new: { type: 'boolean' },
    update: { type: 'boolean' },
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const session = await FlinkSession.start();
let wrong = 0;
try {
  if (values.random !== undefined) wrong = await campaign(session, Number(values.random), Number(values.seed));
  else for (const name of caseFiles()) if (wanted(name)) await checkFile(name, readCases(name));
} finally {
  await session.stop();
}
if (wrong > 0) process.exitCode = 1;

function wanted(name: string): boolean {
  return positionals.length === 0 || positionals.some((p) => name.startsWith(p));
}

async function checkFile(name: string, file: CaseFile): Promise<void> {
  const queries: Query[] = [];
  let changed = false;
  let asked = 0;
  for (const query of file.queries) {
    const known = query.expected !== undefined || query.refused !== undefined;
    if ((values.new && known) || (values.query !== undefined && !query.name.includes(values.query))) {
      queries.push(query);
      continue;
    }
    let flink: FlinkAnswer;
    try {
      flink = await session.answer(file, query);
    } catch (error) {
      wrong++;
      console.log(`${name} ${query.name}: ${(error as Error).message}`);
      queries.push(query);
      continue;
    }
    asked++;
    const say = (text: string) => {
      wrong++;
      console.log(`${name} ${query.name}: ${text}`);
    };
    if (known && !same(query, flink))
      say(`Flink's answer is not the stored one: ${JSON.stringify(flink).slice(0, 300)}`);
    const different = await difference(file, query, flink, [1]);
    if (different) say(different);
    const store = values.update || !known;
    changed ||= store;
    queries.push(store ? withAnswer(query, flink) : query);
    if (store && values.new)
      console.log(
        `${name} ${query.name}: ${'refused' in flink ? flink.refused : `${(flink as Query).expected!.length} rows`}`,
      );
  }
  console.log(`${name}: ${asked} queries`);
  if (changed && (values.new || values.update)) await writeFile(join(CASES, name), caseText({ ...file, queries }));
}

function same(query: Query, flink: FlinkAnswer): boolean {
  if ('refused' in flink) return query.refused !== undefined;
  return JSON.stringify(query.expected) === JSON.stringify((flink as Query).expected);
}

function withAnswer(query: Query, flink: FlinkAnswer): Query {
  const { expected: _, kinds: __, refused: ___, ...rest } = query;
  return { ...rest, ...flink };
}
