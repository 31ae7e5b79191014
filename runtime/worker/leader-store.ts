/**
 * Which store a runner's pod looks into for its coordinator's address. In the environment, not among the arguments: images that were built
 * upon an older version don't know of it, and needn't.
 */
import type { StoreSpec } from '../snapshot/store.js';
import { storeAt } from '../snapshot/store-place.js';

/** Environment variables: place of the store, see snapshot/store-place.ts, and its region, if it has one. */
export const LEADER_STORE = 'TIDEWHEEL_LEADER_STORE';
export const LEADER_STORE_REGION = 'TIDEWHEEL_LEADER_STORE_REGION';

/** With references to the keys, which are in the environment too. */
export function leaderStoreFrom(env: Readonly<Record<string, string | undefined>>): StoreSpec | undefined {
  const place = env[LEADER_STORE];
  return place === undefined
    ? undefined
    : storeAt(place, {
        kind: 's3',
        endpoint: '',
        bucket: '',
        prefix: '',
        region: env[LEADER_STORE_REGION],
        accessKey: '${env:TIDEWHEEL_S3_ACCESS_KEY}',
        secretKey: '${env:TIDEWHEEL_S3_SECRET_KEY}',
      });
}
