/** What Tab offers: words of the grammar, tables, columns, functions, settings, commands of the shell. */
import { SPEC_SETTINGS } from '../../runtime/job/sql-settings.js';
import { visibleFields } from '../../runtime/sql/catalog/table.js';
import { CLAUSE_WORDS, STATEMENT_WORDS } from '../../runtime/sql/parser/keywords.js';
import type { Session } from '../../runtime/sql/session/session.js';
import { builtInNames, viewFields } from '../../runtime/sql/session/show.js';
import { META_COMMANDS } from './meta-commands.js';

const MORE_WORDS = [
  'AS ASC BY CASE CAST DESC DISTINCT DESCRIPTOR ELSE END EXISTS FALSE FOR IN INTERVAL IS LIKE NOT NULL OVER PARTITION PRIMARY KEY',
  'SYSTEM_TIME OF TABLE THEN TRUE VIEW WATERMARK WHEN TUMBLE HOP CUMULATE SESSION MATCH_RECOGNIZE TABLES VIEWS DATABASES FUNCTIONS',
  'CATALOGS COLUMNS CHANGELOG_MODE PLAN INTO SHOW TEMPORARY FUNCTION DATABASE IF BEGIN STATEMENT',
].flatMap((line) => line.split(' '));
const WORDS = [...new Set([...STATEMENT_WORDS, ...CLAUSE_WORDS, ...MORE_WORDS])].sort();
const TYPES =
  'BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL STRING CHAR VARCHAR BYTES DATE TIME TIMESTAMP TIMESTAMP_LTZ ARRAY MAP ROW';

/** After these a table is named. */
const BEFORE_TABLE = /\b(?:FROM|JOIN|INTO|OVERWRITE|DESCRIBE|DESC|TABLE|VIEW|UPDATE)\s+[\w.]*$/i;

/**
 * Candidates for the word that ends `line`, and that word: what readline's completer answers. `before`: lines of the statement
 * above this one.
 */
export function complete(session: Session, line: string, before = ''): [string[], string] {
  const trimmed = line.trimStart();
  if (before === '' && trimmed.startsWith('\\')) return completeMeta(session, trimmed);
  const setting = /^\s*(?:RE)?SET\s+'([\w.-]*)$/i.exec(line);
  if (setting)
    return [
      Object.keys(SPEC_SETTINGS)
        .filter((key) => key.startsWith(setting[1]))
        .map((key) => `${key}'`),
      setting[1],
    ];
  const word = /[\w.]*$/.exec(line)![0];
  const text = `${before}\n${line}`;
  if (BEFORE_TABLE.test(line)) return [startingWith(tables(session), word), word];
  const dot = word.lastIndexOf('.');
  if (dot > 0) {
    const columns = columnsOf(session, text, word.slice(0, dot)).map((c) => `${word.slice(0, dot)}.${c}`);
    return [startingWith([...columns, ...tables(session)], word), word];
  }
  if (word === '') return [startingWith([...columnsOf(session, text), ...WORDS], ''), ''];
  const lower = word === word.toLowerCase();
  const words = [...WORDS, ...TYPES.split(' ')].map((w) => (lower ? w.toLowerCase() : w));
  const functions = functionNames(session).map((f) => `${lower ? f.toLowerCase() : f.toUpperCase()}(`);
  const own = [...columnsOf(session, text), ...tables(session)];
  return [startingWith([...own, ...words, ...functions], word), word];
}

function completeMeta(session: Session, line: string): [string[], string] {
  const space = line.search(/\s/);
  if (space < 0) return [META_COMMANDS.map((c) => c.name).filter((name) => name.startsWith(line)), line];
  const word = /\S*$/.exec(line)![0];
  const names = line.startsWith('\\df') ? functionNames(session) : tables(session);
  return [startingWith(names, word), word];
}

function startingWith(names: readonly string[], word: string): string[] {
  const wanted = word.toLowerCase();
  return [...new Set(names)].filter((name) => name.toLowerCase().startsWith(wanted));
}

function functionNames(session: Session): string[] {
  return [...builtInNames(), ...[...session.catalog.functions.values()].map((f) => f.name)];
}

function tables({ catalog }: Session): string[] {
  const current = catalog.namesIn(catalog.current);
  return [...current, ...catalog.names().filter((name) => name.includes('.'))];
}

/** Columns of the tables that a text names, or of the one that `of` names, which may be an alias. */
function columnsOf(session: Session, text: string, of?: string): string[] {
  const mentioned = new Set(text.match(/[A-Za-z_][\w.]*/g) ?? []);
  const alias = of && new RegExp(`([\\w.]+)\\s+(?:AS\\s+)?${of.replaceAll('.', '\\.')}\\b`, 'i').exec(text)?.[1];
  const columns: string[] = [];
  for (const entry of session.catalog.all()) {
    const wanted = of === undefined ? mentioned.has(entry.name) : entry.name === of || entry.name === alias;
    if (!wanted) continue;
    try {
      const fields = entry.kind === 'table' ? visibleFields(entry) : viewFields(session.env, entry);
      columns.push(...fields.map((f) => f.name));
    } catch {
      // A view whose table was dropped has no columns.
    }
  }
  return columns;
}
