/**
 * Checks that imports between folders go strictly down the floors. Run by `npm run lint`.
 *
 * A folder may import from folders on lower floors and from itself. Folders on the same floor may not import each other.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';

/** Lowest floor first. A folder that is missing here is an error: new folders take a place. */
const FLOORS: readonly (readonly string[])[] = [
  ['api', 'runtime/time', 'runtime/boot'],
  ['runtime/record'],
  ['runtime/expr'],
  ['runtime/graph'],
  ['runtime/sql'],
  ['runtime/source', 'runtime/learn'],
  ['runtime/exchange', 'runtime/snapshot'],
  ['runtime/sink'],
  ['runtime/state', 'runtime/formats', 'runtime/model'],
  ['runtime/connectors'],
  ['runtime/transform'],
  ['runtime/task', 'runtime/serving'],
  ['runtime/job'],
  ['runtime/coordinator', 'runtime/worker'],
  ['operator'],
  ['console'],
  ['cli'],
  ['scripts'],
  ['test/harness'],
  ['bench'],
  ['test'],
];

const root = resolve(process.cwd());

function floorOf(file: string): { folder: string; floor: number } | undefined {
  const path = relative(root, file).split('\\').join('/');
  for (let floor = 0; floor < FLOORS.length; floor++) {
    for (const folder of FLOORS[floor]) {
      if (path.startsWith(`${folder}/`)) return { folder, floor };
    }
  }
  return undefined;
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)['"](\.[^'"]+)['"]/g;
const problems: string[] = [];

for (const top of ['api', 'runtime', 'operator', 'console', 'cli', 'bench', 'scripts', 'test']) {
  if (!existsSync(join(root, top))) continue;
  if (!existsSync(join(root, top))) continue;
  for (const file of sources(join(root, top))) {
    const from = floorOf(file);
    const shown = relative(root, file);
    if (!from) {
      problems.push(`${shown}: its folder has no floor; give it one in scripts/layering.ts`);
      continue;
    }
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(IMPORT)) {
      const target = resolve(dirname(file), match[1]);
      const to = floorOf(target);
      if (!to || to.folder === from.folder) continue;
      if (to.floor >= from.floor) {
        const line = text.slice(0, match.index).split('\n').length;
        problems.push(
          `${shown}:${line}: ${from.folder} may not import ${posix.normalize(to.folder)} (imports go down)`,
        );
      }
    }
  }
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'layering: imports go down' : `layering: ${problems.length} imports go up`);
process.exitCode = problems.length === 0 ? 0 : 1;
