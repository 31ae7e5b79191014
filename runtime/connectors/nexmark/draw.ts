/**
 * Random numbers as a function of seed, event and slot. Every property of an event draws from slots of its own, so that it is the
 * same whether or not the others are made.
 */
import { mix } from '../datagen/random.js';

const { floor, imul } = Math;
const GOLDEN = 0x9e3779b9;
const TWO_32 = 4294967296;

export class Draw {
  private readonly base: number;
  private state = 0;

  constructor(seed: number) {
    this.base = mix(seed ^ GOLDEN);
  }

  /** Numbers drawn from now on are those of event `id`. */
  seek(id: number): void {
    this.state = mix(mix(this.base ^ (id | 0)) + imul(floor(id / TWO_32), 0x85ebca6b));
  }

  /** An integer in [0, 2^32). */
  u32(slot: number): number {
    return mix(this.state + imul(slot + 1, GOLDEN)) >>> 0;
  }

  /** A whole number in [0, limit). */
  below(slot: number, limit: number): number {
    return floor((this.u32(slot) / TWO_32) * limit);
  }

  /** A number in [0, 1). */
  unit(slot: number): number {
    return this.u32(slot) / TWO_32;
  }
}
