import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { reverseBits } from '../../../runtime/connectors/nexmark/bid.js';
import { eventMaker } from '../../../runtime/connectors/nexmark/events.js';
import { EVENT_COLUMNS, writeNexmarkJson } from '../../../runtime/connectors/nexmark/json-lines.js';
import { AUCTION, BID, PERSON, Sequence } from '../../../runtime/connectors/nexmark/sequence.js';
import { nexmarkSettings } from '../../../runtime/connectors/nexmark/settings.js';
import type { Row } from '../../../runtime/record/types.js';

const BASE_MS = Date.UTC(2026, 0, 1);
const ALL = EVENT_COLUMNS.fields.map((field) => field.name);

function events(count: number, options: Record<string, string> = {}, generator = 0): Row[] {
  const { make } = eventMaker(nexmarkSettings(options), generator, EVENT_COLUMNS, ALL);
  return Array.from({ length: count }, (_, i) => make(i));
}

describe('order of Nexmark events, by hand from the published rules', () => {
  test('the first event is id 2, an auction; each fifty ids are a person, three auctions and 46 bids', () => {
    const sequence = new Sequence(nexmarkSettings({}), 0);
    sequence.seek(0);
    expect([sequence.id, sequence.type]).toEqual([2, AUCTION]);
    const types = events(200).map((event) => event.event_type);
    // Ids 2, 3: the rest of the first auctions; 4 to 49 bids; 50 a person; 51 to 53 auctions.
    expect(types.slice(0, 2)).toEqual([AUCTION, AUCTION]);
    expect(types.slice(2, 48)).toEqual(Array(46).fill(BID));
    expect(types.slice(48, 53)).toEqual([PERSON, AUCTION, AUCTION, AUCTION, BID]);
    expect(types.slice(48, 98)).toEqual(types.slice(98, 148));
  });

  test('people and auctions are numbered from 1000', () => {
    const first = events(103);
    expect(first.filter((e) => e.auction).map((e) => e.auction.id)).toEqual([
      ...[1001, 1002, 1003, 1004, 1005],
      ...[1006, 1007, 1008],
    ]);
    expect(first.filter((e) => e.person).map((e) => e.person.id)).toEqual([1001, 1002]);
  });

  test('at 10,000 events a second, ten events share a millisecond', () => {
    const times = events(40).map((event) => event.dateTime - BASE_MS);
    // Numbers 1 to 9 are below 1,000 µs, 10 to 19 below 2,000.
    expect(times.slice(0, 9)).toEqual(Array(9).fill(0));
    expect(times.slice(9, 19)).toEqual(Array(10).fill(1));
    expect(times[39]).toBe(4);
  });

  test('an out-of-order group is shuffled by 953', () => {
    const sequence = new Sequence(nexmarkSettings({ 'out-of-order-group-size': '10' }), 0);
    const ids = [0, 1, 2, 3, 8, 9].map((count) => {
      sequence.seek(count);
      return sequence.id;
    });
    // Numbers 1, 2, 3, 4, 9 → 953·number mod 10 = 3, 6, 9, 2, 7; number 10 begins the next group at 0.
    expect(ids).toEqual([4, 7, 10, 3, 8, 11]);
  });

  test('a second generator has the upper half of the ids, in the same time at half the rate', () => {
    const sequence = new Sequence(nexmarkSettings({ generators: '2', 'events.num': '101' }), 1);
    expect(sequence.events).toBe(51);
    sequence.seek(0);
    expect(sequence.id).toBe(52);
    sequence.seek(4);
    // Number 5 at 200 µs each.
    expect(sequence.timestamp - BASE_MS).toBe(1);
  });
});

describe('contents of Nexmark events', () => {
  const sample = events(50_000);
  const bids = sample.filter((event) => event.event_type === BID);
  const auctions = sample.filter((event) => event.event_type === AUCTION);

  test('of every 50 events one is a person and three are auctions', () => {
    expect([bids.length, auctions.length, 50_000 - bids.length - auctions.length]).toEqual([46_000, 3000, 1000]);
  });

  test('half of the bids go to the hot auction, three quarters come from the hot bidder', () => {
    const share = (hits: number, all: number) => hits / all;
    const auctionHits = bids.filter((e, i) => i > 1000 && e.bid.auction % 100 === 0).length;
    expect(share(auctionHits, bids.length)).toBeCloseTo(0.5, 1);
    const bidderHits = bids.filter((e, i) => i > 1000 && e.bid.bidder % 100 === 1).length;
    expect(share(bidderHits, bids.length)).toBeCloseTo(0.75, 1);
    const sellerHits = auctions.filter((e) => e.auction.seller % 100 === 0).length;
    expect(share(sellerHits, auctions.length)).toBeCloseTo(0.75, 1);
  });

  test('prices go from 1 to a million dollars, categories from 10 to 14, named channels are half', () => {
    const prices = bids.map((e) => e.bid.price);
    expect(Math.min(...prices)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...prices)).toBeLessThanOrEqual(100_000_000);
    const median = prices.sort((a, b) => a - b)[prices.length / 2];
    expect(Math.log10(median)).toBeCloseTo(5, 1);
    expect(new Set(auctions.map((e) => e.auction.category))).toEqual(new Set([10, 11, 12, 13, 14]));
    const named = bids.filter((e) => ['Google', 'Facebook', 'Baidu', 'Apple'].includes(e.bid.channel)).length;
    expect(named / bids.length).toBeCloseTo(0.5, 1);
  });

  test('bids refer to auctions in flight and people that are active, or about to be', () => {
    const at = 20_020;
    const { bid } = sample[at];
    const lastAuction = Math.floor((at + 2) / 50) * 3 + 2;
    expect(bid.auction - 1000).toBeLessThanOrEqual(lastAuction + 10);
    expect(bid.auction - 1000).toBeGreaterThanOrEqual(lastAuction - 199);
    expect(bid.bidder - 1000).toBeLessThanOrEqual(Math.floor((at + 2) / 50) + 10);
  });

  test('auctions expire within twice the time of 1,666 events, which is 333 ms', () => {
    const open = auctions.map((e) => e.auction.expires - e.auction.dateTime);
    expect(Math.min(...open)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...open)).toBeLessThanOrEqual(334);
    expect(Math.max(...open)).toBeGreaterThan(300);
  });

  test('a bid is filled up to around 100 bytes, of which 32 are its numbers', () => {
    const lengths = bids.map((e) => e.bid.extra.length);
    // 68 are missing, a fifth is 14: 54 to 81.
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([54, 81]);
  });

  test('channel ids are the bits of the number backwards', () => {
    expect(reverseBits(2)).toBe(2 ** 30);
    const numbered = bids.filter((e) => e.bid.channel === 'channel-2');
    for (const { bid } of numbered) expect(bid.url).toMatch(/item\.htm\?query=1(&channel_id=1073741824)?$/);
    const withId = bids.filter((e) => e.bid.channel.startsWith('channel-') && e.bid.url.includes('channel_id'));
    const unnamed = bids.filter((e) => e.bid.channel.startsWith('channel-'));
    expect(withId.length / unnamed.length).toBeCloseTo(0.9, 1);
  });

  test('an event is the same alone, and with fewer columns', () => {
    const { make } = eventMaker(nexmarkSettings({}), 0, EVENT_COLUMNS, ['bid']);
    expect(make(7777)).toEqual({ bid: sample[7777].bid });
  });

  test('another seed gives other contents with the same ids', () => {
    const other = events(100, { seed: '7' });
    expect(other[10].bid.price).not.toBe(sample[10].bid.price);
    expect(other[0].auction.id).toBe(sample[0].auction.id);
  });

  test('the original’s bidders are 1,000 too high', () => {
    const twice = events(100, { 'bidder-offset': 'twice' });
    expect(twice[10].bid.bidder).toBe(sample[10].bid.bidder + 1000);
  });

  test('a column that events don’t have is refused with the nearest name', () => {
    const columns = { fields: [{ name: 'bids', type: EVENT_COLUMNS.fields[3].type }] };
    expect(() => eventMaker(nexmarkSettings({}), 0, columns, ['bids'])).toThrow("no column 'bids'");
  });
});

describe('writeNexmarkJson', () => {
  const path = join(tmpdir(), `nexmark-${process.pid}.json`);
  afterAll(() => rm(path, { force: true }));

  test('writes an event a line, absent parts as null, times to the millisecond', async () => {
    await writeNexmarkJson(path, 2000);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2000);
    const event = JSON.parse(lines[10]);
    expect(Object.keys(event)).toEqual(['event_type', 'person', 'auction', 'bid', 'dateTime']);
    expect(event).toMatchObject({ event_type: 2, person: null, auction: null, dateTime: '2026-01-01 00:00:00.001' });
    const { bid } = events(11)[10];
    expect(event.bid).toEqual({ ...bid, dateTime: '2026-01-01 00:00:00.001' });
  });
});
