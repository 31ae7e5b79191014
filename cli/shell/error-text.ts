/** An error for people, with the line that it is about and a caret under the place. */
import { type ErrorMessage, formatError } from '../../api/index.js';

/** `text` is what was read, `where` of the error counts in it. Several lines, without a line end at the last. */
export function errorText(error: ErrorMessage, text: string, file?: string): string {
  const { line, column } = error.where ?? {};
  const where = file !== undefined && line !== undefined ? { file, line, column } : undefined;
  const message = formatError({ code: error.code, message: error.message, hint: error.hint, where });
  const source = line === undefined ? undefined : text.split('\n')[line - 1];
  if (source === undefined || column === undefined) return message;
  const { shown, caret } = excerpt(source, column);
  return `${message}\n  ${shown}\n  ${' '.repeat(caret)}^`;
}

const MAX_SHOWN = 100;

/** The line, cut to what is around the place when it is long; tabs become spaces, so that the caret stands right. */
function excerpt(source: string, column: number): { shown: string; caret: number } {
  const plain = source.replaceAll('\t', ' ').trimEnd();
  const at = Math.min(column - 1, plain.length);
  if (plain.length <= MAX_SHOWN) return { shown: plain, caret: at };
  const from = Math.max(0, at - MAX_SHOWN / 2);
  const part = plain.slice(from, from + MAX_SHOWN);
  const before = from > 0 ? '…' : '';
  return { shown: before + part + (from + MAX_SHOWN < plain.length ? '…' : ''), caret: at - from + before.length };
}
