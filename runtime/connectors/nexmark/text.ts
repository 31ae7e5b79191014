/** Texts and amounts that several kinds of events are made of. */
import { Draw } from './draw.js';

const TWO_32 = 4294967296;
/** One character in 13 is the special one, the others are letters. */
const CHOICES = 13 * 26;
const MIN_LENGTH = 3;
const FILLER_BYTES = 1024 * 1024;
const LETTER_A = 97;

/** Slots of a text of at most 250 characters: one for its length, one for three characters. */
const CHARS_PER_SLOT = 3;

/** 3 to `max` − 1 characters, a–z and now and then `special`; without blanks at its ends. */
export function randomText(draw: Draw, slot: number, max: number, special = ' '): string {
  const length = MIN_LENGTH + draw.below(slot, max - MIN_LENGTH);
  let text = '';
  let bits = 0;
  for (let i = 0; i < length; i++) {
    if (i % CHARS_PER_SLOT === 0) bits = draw.u32(++slot);
    const scaled = bits * CHOICES;
    const choice = Math.floor(scaled / TWO_32);
    bits = scaled - choice * TWO_32;
    text += choice < 26 ? special : String.fromCharCode(LETTER_A + (choice % 26));
  }
  return text.trim();
}

/** Dollars and cents as cents: from 1 to a million dollars, evenly over its digits. */
export function price(draw: Draw, slot: number): number {
  return Math.round(10 ** (draw.unit(slot) * 6) * 100);
}

/** Fills events up to their average size: slices of one long text. */
export class Filler {
  private text = '';

  constructor(private readonly seed: number) {}

  /** Empty when the event is already larger; else its length is around what is missing, by a fifth up and down. */
  extra(draw: Draw, slot: number, currentBytes: number, averageBytes: number): string {
    if (currentBytes > averageBytes) return '';
    const missing = averageBytes - currentBytes;
    const delta = Math.round(missing * 0.2);
    const length = missing - delta + draw.below(slot, 2 * delta);
    const start = draw.below(slot + 1, FILLER_BYTES - length);
    if (this.text === '') this.text = fillerText(this.seed);
    return this.text.slice(start, start + length);
  }
}

/** The same for all generators of a seed in this process: kept, since it takes a while. */
let last: { readonly seed: number; readonly text: string } | undefined;

function fillerText(seed: number): string {
  if (last?.seed === seed) return last.text;
  const draw = new Draw(seed ^ 0x5f3759df);
  draw.seek(0);
  const bytes = Buffer.allocUnsafe(FILLER_BYTES);
  for (let i = 0; i < FILLER_BYTES; ) {
    let bits = draw.u32(i);
    for (let n = 0; n < 5 && i < FILLER_BYTES; n++, i++) {
      bytes[i] = LETTER_A + (bits % 26);
      bits = (bits / 26) >>> 0;
    }
  }
  last = { seed, text: bytes.latin1Slice(0, FILLER_BYTES) };
  return last.text;
}
