/**
 * Auctions, people and bids of the Nexmark benchmark, by its published rules: `sequence.ts` says which event comes when,
 * `person.ts`, `auction.ts` and `bid.ts` what is in it, `events.ts` makes rows, `json-lines.ts` files of them.
 *
 * Each event is a function of seed and number. The random numbers are not those of the original, which has no seed.
 *
 * ```sql
 * CREATE TABLE nexmark (
 *   event_type INT,
 *   bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING>,
 *   `dateTime` TIMESTAMP(3), WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
 * ) WITH ('connector' = 'nexmark', 'events.num' = '1000000');
 * ```
 */
import { TidewheelError } from '../../../api/errors.js';
import type { SourceConnector, Split } from '../../source/contract.js';
import { NexmarkReader, splitId } from './reader.js';
import { nexmarkSettings, options } from './settings.js';

export const source: SourceConnector = {
  name: 'nexmark',
  bounded: (given) => given['events.num'] !== undefined,
  options,
  async enumerate(ctx) {
    const { generators } = nexmarkSettings(ctx.options);
    const wanted = Number(ctx.options['splits'] ?? options['splits'].default);
    if (!Number.isSafeInteger(wanted) || wanted < 1) {
      throw new TidewheelError(
        'TW1302',
        `option 'splits' must be a whole number from 1, not '${ctx.options['splits']}'`,
      );
    }
    const parts = Math.max(1, Math.ceil(wanted / generators));
    const splits: Split[] = [];
    for (let generator = 0; generator < generators; generator++) {
      for (let part = 0; part < parts; part++) splits.push({ id: splitId({ generator, part, parts }), position: 0 });
    }
    return splits;
  },
  createReader: (ctx) => new NexmarkReader(ctx),
};
