/** What the planner has to know about connectors and formats. Their folders are on higher floors, so they are passed in. */

/** As runtime/source/contract.ts has it: the name of an option may end in `.*`. */
export interface OptionInfo {
  readonly required?: boolean;
  readonly values?: readonly string[];
}

/** The planner's view of a connector: runtime/connectors' `Connector` fits. A side that is missing can't be used. */
export interface ConnectorInfo {
  readonly source?: {
    readonly options: Readonly<Record<string, OptionInfo>>;
    /** Metadata columns: key → SQL type as text. */
    readonly metadata?: Readonly<Record<string, string>>;
    /** Whether the input ends by itself. */
    /** upsert: only the new row of a key comes, not the old one. Default: what the format reads. */
    readonly changelog?: 'upsert';
    readonly bounded: (options: Readonly<Record<string, string>>) => boolean;
  };
  readonly sink?: {
    readonly options: Readonly<Record<string, OptionInfo>>;
    /** Changes that it takes. */
    readonly changelog: 'append' | 'upsert' | 'retract';
    /** It does nothing with −U. */
    readonly ignoresBefore?: true;
    /** It makes a folder for each value of PARTITIONED BY; its source reads these columns from there. */
    readonly partitions?: boolean;
    /** Keys of metadata that it writes. */
    readonly writableMetadata?: readonly string[];
  };
  /** It can be asked for the rows of a key. */
  readonly lookup?: { readonly options: Readonly<Record<string, OptionInfo>> };
}

/** Options of every table that can be asked for the rows of a key, named as in Flink. */
export const LOOKUP_OPTIONS: Readonly<Record<string, OptionInfo>> = {
  'lookup.cache': { values: ['NONE', 'PARTIAL', 'FULL'] },
  'lookup.async': { values: ['true', 'false'] },
  'lookup.partial-cache.max-rows': {},
  'lookup.partial-cache.expire-after-write': {},
  'lookup.partial-cache.expire-after-access': {},
  'lookup.partial-cache.cache-missing-key': { values: ['true', 'false'] },
  'lookup.full-cache.reload-strategy': { values: ['PERIODIC', 'TIMED'] },
  'lookup.full-cache.periodic-reload.interval': {},
  'lookup.full-cache.periodic-reload.schedule-mode': { values: ['FIXED_DELAY', 'FIXED_RATE'] },
  'lookup.full-cache.timed-reload.iso-time': {},
  'lookup.full-cache.timed-reload.interval-in-days': {},
};

export interface FormatInfo {
  /** retract: it reads changes with the rows they take back. Default append. */
  readonly changelog?: 'append' | 'retract';
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
