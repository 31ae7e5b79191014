/**
 * The syntax tree of the Flink SQL dialect: immutable plain objects, told apart by `kind`, each with the `span` it was
 * read from. The tree says what was written, with synonyms folded (MINUS → EXCEPT, `!=` → `<>`, INTEGER → INT); what a
 * name means and whether types fit is the binder's business.
 *
 * - statement.ts: `Statement`, everything that can stand in a script; create-table.ts, create-object.ts, alter.ts,
 *   insert.ts and command.ts hold them by what they do
 * - query.ts: `Query`, `Select`, set operations, grouping, hints; relation.ts: what stands in FROM;
 *   pattern.ts: MATCH_RECOGNIZE
 * - expression.ts: `Expression`, operators and constructors; call.ts: calls and their arguments; window.ts: OVER and
 *   ORDER BY; datetime-function.ts, string-function.ts, json-function.ts: calls with a syntax of their own;
 *   literal.ts; type.ts
 */
export type * from './alter.js';
export type * from './call.js';
export type * from './command.js';
export type * from './create-object.js';
export type * from './create-table.js';
export type * from './datetime-function.js';
export type * from './expression.js';
export type * from './identifier.js';
export type * from './insert.js';
export type * from './json-function.js';
export type * from './literal.js';
export type * from './node.js';
export type * from './pattern.js';
export type * from './query.js';
export type * from './relation.js';
export type * from './span.js';
export type * from './statement.js';
export type * from './string-function.js';
export type * from './type.js';
export type * from './window.js';
