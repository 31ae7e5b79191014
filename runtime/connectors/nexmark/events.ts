/** Events as rows: of all columns only those that are read, of nested rows only the fields that the schema has. */
import { TidewheelError } from '../../../api/errors.js';
import { nearestName } from '../../../api/nearest.js';
import { type DataType, type Field, type Row, type RowSchema, typeToString } from '../../record/types.js';
import { unitsPerMs } from '../../time/timestamp-unit.js';
import { Auctions } from './auction.js';
import { Bids } from './bid.js';
import { Draw } from './draw.js';
import { People } from './person.js';
import { AUCTION, BID, PERSON, Sequence } from './sequence.js';
import type { NexmarkSettings } from './settings.js';
import { Filler } from './text.js';

/** Makes the event counted `count` of a generator, from 0. */
export type MakeEvent = (count: number) => Row;

const WHOLE = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT']);
const TIMES = new Set(['TIMESTAMP', 'TIMESTAMP_LTZ']);
const TEXT = new Set(['CHAR', 'VARCHAR']);

/** Kinds of nested rows with the kinds of types that each field can have. */
const PARTS: Readonly<Record<string, { type: number; fields: Readonly<Record<string, ReadonlySet<string>>> }>> = {
  person: {
    type: PERSON,
    fields: {
      ...{ id: WHOLE, name: TEXT, emailAddress: TEXT, creditCard: TEXT, city: TEXT, state: TEXT },
      ...{ dateTime: TIMES, extra: TEXT },
    },
  },
  auction: {
    type: AUCTION,
    fields: {
      ...{ id: WHOLE, itemName: TEXT, description: TEXT, initialBid: WHOLE, reserve: WHOLE },
      ...{ dateTime: TIMES, expires: TIMES, seller: WHOLE, category: WHOLE, extra: TEXT },
    },
  },
  bid: {
    type: BID,
    fields: {
      ...{ auction: WHOLE, bidder: WHOLE, price: WHOLE, channel: TEXT, url: TEXT },
      ...{ dateTime: TIMES, extra: TEXT },
    },
  },
};

/**
 * Compiles what makes the rows of one generator, with the columns `read`, in that order. Throws TW1302 for a column that events
 * don't have, or that can't have the type.
 */
export function eventMaker(
  settings: NexmarkSettings,
  generator: number,
  columns: RowSchema,
  read: readonly string[],
): { sequence: Sequence; make: MakeEvent } {
  const sequence = new Sequence(settings, generator);
  const draw = new Draw(settings.seed);
  const filler = new Filler(settings.seed);
  const parts = {
    person: new People(sequence, draw, settings, filler),
    auction: new Auctions(sequence, draw, settings, filler),
    bid: new Bids(sequence, draw, settings, filler),
  };
  for (const field of columns.fields) checkColumn(field);
  const members = read.map((name) => {
    const field = columns.fields.find((f) => f.name === name)!;
    return `${JSON.stringify(name)}: ${columnCode(field)}`;
  });
  const body = `'use strict';
    const { person, auction, bid } = parts;
    return function makeEvent(count) {
      at.seek(count);
      draw.seek(at.id);
      return { ${members.join(', ')} };
    };`;
  const make = new Function('at', 'draw', 'parts', body)(sequence, draw, parts) as MakeEvent;
  return { sequence, make };
}

function columnCode({ name, type }: Field): string {
  if (name === 'event_type') return 'at.type';
  if (name === 'dateTime') return `at.timestamp${scale(type)}`;
  const part = PARTS[name];
  const fields = (type as Extract<DataType, { kind: 'ROW' }>).fields.map(
    (field) => `${JSON.stringify(field.name)}: ${name}.${field.name}()${scale(field.type)}`,
  );
  return `at.type === ${part.type} ? { ${fields.join(', ')} } : null`;
}

function scale(type: DataType): string {
  if (!TIMES.has(type.kind)) return '';
  const units = unitsPerMs((type as { precision: number }).precision);
  return units === 1 ? '' : ` * ${units}`;
}

function checkColumn(field: Field): void {
  if (field.name === 'event_type') checkType(field.name, field.type, WHOLE);
  else if (field.name === 'dateTime') checkType(field.name, field.type, TIMES);
  else if (!Object.hasOwn(PARTS, field.name)) {
    throw unknown(field.name, `events have no column '${field.name}'`, [
      'event_type',
      'dateTime',
      ...Object.keys(PARTS),
    ]);
  } else {
    checkType(field.name, field.type, new Set(['ROW']));
    const { fields } = PARTS[field.name];
    for (const inner of (field.type as Extract<DataType, { kind: 'ROW' }>).fields) {
      if (!Object.hasOwn(fields, inner.name)) {
        const what = `'${field.name}' of an event has no field '${inner.name}'`;
        throw unknown(inner.name, what, Object.keys(fields));
      }
      checkType(`${field.name}.${inner.name}`, inner.type, fields[inner.name]);
    }
  }
}

function checkType(name: string, type: DataType, kinds: ReadonlySet<string>): void {
  if (kinds.has(type.kind) && !(TIMES.has(type.kind) && (type as { precision: number }).precision > 6)) return;
  const allowed = [...kinds].map((kind) => (TIMES.has(kind) ? `${kind}(0) to ${kind}(6)` : kind)).join(', ');
  throw new TidewheelError('TW1302', `'${name}' of an event can't be ${typeToString(type)}`, {
    hint: `Use ${allowed}`,
  });
}

function unknown(name: string, message: string, known: readonly string[]): TidewheelError {
  const nearest = nearestName(name, known);
  const hint = nearest ? `Did you mean '${nearest}'?` : `There are ${known.join(', ')}`;
  return new TidewheelError('TW1302', message, { hint });
}
