/** Files that are generated from api/, connectors, formats and the learning library, as path and text. */
import { stringify } from 'yaml';
import { API_GROUP, ERROR_CODES, type ErrorCodeDoc, RESOURCE_KINDS, toCustomResourceDefinition } from '../api/index.js';
import { functionReference } from './docs-functions.js';
import { learningReference } from './learning-reference.js';
import { referencePages } from './reference-pages.js';

export async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>(await referencePages());
  for (const kind of RESOURCE_KINDS) {
    const crd = stringify(toCustomResourceDefinition(kind), { lineWidth: 120, aliasDuplicateObjects: false });
    const text = `# Generated from api/ by \`npm run generate\`. Do not edit.\n${crd}`;
    const name = `${API_GROUP}_${kind.plural}.yaml`;
    files.set(`crds/${name}`, text);
    // Helm reads only what lies within the chart.
    files.set(`charts/tidewheel/files/crds/${name}`, text);
  }
  files.set('docs/errors.md', errorReference());
  files.set('docs/sql-functions.md', functionReference());
  files.set('docs/reference/learning.md', learningReference());
  return files;
}

const FAMILIES: Readonly<Record<string, string>> = {
  TW1: 'Job files',
  TW2: 'SQL',
  TW3: 'Connectors and formats',
  TW4: 'Snapshots and state',
  TW5: 'Coordinator and runners',
  TW6: 'Kubernetes',
  TW7: 'Models',
  TW8: 'Command line',
  TW9: 'Tidewheel itself',
};

function errorReference(): string {
  const lines = [
    '# Error codes',
    '',
    'Generated from `api/error-codes.ts` by `npm run generate`. A code never changes its meaning. *Passing* errors are retried;',
    '*terminal* ones need somebody to change something.',
  ];
  for (const [prefix, title] of Object.entries(FAMILIES)) {
    const codes = Object.entries<ErrorCodeDoc>(ERROR_CODES).filter(([code]) => code.startsWith(prefix));
    if (codes.length === 0) continue;
    lines.push('', `## ${title}`, '', '| code | what | kind | what to do |', '|---|---|---|---|');
    for (const [code, entry] of codes) {
      lines.push(
        `| ${code} | ${entry.title} | ${entry.retryable ? 'passing' : 'terminal'} | ${entry.doc.replaceAll('|', '\\|')} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
