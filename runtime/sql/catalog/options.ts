/** Checks the options of WITH against what the connector and its formats know. */
import { parseDuration } from '../../time/duration.js';
import type { OptionEntry } from '../ast/index.js';
import { type Place, SqlError } from '../error.js';
import { COMMON_OPTIONS, type ConnectorInfo, type FormatInfo, LOOKUP_OPTIONS, type OptionInfo } from './connectors.js';

export interface KnownConnectors {
  readonly connectors: Readonly<Record<string, ConnectorInfo>>;
  readonly formats: Readonly<Record<string, FormatInfo>>;
}

/** Options that name a format; its own options then stand under the prefix and the format's name. */
const FORMAT_OPTIONS: Readonly<Record<string, string>> = { format: '', 'key.format': 'key.', 'value.format': 'value.' };

/** Throws for the first option that is unknown or has a wrong value. `entries` have the places. */
export function checkOptions(
  known: KnownConnectors,
  options: Readonly<Record<string, string>>,
  entries: readonly OptionEntry[],
  at: Place,
  table: string,
): { connector: string; format?: string } {
  const place = (key: string): Place => entries.find((e) => e.key === key)?.span ?? at;
  const { connector } = options;
  if (connector === undefined) {
    throw new SqlError('TW2006', `table '${table}' has no connector`, at, { expected: "WITH ('connector' = '…')" });
  }
  const info = Object.hasOwn(known.connectors, connector) ? known.connectors[connector] : undefined;
  if (!info) {
    throw new SqlError('TW2002', `unknown connector '${connector}'`, place('connector'), {
      name: connector,
      known: Object.keys(known.connectors),
    });
  }
  const tables: Readonly<Record<string, OptionInfo>>[] = [COMMON_OPTIONS];
  if (info.lookup) tables.push(LOOKUP_OPTIONS, info.lookup.options);
  if (info.sink) tables.push(info.sink.options);
  if (info.source) tables.push(info.source.options);
  // The source's word counts where both sides have an option of the name.
  tables.reverse();
  const formats = Object.keys(FORMAT_OPTIONS).filter((key) => options[key] !== undefined);
  for (const key of formats) {
    const name = options[key];
    const format = Object.hasOwn(known.formats, name) ? known.formats[name] : undefined;
    if (!format) {
      throw new SqlError('TW2002', `unknown format '${name}'`, place(key), { name, known: Object.keys(known.formats) });
    }
    tables.push(formatOptions(format, name, FORMAT_OPTIONS[key]));
  }
  for (const [key, value] of Object.entries(options)) {
    const def = tables.find((table) => Object.hasOwn(table, key))?.[key];
    if (!def && !tables.some((table) => hasPrefix(table, key))) {
      const names = tables.flatMap((table) => Object.keys(table));
      throw new SqlError('TW2006', `connector '${connector}' has no option '${key}'`, place(key), {
        name: key,
        known: names,
        hint: optionsLike(key, names),
      });
    }
    if (def?.values && !def.values.includes(value) && !value.includes('${')) {
      throw new SqlError('TW2006', `option '${key}' is '${value}'`, place(key), {
        expected: def.values.map((v) => `'${v}'`).join(' or '),
        name: value,
        known: def.values,
      });
    }
  }
  checkCommon(options, place);
  const format = options.format ?? options['value.format'];
  return { connector, ...(format ? { format } : {}) };
}

/** A format's options under the names that they have in a table: with the format's name and the side's prefix in front. */
function formatOptions(format: FormatInfo, name: string, prefix: string): Record<string, OptionInfo> {
  const named: Record<string, OptionInfo> = {};
  for (const [option, def] of Object.entries(format.options)) {
    // Where `value.format` was written, Flink takes both `json.x` and `value.json.x`.
    named[prefix + (option.startsWith(`${name}.`) ? option : `${name}.${option}`)] = def;
  }
  return named;
}

function hasPrefix(table: Readonly<Record<string, OptionInfo>>, key: string): boolean {
  for (const name in table) {
    if (name.endsWith('.*') && key.length >= name.length && key.startsWith(name.slice(0, -1))) return true;
  }
  return false;
}

/** Throws when a table can't be read (or written) with the options it has: no such side, or a required one is missing. */
export function checkUse(
  known: KnownConnectors,
  table: { readonly name: string; readonly connector: string; readonly at: Place },
  options: Readonly<Record<string, string>>,
  use: 'source' | 'sink' | 'lookup',
  at: Place,
): void {
  const side = known.connectors[table.connector][use];
  if (!side) {
    const what = use === 'source' ? 'read from' : use === 'sink' ? 'written to' : 'looked up';
    const asked = use === 'source' && known.connectors[table.connector].lookup;
    throw new SqlError('TW2004', `table '${table.name}': connector '${table.connector}' can't be ${what}`, at, {
      ...(asked ? { expected: `JOIN ${table.name} FOR SYSTEM_TIME AS OF a processing time` } : {}),
    });
  }
  for (const [key, def] of Object.entries<OptionInfo>(side.options)) {
    const given = key === 'format' ? (options[key] ?? options['value.format']) : options[key];
    if (def.required && given === undefined) {
      throw new SqlError('TW2006', `connector '${table.connector}' needs the option '${key}'`, table.at);
    }
  }
}

function checkCommon(options: Readonly<Record<string, string>>, place: (key: string) => Place): void {
  for (const key of ['scan.parallelism', 'sink.parallelism']) {
    const value = options[key];
    if (value !== undefined && !/^[1-9]\d{0,4}$/.test(value)) {
      throw new SqlError('TW2006', `option '${key}' is '${value}'`, place(key), { expected: 'a whole number from 1' });
    }
  }
  const idle = 'scan.watermark.idle-timeout';
  try {
    durationMs(options[idle]);
  } catch (cause) {
    throw new SqlError('TW2006', `option '${idle}': ${(cause as Error).message}`, place(idle), { cause });
  }
  if (options['on-error'] === 'dead-letter' && options['dead-letter.connector'] === undefined) {
    throw new SqlError(
      'TW2006',
      "'on-error' = 'dead-letter' needs the option 'dead-letter.connector'",
      place('on-error'),
    );
  }
}

/** A duration option in milliseconds; throws DurationError. */
export function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

/** What there is, for somebody whose option is near to none: those of the same family, e.g. `csv.…`, or all. */
export function optionsLike(key: string, names: readonly string[]): string {
  const family = key.includes('.') ? key.slice(0, key.lastIndexOf('.') + 1) : '';
  const alike = family ? names.filter((name) => name.startsWith(family)) : [];
  const shown = [...new Set(alike.length > 0 ? alike : names)].sort();
  return `There are ${shown.map((name) => `'${name}'`).join(', ')}`;
}
