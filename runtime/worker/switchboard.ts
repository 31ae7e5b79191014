/** Brings together slots in threads of one process: passes offers of lines to the thread that an address belongs to. */
import { type LineOffer, refuseLine } from '../task/neighbours.js';

export class Switchboard {
  private readonly slots = new Map<string, (offer: LineOffer) => void>();

  /** A slot listens at `address`; `take` hands it an offer. */
  add(address: string, take: (offer: LineOffer) => void): void {
    this.slots.set(address, take);
  }

  remove(address: string): void {
    this.slots.delete(address);
  }

  offer(offer: LineOffer): void {
    const take = this.slots.get(offer.address);
    if (take) take(offer);
    else refuseLine(offer.end.port);
  }
}
