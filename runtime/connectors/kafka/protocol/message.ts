/**
 * What a request's file gives: its key and version, how its body is written and how the answer is read. Each such file has
 * the grammar of its message above the code.
 */
import type { WireReader } from './wire.js';

export interface Message<Response> {
  readonly name: string;
  readonly apiKey: number;
  readonly version: number;
  /** Flexible messages have tags in their headers. */
  readonly flexible: boolean;
  /** The body, in parts that are sent one after the other without being copied together. */
  readonly body: readonly Buffer[];
  read(reader: WireReader): Response;
}

/** Lowest version of each request that this connector sends, checked when a broker is connected. */
export const REQUIRED: Readonly<Record<number, readonly [name: string, version: number]>> = {
  0: ['Produce', 8],
  1: ['Fetch', 11],
  2: ['ListOffsets', 5],
  3: ['Metadata', 7],
  10: ['FindCoordinator', 2],
  22: ['InitProducerId', 1],
};
