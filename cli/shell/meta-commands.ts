/** Commands of the shell itself: they begin with a backslash and need no semicolon. */
import { readFile } from 'node:fs/promises';
import { TidewheelError } from '../../api/index.js';
import { AGGREGATES, FUNCTIONS } from '../../runtime/expr/index.js';
import { parseScript } from '../../runtime/sql/parser/index.js';
import { quoteName } from '../../runtime/sql/unparse/index.js';
import type { SqlEngine } from './engine.js';
import { runScript, type ScriptOutput } from './script.js';
import { FORMATS, type Format, listingText } from './writers.js';

interface MetaCommand {
  readonly name: string;
  readonly argument?: string;
  readonly doc: string;
}

export const META_COMMANDS: readonly MetaCommand[] = [
  { name: '\\d', argument: '[name]', doc: 'Tables and views; of one: its columns' },
  {
    name: '\\df',
    argument: '[pattern]',
    doc: 'Functions, with what they take and do; * in a pattern stands for anything',
  },
  { name: '\\l', doc: 'Databases' },
  { name: '\\s', argument: '[name]', doc: 'The statement that made a table or view; without a name: settings' },
  { name: '\\i', argument: 'file', doc: 'Run the statements of a file' },
  { name: '\\format', argument: FORMATS.join('|'), doc: 'How rows are written from now on' },
  { name: '\\?', doc: 'This help' },
  { name: '\\q', doc: 'Leave the shell; so do quit; exit; and Ctrl-D' },
];

export type MetaResult = 'done' | 'quit';

/** Runs a line that begins with a backslash. Throws a TidewheelError TW8001 for one that isn't known. */
export async function runMetaCommand(line: string, engine: SqlEngine, output: ScriptOutput): Promise<MetaResult> {
  const [name, ...rest] = line.trim().replace(/;$/, '').split(/\s+/);
  const argument = rest.join(' ');
  const statement = async (sql: string) => {
    const effect = await engine.apply(parseScript(sql)[0]);
    if (effect.kind === 'listing') output.write(listingText(output.format, effect.columns, effect.rows));
    else if (effect.kind === 'text') output.write(`${effect.text}\n`);
  };
  switch (name) {
    case '\\d':
      if (argument) await statement(`DESCRIBE ${quoted(argument)}`);
      else {
        const { catalog } = engine.session;
        const rows = catalog.all().map((e) => [e.name, e.kind, e.kind === 'table' ? e.connector : '']);
        output.write(listingText(output.format, ['name', 'kind', 'connector'], rows));
      }
      return 'done';
    case '\\df':
      output.write(functionList(engine, output.format, argument));
      return 'done';
    case '\\l':
      await statement('SHOW DATABASES');
      return 'done';
    case '\\s':
      if (!argument) await statement('SET');
      else {
        const view = engine.session.catalog.all().find((e) => e.name === argument)?.kind === 'view';
        await statement(`SHOW CREATE ${view ? 'VIEW' : 'TABLE'} ${quoted(argument)}`);
      }
      return 'done';
    case '\\i': {
      const text = await readFile(argument, 'utf8').catch((cause: Error) => {
        throw new TidewheelError('TW1001', `can't read '${argument}': ${cause.message}`, { cause });
      });
      await runScript(engine, text, output, argument);
      return 'done';
    }
    case '\\format':
      if (!FORMATS.includes(argument as Format)) {
        throw new TidewheelError('TW8001', `no format '${argument}'`, { hint: `One of ${FORMATS.join(', ')}` });
      }
      output.format = argument as Format;
      return 'done';
    case '\\?':
    case '\\h':
      output.write(help());
      return 'done';
    case '\\q':
      return 'quit';
    default:
      throw new TidewheelError('TW8001', `no command ${name}`, { hint: '\\? lists them' });
  }
}

/** `db.orders` as names that may hold anything. */
function quoted(name: string): string {
  return name.includes('`') ? name : name.split('.').map(quoteName).join('.');
}

function functionList(engine: SqlEngine, format: Format, pattern: string): string {
  const text = (pattern || '*').replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/[*%]/g, '.*');
  const wanted = new RegExp(`^${text}$`, 'i');
  const rows: [string, string, string][] = [];
  for (const def of [...FUNCTIONS, ...AGGREGATES]) {
    if (!def.names.some((name) => wanted.test(name))) continue;
    const kind = 'family' in def ? def.family : 'aggregate';
    rows.push([def.syntax.join('; ') || def.names[0], kind, def.doc]);
  }
  for (const fn of engine.session.catalog.functions.values()) {
    if (wanted.test(fn.name)) rows.push([fn.name, 'own', `made in line ${fn.at.line}`]);
  }
  if (format !== 'table' && format !== 'changelog')
    return listingText(format, ['function', 'family', 'what it does'], rows);
  // Long texts are of use only in full.
  const lines = rows.map(([syntax, family, doc]) => `${syntax}  [${family}]\n    ${doc}\n`);
  return rows.length === 0 ? `No function is called ${pattern}\n` : lines.join('');
}

export function help(): string {
  const width = Math.max(...META_COMMANDS.map((c) => `${c.name} ${c.argument ?? ''}`.length));
  const lines = META_COMMANDS.map((c) => `  ${`${c.name} ${c.argument ?? ''}`.padEnd(width)}  ${c.doc}`);
  return [
    'Statements end with a semicolon and may take several lines; Tab completes.',
    'CREATE … makes tables and views, SELECT … shows rows, INSERT INTO … writes them, EXPLAIN … shows a plan,',
    "SHOW TABLES; DESCRIBE t; SET 'execution.runtime-mode' = 'batch'; and the rest of Flink SQL.",
    'Ctrl-C stops a query, or clears what was typed.',
    '',
    ...lines,
    '',
  ].join('\n');
}
