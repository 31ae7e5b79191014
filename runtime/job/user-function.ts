/**
 * Inline functions of a graph: TypeScript text in a YAML field → JavaScript text of exactly one function expression.
 *
 * Nothing is evaluated here: V8 parses, and only parses. That the text is a single expression, and that this is a function,
 * is asked of the parser too, by putting the text where only that may stand.
 */
import { Script } from 'node:vm';

export interface FunctionProblem {
  readonly code: 'TW1201' | 'TW1202';
  readonly message: string;
  /** Offset in the text. */
  readonly index: number;
}

export type FunctionResult = { readonly js: string } | { readonly problem: FunctionProblem };

/** A text that names a column: `card`. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const BLANK = String.raw`(?:\s|//[^\n]*(?:\n|$)|/\*[^]*?\*/)*`;
const FUNCTION_HEAD = new RegExp(
  `^${BLANK}(?<async>async${BLANK})?function\\b${BLANK}(?<star>\\*)?${BLANK}(?<name>[A-Za-z_$][\\w$]*)?${BLANK}(?=\\()`,
);
const ASYNC_HEAD = new RegExp(`^${BLANK}async\\b(?!${BLANK}=>)`);
const ARROW_HEAD = new RegExp(`^${BLANK}(?:async\\b${BLANK})?(?:\\(|[A-Za-z_$][\\w$]*${BLANK}=>)`);

/** The function that reads a column, for texts that are just a name; undefined for other texts. */
export function columnFunction(text: string): string | undefined {
  const name = text.trim();
  return IDENTIFIER.test(name) ? `(row) => row.${name}` : undefined;
}

/** Checks an inline function and strips its types. esbuild is loaded only when plain JavaScript doesn't parse. */
export async function compileFunction(text: string): Promise<FunctionResult> {
  const plain = parseProblem(`(${text}\n)`);
  if (!plain) return asFunction(text, text.trim());
  const stripped = await stripTypes(text);
  if ('problem' in stripped) return stripped;
  return asFunction(text, stripped.js);
}

function asFunction(text: string, stripped: string): FunctionResult {
  const index = text.length - text.trimStart().length;
  const problem = (message: string): FunctionResult => ({ problem: { code: 'TW1202', message, index } });
  const js = withoutParentheses(stripped);
  // `a => a, b => b` is an expression, but not one that may stand between ? and :.
  if (parseProblem(`(1 ? ${js}\n : 0)`)) return problem('more than one expression');
  const head = FUNCTION_HEAD.exec(js);
  let good = false;
  if (head) {
    // What follows the closing brace of a function expression (a call, an operator) can't follow a method of a class.
    const method = `${head.groups?.['async'] ? 'async ' : ''}${head.groups?.['star'] ? '*' : ''}m${js.slice(head[0].length)}`;
    good = !parseProblem(`(class { ${method}\n })`);
  } else {
    good = ARROW_HEAD.test(js) && isArrow(js);
  }
  if (!good) return problem('not a function');
  if (ASYNC_HEAD.test(js)) return problem('an async function; steps are synchronous');
  return { js };
}

/** `((row) => row)` without the outer parentheses. */
function withoutParentheses(js: string): string {
  let inner = js.trim();
  while (inner.startsWith('(') && inner.endsWith(')')) {
    const next = inner.slice(1, -1).trim();
    if (parseProblem(`(${next}\n)`) || parseProblem(`(1 ? ${next}\n : 0)`)) break;
    inner = next;
  }
  return inner;
}

/** An arrow function can't be an operand, other expressions in front of `=>` heads can: `(…) ** 0` parses only for those. */
function isArrow(js: string): boolean {
  return js.includes('=>') && parseProblem(`(0 || ${js}\n)`) !== undefined;
}

/** The syntax error of a script, or undefined when it parses. */
function parseProblem(code: string): SyntaxError | undefined {
  try {
    new Script(code, { filename: 'function.js' });
    return undefined;
  } catch (error) {
    return error as SyntaxError;
  }
}

const BEFORE = 'tidewheel = (';

async function stripTypes(text: string): Promise<FunctionResult> {
  const { transform } = await import('esbuild');
  try {
    const { code } = await transform(`${BEFORE}${text}\n)`, {
      loader: 'ts',
      target: 'es2022',
      charset: 'utf8',
      logLevel: 'silent',
      sourcefile: 'function.ts',
    });
    const js = code.trim().replace(/;$/, '');
    return { js: js.slice('tidewheel = '.length) };
  } catch (error) {
    const first = (error as { errors?: { text: string; location?: { line: number; column: number } }[] }).errors?.[0];
    if (!first) throw error;
    return {
      problem: {
        code: 'TW1201',
        message: first.text,
        index: Math.min(text.length, offsetAt(text, first.location)),
      },
    };
  }
}

/** esbuild counts lines from 1 and columns in bytes from 0. */
function offsetAt(text: string, location: { line: number; column: number } | undefined): number {
  if (!location) return 0;
  const lines = `${BEFORE}${text}`.split('\n');
  let offset = 0;
  for (let i = 0; i < location.line - 1 && i < lines.length; i++) offset += lines[i].length + 1;
  const line = Buffer.from(lines[location.line - 1] ?? '');
  offset += line.subarray(0, location.column).toString().length;
  return Math.max(0, offset - BEFORE.length);
}
