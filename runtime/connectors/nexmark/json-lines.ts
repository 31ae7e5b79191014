/** Files of events, a JSON object a line: what a run is compared with others on. */
import { open } from 'node:fs/promises';
import type { DataType, Field, Row, RowSchema } from '../../record/types.js';
import { eventMaker } from './events.js';
import { nexmarkSettings } from './settings.js';

const WHOLE: DataType = { kind: 'BIGINT', nullable: true };
const TEXT: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
const TIME: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: true };

function fieldsOf(types: Readonly<Record<string, DataType>>): Field[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

function row(types: Readonly<Record<string, DataType>>): DataType {
  return { kind: 'ROW', fields: fieldsOf(types), nullable: true };
}

/** All columns of an event. */
export const EVENT_COLUMNS: RowSchema = {
  fields: fieldsOf({
    event_type: { kind: 'INT', nullable: false },
    person: row({
      ...{ id: WHOLE, name: TEXT, emailAddress: TEXT, creditCard: TEXT, city: TEXT, state: TEXT },
      ...{ dateTime: TIME, extra: TEXT },
    }),
    auction: row({
      ...{ id: WHOLE, itemName: TEXT, description: TEXT, initialBid: WHOLE, reserve: WHOLE },
      ...{ dateTime: TIME, expires: TIME, seller: WHOLE, category: WHOLE, extra: TEXT },
    }),
    bid: row({
      ...{ auction: WHOLE, bidder: WHOLE, price: WHOLE, channel: TEXT, url: TEXT },
      ...{ dateTime: TIME, extra: TEXT },
    }),
    dateTime: TIME,
  }),
};

const FLUSH_CHARS = 1024 * 1024;

/**
 * Writes the first `events` events into a file: nested person, auction and bid, null where absent, times as
 * `yyyy-MM-dd HH:mm:ss.SSS`. `options` are those of the connector.
 */
export async function writeNexmarkJson(
  path: string,
  events: number,
  options: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings = { ...nexmarkSettings(options), events, generators: 1 };
  const { make } = eventMaker(
    settings,
    0,
    EVENT_COLUMNS,
    EVENT_COLUMNS.fields.map((field) => field.name),
  );
  const toLine = lineWriter(EVENT_COLUMNS.fields);
  const file = await open(path, 'w');
  try {
    let text = '';
    for (let count = 0; count < events; count++) {
      text += toLine(make(count));
      if (text.length < FLUSH_CHARS) continue;
      await file.write(text, null, 'latin1');
      text = '';
    }
    await file.write(text, null, 'latin1');
  } finally {
    await file.close();
  }
}

/** Events have no characters that JSON would want escaped: compiled to one template. */
function lineWriter(fields: readonly Field[]): (event: Row) => string {
  let second = Number.NaN;
  let upToSecond = '';
  const time = (ms: number) => {
    const seconds = Math.floor(ms / 1000);
    if (seconds !== second) {
      second = seconds;
      upToSecond = new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, -4);
    }
    return upToSecond + String(ms - seconds * 1000).padStart(3, '0');
  };
  const body = `'use strict'; return (event) => \`${objectText(fields, 'event')}\\n\`;`;
  return new Function('time', body)(time);
}

function objectText(fields: readonly Field[], source: string): string {
  const members = fields.map(({ name, type }) => {
    const value = `${source}.${name}`;
    if (type.kind === 'ROW') return `"${name}":\${${value} === null ? 'null' : \`${objectText(type.fields, value)}\`}`;
    if (type.kind === 'TIMESTAMP') return `"${name}":"\${time(${value})}"`;
    return type.kind === 'VARCHAR' ? `"${name}":"\${${value}}"` : `"${name}":\${${value}}`;
  });
  return `{${members.join(',')}}`;
}
