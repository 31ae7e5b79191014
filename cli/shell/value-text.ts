/** Values as text: for people as CAST(… AS STRING) writes them, for programs as JSON. */
import { compileExpr, type Expr, resolveCast, withTimeZone } from '../../runtime/expr/index.js';
import { jsonWriter } from '../../runtime/expr/values/json-text.js';
import { type DataType, type Field, MAX_LENGTH, type Row } from '../../runtime/record/types.js';

/** Texts of a row's columns; NULL is null. */
export function rowTexts(fields: readonly Field[], timeZone: string): (row: Row) => (string | null)[] {
  const columns = fields.map((field) => textOf(field, timeZone));
  return (row) => columns.map((text) => text(row));
}

function textOf({ name, type }: Field, timeZone: string): (row: Row) => string | null {
  const column: Expr = { op: 'column', name, type: { ...type, nullable: true } as DataType };
  if (type.kind === 'ANY' || type.kind === 'NULL')
    return (row) => (row[name] === null ? null : JSON.stringify(row[name]));
  const cast = resolveCast(column, { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true });
  if ('error' in cast) throw new TypeError(`no text for a column of ${type.kind}`);
  return compileExpr(withTimeZone(cast.expr, timeZone)) as (row: Row) => string | null;
}

/** A row as a JSON object on one line. */
export function rowJson(fields: readonly Field[]): (row: Row) => string {
  const columns = fields.map((f) => [JSON.stringify(f.name), jsonWriter(f.type)] as const);
  return (row) => `{${columns.map(([key, write], i) => `${key}:${write(row[fields[i].name])}`).join(',')}}`;
}

/** Columns of terminal that a text takes: wide characters two, marks none. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const c of text) {
    const code = c.codePointAt(0)!;
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(c)) continue;
    width += code >= 0x1100 && WIDE.test(c) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Cut to a width, with … for what is missing; line ends and other controls are shown as signs. */
export function fitted(text: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  const plain = text.replaceAll('\n', '⏎').replaceAll(/[\x00-\x1f\x7f]/g, '·');
  if (displayWidth(plain) <= width) return plain;
  let out = '';
  let used = 0;
  for (const c of plain) {
    const w = displayWidth(c);
    if (used + w > width - 1) break;
    out += c;
    used += w;
  }
  return `${out}…`;
}
