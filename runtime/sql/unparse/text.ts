import type { Identifier, QualifiedName } from '../ast/identifier.js';
import type { OptionEntry } from '../ast/query.js';
import { FLINK_RESERVED, RESERVED } from '../parser/keywords.js';

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name, in backticks where Flink would not read it without. */
export function nameText(name: string): string {
  const upper = name.toUpperCase();
  const plain = PLAIN_NAME.test(name) && !RESERVED.has(upper) && !FLINK_RESERVED.has(upper);
  return plain ? name : `\`${name.replaceAll('`', '``')}\``;
}

export function stringText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function identifierText(identifier: Identifier): string {
  return nameText(identifier.name);
}

export function qualifiedText(name: QualifiedName): string {
  return name.parts.map(identifierText).join('.');
}

/** `(a, b)`. */
export function nameListText(names: readonly Identifier[]): string {
  return `(${names.map(identifierText).join(', ')})`;
}

/** `'key' = 'value'`. */
export function optionText(option: OptionEntry): string {
  return `${stringText(option.key)} = ${stringText(option.value)}`;
}

/** The parts that are there, with a space between them. */
export function phrase(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}

export function list<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join(', ');
}

/** `KEYWORD a, b`, or nothing for no items. */
export function clause<T>(keyword: string, items: readonly T[], text: (item: T) => string): string {
  return items.length > 0 ? `${keyword} ${list(items, text)}` : '';
}
