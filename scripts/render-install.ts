/**
 * Writes charts/install.yaml: what `helm install` would apply, for those without Helm. Run by `npm run generate`; without helm on
 * the PATH it says so and leaves the file. `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderInstall } from './cluster/render-install.js';

const FILE = 'charts/install.yaml';

const text = await renderInstall().catch((error: Error) => {
  if (process.argv.includes('--check')) throw error;
  console.error(`${FILE} is left as it is: ${error.message}`);
});
if (text !== undefined) {
  let old = '';
  try {
    old = readFileSync(FILE, 'utf8');
  } catch {
    // Not there yet.
  }
  if (text !== old && process.argv.includes('--check')) {
    console.error(`${FILE} is not what the chart renders; run npm run generate`);
    process.exitCode = 1;
  } else if (text !== old) {
    writeFileSync(FILE, text);
    console.log(`wrote ${FILE}`);
  }
}
