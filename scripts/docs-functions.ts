/** docs/sql-functions.md: every function of SQL, from the tables in runtime/expr. */
import { AGGREGATES, type Family, FUNCTIONS } from '../runtime/expr/index.js';

const TITLES: Readonly<Record<Family, string>> = {
  comparison: 'Comparison',
  logical: 'Logic',
  arithmetic: 'Arithmetic',
  string: 'Strings',
  temporal: 'Dates and times',
  conditional: 'Conditions',
  conversion: 'Conversion',
  collection: 'Arrays and maps',
  construction: 'Construction',
  access: 'Access',
  json: 'JSON',
  hash: 'Hashes',
  bitmap: 'Bitmaps',
  auxiliary: 'Others',
};

/** The page as Markdown. */
export function functionReference(): string {
  const lines = [
    '# SQL functions',
    '',
    'Generated from the function tables in `runtime/expr` by `npm run generate`. Do not edit.',
    '',
    "Names, types and results are Flink's. A function gives NULL when an argument is NULL unless it says otherwise. Integers wrap",
    'around in their width; a DECIMAL that does not fit is NULL; CAST of text that cannot be read fails the job, TRY_CAST gives NULL.',
  ];
  for (const [family, title] of Object.entries(TITLES)) {
    const defs = FUNCTIONS.filter((def) => def.family === family);
    if (defs.length === 0) continue;
    lines.push('', `## ${title}`, '', '| function | | example |', '|---|---|---|');
    for (const def of defs) {
      const aliases = def.names.filter((name) => /^\w+$/.test(name) && !def.syntax.some((s) => s.includes(name)));
      const also = aliases.length > 0 ? ` Also ${aliases.map((name) => `\`${name}\``).join(', ')}.` : '';
      const changing = def.deterministic ? '' : ' Another result at each call.';
      const examples = def.examples.map(([sql, result]) => `${code(sql)} → ${code(result)}`).join('<br>');
      lines.push(`| ${def.syntax.map(code).join('<br>')} | ${cell(def.doc)}${also}${changing} | ${examples} |`);
    }
  }
  lines.push('', '## Aggregates', '', 'All take `FILTER (WHERE condition)`.', '', '| function | |', '|---|---|');
  for (const def of AGGREGATES) {
    if (def.names[0].startsWith('SUM0') || def.names[0] === 'SINGLE_VALUE') continue;
    const also = def.names.slice(1).filter((name) => /^\w+$/.test(name));
    lines.push(
      `| ${def.syntax.map(code).join('<br>')} | ${cell(def.doc)}${also.length > 0 ? ` Also \`${also.join('`, `')}\`.` : ''} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${cell(text)} \`\`` : `\`${cell(text)}\``;
}
