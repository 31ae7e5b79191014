/** Where a character of a YAML scalar's value stands in the file: errors inside SQL and inline functions need it. */

export type ScalarStyle = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE' | 'BLOCK_LITERAL' | 'BLOCK_FOLDED';

/**
 * The offset in `source` of the character `index` of `value`, for a scalar whose token (with quotes, or with the `|` header)
 * starts at `start` and ends at `end`. Exact for all styles but folded blocks with more-indented lines, where it is near.
 */
export function offsetInScalar(
  source: string,
  style: ScalarStyle,
  start: number,
  end: number,
  value: string,
  index: number,
): number {
  switch (style) {
    case 'BLOCK_LITERAL':
      return inBlock(source, start, end, value, index);
    case 'BLOCK_FOLDED':
      return align(source, start + headerLength(source, start), end, value, index, false, false);
    case 'QUOTE_SINGLE':
      return align(source, start + 1, end - 1, value, index, true, false);
    case 'QUOTE_DOUBLE':
      return align(source, start + 1, end - 1, value, index, false, true);
    default:
      return align(source, start, end, value, index, false, false);
  }
}

function headerLength(source: string, start: number): number {
  const newline = source.indexOf('\n', start);
  return (newline < 0 ? source.length : newline + 1) - start;
}

/** Each line of the value is a line of the block, without the block's indentation. */
function inBlock(source: string, start: number, end: number, value: string, index: number): number {
  let at = start + headerLength(source, start);
  const before = value.slice(0, index);
  const line = before.split('\n').length - 1;
  const column = index - (before.lastIndexOf('\n') + 1);
  for (let i = 0; i < line; i++) {
    const newline = source.indexOf('\n', at);
    if (newline < 0) break;
    at = newline + 1;
  }
  const lineEnd = source.indexOf('\n', at);
  const sourceLine = source.slice(at, lineEnd < 0 ? source.length : lineEnd).replace(/\r$/, '');
  const valueLine = value.split('\n')[line] ?? '';
  const indent = Math.max(0, sourceLine.length - valueLine.length);
  return Math.min(at + indent + column, Math.max(end, start));
}

/** Walks source and value together; a run of white space with line breaks in the source is one space, or breaks, in the value. */
function align(
  source: string,
  start: number,
  end: number,
  value: string,
  index: number,
  single: boolean,
  double: boolean,
): number {
  let at = start;
  let i = 0;
  // A folded block begins with indentation.
  while (at < end && value[0] !== source[at] && /\s/.test(source[at])) at++;
  while (i < index && at < end) {
    const c = source[at];
    if (double && c === '\\') {
      const sequence = escapeLength(source, at);
      at += sequence.length;
      i += sequence.produces;
      continue;
    }
    if (single && c === "'" && source[at + 1] === "'") {
      at += 2;
      i++;
      continue;
    }
    const fold = /[ \t]*\r?\n\s*/y;
    fold.lastIndex = at;
    const run = fold.exec(source);
    if (run && at + run[0].length <= end) {
      const breaks = run[0].split('\n').length - 1;
      at += run[0].length;
      i += Math.max(1, breaks - 1);
      continue;
    }
    at++;
    i++;
  }
  return Math.min(at, end);
}

/** Length of an escape sequence in a double-quoted scalar and of what it makes. */
function escapeLength(source: string, at: number): { length: number; produces: number } {
  const digits = { x: 2, u: 4, U: 8 }[source[at + 1]];
  if (digits) {
    const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
    return { length: 2 + digits, produces: code > 0xffff ? 2 : 1 };
  }
  const lineJoin = /\\[ \t]*\r?\n[ \t]*/y;
  lineJoin.lastIndex = at;
  const join = lineJoin.exec(source);
  return join ? { length: join[0].length, produces: 0 } : { length: 2, produces: 1 };
}
