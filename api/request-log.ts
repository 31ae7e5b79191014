/** Requests to a model and their answers, as records of a Kafka topic. */
import {
  choice,
  type Filled,
  integer,
  mapOf,
  number,
  object,
  type Rule,
  required,
  text,
  withDefault,
  withRules,
} from './schema.js';

const SECRETS = [
  'sasl.password',
  'sasl.jaas.config',
  'ssl.key.password',
  'ssl.keystore.password',
  'ssl.truststore.password',
];
const noPlainSecrets: Rule = {
  cel: `[${SECRETS.map((key) => `'${key}'`).join(', ')}].all(key, !(key in self) || self[key].contains('\${'))`,
  message: 'passwords are references: ${env:NAME}, with the value in env',
  check: (properties) =>
    SECRETS.every((key) => properties[key] === undefined || String(properties[key]).includes('${')),
};

export const requestLog = object(
  'Writes requests and answers to Kafka. It never holds a request up or fails it: what finds no room is dropped and counted (`tidewheel_model_log_dropped_total`).',
  {
    brokers: required(
      text('Brokers, `host:port[,host:port]`.', {
        pattern: '^[^,\\s]+:\\d+(,[^,\\s]+:\\d+)*$',
        patternText: 'host:port, several with commas between them',
        maxLength: 4096,
      }),
    ),
    topic: required(
      text('Topic; it must exist.', {
        pattern: '^[A-Za-z0-9._-]+$',
        patternText: 'letters, digits, ., - and _',
        maxLength: 249,
      }),
    ),
    sampleRate: withDefault(number('Share of the requests that is written, by chance.', { minimum: 0, maximum: 1 }), 1),
    payload: withDefault(
      choice('What is written beside time, version, status and latency.', ['both', 'request', 'answer', 'none']),
      'both',
    ),
    maxBytes: withDefault(
      integer('Bytes of a record. Of larger ones the payloads are left out.', { minimum: 1024, maximum: 67108864 }),
      262144,
    ),
    bufferBytes: withDefault(
      integer('Bytes that may wait for brokers.', { minimum: 65536, maximum: 1073741824 }),
      8388608,
    ),
    properties: withRules(
      mapOf(
        'Properties of the client as Kafka names them: `security.protocol`, `sasl.mechanism`, `sasl.username`, `sasl.password`, `ssl.…`, `compression.type`. Values may refer to `${env:NAME}`.',
        text('Value.', { maxLength: 4096 }),
        { maxProperties: 32 },
      ),
      [noPlainSecrets],
    ),
  },
);

export type RequestLogSpec = Filled<typeof requestLog>;
