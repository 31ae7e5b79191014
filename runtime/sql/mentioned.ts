import type { OptionEntry, Statement } from './ast/index.js';
import { parseScript } from './parser/index.js';

export interface MentionedNames {
  readonly connectors: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
}

/**
 * Connectors and formats that a script names, so that only these have to be loaded before it is compiled. A script with a
 * syntax error names none; compileSql then says what is wrong with it.
 */
export function mentionedNames(text: string): MentionedNames {
  try {
    return mentionedIn(parseScript(text));
  } catch {
    return mentionedIn([]);
  }
}

/** The same of statements: options of tables, of ALTER TABLE and of hints. */
export function mentionedIn(statements: readonly Statement[]): MentionedNames {
  const connectors = new Set<string>();
  const formats = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const { kind, key, value: text } = value as Partial<OptionEntry>;
      if (kind !== 'OptionEntry') Object.values(value).forEach(visit);
      else if (key === 'connector' || key === 'dead-letter.connector') connectors.add(text!);
      else if (key === 'format' || key!.endsWith('.format')) formats.add(text!);
    }
  };
  visit(statements);
  return { connectors, formats };
}
