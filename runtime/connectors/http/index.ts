/**
 * Tables behind an HTTP interface, asked for the rows of a key: the right side of a lookup join.
 *
 *     CREATE TABLE customers (id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
 *       'connector' = 'http', 'url' = 'https://crm/customers/{id}', 'format' = 'json', 'lookup.cache' = 'PARTIAL');
 *     SELECT o.*, c.name FROM orders AS o JOIN customers FOR SYSTEM_TIME AS OF o.proc AS c ON o.customer = c.id;
 */
import type { OptionDef } from '../../source/contract.js';
import type { LookupConnector } from '../../source/lookup.js';
import { HttpLookup } from './lookup.js';

const OPTIONS: Readonly<Record<string, OptionDef>> = {
  url: {
    required: true,
    doc: 'Where rows are asked for. {column} stands for the value of a key; keys that are not in it become query parameters (GET) or a JSON object (POST).',
  },
  method: { default: 'GET', values: ['GET', 'POST'], doc: 'How it is asked.' },
  'headers.*': { doc: "A header of the requests, as in 'headers.authorization' = 'Bearer ${env:TOKEN}'." },
  format: {
    required: true,
    values: ['json'],
    doc: 'How rows are read: an object is a row, an array several, 404 or nothing none.',
  },
  'result-field': { doc: 'Field of the answer that holds the rows, as in data.items. Left out: the answer itself.' },
  'request.timeout': { default: '10 s', doc: 'How long one request may take.' },
  'lookup.max-retries': {
    default: '3',
    doc: 'Tries after the first one, for answers 429 and 5xx and where the server is away.',
  },
  'lookup.retry-delay': { default: '100 ms', doc: 'Wait in front of the second try; doubled at each further one.' },
};

export const lookup: LookupConnector = { options: OPTIONS, create: (ctx) => new HttpLookup(ctx) };
