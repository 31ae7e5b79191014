/** What can be set of the generator, with the published values as defaults. */
import { TidewheelError } from '../../../api/errors.js';
import type { OptionDef } from '../../source/contract.js';
import { parseTimestamp } from '../../time/timestamp-text.js';
import { seedOf } from '../datagen/random.js';

export interface NexmarkSettings {
  readonly seed: number;
  /** Events of all generators together; Infinity: without end. */
  readonly events: number;
  /** Ids are cut into as many ranges, and each range covers the whole time. */
  readonly generators: number;
  /** Events a second of event time, all generators together. */
  readonly eventsPerSecond: number;
  readonly baseTimeMs: number;
  readonly personProportion: number;
  readonly auctionProportion: number;
  readonly bidProportion: number;
  readonly personBytes: number;
  readonly auctionBytes: number;
  readonly bidBytes: number;
  readonly hotAuctionRatio: number;
  readonly hotSellerRatio: number;
  readonly hotBidderRatio: number;
  readonly auctionsInFlight: number;
  readonly activePeople: number;
  readonly outOfOrderGroup: number;
  /** Bidders' ids get the offset of people's ids twice, as in the original. */
  readonly bidderOffsetTwice: boolean;
}

export const DEFAULT_SPLITS = 8;

export const options: Readonly<Record<string, OptionDef>> = {
  'events.num': { doc: 'Events in all. Left out: without end.' },
  'next-event.rate': { default: '10000', doc: 'Events a second of event time.' },
  'rate.limited': {
    default: 'false',
    values: ['true', 'false'],
    doc: 'Whether events come no faster than their times.',
  },
  'base-time': { default: '2026-01-01 00:00:00', doc: 'Time of the first event, in UTC, or milliseconds.' },
  seed: { default: '0', doc: 'Another seed gives other events; the same gives the same.' },
  generators: { default: '1', doc: 'Ranges that ids are cut into. Each range covers the whole time.' },
  splits: {
    default: String(DEFAULT_SPLITS),
    doc: 'Parts of the input: an upper bound of useful parallelism. The events are the same, whatever it is.',
  },
  'person.proportion': { default: '1', doc: 'People in a round of events.' },
  'auction.proportion': { default: '3', doc: 'Auctions in a round of events.' },
  'bid.proportion': { default: '46', doc: 'Bids in a round of events.' },
  'person.avg-size': { default: '200', doc: 'Bytes of a person.' },
  'auction.avg-size': { default: '500', doc: 'Bytes of an auction.' },
  'bid.avg-size': { default: '100', doc: 'Bytes of a bid.' },
  'bid.hot-ratio.auctions': { default: '2', doc: 'One bid in as many goes to any auction, the others to a hot one.' },
  'auction.hot-ratio.sellers': {
    default: '4',
    doc: 'One auction in as many is of any seller, the others of a hot one.',
  },
  'bid.hot-ratio.bidders': { default: '4', doc: 'One bid in as many is of any bidder, the others of a hot one.' },
  'in-flight-auctions': { default: '100', doc: 'Auctions that are open at a time.' },
  'active-people': { default: '1000', doc: 'People that bid and sell at a time.' },
  'out-of-order-group-size': { default: '1', doc: 'Events that come out of order among each other.' },
  'bidder-offset': {
    default: 'once',
    values: ['once', 'twice'],
    doc: 'twice: bidders’ ids are 1,000 too high, as in the original, and match no person.',
  },
};

/** Settings from a table's options. Throws TW1302 for a value that can't be. */
export function nexmarkSettings(given: Readonly<Record<string, string>>): NexmarkSettings {
  const text = (name: string) => given[name] ?? options[name].default!;
  const whole = (name: string, least: number) => {
    const value = Number(text(name));
    if (Number.isSafeInteger(value) && value >= least && text(name).trim() !== '') return value;
    throw new TidewheelError('TW1302', `option '${name}' must be a whole number from ${least}, not '${text(name)}'`);
  };
  return {
    seed: seedOf(text('seed')),
    events: given['events.num'] === undefined ? Number.POSITIVE_INFINITY : whole('events.num', 0),
    generators: whole('generators', 1),
    eventsPerSecond: whole('next-event.rate', 1),
    baseTimeMs: baseTime(text('base-time')),
    personProportion: whole('person.proportion', 0),
    auctionProportion: whole('auction.proportion', 0),
    bidProportion: whole('bid.proportion', 0),
    personBytes: whole('person.avg-size', 0),
    auctionBytes: whole('auction.avg-size', 0),
    bidBytes: whole('bid.avg-size', 0),
    hotAuctionRatio: whole('bid.hot-ratio.auctions', 1),
    hotSellerRatio: whole('auction.hot-ratio.sellers', 1),
    hotBidderRatio: whole('bid.hot-ratio.bidders', 1),
    auctionsInFlight: whole('in-flight-auctions', 1),
    activePeople: whole('active-people', 1),
    outOfOrderGroup: whole('out-of-order-group-size', 1),
    bidderOffsetTwice: text('bidder-offset') === 'twice',
  };
}

function baseTime(text: string): number {
  const ms = /^-?\d+$/.test(text) ? Number(text) : parseTimestamp(text, 3);
  if (typeof ms === 'number' && Number.isSafeInteger(ms)) return ms;
  throw new TidewheelError('TW1302', `option 'base-time' must be a timestamp or milliseconds, not '${text}'`);
}
