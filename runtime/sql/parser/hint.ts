import type { Hint, OptionEntry } from '../ast/query.js';
import type { Cursor } from './cursor.js';
import { parsePlainString } from './literal.js';

/** Hints between the signs of a hint comment; none if no such comment stands here. */
export function parseHints(c: Cursor): Hint[] {
  const hints: Hint[] = [];
  while (c.is('/*+')) {
    c.advance();
    do hints.push(parseHint(c));
    while (c.accept(',') || !c.is('*/'));
    c.advance();
  }
  return hints;
}

function parseHint(c: Cursor): Hint {
  const start = c.token;
  const name = c.name('a hint, as in OPTIONS(…) or STATE_TTL(…)').name.toUpperCase();
  const options: OptionEntry[] = [];
  const names: string[] = [];
  if (c.is('(')) {
    const open = c.advance();
    if (!c.is(')')) c.commaSeparated(() => parseHintArgument(c, options, names));
    c.expectClose(open);
  }
  return { kind: 'Hint', name, options, names, span: c.since(start) };
}

function parseHintArgument(c: Cursor, options: OptionEntry[], names: string[]): void {
  const start = c.token;
  let key: string;
  if (start.type === 'string') key = parsePlainString(c);
  else if (start.type === 'integer') key = c.advance().text;
  else {
    key = c
      .qualifiedName("a table, or an option in quotes: 'key' = 'value'")
      .parts.map((part) => part.name)
      .join('.');
  }
  if (!c.accept('=')) {
    names.push(key);
    return;
  }
  const value = parsePlainString(c, "the option's value in quotes");
  options.push({ kind: 'OptionEntry', key, value, span: c.since(start) });
}

/** `('key' = 'value', …)` of WITH and SET; may be empty. */
export function parseOptions(c: Cursor): OptionEntry[] {
  const open = c.token;
  c.expect('(');
  const options = c.is(')') ? [] : c.commaSeparated(() => parseOption(c));
  c.expectClose(open);
  return options;
}

function parseOption(c: Cursor): OptionEntry {
  const start = c.token;
  const key = parsePlainString(c, "an option in quotes: 'key' = 'value'");
  c.expect('=');
  const value = parsePlainString(c, "the option's value in quotes");
  return { kind: 'OptionEntry', key, value, span: c.since(start) };
}
