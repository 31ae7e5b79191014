/** Options of WITH as Flink knows them: what has its own name there, what is left out, and what there is no word for. */
import { parseDuration } from '../../time/duration.js';
import type { OptionEntry } from '../ast/index.js';
import { SqlError } from '../error.js';

export interface TableUse {
  readonly name: string;
  readonly read: boolean;
  readonly written: boolean;
  readonly options: readonly OptionEntry[];
}

export interface FlinkJob {
  /** Beginning of transactional ids. */
  readonly name: string;
  readonly exactlyOnce: boolean;
  /** A path of the job as one that holds anywhere: an absolute `file://` URL. */
  readonly path: (text: string) => string;
}

const COMMON = ['connector', 'format', 'scan.parallelism', 'sink.parallelism', 'scan.watermark.idle-timeout'];
const KAFKA = [
  ...['topic', 'topic-pattern', 'properties.*', 'key.format', 'key.fields', 'key.fields-prefix', 'value.format'],
  ...['value.fields-include', 'scan.startup.*', 'scan.bounded.*', 'scan.topic-partition-discovery.interval'],
  ...['sink.partitioner', 'sink.delivery-guarantee', 'sink.transactional-id-prefix'],
];

/** Of tables with PARTITIONED BY. */
const PARTITIONS = ['partition.default-name', 'sink.partition-commit.*'];

/** What Flink's connectors take, beside COMMON and the formats' options. */
const CONNECTORS: Readonly<Record<string, readonly string[]>> = {
  kafka: KAFKA,
  'upsert-kafka': [...KAFKA, 'sink.buffer-flush.max-rows', 'sink.buffer-flush.interval'],
  filesystem: ['path', 'source.monitor-interval', 'source.path.regex-pattern', 'sink.rolling-policy.*', ...PARTITIONS],
  datagen: ['rows-per-second', 'number-of-rows', 'fields.*'],
  print: ['print-identifier', 'standard-error'],
  blackhole: [],
};

/** Options of Flink's formats, without the format's name in front. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  json: [
    ...['fail-on-missing-field', 'ignore-parse-errors', 'timestamp-format.standard', 'map-null-key.mode'],
    ...['map-null-key.literal', 'encode.decimal-as-plain-number', 'encode.ignore-null-fields'],
  ],
  csv: [
    ...['field-delimiter', 'disable-quote-character', 'quote-character', 'allow-comments', 'ignore-parse-errors'],
    ...['array-element-delimiter', 'escape-character', 'null-literal', 'write-bigdecimal-in-scientific-notation'],
  ],
  raw: ['charset', 'endianness'],
  'debezium-json': [
    ...['schema-include', 'ignore-parse-errors', 'timestamp-format.standard', 'map-null-key.mode'],
    ...['map-null-key.literal', 'encode.decimal-as-plain-number', 'encode.ignore-null-fields'],
  ],
};

/** Options that change how fast it goes, and nothing else. */
const WITHOUT_EFFECT = new Set(['source.split-bytes', 'splits', 'lookup.async']);

/** The options as Flink has them. Throws TW2007 for the first that Flink has no word for. */
export function flinkOptions(table: TableUse, job: FlinkJob): OptionEntry[] {
  const given = new Map(table.options.map((o) => [o.key, o]));
  const connector = given.get('connector')!;
  const known = Object.hasOwn(CONNECTORS, connector.value) ? CONNECTORS[connector.value] : undefined;
  if (connector.value === 's3') return objectStore(table);
  if (!known) throw noWord(`connector '${connector.value}' of table '${table.name}'`, connector);
  const out: OptionEntry[] = [];
  const add = (key: string, value: string, like: OptionEntry = connector) => out.push({ ...like, key, value });
  for (const option of table.options) {
    const { key, value } = option;
    if (WITHOUT_EFFECT.has(key)) continue;
    if (key === 'on-error') onError(table, option, add);
    else if (key === 'path') add(key, job.path(value), option);
    else if (key === 'transaction.timeout')
      add('properties.transaction.timeout.ms', String(parseDuration(value)), option);
    else if (key === 'sink.on-lost-transaction' && value === 'fail') continue;
    else if (isKnown(key, [...COMMON, ...known]) || isFormatOption(key, given)) out.push(option);
    else throw noWord(`option '${key}' of table '${table.name}'`, option);
  }
  if (table.written) plainDecimals(given, add);
  if (connector.value === 'kafka' || connector.value === 'upsert-kafka') kafkaDefaults(table, job, given, add);
  return out;
}

/** Decimals are written without an exponent here. */
function plainDecimals(given: ReadonlyMap<string, OptionEntry>, add: (key: string, value: string) => void): void {
  const side = given.has('value.format') ? 'value.' : '';
  const format = given.get(`${side}format`)?.value;
  const [option, value] =
    format === 'csv'
      ? ['csv.write-bigdecimal-in-scientific-notation', 'false']
      : ['json.encode.decimal-as-plain-number', 'true'];
  if (format !== 'csv' && format !== 'json') return;
  if (!given.has(option) && !given.has(side + option)) add(side + option, value);
}

/** Where the two differ when nothing is said, it is said. */
function kafkaDefaults(
  table: TableUse,
  job: FlinkJob,
  given: ReadonlyMap<string, OptionEntry>,
  add: (key: string, value: string) => void,
): void {
  const upsert = given.get('connector')!.value === 'upsert-kafka';
  if (table.read) {
    if (!upsert && !given.has('scan.startup.mode') && !given.has('properties.group.id')) {
      add('scan.startup.mode', 'earliest-offset');
    }
    if (!given.has('properties.isolation.level')) add('properties.isolation.level', 'read_committed');
  }
  if (!table.written || !job.exactlyOnce) return;
  const guarantee = given.get('sink.delivery-guarantee')?.value;
  if (guarantee === undefined) add('sink.delivery-guarantee', 'exactly-once');
  if ((guarantee ?? 'exactly-once') === 'exactly-once' && !given.has('sink.transactional-id-prefix')) {
    add('sink.transactional-id-prefix', `${job.name}-${table.name}`);
  }
}

/** Objects are files to Flink; where the store is and who asks stands in the configuration of its cluster. */
function objectStore(table: TableUse): OptionEntry[] {
  const dropped = new Set(['endpoint', 'access-key', 'secret-key', 'region']);
  return table.options.flatMap((option) => {
    if (dropped.has(option.key)) return [];
    if (option.key === 'connector') return [{ ...option, value: 'filesystem' }];
    if (isKnown(option.key, ['path', 'format', 'source.monitor-interval', ...PARTITIONS])) return [option];
    if (isFormatOption(option.key, new Map(table.options.map((o) => [o.key, o])))) return [option];
    throw noWord(`option '${option.key}' of table '${table.name}'`, option);
  });
}

function onError(
  table: TableUse,
  option: OptionEntry,
  add: (key: string, value: string, like: OptionEntry) => void,
): void {
  if (option.value === 'fail') return;
  const format = table.options.find((o) => o.key === 'format' || o.key === 'value.format');
  if (option.value !== 'skip' || !format || !FORMATS[format.value]?.includes('ignore-parse-errors')) {
    throw noWord(`'on-error' = '${option.value}' of table '${table.name}'`, option);
  }
  const prefix = format.key === 'value.format' ? 'value.' : '';
  add(`${prefix}${format.value}.ignore-parse-errors`, 'true', option);
}

function isKnown(key: string, known: readonly string[]): boolean {
  return known.some((k) => k === key || (k.endsWith('.*') && key.startsWith(k.slice(0, -1))));
}

function isFormatOption(key: string, given: ReadonlyMap<string, OptionEntry>): boolean {
  const sides: Readonly<Record<string, string>> = { format: '', 'key.format': 'key.', 'value.format': 'value.' };
  return Object.entries(sides).some(([option, prefix]) => {
    const format = given.get(option)?.value;
    const known = format === undefined ? undefined : FORMATS[format];
    const start = `${prefix}${format}.`;
    const own = key.startsWith(start) || (prefix === 'value.' && key.startsWith(`${format}.`));
    return (
      own && known?.includes(key.startsWith(start) ? key.slice(start.length) : key.slice(`${format}.`.length)) === true
    );
  });
}

export function noWord(what: string, at: OptionEntry | { readonly span: OptionEntry['span'] }): SqlError {
  return new SqlError('TW2007', `Flink has no word for ${what}`, at.span);
}
