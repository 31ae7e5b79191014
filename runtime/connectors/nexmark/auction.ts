/** A thing that is up for auction. */
import type { Draw } from './draw.js';
import { nextPerson } from './person.js';
import { FIRST_AUCTION_ID, FIRST_PERSON_ID, type Sequence } from './sequence.js';
import type { NexmarkSettings } from './settings.js';
import { type Filler, price, randomText } from './text.js';

const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
/** The hot seller is the first of the last hundred people. */
const HOT_SELLERS = 100;
const ITEM_NAME_LENGTH = 20;
const DESCRIPTION_LENGTH = 100;

const HOT = 0;
const SELLER = 1;
const CATEGORY = 2;
const INITIAL = 3;
const RESERVE = 4;
const EXPIRES = 5;
const EXTRA = 6;
const ITEM_NAME = 16;
const DESCRIPTION = 32;

/** Properties of the auction at the sequence's place. */
export class Auctions {
  constructor(
    private readonly at: Sequence,
    private readonly draw: Draw,
    private readonly settings: NexmarkSettings,
    private readonly filler: Filler,
  ) {}

  id(): number {
    return this.at.lastAuction + FIRST_AUCTION_ID;
  }

  itemName(): string {
    return randomText(this.draw, ITEM_NAME, ITEM_NAME_LENGTH);
  }

  description(): string {
    return randomText(this.draw, DESCRIPTION, DESCRIPTION_LENGTH);
  }

  initialBid(): number {
    return price(this.draw, INITIAL);
  }

  reserve(): number {
    return this.initialBid() + price(this.draw, RESERVE);
  }

  dateTime(): number {
    return this.at.timestamp;
  }

  expires(): number {
    const { at, draw } = this;
    return at.timestamp + 1 + draw.below(EXPIRES, Math.max(2 * at.horizonMs, 1));
  }

  seller(): number {
    const { at, draw, settings } = this;
    const hot = draw.below(HOT, settings.hotSellerRatio) > 0;
    const person = hot ? Math.floor(at.lastPerson / HOT_SELLERS) * HOT_SELLERS : nextPerson(at, draw, SELLER, settings);
    return person + FIRST_PERSON_ID;
  }

  category(): number {
    return FIRST_CATEGORY + this.draw.below(CATEGORY, CATEGORIES);
  }

  extra(): string {
    const bytes = 48 + this.itemName().length + this.description().length;
    return this.filler.extra(this.draw, EXTRA, bytes, this.settings.auctionBytes);
  }
}
