/** Reads a format's options out of the options of its table. */
import type { OptionDef } from '../source/contract.js';
import { FormatError } from './format-error.js';

export class FormatOptions {
  constructor(
    private readonly format: string,
    private readonly defs: Readonly<Record<string, OptionDef>>,
    private readonly options: Readonly<Record<string, string>>,
  ) {}

  /** The value, or the option's default. Formats of a table's value part may be written `value.json.…`. */
  text(name: string): string | undefined {
    const value = this.options[name] ?? this.options[`value.${name}`] ?? this.defs[name]?.default;
    const allowed = this.defs[name]?.values;
    if (value !== undefined && allowed && !allowed.includes(value)) {
      throw new FormatError(this.format, `option '${name}' is '${value}'`, `It can be ${allowed.join(' or ')}.`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.text(name) ?? 'false';
    if (value !== 'true' && value !== 'false') {
      throw new FormatError(this.format, `option '${name}' is '${value}'`, 'It can be true or false.');
    }
    return value === 'true';
  }
}
