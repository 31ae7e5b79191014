import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compileExpr } from '../../../runtime/expr/index.js';
import { typeToString } from '../../../runtime/record/types.js';
import { bindText, bindWithColumns } from './bind-text.js';
import { javaText } from './java-text.js';

const folder = join(process.cwd(), 'test/unit/expr/expected');
const files = readdirSync(folder).filter((name) => name.endsWith('.tsv'));

/** Files of other time zones than UTC. */
const ZONES: Readonly<Record<string, string>> = { 'berlin.zone.tsv': 'Europe/Berlin' };

function lines(file: string): string[][] {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** Types and widths that come from literal arguments differ when these are columns. */
const LITERAL_ONLY =
  /^(?:round|truncate|typeof|rand|json_|encode|element\(|array_(?:max|slice)\(cast|cast\(row)|unicode|returning| is json|abs\(-2147483648/i;

describe.each(files)('expressions give what Flink gives: %s', (file) => {
  test('as constants', () => {
    const wrong: string[] = [];
    for (const [sql, value, type = ''] of lines(file)) {
      let got: string;
      let gotType = '';
      try {
        const expr = bindText(sql, [], ZONES[file]);
        gotType = typeToString({ ...expr.type, nullable: true });
        got = javaText(compileExpr(expr)({}), expr.type);
      } catch {
        got = 'ERROR';
      }
      const right = got === value && (value === 'ERROR' || gotType === type);
      if (!right) wrong.push(`${sql}: ${got} ${gotType}, Flink: ${value} ${type}`);
    }
    expect(wrong).toEqual([]);
  });

  test('with each constant in a nullable column', () => {
    const wrong: string[] = [];
    for (const [sql, value] of lines(file)) {
      if (value === 'ERROR' || LITERAL_ONLY.test(sql)) continue;
      const { expr, row } = bindWithColumns(sql, ZONES[file]);
      let got: string;
      try {
        got = javaText(compileExpr(expr)(row), expr.type);
      } catch (error) {
        got = String(error);
      }
      if (got !== value) wrong.push(`${sql}: ${got}, Flink: ${value}`);
    }
    expect(wrong).toEqual([]);
  });
});
