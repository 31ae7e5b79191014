/**
 * Ids and times of the events of one generator. With n the size of an out-of-order group, the event counted c (from 0) has
 * number 1 + c, and stands at `⌊number/n⌋·n + (number·953 mod n)` in its group's order: that decides about its id and its time.
 * The first event of all has id 2.
 */
import type { NexmarkSettings } from './settings.js';

const FIRST_NUMBER = 1;
const FIRST_ID = 1;
const SHUFFLE = 953;
/** Events of a generator without an end: ids of auctions, three fiftieths, stay safe integers in all of them. */
const ENDLESS_EVENTS = 2 ** 50;

export const PERSON = 0;
export const AUCTION = 1;
export const BID = 2;
export type EventType = typeof PERSON | typeof AUCTION | typeof BID;

/** Ids of people, and of auctions, begin here. */
export const FIRST_PERSON_ID = 1000;
export const FIRST_AUCTION_ID = 1000;

/** What an event's number decides, of one generator. Moved from event to event by seek(). */
export class Sequence {
  private readonly firstId: number;
  private readonly delayUs: number;
  private readonly round: number;
  private readonly people: number;
  private readonly auctions: number;
  /** How many events this generator makes. */
  readonly events: number;
  /** Milliseconds in which as many events come as it takes for all open auctions to be new ones. */
  private readonly horizonEvents: number;
  id = 0;
  type: EventType = BID;
  timestamp = 0;
  private number = 0;
  /** Number of people, from 0, of the last person up to this event; and of the last auction. */
  lastPerson = 0;
  lastAuction = 0;

  constructor(
    private readonly settings: NexmarkSettings,
    generator: number,
  ) {
    const { generators } = settings;
    const total = Number.isFinite(settings.events) ? settings.events : ENDLESS_EVENTS;
    const share = Math.floor(total / generators);
    this.firstId = FIRST_ID + generator * share;
    const last = generator === generators - 1;
    this.events = Number.isFinite(settings.events)
      ? last
        ? total - share * (generators - 1)
        : share
      : Number.POSITIVE_INFINITY;
    this.delayUs = (1_000_000 / settings.eventsPerSecond) * generators;
    this.people = settings.personProportion;
    this.auctions = settings.auctionProportion;
    this.round = this.people + this.auctions + settings.bidProportion;
    this.horizonEvents = Math.floor((settings.auctionsInFlight * this.round) / Math.max(1, this.auctions));
  }

  /** Moves to the event counted `count`, from 0. */
  seek(count: number): void {
    const n = this.settings.outOfOrderGroup;
    let number = FIRST_NUMBER + count;
    if (n > 1) number = Math.floor(number / n) * n + ((number * SHUFFLE) % n);
    this.number = number;
    const id = this.firstId + number;
    this.id = id;
    this.timestamp = this.timeOf(number);
    const epoch = Math.floor(id / this.round);
    const offset = id - epoch * this.round;
    this.lastPerson = epoch * this.people + Math.min(offset, this.people - 1);
    if (offset < this.people) {
      this.type = PERSON;
      this.lastAuction = epoch * this.auctions - 1;
    } else if (offset < this.people + this.auctions) {
      this.type = AUCTION;
      this.lastAuction = epoch * this.auctions + offset - this.people;
    } else {
      this.type = BID;
      this.lastAuction = (epoch + 1) * this.auctions - 1;
    }
  }

  /** Longest time, in milliseconds, that half of the auctions stay open. */
  get horizonMs(): number {
    return this.timeOf(this.number + this.horizonEvents) - this.timestamp;
  }

  private timeOf(number: number): number {
    return this.settings.baseTimeMs + Math.floor(Math.floor(number * this.delayUs) / 1000);
  }
}
