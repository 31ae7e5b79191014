/** Somebody new who may sell and bid. */
import type { Draw } from './draw.js';
import { FIRST_PERSON_ID, type Sequence } from './sequence.js';
import type { NexmarkSettings } from './settings.js';
import { type Filler, randomText } from './text.js';

const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const CITIES = [
  ...['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland'],
  ...['Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'],
];
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];

const FIRST_NAME = 0;
const LAST_NAME = 1;
const CARD = 2;
const CITY = 6;
const STATE = 7;
const EXTRA = 8;
const MAILBOX = 16;
const DOMAIN = 32;

/** Properties of the person at the sequence's place. */
export class People {
  constructor(
    private readonly at: Sequence,
    private readonly draw: Draw,
    private readonly settings: NexmarkSettings,
    private readonly filler: Filler,
  ) {}

  id(): number {
    return this.at.lastPerson + FIRST_PERSON_ID;
  }

  name(): string {
    const { draw } = this;
    return `${FIRST_NAMES[draw.below(FIRST_NAME, 11)]} ${LAST_NAMES[draw.below(LAST_NAME, 9)]}`;
  }

  emailAddress(): string {
    return `${randomText(this.draw, MAILBOX, 7)}@${randomText(this.draw, DOMAIN, 5)}.com`;
  }

  creditCard(): string {
    let text = '';
    for (let i = 0; i < 4; i++) {
      text += (i === 0 ? '' : ' ') + String(this.draw.below(CARD + i, 10_000)).padStart(4, '0');
    }
    return text;
  }

  city(): string {
    return CITIES[this.draw.below(CITY, CITIES.length)];
  }

  state(): string {
    return STATES[this.draw.below(STATE, STATES.length)];
  }

  dateTime(): number {
    return this.at.timestamp;
  }

  extra(): string {
    const texts = [this.name(), this.emailAddress(), this.creditCard(), this.city(), this.state()];
    const bytes = texts.reduce((sum, text) => sum + text.length, 8);
    return this.filler.extra(this.draw, EXTRA, bytes, this.settings.personBytes);
  }
}

/**
 * The number, from 0, of somebody among the last active people, or of one of ten who are about to come: whoever sells or bids
 * at a place of the sequence, unless it is a hot one.
 */
export function nextPerson(at: Sequence, draw: Draw, slot: number, settings: NexmarkSettings): number {
  const people = at.lastPerson + 1;
  const active = Math.min(people, settings.activePeople);
  return people - active + draw.below(slot, active + PEOPLE_AHEAD);
}

const PEOPLE_AHEAD = 10;
