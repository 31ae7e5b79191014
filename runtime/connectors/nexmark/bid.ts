/** A bid for an auction. */
import { Draw } from './draw.js';
import { nextPerson } from './person.js';
import { FIRST_AUCTION_ID, FIRST_PERSON_ID, type Sequence } from './sequence.js';
import type { NexmarkSettings } from './settings.js';
import { type Filler, price, randomText } from './text.js';

/** The hot auction is the first of the last hundred; the hot bidder the second of the last hundred people. */
const HOT_AUCTIONS = 100;
const HOT_BIDDERS = 100;
const AUCTIONS_AHEAD = 10;
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];
const CHANNELS = 10_000;
const BID_BYTES = 32;

const HOT = 0;
const AUCTION = 1;
const HOT_BIDDER = 2;
const BIDDER = 3;
const PRICE = 4;
const HOT_CHANNEL = 5;
const CHANNEL = 6;
const EXTRA = 7;

/** Properties of the bid at the sequence's place. */
export class Bids {
  private readonly hotUrls: readonly string[];
  /** By number of the channel, made when first needed. */
  private readonly names: string[] = [];
  private readonly urls: string[] = [];
  private readonly channelDraw: Draw;
  private readonly bidderOffset: number;

  constructor(
    private readonly at: Sequence,
    private readonly draw: Draw,
    private readonly settings: NexmarkSettings,
    private readonly filler: Filler,
  ) {
    this.channelDraw = new Draw(settings.seed ^ 0x2545f491);
    this.hotUrls = HOT_CHANNELS.map((_, i) => this.baseUrl(CHANNELS + i));
    this.bidderOffset = FIRST_PERSON_ID * (settings.bidderOffsetTwice ? 2 : 1);
  }

  auction(): number {
    const { at, draw, settings } = this;
    if (draw.below(HOT, settings.hotAuctionRatio) > 0) {
      return Math.floor(at.lastAuction / HOT_AUCTIONS) * HOT_AUCTIONS + FIRST_AUCTION_ID;
    }
    const first = Math.max(at.lastAuction - settings.auctionsInFlight, 0);
    return first + draw.below(AUCTION, at.lastAuction - first + 1 + AUCTIONS_AHEAD) + FIRST_AUCTION_ID;
  }

  bidder(): number {
    const { at, draw, settings } = this;
    const hot = draw.below(HOT_BIDDER, settings.hotBidderRatio) > 0;
    const person = hot
      ? Math.floor(at.lastPerson / HOT_BIDDERS) * HOT_BIDDERS + 1
      : nextPerson(at, draw, BIDDER, settings);
    return person + this.bidderOffset;
  }

  price(): number {
    return price(this.draw, PRICE);
  }

  channel(): string {
    if (this.ofHotChannel()) return HOT_CHANNELS[this.draw.below(CHANNEL, HOT_CHANNELS.length)];
    const channel = this.draw.below(CHANNEL, CHANNELS);
    return (this.names[channel] ??= `channel-${channel}`);
  }

  url(): string {
    if (this.ofHotChannel()) return this.hotUrls[this.draw.below(CHANNEL, HOT_CHANNELS.length)];
    const channel = this.draw.below(CHANNEL, CHANNELS);
    return (this.urls[channel] ??= this.channelUrl(channel));
  }

  dateTime(): number {
    return this.at.timestamp;
  }

  extra(): string {
    return this.filler.extra(this.draw, EXTRA, BID_BYTES, this.settings.bidBytes);
  }

  private ofHotChannel(): boolean {
    return this.draw.below(HOT_CHANNEL, 2) > 0;
  }

  private channelUrl(channel: number): string {
    const url = this.baseUrl(channel);
    return this.channelDraw.below(63, 10) > 0 ? `${url}&channel_id=${Math.abs(reverseBits(channel))}` : url;
  }

  private baseUrl(channel: number): string {
    this.channelDraw.seek(channel);
    const segment = (slot: number) => randomText(this.channelDraw, slot, 5, '_');
    return `https://www.nexmark.com/${segment(0)}/${segment(16)}/${segment(32)}/item.htm?query=1`;
  }
}

/** The 32 bits of a number in the opposite order, signed. */
export function reverseBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((value >>> i) & 1);
  return reversed;
}
