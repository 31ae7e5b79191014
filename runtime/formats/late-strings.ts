/**
 * Generated code that makes the texts of string columns last, from where their bytes stand: only for rows that are wanted.
 */

/** Names of a string column's variables in generated code: its value, and where its bytes are; start −1 when there are none. */
export interface StringVariables {
  readonly value: string;
  readonly start: string;
  readonly end: string;
}

/**
 * Statements that make the texts of columns, given in the order of the record. `utf8` is an expression: the bytes may be
 * other than ASCII (they are known to be valid).
 *
 * A native call costs more than copying the bytes, so several columns that stand near each other share one: their texts are
 * parts of the text between the first and the last. Parts keep the whole alive, so this is done only where the whole is not
 * much more than the parts.
 */
export function makeStrings(columns: readonly StringVariables[], utf8: string): string[] {
  const single = (v: StringVariables) =>
    `if (${v.start} >= 0) ${v.value} = ${utf8} ? buf.utf8Slice(${v.start}, ${v.end}) : buf.latin1Slice(${v.start}, ${v.end});`;
  if (columns.length < 2) return columns.map(single);
  const from = columns.reduceRight((rest, v) => `${v.start} >= 0 ? ${v.start} : ${rest}`, '0');
  const to = columns.reduce((rest, v) => `${v.start} >= 0 ? ${v.end} : ${rest}`, '0');
  const lengths = columns.map((v) => `(${v.start} >= 0 ? ${v.end} - ${v.start} : 0)`).join(' + ');
  return [
    `{ const from = ${from}, to = ${to};`,
    `if (!(${utf8}) && to - from <= 64 + 2 * (${lengths})) {`,
    'const text = buf.latin1Slice(from, to);',
    ...columns.map((v) => `if (${v.start} >= 0) ${v.value} = text.substring(${v.start} - from, ${v.end} - from);`),
    '} else {',
    ...columns.map(single),
    '} }',
  ];
}
