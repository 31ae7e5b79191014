/** Slots in other threads of the same process: rows go to them through memory. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { ByteRing } from '../exchange/ring.js';
import { type Line, MemoryLine, type MemoryLineEnd } from './line.js';

/** Asks the slot that listens at an address to take the other end of a line. */
export interface LineOffer {
  readonly address: string;
  readonly end: MemoryLineEnd;
}

/** Passes an offer on to the thread that it is for, or refuses it. Its port is transferred. */
export type OfferLine = (offer: LineOffer) => void;

const ACCEPTED = 1;
const REFUSED = 0;

/** The line to the slot at `address`; undefined when that slot is not in this process. Rejects when its thread ends meanwhile. */
export function openLine(offer: OfferLine, address: string): Promise<Line | undefined> {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [new ByteRing().memory, new ByteRing().memory];
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('its thread has ended'));
    port1.once('message', (answer) => {
      port1.removeListener('close', ended);
      if (answer === ACCEPTED) resolve(new MemoryLine({ port: port1, out: there, in: back }));
      else {
        port1.close();
        resolve(undefined);
      }
    });
    port1.once('close', ended);
    offer({ address, end: { port: port2, out: back, in: there } });
  });
}

/** Takes the end that was offered. */
export function acceptLine(offer: LineOffer): Line {
  const line = new MemoryLine(offer.end);
  offer.end.port.postMessage(ACCEPTED);
  return line;
}

/** No slot of this process listens there. */
export function refuseLine(port: MessagePort): void {
  port.postMessage(REFUSED);
}
