/** Users' functions: text to function, and errors that say which step, where in the job file, and which row. */
import type { FunctionSpec, PlanNode } from '../graph/plan.js';
import type { Row } from '../record/types.js';

/** A user's function threw, or its text is not a function. The job fails with it; its restart strategy decides what is next. */
export class UserCodeError extends Error {
  readonly code = 'TW5001';
}

const MAX_ROW_TEXT = 400;

/** Compiles the text of one function expression. */
export function compileUserFunction<F>(code: string, node: PlanNode, what: string): F {
  let fn: unknown;
  try {
    fn = new Function(`'use strict'; return (${code}\n);`)();
  } catch (cause) {
    throw new UserCodeError(
      `${what} of step "${node.name}"${place(node)} is not a function: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  if (typeof fn !== 'function') {
    throw new UserCodeError(
      `${what} of step "${node.name}"${place(node)} must be a function, e.g. (row) => row; got ${typeof fn}`,
    );
  }
  return fn as F;
}

/** The error to throw when a user's function has thrown. */
export function userError(cause: unknown, node: PlanNode, what: string, row: Row | undefined): UserCodeError {
  if (cause instanceof UserCodeError) return cause;
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  let seen = '';
  if (row !== undefined) {
    try {
      const text = JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? v.toString() : v)) ?? String(row);
      seen = `; the row was ${text.length > MAX_ROW_TEXT ? `${text.slice(0, MAX_ROW_TEXT)}…` : text}`;
    } catch {
      seen = '';
    }
  }
  return new UserCodeError(`${what} of step "${node.name}"${place(node)} threw ${reason}${seen}`, { cause });
}

function place(node: PlanNode): string {
  const at = (node.spec as FunctionSpec).at;
  return at ? ` (${at.file}:${at.line}:${at.column})` : '';
}
