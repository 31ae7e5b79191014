/**
 * Generated code that makes the texts of string columns last, from where their bytes stand: only for rows that are wanted.
 *
 * A native call costs more than copying the bytes, so columns that stand near each other share one: their texts are parts of
 * the text between the first and the last. A part of 13 characters or more keeps the whole alive, so a whole is never longer
 * than SHARED_BYTES, nor much longer than its parts.
 */

/** Names of a string column's variables in generated code, and where it stood in the sample, if there was one. */
export interface StringVariables {
  /** The value. */
  readonly value: string;
  /** Where the bytes are: start −1 when there are none. */
  readonly start: string;
  readonly end: string;
  /** Position in the sample record, and length there. */
  readonly at?: number;
  readonly length?: number;
}

const SHARED_BYTES = 256;
/** Columns in a group where there is no sample to tell how long they are. */
const GROUP = 4;

/**
 * Statements that make the texts of columns. `utf8` is an expression: the bytes may be other than ASCII (they are known to
 * be valid). `ordered`: the columns are given in the order in which they stand in the record.
 */
export function makeStrings(columns: readonly StringVariables[], utf8: string, ordered = true): string[] {
  const groups: StringVariables[][] = [];
  for (const column of columns) {
    const group = groups.at(-1);
    if (group !== undefined && fits(group, column)) group.push(column);
    else groups.push([column]);
  }
  return groups.flatMap((group) => (group.length === 1 ? [single(group[0], utf8)] : shared(group, utf8, ordered)));
}

function fits(group: readonly StringVariables[], column: StringVariables): boolean {
  const from = group[0].at;
  if (from === undefined || column.at === undefined) return group.length < GROUP;
  return column.at + (column.length ?? 0) - from <= SHARED_BYTES;
}

function single(v: StringVariables, utf8: string): string {
  const slice = `${utf8} ? buf.utf8Slice(${v.start}, ${v.end}) : buf.latin1Slice(${v.start}, ${v.end})`;
  return `if (${v.start} >= 0) ${v.value} = ${slice};`;
}

function shared(columns: readonly StringVariables[], utf8: string, ordered: boolean): string[] {
  const from = ordered
    ? columns.reduceRight((rest, v) => `${v.start} >= 0 ? ${v.start} : ${rest}`, '0')
    : `Math.min(${columns.map((v) => `${v.start} >= 0 ? ${v.start} : 0x7fffffff`).join(', ')})`;
  // Ends are 0 where there is no start.
  const to = ordered
    ? columns.reduce((rest, v) => `${v.start} >= 0 ? ${v.end} : ${rest}`, '0')
    : `Math.max(${columns.map((v) => v.end).join(', ')})`;
  const lengths = columns.map((v) => `(${v.start} >= 0 ? ${v.end} - ${v.start} : 0)`).join(' + ');
  return [
    `{ const from = ${from}, to = ${to};`,
    `if (!(${utf8}) && to > from && to - from <= ${SHARED_BYTES} && to - from <= 64 + 2 * (${lengths})) {`,
    'const text = buf.latin1Slice(from, to);',
    ...columns.map((v) => `if (${v.start} >= 0) ${v.value} = text.substring(${v.start} - from, ${v.end} - from);`),
    '} else {',
    ...columns.map((v) => single(v, utf8)),
    '} }',
  ];
}
