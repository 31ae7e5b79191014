/**
 * Arguments of the commands that pods start, read without the parser of command lines: its loading takes a good part of the time until
 * such a process is there. Whatever there is something to say about is left to the parser.
 */
import { parseArgs } from 'node:util';

/** As yargs takes them, and no more of it. */
export interface PlainOption {
  readonly type: 'string' | 'number' | 'boolean';
  readonly default?: string | number | boolean;
  readonly demandOption?: boolean;
  readonly choices?: readonly string[];
  readonly describe?: string;
}

/** What the parser would make of the arguments. Undefined where it would complain, show its help, or might see them otherwise. */
export function plainArguments(
  argv: readonly string[],
  options: Readonly<Record<string, PlainOption>>,
  positionals: readonly string[] = [],
): Record<string, unknown> | undefined {
  try {
    const types = Object.entries(options).map(([name, { type }]) => [name, { type: PARSED[type] }] as const);
    const allowPositionals = positionals.length > 0;
    const found = parseArgs({ args: [...argv], options: Object.fromEntries(types), allowPositionals });
    if (found.positionals.length !== positionals.length) return undefined;
    const args: Record<string, unknown> = Object.fromEntries(
      positionals.map((name, i) => [name, found.positionals[i]]),
    );
    for (const [name, option] of Object.entries(options)) {
      const given = found.values[name];
      if (given === undefined && option.default === undefined) {
        if (option.demandOption) return undefined;
        continue;
      }
      if (given === '' || (given !== undefined && option.choices?.includes(String(given)) === false)) return undefined;
      const value = given ?? option.default;
      args[name] = option.type === 'number' ? Number(value) : value;
      if (Number.isNaN(args[name])) return undefined;
    }
    return args;
  } catch {
    return undefined;
  }
}

const PARSED = { string: 'string', number: 'string', boolean: 'boolean' } as const;
