/** Writes what is generated from api/: crds/*.yaml, docs/errors.md and docs/reference/. `--check` only compares. Run by `npm run generate`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.js';

const check = process.argv.includes('--check');
for (const [path, text] of await generatedFiles()) {
  const file = join(process.cwd(), path);
  let old: string | undefined;
  try {
    old = readFileSync(file, 'utf8');
  } catch {
    // Not there yet.
  }
  if (old === text) continue;
  if (check) {
    console.error(`${path} is not what api/ says; run npm run generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
