/** Options of connectors and formats: flattened to text, and checked against what the connector and the format know. */
import { nearestName, type Path } from '../../api/index.js';
import type { OptionDef } from '../source/contract.js';
import type { ProblemList } from './invalid-job.js';

export interface FlatOption {
  readonly value: string;
  readonly path: Path;
}

/**
 * The fields of a step other than those in `taken`, as options: nested objects join their names by dots, lists their values by
 * semicolons. Values are text, numbers or true/false.
 */
export function flattenOptions(
  step: Readonly<Record<string, unknown>>,
  taken: readonly string[],
  path: Path,
  problems: ProblemList,
): Map<string, FlatOption> {
  const options = new Map<string, FlatOption>();
  const walk = (name: string, value: unknown, at: Path): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      if (value.every((item) => typeof item !== 'object')) options.set(name, { value: value.join(';'), path: at });
      else problems.add('TW1004', at, `option '${name}' must be text or a list of texts`);
    } else if (typeof value === 'object') {
      for (const [key, child] of Object.entries(value)) walk(`${name}.${key}`, child, [...at, key]);
    } else {
      options.set(name, { value: String(value), path: at });
    }
  };
  for (const [key, value] of Object.entries(step)) {
    if (!taken.includes(key)) walk(key, value, [...path, key]);
  }
  return options;
}

/** Checks options against those that are known; `who` names the connector in messages. */
export function checkOptions(
  options: ReadonlyMap<string, FlatOption>,
  known: Readonly<Record<string, OptionDef>>,
  who: string,
  path: Path,
  problems: ProblemList,
): void {
  const prefixes = Object.keys(known).filter((name) => name.endsWith('.*'));
  for (const [name, option] of options) {
    const def = Object.hasOwn(known, name)
      ? known[name]
      : known[prefixes.find((prefix) => name.startsWith(prefix.slice(0, -1))) ?? ''];
    if (!def) {
      const near = nearestName(name, Object.keys(known));
      problems.add('TW1302', option.path, `unknown option '${name}' of ${who}`, {
        atKey: true,
        hint: near ? `Did you mean '${near}'?` : `Known options: ${Object.keys(known).sort().join(', ')}`,
      });
    } else if (def.values && !isReference(option.value) && !def.values.includes(option.value)) {
      const near = nearestName(option.value, def.values);
      problems.add(
        'TW1302',
        option.path,
        `option '${name}' must be one of ${def.values.join(', ')}, not '${option.value}'`,
        {
          ...(near ? { hint: `Did you mean '${near}'?` } : {}),
        },
      );
    }
  }
  for (const [name, def] of Object.entries(known)) {
    if (def.required && !options.has(name)) {
      problems.add('TW1302', path, `${who} lacks the option '${name}'`, { hint: `${name}: ${def.doc}` });
    }
  }
}

function isReference(value: string): boolean {
  return /\$\{(env|secret):/.test(value);
}
