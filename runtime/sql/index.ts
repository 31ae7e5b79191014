/**
 * Streaming SQL, the Flink dialect: the text of a script → a plan.
 *
 * ```ts
 * const { connectors, formats } = mentionedNames(text);         // what to load before
 * const { plan, warnings } = compileSql(text, {
 *   file: 'job.yaml', line0: 12, column0: 5, mode: 'streaming',
 *   connectors: { kafka: await loadConnector('kafka') },        // name → { source, sink }
 *   formats: { json },
 * });
 * ```
 *
 * Pure: no connector is opened. Mistakes are SqlError (or SqlSyntaxError), both TidewheelErrors with file, line and column.
 */
export type { ConnectorInfo, FormatInfo, OptionInfo } from './catalog/connectors.js';
export { parseColumns } from './columns.js';
export {
  type CatalogObject,
  type Compiled,
  type CompileOptions,
  compileSql,
  type StatementSummary,
  type Warning,
} from './compile.js';
export { SqlError, type SqlErrorCode } from './error.js';
export { type MentionedNames, mentionedIn, mentionedNames } from './mentioned.js';
