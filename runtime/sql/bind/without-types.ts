/** TypeScript text of a function's body, or of an object, as JavaScript. Nothing is run: it is parsed, and types are left out. */
import { createRequire } from 'node:module';

/**
 * `parameters`: of the function whose body it is; undefined: the text is an expression. Throws SyntaxError. Plain JavaScript is
 * handed back as it is; esbuild is loaded only for text that isn't.
 */
export function withoutTypes(
  text: string,
  parameters: readonly string[] | undefined,
  generator: boolean,
  language: string,
): string {
  if (language !== 'TYPESCRIPT' || isJavaScript(text, parameters, generator)) return text;
  const head = parameters ? `function${generator ? '*' : ''} tidewheel(${parameters.join(', ')}) {` : 'tidewheel = (';
  const code = transform(`${head}\n${text}\n${parameters ? '}' : ')'}`);
  if (parameters) return code.slice(code.indexOf('{') + 1, code.lastIndexOf('}')).trim();
  return code.slice('tidewheel = '.length).replace(/;$/, '');
}

function isJavaScript(text: string, parameters: readonly string[] | undefined, generator: boolean): boolean {
  const code = parameters
    ? `'use strict'; (function${generator ? '*' : ''} (${parameters.join(', ')}) {\n${text}\n})`
    : `'use strict'; (${text}\n)`;
  try {
    new Function(code);
    return true;
  } catch {
    return false;
  }
}

function transform(code: string): string {
  const { transformSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  try {
    return transformSync(code, { loader: 'ts', target: 'es2022', charset: 'utf8', logLevel: 'silent' }).code.trim();
  } catch (error) {
    const [first] = (error as { errors?: { text: string; location?: { line: number } }[] }).errors ?? [];
    if (!first) throw error;
    // The first line is not the user's.
    throw new SyntaxError(`${first.text}${first.location ? ` (line ${first.location.line - 1})` : ''}`);
  }
}
