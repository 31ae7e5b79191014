import { SqlSyntaxError } from '../../runtime/sql/parser/index.js';
import { tokenize } from '../../runtime/sql/parser/lexer.js';

/**
 * Whether what was typed so far is to be run: its last sign is a semicolon that ends a statement, not one within a text, a
 * comment, or a statement set.
 */
export function isComplete(text: string): boolean {
  let tokens: ReturnType<typeof tokenize>;
  try {
    tokens = tokenize(text);
  } catch (error) {
    // Something that begins and doesn't end: more is to come. Any other mistake is told at once.
    return !(error instanceof SqlSyntaxError) || !/has no end/.test(error.message);
  }
  const signs = tokens.filter((token) => token.type !== 'end');
  if (signs.at(-1)?.text !== ';') return false;
  let open = 0;
  signs.forEach((token, i) => {
    const next = signs[i + 1]?.upper;
    const before = signs[i - 1]?.upper;
    if (token.upper === 'BEGIN' && (next === 'STATEMENT' || before === 'SET')) open++;
    // A CASE has an END too, but no semicolon stands in front of that.
    else if (token.upper === 'END' && before === ';' && open > 0) open--;
  });
  return open === 0;
}

/** Nothing but spaces and comments. */
export function isBlank(text: string): boolean {
  try {
    return tokenize(text).length <= 1;
  } catch {
    return false;
  }
}
