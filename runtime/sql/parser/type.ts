import type { Span } from '../ast/span.js';
import type { RowField, ScalarTypeName, TypeNode } from '../ast/type.js';
import { type Cursor, nested } from './cursor.js';
import { parseIntervalQualifier, parsePlainString } from './literal.js';
import { nearestWord } from './nearest-word.js';

/** How many numbers may stand in parentheses behind a type's name. */
const SCALARS: ReadonlyMap<string, { readonly name: ScalarTypeName; readonly numbers: 0 | 1 | 2 }> = new Map([
  ['CHAR', { name: 'CHAR', numbers: 1 }],
  ['CHARACTER', { name: 'CHAR', numbers: 1 }],
  ['VARCHAR', { name: 'VARCHAR', numbers: 1 }],
  ['STRING', { name: 'STRING', numbers: 0 }],
  ['BOOLEAN', { name: 'BOOLEAN', numbers: 0 }],
  ['BINARY', { name: 'BINARY', numbers: 1 }],
  ['VARBINARY', { name: 'VARBINARY', numbers: 1 }],
  ['BYTES', { name: 'BYTES', numbers: 0 }],
  ['DECIMAL', { name: 'DECIMAL', numbers: 2 }],
  ['DEC', { name: 'DECIMAL', numbers: 2 }],
  ['NUMERIC', { name: 'DECIMAL', numbers: 2 }],
  ['TINYINT', { name: 'TINYINT', numbers: 0 }],
  ['SMALLINT', { name: 'SMALLINT', numbers: 0 }],
  ['INT', { name: 'INT', numbers: 0 }],
  ['INTEGER', { name: 'INT', numbers: 0 }],
  ['BIGINT', { name: 'BIGINT', numbers: 0 }],
  ['FLOAT', { name: 'FLOAT', numbers: 0 }],
  ['DOUBLE', { name: 'DOUBLE', numbers: 0 }],
  ['DATE', { name: 'DATE', numbers: 0 }],
  ['TIME', { name: 'TIME', numbers: 1 }],
  ['TIMESTAMP', { name: 'TIMESTAMP', numbers: 1 }],
  ['TIMESTAMP_LTZ', { name: 'TIMESTAMP_LTZ', numbers: 1 }],
  ['VARIANT', { name: 'VARIANT', numbers: 0 }],
  ['BITMAP', { name: 'BITMAP', numbers: 0 }],
]);

/** A data type with its NOT NULL, as in a column's definition or after CAST's AS. */
export function parseType(c: Cursor): TypeNode {
  return nested(c, parseWholeType);
}

function parseWholeType(c: Cursor): TypeNode {
  const start = c.token;
  let type = withNullability(c, parseBareType(c));
  // `INT ARRAY`, `INT NOT NULL MULTISET`: the collection stands behind its element.
  for (;;) {
    const kind = c.accept('ARRAY') ? 'ArrayType' : c.accept('MULTISET') ? 'MultisetType' : undefined;
    if (!kind) return type;
    c.grow();
    type = withNullability(c, { kind, element: type, nullable: true, span: c.since(start) });
  }
}

function withNullability(c: Cursor, type: TypeNode): TypeNode {
  let nullable = true;
  if (c.acceptAll('NOT', 'NULL')) nullable = false;
  // `RETURNING STRING NULL ON EMPTY`: that NULL belongs to JSON_VALUE.
  else if (c.token.upper === 'NULL' && c.peek().upper !== 'ON') c.advance();
  else return type;
  return { ...type, nullable, span: c.since(type.span) };
}

function parseBareType(c: Cursor): TypeNode {
  const start = c.token;
  const word = start.upper;
  const scalar = SCALARS.get(word);
  if (scalar) return parseScalar(c, scalar.name, scalar.numbers);
  switch (word) {
    case 'NULL':
      c.advance();
      return { kind: 'ScalarType', name: 'NULL', nullable: true, span: c.since(start) };
    case 'INTERVAL': {
      c.advance();
      const qualifier = parseIntervalQualifier(c);
      return { kind: 'IntervalType', qualifier, nullable: true, span: c.since(start) };
    }
    case 'ARRAY':
    case 'MULTISET': {
      c.advance();
      c.expect('<');
      const element = parseType(c);
      c.expect('>');
      const kind = word === 'ARRAY' ? 'ArrayType' : 'MultisetType';
      return { kind, element, nullable: true, span: c.since(start) };
    }
    case 'MAP': {
      c.advance();
      c.expect('<');
      const key = parseType(c);
      c.expect(',');
      const value = parseType(c);
      c.expect('>');
      return { kind: 'MapType', key, value, nullable: true, span: c.since(start) };
    }
    case 'ROW':
      return parseRowType(c);
    case 'STRUCTURED':
      if (c.peek().upper === '<') return parseStructuredType(c);
      break;
    case 'RAW': {
      if (c.peek().upper !== '(') break;
      c.advance();
      const open = c.advance();
      const className = parsePlainString(c, 'the class in quotes');
      c.expect(',');
      const serializer = parsePlainString(c, 'the serializer in quotes');
      c.expectClose(open);
      return { kind: 'RawType', className, serializer, nullable: true, span: c.since(start) };
    }
  }
  if (!c.isName()) c.failExpecting(['a data type'], SCALARS.keys());
  const name = c.qualifiedName('a data type');
  if (c.token.upper === '(') {
    const suggestion = nearestWord(start.text, SCALARS.keys());
    c.fail(`unknown type '${start.text}'`, {
      place: start,
      ...(suggestion ? { hint: `Did you mean ${suggestion}?` } : {}),
    });
  }
  return { kind: 'UserType', name, nullable: true, span: c.since(start) };
}

function parseScalar(c: Cursor, written: ScalarTypeName, numbers: 0 | 1 | 2): TypeNode {
  const start = c.advance();
  let name = written;
  let allowed = numbers;
  if (c.token.upper === 'VARYING' && (name === 'CHAR' || name === 'BINARY')) {
    c.advance();
    name = name === 'CHAR' ? 'VARCHAR' : 'VARBINARY';
    allowed = 1;
  }
  if (name === 'DOUBLE') c.accept('PRECISION');
  let precision: number | undefined;
  let scale: number | undefined;
  if (c.is('(')) {
    if (allowed === 0) c.fail(`${name} takes no length or precision`);
    const open = c.advance();
    precision = c.integer(name === 'DECIMAL' ? 'the precision' : 'a length or precision');
    if (allowed === 2 && c.accept(',')) scale = c.integer('the scale');
    c.expectClose(open);
  }
  if (name === 'TIMESTAMP' || name === 'TIME') name = parseTimeZone(c, name);
  const span: Span = c.since(start);
  return { kind: 'ScalarType', name, precision, scale, nullable: true, span };
}

function parseTimeZone(c: Cursor, name: 'TIMESTAMP' | 'TIME'): ScalarTypeName {
  if (c.acceptAll('WITHOUT', 'TIME', 'ZONE')) return name;
  const place = c.token;
  const local = c.acceptAll('WITH', 'LOCAL', 'TIME', 'ZONE');
  if (!local && !c.acceptAll('WITH', 'TIME', 'ZONE')) return name;
  if (name === 'TIME') c.failUnsupported('TIME WITH TIME ZONE', place);
  return local ? 'TIMESTAMP_LTZ' : 'TIMESTAMP_TZ';
}

function parseRowType(c: Cursor): TypeNode {
  const start = c.advance();
  let fields: RowField[] = [];
  if (!c.accept('<>')) {
    const open = c.token;
    const close = c.expectOneOf(['<', '(']) === '<' ? '>' : ')';
    if (!c.is(close)) fields = c.commaSeparated(() => parseField(c, 'a field'));
    c.expectClose(open, close);
  }
  return { kind: 'RowType', fields, nullable: true, span: c.since(start) };
}

/** `STRUCTURED<'class', a INT, …>`: a row whose type has a name. */
function parseStructuredType(c: Cursor): TypeNode {
  const start = c.advance();
  const open = c.advance();
  const className = parsePlainString(c, 'the class in quotes');
  const fields = c.accept(',') ? c.commaSeparated(() => parseField(c, 'an attribute')) : [];
  c.expectClose(open, '>');
  return { kind: 'RowType', className, fields, nullable: true, span: c.since(start) };
}

/** `name type ['comment']`, of a row type, a function's parameter, a model's input and output. */
export function parseField(c: Cursor, what: string): RowField {
  const start = c.token;
  const name = c.name(what);
  const type = parseType(c);
  const comment = c.accept('COMMENT') || c.token.type === 'string' ? parsePlainString(c) : undefined;
  return { kind: 'RowField', name, type, comment, span: c.since(start) };
}

/** `(a INT, b STRING)`; may be empty. */
export function parseFieldList(c: Cursor, what: string): RowField[] {
  const open = c.token;
  c.expect('(');
  const fields = c.is(')') ? [] : c.commaSeparated(() => parseField(c, what));
  c.expectClose(open);
  return fields;
}
