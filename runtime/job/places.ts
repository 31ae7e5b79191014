/** Where the fields of a job stand in its file. */
import type { Path, Where } from '../../api/index.js';

export interface Places {
  /** The file's name as people gave it. */
  readonly file: string;
  /** Place of a field's value, or of its name; of the nearest parent that is there when the field isn't. */
  of(path: Path, atKey?: boolean): Where;
  /** Place of the character `index` of a text value. */
  inside(path: Path, index: number): Where;
}

/** Places of a job that came as an object, e.g. from the API server: the path stands for the line. */
export function placesOfObject(name: string): Places {
  const where = { file: name };
  return { file: name, of: () => where, inside: () => where };
}

/** Offset → line and column, both from 1. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = text.indexOf('\n', start);
    if (newline < 0 || newline >= offset) return { line, column: offset - start + 1 };
    line++;
    start = newline + 1;
  }
}

/** Line and column, both from 1, → offset. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) break;
    start = newline + 1;
  }
  return Math.min(start + column - 1, text.length);
}
