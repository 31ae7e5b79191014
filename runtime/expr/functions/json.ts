/**
 * JSON functions. Clauses of their syntax are literal arguments, see json's entries: behaviours are texts such as 'NULL',
 * 'ERROR', 'DEFAULT', and follow json and path.
 */
import { type DataType, typeToString } from '../../record/types.js';
import { castProblem } from '../casts/allowed.js';
import { castFunction } from '../casts/cast.js';
import * as t from '../typing.js';
import { type Found, followJsonPath, type JsonPath, parseJsonPath } from '../values/json-path.js';
import { jsonWriter, objectText } from '../values/json-text.js';
import {
  isJsonNumber,
  JsonError,
  JsonNumber,
  jsonToString,
  parseJson,
  rememberingParser,
  scalarText,
} from '../values/json-value.js';
import { remembered } from '../values/regex.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

/** The value that the path finds in a text. Text that is no JSON, and null, are errors in strict mode and nothing in lax mode. */
function finder(parse: (text: string) => any): (json: string, path: JsonPath) => Found {
  return (json, path) => {
    let root: any;
    try {
      root = parse(json);
    } catch {
      return path.strict ? 'error' : 'empty';
    }
    const found = followJsonPath(root, path);
    if (typeof found === 'string' || found.value !== null) return found;
    return path.strict ? 'error' : 'empty';
  };
}

/** One parser for all JSON functions of generated code: they often read the same column. */
const parserOf = new WeakMap<object, (text: string) => any>();
function sharedParser(e: EmitCall): (text: string) => any {
  let parser = parserOf.get(e.cg);
  if (!parser) {
    parser = rememberingParser();
    parserOf.set(e.cg, parser);
  }
  return parser;
}

/** The path argument: parsed once when it is a literal. A bad literal path fails the compilation. */
function pathOf(e: EmitCall): (path: string) => JsonPath {
  const literal = e.literal(1);
  if (typeof literal !== 'string') return remembered(parseJsonPath);
  const path = parseJsonPath(literal);
  return () => path;
}

const jsonPath =
  (name: string, result: DataType, further: number): Infer =>
  (types) => {
    if (
      types.length < 2 ||
      types.length > 2 + further ||
      !types.slice(0, 2).every((type) => t.isString(type) || type.kind === 'NULL')
    ) {
      return `${name} takes (STRING, STRING), not (${types.map(typeToString).join(', ')})`;
    }
    return { argTypes: types, type: t.withNullable(result, true) };
  };

function fail(name: string, what: string, json: string, path: string): never {
  throw new JsonError(`${name}: ${what} for path '${path}' in ${JSON.stringify(json.slice(0, 200))}`);
}

/** A scalar as a value of the wanted type; `undefined` when it isn't one. */
function scalarReader(type: DataType): (value: any) => unknown {
  if (t.isString(type)) return scalarText;
  const parse = castFunction(t.STRING, type, { tryCast: true, zone: 'UTC' });
  return (value) => {
    if (type.kind === 'BOOLEAN') return typeof value === 'boolean' ? value : undefined;
    if (t.isNumeric(type) && !isJsonNumber(value)) return undefined;
    const text = scalarText(value);
    return text === undefined ? undefined : (parse(text) ?? undefined);
  };
}

/** What JSON_VALUE takes for nothing: null, and in lax mode an object or array. */
const isEmptyValue = (value: any, path: JsonPath) => value === null || (!path.strict && !isScalar(value));

function jsonValue(e: EmitCall, args: string[]): string {
  const [json, path, onEmpty, emptyDefault, onError, errorDefault] = args;
  const find = finder(sharedParser(e));
  const read = scalarReader(e.type);
  const paths = pathOf(e);
  const emptyMode = String(e.literal(2) ?? 'NULL');
  const errorMode = String(e.literal(4) ?? 'NULL');
  const evaluate = (text: string | null, pathText: string | null, forEmpty: unknown, forError: unknown): unknown => {
    if (text === null || pathText === null) return null;
    const jsonPath = paths(pathText);
    const found = find(text, jsonPath);
    if (found === 'empty' || (found !== 'error' && isEmptyValue(found.value, jsonPath))) {
      if (emptyMode === 'ERROR') fail('JSON_VALUE', 'nothing found', text, pathText);
      return emptyMode === 'DEFAULT' ? forEmpty : null;
    }
    const value = found === 'error' ? undefined : read(found.value);
    if (value !== undefined) return value;
    if (errorMode === 'ERROR')
      fail('JSON_VALUE', found === 'error' ? 'the path fails' : 'the value is no such scalar', text, pathText);
    return errorMode === 'DEFAULT' ? forError : null;
  };
  return e.fn(
    evaluate,
    json,
    path,
    onEmpty === undefined ? 'null' : emptyDefault,
    onError === undefined ? 'null' : errorDefault,
  );
}

/** Defaults of JSON_VALUE are cast to what it returns. */
const valueInfer: Infer = (types) => {
  if (types.length < 2 || !types.slice(0, 2).every((type) => t.isString(type) || type.kind === 'NULL')) {
    return `JSON_VALUE takes (STRING, STRING), not (${types.map(typeToString).join(', ')})`;
  }
  return { argTypes: types, type: t.STRING };
};

function jsonQuery(e: EmitCall, [json, path]: string[]): string {
  const find = finder(sharedParser(e));
  const paths = pathOf(e);
  const [wrapper, emptyMode, errorMode] = [2, 3, 4].map((i) => String(e.literal(i) ?? (i === 2 ? 'WITHOUT' : 'NULL')));
  const list = e.type.kind === 'ARRAY';
  const behave = (mode: string, what: string, text: string, pathText: string) => {
    if (mode === 'ERROR') fail('JSON_QUERY', what, text, pathText);
    return mode === 'EMPTY ARRAY' ? (list ? [] : '[]') : mode === 'EMPTY OBJECT' ? '{}' : null;
  };
  const evaluate = (text: string | null, pathText: string | null): unknown => {
    if (text === null || pathText === null) return null;
    const jsonPath = paths(pathText);
    const found = find(text, jsonPath);
    if (found === 'error') return behave(errorMode, 'the path fails', text, pathText);
    if (found === 'empty' || found.value === null) return behave(emptyMode, 'nothing found', text, pathText);
    let value = found.value;
    if (wrapper === 'UNCONDITIONAL' || (wrapper === 'CONDITIONAL' && !Array.isArray(value))) value = [value];
    if (isScalar(value)) return behave(jsonPath.strict ? errorMode : emptyMode, 'a scalar', text, pathText);
    if (!list) return jsonToString(value);
    if (!Array.isArray(value)) return behave(errorMode, 'no array', text, pathText);
    return value.map((element) => (element === null ? null : (scalarText(element) ?? jsonToString(element))));
  };
  return e.fn(evaluate, json, path);
}

function jsonExists(e: EmitCall, [json, path]: string[]): string {
  const find = finder(sharedParser(e));
  const paths = pathOf(e);
  const mode = String(e.literal(2) ?? 'FALSE');
  const evaluate = (text: string | null, pathText: string | null): boolean | null => {
    if (text === null || pathText === null) return null;
    const found = find(text, paths(pathText));
    if (found === 'empty') return false;
    if (found !== 'error') return found.value !== null;
    if (mode === 'ERROR') fail('JSON_EXISTS', 'the path fails', text, pathText);
    return mode === 'TRUE' ? true : mode === 'FALSE' ? false : null;
  };
  return e.fn(evaluate, json, path);
}

/** Results of these are JSON already and are put into others as they are. */
const CONSTRUCTORS = new Set(['JSON_OBJECT', 'JSON_ARRAY', 'JSON', 'JSON_OBJECTAGG', 'JSON_ARRAYAGG']);

function writerOf(e: EmitCall, index: number): (value: any) => string {
  const arg = e.call.args[index];
  if (arg.op === 'call' && CONSTRUCTORS.has(arg.fn)) return (text) => text ?? 'null';
  return jsonWriter(arg.type);
}

/** Types without a JSON form. */
function unwritable(types: readonly DataType[]): DataType | undefined {
  return types.find(
    (type) => (castProblem(type, t.STRING) !== undefined && type.kind !== 'VARIANT') || t.isInterval(type),
  );
}

function jsonObject(e: EmitCall, args: string[]): string {
  const absent = e.literal(0) === 'ABSENT';
  const writers = args.slice(1).map((_, i) => writerOf(e, i + 1));
  const build = (...parts: any[]) => {
    const object = new Map<string, string>();
    for (let i = 0; i < parts.length; i += 2) {
      if (absent && parts[i + 1] === null) continue;
      object.set(String(parts[i]), writers[i + 1](parts[i + 1]));
    }
    return objectText([...object]);
  };
  return e.fn(build, ...args.slice(1));
}

function jsonArray(e: EmitCall, args: string[]): string {
  const absent = e.literal(0) !== 'NULL';
  const writers = args.slice(1).map((_, i) => writerOf(e, i + 1));
  const build = (...values: any[]) => {
    const parts: string[] = [];
    values.forEach((value, i) => {
      if (!(absent && value === null)) parts.push(writers[i](value));
    });
    return `[${parts.join(',')}]`;
  };
  return e.fn(build, ...args.slice(1));
}

const construct =
  (name: string, pairs: boolean): Infer =>
  (types) => {
    const values = types.slice(1);
    if (types.length === 0 || (pairs && values.length % 2 === 1)) return `${name} takes keys and values`;
    if (pairs && values.some((type, i) => i % 2 === 0 && !t.isString(type))) return `keys of ${name} are strings`;
    const wrong = unwritable(values);
    if (wrong) return `${name}: ${typeToString(wrong)} has no JSON form`;
    return { argTypes: types, type: t.withNullable(t.STRING, false) };
  };

function isJson(name: string, accept: (value: any) => boolean, example: readonly [string, string]): FunctionEntry {
  const test = (text: string | null) => {
    if (text === null) return false;
    try {
      return accept(parseJson(text));
    } catch {
      return false;
    }
  };
  return {
    names: [name],
    syntax: [`string ${name}`],
    signatures: ['(STRING) -> BOOLEAN!'],
    nulls: 'custom',
    doc: `TRUE when the string is JSON${name === 'IS JSON' ? '' : ` ${name.slice(8)}`}.`,
    examples: [example],
    emit: (args, e) => e.fn(test, ...args),
  };
}

const isScalar = (value: any) => value === null || typeof value !== 'object' || value instanceof JsonNumber;

function unquote(text: string): string {
  if (!/^".*"$/s.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}

export const JSON_FUNCTIONS = defineFamily('json', [
  isJson('IS JSON', () => true, ["'[]' IS JSON", 'TRUE']),
  isJson('IS JSON SCALAR', isScalar, ["'1' IS JSON SCALAR", 'TRUE']),
  isJson('IS JSON ARRAY', Array.isArray, ["'[]' IS JSON ARRAY", 'TRUE']),
  isJson('IS JSON OBJECT', (value) => !isScalar(value) && !Array.isArray(value), ["'{}' IS JSON OBJECT", 'TRUE']),
  {
    names: ['JSON_EXISTS'],
    syntax: ['JSON_EXISTS(json, path [{ TRUE | FALSE | UNKNOWN | ERROR } ON ERROR])'],
    signatures: ['(STRING, STRING, STRING?) -> BOOLEAN?'],
    infer: jsonPath('JSON_EXISTS', t.BOOLEAN, 1),
    nulls: 'custom',
    doc: "TRUE when the path finds a value that isn't null. Paths begin with `lax` or `strict` (the default).",
    examples: [[`JSON_EXISTS('{"a": true}', '$.a')`, 'TRUE']],
    emit: (args, e) => jsonExists(e, args),
  },
  {
    names: ['JSON_VALUE'],
    syntax: [
      'JSON_VALUE(json, path [RETURNING type] [{ NULL | ERROR | DEFAULT value } ON EMPTY] [{ NULL | ERROR | DEFAULT value } ON ERROR])',
    ],
    signatures: ['(STRING, STRING, STRING?, ANY?, STRING?, ANY?) -> STRING?'],
    infer: valueInfer,
    nulls: 'custom',
    doc: 'The scalar that the path finds, as STRING or as the type of RETURNING.',
    examples: [[`JSON_VALUE('{"a": 5}', '$.a')`, '5']],
    emit: (args, e) => jsonValue(e, args),
  },
  {
    names: ['JSON_QUERY'],
    syntax: [
      'JSON_QUERY(json, path [RETURNING type] [{ WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL] } [ARRAY] WRAPPER] [… ON EMPTY] [… ON ERROR])',
    ],
    signatures: ['(STRING, STRING, STRING?, STRING?, STRING?) -> STRING?'],
    infer: jsonPath('JSON_QUERY', t.STRING, 3),
    nulls: 'custom',
    doc: 'The object or array that the path finds, as JSON text (or as ARRAY<STRING>).',
    examples: [[`JSON_QUERY('{"a": {"b": 1}}', '$.a')`, '{"b":1}']],
    emit: (args, e) => jsonQuery(e, args),
  },
  {
    names: ['JSON_OBJECT'],
    syntax: ['JSON_OBJECT([[KEY] key VALUE value, …] [{ NULL | ABSENT } ON NULL])'],
    signatures: ['(STRING, ANY...) -> STRING!'],
    infer: construct('JSON_OBJECT', true),
    nulls: 'custom',
    foldable: false,
    doc: 'A JSON object. NULL values are kept unless ABSENT ON NULL.',
    examples: [["JSON_OBJECT('a' VALUE 1)", '{"a":1}']],
    emit: (args, e) => jsonObject(e, args),
  },
  {
    names: ['JSON_ARRAY'],
    syntax: ['JSON_ARRAY([value, …] [{ NULL | ABSENT } ON NULL])'],
    signatures: ['(STRING, ANY...) -> STRING!'],
    infer: construct('JSON_ARRAY', false),
    nulls: 'custom',
    foldable: false,
    doc: 'A JSON array. NULL values are left out unless NULL ON NULL.',
    examples: [["JSON_ARRAY(1, '2')", '[1,"2"]']],
    emit: (args, e) => jsonArray(e, args),
  },
  {
    names: ['JSON'],
    signatures: ['(STRING) -> STRING'],
    doc: 'JSON text that JSON_OBJECT and JSON_ARRAY put in as it is, not as a string. Fails for text that is no JSON.',
    examples: [["JSON_ARRAY(JSON('[1, 2]'), '[1]')", '[[1,2],"[1]"]']],
    foldable: false,
    call: (text: string) => jsonToString(parseJson(text)),
  },
  {
    names: ['JSON_STRING'],
    signatures: ['(ANY) -> STRING'],
    infer: (types) => {
      if (types.length !== 1) return 'JSON_STRING takes one value';
      const wrong = unwritable(types);
      return wrong
        ? `JSON_STRING: ${typeToString(wrong)} has no JSON form`
        : { argTypes: types, type: t.withNullable(t.STRING, types[0].nullable) };
    },
    doc: 'The value as JSON text; NULL for NULL.',
    examples: [["JSON_STRING('a')", '"a"']],
    emit: ([a], e) => e.fn(writerOf(e, 0), a),
  },
  {
    names: ['JSON_QUOTE'],
    signatures: ['(STRING) -> STRING'],
    doc: 'The string as a JSON string.',
    examples: [],
    call: (text: string) =>
      JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  },
  {
    names: ['JSON_UNQUOTE'],
    signatures: ['(STRING) -> STRING'],
    doc: 'The text of a JSON string; what is none stays as it is.',
    examples: [],
    call: unquote,
  },
]);
