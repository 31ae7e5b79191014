/**
 * Functions that a script brings along: CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return a + 1 $$.
 *
 * A call of one is the call `$JS` (name, parameter names as JSON, body, values …). The body sees values in their in-memory form
 * (record/types.ts) and NULL as null; what it returns must be of the declared type.
 */
import type { DataType, Field, Row } from '../../record/types.js';
import { isInteger, isString } from '../typing.js';
import { defineFamily } from './definition.js';

/** A user's function threw, or returned what its declaration doesn't allow. */
export class ScriptFunctionError extends Error {
  override name = 'ScriptFunctionError';
  readonly code = 'TW5001';
}

const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor as FunctionConstructor;

/** The JavaScript function of a declaration; one that returns a table yields its rows, or returns a list of them. Throws SyntaxError. */
export function compileScript(
  parameters: readonly string[],
  body: string,
  table = false,
): (...args: unknown[]) => unknown {
  const code = `'use strict';\n${body}`;
  if (!table) return new Function(...parameters, code) as (...args: unknown[]) => unknown;
  const generator = new GeneratorFunction(...parameters, code) as (...args: unknown[]) => Generator<unknown, unknown>;
  return (...args) => {
    const rows: unknown[] = [];
    const made = generator(...args);
    for (;;) {
      const { done, value } = made.next();
      if (!done) rows.push(value);
      else if (value === undefined || value === null) return rows;
      else return [...rows, ...(value as Iterable<unknown>)];
    }
  };
}

/** Columns of a function that returns a table: its call is an ARRAY of ROWs. */
function tableOf(type: DataType): readonly Field[] | undefined {
  return type.kind === 'ARRAY' && type.element.kind === 'ROW' ? type.element.fields : undefined;
}

/** Rows as the function gave them: objects by name, lists by position, or the value of an only column. */
function rowsOf(name: string, columns: readonly Field[]): (value: unknown) => Row[] {
  const checks = columns.map((c) => ({ name: c.name, check: resultOf(name, c.type) }));
  return (value) =>
    (value as unknown[]).map((row) => {
      if (Array.isArray(row)) return Object.fromEntries(checks.map((c, i) => [c.name, c.check(row[i])]));
      if (typeof row === 'object' && row !== null && !(row instanceof Uint8Array)) {
        return Object.fromEntries(checks.map((c) => [c.name, c.check((row as Row)[c.name])]));
      }
      if (checks.length === 1) return { [checks[0].name]: checks[0].check(row) };
      throw new ScriptFunctionError(`function ${name} gave ${String(row)} for a row of ${checks.length} columns`);
    });
}

export const SCRIPT = defineFamily('auxiliary', [
  {
    names: ['$JS'],
    signatures: ['(STRING, STRING, STRING, ANY...) -> STRING?'],
    doc: 'A call of a function that the script made with CREATE FUNCTION.',
    nulls: 'custom',
    // Unknown to the planner: never computed before the job runs.
    deterministic: false,
    emit: (args, e) => {
      const name = String(e.literal(0));
      const parameters = JSON.parse(String(e.literal(1))) as string[];
      const table = tableOf(e.type);
      const fn = compileScript(parameters, String(e.literal(2)), table !== undefined);
      const check = table ? rowsOf(name, table) : resultOf(name, e.type);
      return e.fn(
        (...values: unknown[]) => {
          let result: unknown;
          try {
            result = fn(...values);
          } catch (cause) {
            throw new ScriptFunctionError(`function ${name} failed: ${(cause as Error)?.message ?? cause}`, { cause });
          }
          return check(result);
        },
        ...args.slice(3),
      );
    },
  },
]);

const LIMITS: Readonly<Record<string, number>> = { TINYINT: 2 ** 7, SMALLINT: 2 ** 15, INT: 2 ** 31 };

/** Checks a result and brings it into its in-memory form. */
export function resultOf(name: string, type: DataType): (value: unknown) => unknown {
  const wrong = (value: unknown) =>
    new ScriptFunctionError(`function ${name} returned ${typeof value} ${String(value)}, declared ${type.kind}`);
  const accept = (test: (value: unknown) => boolean) => (value: unknown) => {
    if (value === null || value === undefined) return null;
    if (!test(value)) throw wrong(value);
    return value;
  };
  if (type.kind === 'BIGINT') {
    return (value) => {
      if (value === null || value === undefined) return null;
      if (Number.isSafeInteger(value)) return value;
      if (typeof value !== 'bigint' || value !== BigInt.asIntN(64, value)) throw wrong(value);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    };
  }
  if (isInteger(type)) {
    const limit = LIMITS[type.kind];
    return accept((value) => Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit);
  }
  if (isString(type)) return accept((value) => typeof value === 'string');
  switch (type.kind) {
    case 'BOOLEAN':
      return accept((value) => typeof value === 'boolean');
    case 'FLOAT':
      return (value) => (accept((v) => typeof v === 'number')(value) === null ? null : Math.fround(value as number));
    case 'VARBINARY':
    case 'BINARY':
      return accept((value) => value instanceof Uint8Array);
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return accept((value) => Number.isInteger(value));
    default:
      return accept((value) => typeof value === 'number');
  }
}
