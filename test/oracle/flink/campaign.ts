/** Random queries over random rows, on Flink and on Tidewheel. What differs is written as a case file of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CASES, type CaseFile, type Query } from '../../unit/transform/case.js';
import { caseText } from './case-text.js';
import { type Course, difference } from './compare.js';
import type { FlinkAnswer, FlinkSession } from './flink-session.js';
import { RandomNumbers } from './random-numbers.js';
import { RandomQuery } from './random-query.js';
import { randomTables } from './random-rows.js';
import { RandomShape } from './random-shapes.js';

/** Queries over the same rows. */
const ROUND = 8;

/** Runs `count` queries from the seed on; returns how many differ. */
export async function campaign(session: FlinkSession, count: number, seed: number): Promise<number> {
  const tally = { same: 0, different: 0, flinkOnly: 0, tidewheelOnly: 0, neither: 0 };
  for (let done = 0, round = seed; done < count; round++) {
    const random = new RandomNumbers(round);
    const tables = randomTables(random);
    const queries = Array.from({ length: Math.min(ROUND, count - done) }, (_, i): Query => {
      const batch = random.chance(25);
      const sql = i % 2 === 0 ? new RandomQuery(random, batch).query() : new RandomShape(random, batch).query();
      return { name: `seed ${round}, ${i}`, sql, ...(batch ? { mode: 'batch' as const } : {}) };
    });
    done += queries.length;
    const file: CaseFile = { ...tables, queries };
    const found: Query[] = [];
    for (const query of queries) {
      const flink = await session.answer(file, query).catch((error: Error) => error);
      if (flink instanceof Error) {
        console.log(`${query.name}: ${flink.message}`);
        continue;
      }
      const outcome = await compare(file, query, flink);
      tally[outcome.what]++;
      if (outcome.text) console.log(`${query.name}: ${outcome.text}\n  ${query.sql}`);
      if (outcome.what === 'different') found.push({ ...query, ...flink });
    }
    console.log(`round ${round}, ${done} queries: ${JSON.stringify(tally)}`);
    if (found.length > 0) {
      await writeFile(join(CASES, `random-${round}.json`), caseText({ ...file, queries: found }));
    }
  }
  return tally.different;
}

type Outcome = 'same' | 'different' | 'flinkOnly' | 'tidewheelOnly' | 'neither';

async function compare(file: CaseFile, query: Query, flink: FlinkAnswer): Promise<{ what: Outcome; text?: string }> {
  const courses: Course[] = query.mode === 'batch' ? [[1], [3]] : [[1], [2, 3]];
  for (const course of courses) {
    const text = await difference(file, query, flink, course);
    if ('refused' in flink) return text ? { what: 'tidewheelOnly', text } : { what: 'neither' };
    if (text?.startsWith('refuses')) return { what: 'flinkOnly', text };
    if (text) return { what: 'different', text };
  }
  return { what: 'same' };
}
