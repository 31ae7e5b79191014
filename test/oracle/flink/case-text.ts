import type { CaseFile } from '../../unit/transform/case.js';

/** A case file as JSON: a line for each row. */
export function caseText(file: CaseFile): string {
  const flat = (value: unknown) => JSON.stringify(value);
  const list = (items: readonly string[], pad: string) =>
    items.length === 0 ? '[]' : `[\n${items.map((item) => `${pad} ${item}`).join(',\n')}\n${pad}]`;
  const inputs = Object.entries(file.inputs).map(([name, rows]) => `  ${flat(name)}: ${list(rows.map(flat), '  ')}`);
  const queries = file.queries.map((query) => {
    const { expected, ...rest } = query;
    const fields = Object.entries(rest).map(([key, value]) => `   ${flat(key)}: ${flat(value)}`);
    if (expected) fields.push(`   "expected": ${list(expected.map(flat), '   ')}`);
    return `{\n${fields.join(',\n')}\n  }`;
  });
  return `{\n "tables": ${flat(file.tables)},\n "inputs": {\n${inputs.join(',\n')}\n },\n "queries": ${list(queries, ' ')}\n}\n`;
}
