/** What the planner has to know about connectors and formats. Their folders are on higher floors, so they are passed in. */

/** As runtime/source/contract.ts has it: the name of an option may end in `.*`. */
export interface OptionInfo {
  readonly required?: boolean;
  readonly values?: readonly string[];
}

export interface ConnectorInfo {
  readonly options: Readonly<Record<string, OptionInfo>>;
  /** Metadata columns: key → SQL type as text. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Keys of metadata that a sink writes. */
  readonly writableMetadata?: readonly string[];
  /** Whether the input ends by itself. */
  readonly bounded?: (options: Readonly<Record<string, string>>) => boolean;
  /** False: it can't be read from, or written to. */
  readonly source?: boolean;
  readonly sink?: boolean;
  /** Changes that its sink takes; unchecked when absent. */
  readonly changelog?: 'append' | 'upsert' | 'retract';
}

export interface FormatInfo {
  /** Names with or without the format's name in front. */
  readonly options: Readonly<Record<string, OptionInfo>>;
}

/** Options of every table, whatever its connector. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionInfo>> = {
  connector: { required: true },
  'on-error': { values: ['fail', 'skip', 'dead-letter'] },
  'dead-letter.*': {},
  'scan.parallelism': {},
  'sink.parallelism': {},
  'scan.watermark.idle-timeout': {},
};
