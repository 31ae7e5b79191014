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
  const connectors = new Set<string>();
  const formats = new Set<string>();
  let statements: Statement[] = [];
  try {
    statements = parseScript(text);
  } catch {
    return { connectors, formats };
  }
  const visit = (options: readonly OptionEntry[]) => {
    for (const { key, value } of options) {
      if (key === 'connector' || key === 'dead-letter.connector') connectors.add(value);
      else if (key === 'format' || key.endsWith('.format')) formats.add(value);
    }
  };
  for (const statement of statements) if (statement.kind === 'CreateTable') visit(statement.options);
  return { connectors, formats };
}
