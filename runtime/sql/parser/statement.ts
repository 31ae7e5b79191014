import type { Statement } from '../ast/statement.js';
import { parseAlter } from './alter.js';
import {
  parseDescribe,
  parseDrop,
  parseExplain,
  parseReset,
  parseSet,
  parseShow,
  parseStopJob,
  parseUse,
} from './command.js';
import { parseCreate } from './create-object.js';
import type { Cursor } from './cursor.js';
import { parseDelete, parseInsert, parseStatementSet, parseTruncate, parseUpdate } from './insert.js';
import { STATEMENT_WORDS } from './keywords.js';
import { parseQuery } from './query.js';

/** Statements of Flink that are known and not there. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['ADD', 'ANALYZE', 'COMPILE', 'LOAD', 'MERGE', 'REMOVE', 'UNLOAD']);

/** One statement, without the semicolon behind it. */
export function parseStatement(c: Cursor): Statement {
  const start = c.token;
  switch (start.upper) {
    case 'SELECT':
    case 'WITH':
    case 'VALUES':
    case 'TABLE':
    case '(':
      return parseQuery(c);
    case 'INSERT':
      return parseInsert(c);
    case 'CREATE':
      return parseCreate(c);
    case 'ALTER':
      return parseAlter(c);
    case 'DROP':
      return parseDrop(c);
    case 'DESCRIBE':
    case 'DESC':
      return parseDescribe(c);
    case 'SHOW':
      return parseShow(c);
    case 'STOP':
      return parseStopJob(c);
    case 'USE':
      return parseUse(c);
    case 'SET':
      return parseSet(c);
    case 'RESET':
      return parseReset(c);
    case 'EXPLAIN':
      return parseExplain(c);
    case 'STATEMENT':
      return parseStatementSet(c, start);
    case 'BEGIN':
      c.advance();
      return parseStatementSet(c, start);
    case 'EXECUTE':
      c.advance();
      if (c.is('PLAN')) c.failUnsupported('EXECUTE PLAN', start);
      if (c.is('STATEMENT')) return parseStatementSet(c, start);
      return c.is('INSERT') ? parseInsert(c) : parseQuery(c);
    case 'DELETE':
      return parseDelete(c);
    case 'UPDATE':
      return parseUpdate(c);
    case 'TRUNCATE':
      return parseTruncate(c);
  }
  if (c.are('REPLACE', 'TABLE')) c.failUnsupported('REPLACE TABLE (write CREATE OR REPLACE TABLE)');
  if (c.are('COMPILE', 'AND', 'EXECUTE')) c.failUnsupported('COMPILE AND EXECUTE PLAN');
  if (c.are('CALL')) c.failUnsupported('CALL of a procedure');
  if (UNSUPPORTED.has(start.upper)) c.failUnsupported(`${start.upper} ${c.peek().upper}`.trim());
  return c.failExpecting(['a statement'], STATEMENT_WORDS);
}
