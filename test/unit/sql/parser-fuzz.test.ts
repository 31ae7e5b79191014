import { describe, expect, test } from '@jest/globals';
import { parseScript, SqlSyntaxError } from '../../../runtime/sql/parser/index.js';
import { unparse } from '../../../runtime/sql/unparse/index.js';
import { NEXMARK_QUERIES, NEXMARK_TABLES } from './nexmark-queries.js';
import { EXPRESSION_SAMPLES, STATEMENT_SAMPLES } from './syntax-samples.js';
import { withoutSpans } from './without-spans.js';

/** Numbers in [0, 1) that a seed determines (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const CORPUS = [
  ...STATEMENT_SAMPLES,
  ...EXPRESSION_SAMPLES.map((text) => `SELECT ${text} FROM t`),
  NEXMARK_TABLES,
  ...Object.values(NEXMARK_QUERIES),
];
const PIECES = CORPUS.join(' ').match(/[\w$]+|'[^']*'|`[^`]*`|\S/g)!;
const SIGNS = [...'\'`"()[]{}<>=!+-*/%,.;:?|^$\\\n\0é😀', '/*+', '*/', '--', '$$', "U&'", "X'", '=>'];

function mutate(text: string, next: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  let mutated = text;
  const changes = 1 + Math.floor(next() * 4);
  for (let i = 0; i < changes; i++) {
    const from = Math.floor(next() * (mutated.length + 1));
    const length = Math.floor(next() * next() * 40);
    const what = next();
    const inserted =
      what < 0.3
        ? ''
        : what < 0.6
          ? ` ${pick(PIECES)} `
          : what < 0.8
            ? pick(SIGNS)
            : pick(CORPUS).slice(from, from + 30);
    mutated = mutated.slice(0, from) + inserted + mutated.slice(what < 0.8 ? from + length : from);
  }
  return mutated;
}

const runs = Number(process.env['SQL_FUZZ_RUNS'] ?? 4_000);
const seed = Number(process.env['SQL_FUZZ_SEED'] ?? 1);

describe('Mutated scripts', () => {
  test(`parse or fail with a located error, and come back from a round trip (${runs} from seed ${seed})`, () => {
    const next = random(seed);
    let parsed = 0;
    for (let run = 0; run < runs; run++) {
      const text = mutate(CORPUS[run % CORPUS.length], next);
      let trees: ReturnType<typeof parseScript>;
      try {
        trees = parseScript(text);
      } catch (error) {
        if (!(error instanceof SqlSyntaxError)) throw new Error(`${JSON.stringify(text)}: ${error}`, { cause: error });
        const lines = text.split('\n');
        expect(error.line).toBeGreaterThanOrEqual(1);
        expect(error.line).toBeLessThanOrEqual(lines.length);
        expect(error.column).toBe(
          error.offset - lines.slice(0, error.line - 1).join('\n').length + (error.line > 1 ? 0 : 1),
        );
        continue;
      }
      parsed++;
      const written = trees.map((tree) => unparse(tree)).join(';\n');
      expect({ text, written, trees: withoutSpans(parseAgain(text, written)) }).toEqual({
        text,
        written,
        trees: withoutSpans(trees),
      });
    }
    expect(parsed).toBeGreaterThan(runs / 20);
  });
});

function parseAgain(text: string, written: string) {
  try {
    return parseScript(written);
  } catch (error) {
    throw new Error(`${JSON.stringify(text)} was written as ${JSON.stringify(written)}: ${error}`, { cause: error });
  }
}
