/**
 * What the operator tells a runner's pod beside its arguments. In the environment, as images that were built upon an older version don't know
 * of it, and needn't.
 */
import { KEYS_IN_ENVIRONMENT, type StoreSpec } from '../snapshot/store.js';
import { storeAt } from '../snapshot/store-place.js';

/** Where the coordinator leaves its address: place of the job's store, see snapshot/store-place.ts, and its region, if it has one. */
export const LEADER_STORE = 'TIDEWHEEL_LEADER_STORE';
export const LEADER_STORE_REGION = 'TIDEWHEEL_LEADER_STORE_REGION';

/** Folder for copies of the state that slots have in an object store (snapshot/local-copies.ts); empty: no copies. */
export const LOCAL_COPIES = 'TIDEWHEEL_LOCAL_COPIES';

/** With references to the keys, which are in the environment too. */
export function leaderStoreFrom(env: Readonly<Record<string, string | undefined>>): StoreSpec | undefined {
  const place = env[LEADER_STORE];
  const keys = { ...KEYS_IN_ENVIRONMENT, region: env[LEADER_STORE_REGION] };
  return place === undefined
    ? undefined
    : storeAt(place, { kind: 's3', endpoint: '', bucket: '', prefix: '', ...keys });
}
