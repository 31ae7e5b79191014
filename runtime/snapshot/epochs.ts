/**
 * Who leads a job. Each coordinator that takes the lead writes the next epoch into the job's store, once: the highest leads. With it stands
 * where the coordinator is reached, for runners that know it before Kubernetes says so.
 */
import { ObjectExistsError, ObjectMissingError, type ObjectStore } from './store.js';

export interface LeaderAddress {
  readonly host: string;
  readonly port: number;
}

const PREFIX = 'epochs/';
/** Of those before, for people who look for what happened. */
const KEPT = 5;

const keyOf = (epoch: number) => `${PREFIX}${String(epoch).padStart(8, '0')}`;

/** Takes the lead: the epoch that is this coordinator's from now on. */
export async function takeLead(store: ObjectStore, address?: LeaderAddress): Promise<number> {
  for (;;) {
    const before = await store.list(PREFIX);
    const epoch = epochOf(before.at(-1)) + 1;
    try {
      const body = Buffer.from(JSON.stringify({ pid: process.pid, atMs: Date.now(), address }));
      await store.put(keyOf(epoch), body, { ifAbsent: true });
      await store.delete(before.slice(0, -KEPT));
      return epoch;
    } catch (error) {
      if (!(error instanceof ObjectExistsError)) throw error;
    }
  }
}

/** 0: nobody has led the job yet. */
export async function latestEpoch(store: ObjectStore): Promise<number> {
  return epochOf((await store.list(PREFIX)).at(-1));
}

export interface Leader {
  /** Undefined: it has left none. */
  readonly address?: LeaderAddress;
}

/** The coordinator of an epoch; undefined while there is none. */
export async function leaderOf(store: ObjectStore, epoch: number): Promise<Leader | undefined> {
  try {
    return JSON.parse((await store.get(keyOf(epoch))).toString());
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

function epochOf(key: string | undefined): number {
  return key === undefined ? 0 : Number(key.slice(PREFIX.length));
}
