/**
 * The job file that a coordinator goes on with in place is not the one that it was started with. Until whoever started it has replaced
 * that one, a successor is started with the old file again: it finds the new one here.
 *
 * Written before the tasks stop; it counts from the savepoint on that lies between the two files, and only for coordinators of the same
 * deployment: whoever starts one with another file, or with the same one again on purpose, gives it another name.
 */
import { savepointKey } from '../snapshot/manifest.js';
import type { ObjectStore } from '../snapshot/store.js';

export interface ChangedFile {
  readonly file: unknown;
  /** As whoever asked for the change calls the file. */
  readonly id?: string;
  /** Name of the savepoint. */
  readonly savepoint: string;
  /** No rows were worked on for that long; absent: the tasks have not been seen to come up. */
  readonly pauseMs?: number;
}

const PREFIX = 'changed-files/';

export async function keepChangedFile(store: ObjectStore, deployment: string, change: ChangedFile): Promise<void> {
  await store.put(`${PREFIX}${deployment}`, Buffer.from(JSON.stringify(change)));
}

/** The change has come to nothing. */
export async function forgetChangedFile(store: ObjectStore, deployment: string): Promise<void> {
  await store.delete([`${PREFIX}${deployment}`]);
}

/** What the job goes on with in place of the file that this deployment was started with. Those of other deployments are forgotten. */
export async function changedFile(store: ObjectStore, deployment: string): Promise<ChangedFile | undefined> {
  const mine = `${PREFIX}${deployment}`;
  const keys = await store.list(PREFIX);
  const others = keys.filter((key) => key !== mine);
  if (others.length > 0) await store.delete(others);
  if (!keys.includes(mine)) return undefined;
  const change = JSON.parse((await store.get(mine)).toString()) as ChangedFile;
  const savepoint = savepointKey(change.savepoint);
  return (await store.list(savepoint)).includes(savepoint) ? change : undefined;
}
