import type {
  CreateCatalog,
  CreateDatabase,
  CreateFunction,
  CreateModel,
  CreateView,
  FunctionResource,
  FunctionResult,
  ViewColumn,
} from '../ast/create-object.js';
import type { Span } from '../ast/span.js';
import type { Statement } from '../ast/statement.js';
import type { RowField } from '../ast/type.js';
import { parseCreateTable, parseIfNotExists } from './create-table.js';
import type { Cursor } from './cursor.js';
import { parseOptions } from './hint.js';
import { parsePlainString } from './literal.js';
import { parseQuery } from './query.js';
import { parseFieldList, parseType } from './type.js';

type Start = Cursor['token'];

/** Everything that starts with CREATE. */
export function parseCreate(c: Cursor): Statement {
  const start = c.token;
  c.expect('CREATE');
  if (c.are('OR', 'ALTER')) c.failUnsupported('CREATE OR ALTER MATERIALIZED TABLE');
  const orReplace = c.accept('OR');
  if (orReplace) c.expect('REPLACE');
  const temporary = c.accept('TEMPORARY');
  const system = temporary && c.are('SYSTEM', 'FUNCTION') && c.accept('SYSTEM');
  const objects = ['TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'FUNCTION', 'MODEL'] as const;
  if (c.is('MATERIALIZED')) c.failUnsupported('CREATE MATERIALIZED TABLE');
  if (c.is('CONNECTION')) c.failUnsupported('CREATE CONNECTION');
  const aggregate = c.are('AGGREGATE', 'FUNCTION') && c.accept('AGGREGATE');
  const object = c.acceptOneOf(objects);
  switch (object) {
    case 'TABLE':
      return parseCreateTable(c, start, temporary, orReplace);
    case 'VIEW':
      return parseCreateView(c, start, temporary, orReplace);
    case 'FUNCTION':
      return {
        ...parseCreateFunction(c, start, temporary, system, orReplace),
        ...(aggregate ? { aggregate: true } : {}),
      };
    case 'MODEL':
      return parseCreateModel(c, start, temporary, orReplace);
    case 'DATABASE':
    case 'CATALOG':
      if (temporary || orReplace) c.fail(`a ${object} is not created TEMPORARY or OR REPLACE`, { place: start });
      return object === 'DATABASE' ? parseCreateDatabase(c, start) : parseCreateCatalog(c, start);
    default:
      return c.failExpecting(objects, objects);
  }
}

function parseComment(c: Cursor): string | undefined {
  return c.accept('COMMENT') ? parsePlainString(c) : undefined;
}

function parseCreateView(c: Cursor, start: Start, temporary: boolean, orReplace: boolean): CreateView {
  const ifNotExists = parseIfNotExists(c);
  const name = c.qualifiedName('the name of the view');
  const columns = c.is('(') ? c.list(() => parseViewColumn(c)) : [];
  const comment = parseComment(c);
  c.expect('AS');
  const query = parseQuery(c);
  const span = c.since(start);
  return { kind: 'CreateView', temporary, orReplace, ifNotExists, name, columns, comment, query, span };
}

function parseViewColumn(c: Cursor): ViewColumn {
  const start = c.token;
  const name = c.name('a column');
  const comment = parseComment(c);
  return { kind: 'ViewColumn', name, comment, span: c.since(start) };
}

function parseCreateDatabase(c: Cursor, start: Start): CreateDatabase {
  const ifNotExists = parseIfNotExists(c);
  const name = c.qualifiedName('the name of the database');
  const comment = parseComment(c);
  const options = c.accept('WITH') ? parseOptions(c) : [];
  return { kind: 'CreateDatabase', ifNotExists, name, comment, options, span: c.since(start) };
}

function parseCreateCatalog(c: Cursor, start: Start): CreateCatalog {
  const ifNotExists = parseIfNotExists(c);
  const name = c.name('the name of the catalog');
  const comment = parseComment(c);
  const options = c.accept('WITH') ? parseOptions(c) : [];
  return { kind: 'CreateCatalog', ifNotExists, name, comment, options, span: c.since(start) };
}

function parseCreateModel(c: Cursor, start: Start, temporary: boolean, orReplace: boolean): CreateModel {
  const ifNotExists = parseIfNotExists(c);
  const name = c.qualifiedName('the name of the model');
  const input = c.accept('INPUT') ? parseFieldList(c, 'a column') : [];
  const output = c.accept('OUTPUT') ? parseFieldList(c, 'a column') : [];
  const comment = parseComment(c);
  const options = c.accept('WITH') ? parseOptions(c) : [];
  const query = c.accept('AS') ? parseQuery(c) : undefined;
  const span = c.since(start);
  return { kind: 'CreateModel', temporary, orReplace, ifNotExists, name, input, output, comment, options, query, span };
}

function parseCreateFunction(
  c: Cursor,
  start: Start,
  temporary: boolean,
  system: boolean,
  orReplace: boolean,
): CreateFunction {
  const ifNotExists = parseIfNotExists(c);
  const name = c.qualifiedName('the name of the function');
  const parameters: readonly RowField[] | undefined = c.is('(') ? parseFieldList(c, 'a parameter') : undefined;
  let returns: FunctionResult | undefined;
  let language: string | undefined;
  let definition: string | undefined;
  let definitionSpan: Span | undefined;
  const using: FunctionResource[] = [];
  let options: CreateFunction['options'] = [];
  for (;;) {
    if (!returns && c.accept('RETURNS')) returns = parseResult(c);
    else if (!language && c.accept('LANGUAGE')) language = c.name('a language, as JAVASCRIPT').name.toUpperCase();
    else if (definition === undefined && c.accept('AS')) {
      const place = c.token;
      definition = parsePlainString(c, "the function's source or class in quotes");
      definitionSpan = c.since(place);
    } else if (c.accept('USING')) using.push(...c.commaSeparated(() => parseResource(c)));
    else if (options.length === 0 && c.accept('WITH')) options = parseOptions(c);
    else break;
  }
  if (definition === undefined || !definitionSpan) c.failExpecting([]);
  return {
    kind: 'CreateFunction',
    temporary,
    system,
    orReplace,
    ifNotExists,
    name,
    parameters,
    returns,
    language,
    definition,
    definitionSpan,
    using,
    options,
    span: c.since(start),
  };
}

function parseResult(c: Cursor): FunctionResult {
  const start = c.token;
  if (c.accept('TABLE')) {
    const fields = parseFieldList(c, 'a column');
    const span = c.since(start);
    return { kind: 'FunctionResult', table: true, type: { kind: 'RowType', fields, nullable: true, span }, span };
  }
  const type = parseType(c);
  return { kind: 'FunctionResult', table: false, type, span: c.since(start) };
}

function parseResource(c: Cursor): FunctionResource {
  const start = c.token;
  const type = c.expectOneOf(['JAR', 'ARTIFACT']);
  const path = parsePlainString(c, 'a path in quotes');
  return { kind: 'FunctionResource', type, path, span: c.since(start) };
}
