/** What keeps a job that has its pods from doing well, in words. Pure. */
import type { CoordinatorView } from '../coordinator-api.js';
import type { PodProblem } from './pod-problems.js';

/** The problem that matters most, or undefined. What is told here is gone as soon as the coordinator tells of it no more. */
export function jobProblem(view: CoordinatorView | undefined): PodProblem | undefined {
  if (!view) return undefined;
  if (view.storeTrouble !== undefined) {
    return { reason: 'StoreAway', message: `the state can't be saved: ${view.storeTrouble}` };
  }
  const { count = 0, reason = 'no reason was given' } = view.checkpointFailures ?? {};
  if (count > 0) {
    const times = count === 1 ? 'the last checkpoint failed' : `the last ${count} checkpoints failed`;
    return { reason: isOfStore(reason) ? 'StoreAway' : 'CheckpointsFail', message: `${times}: ${reason}` };
  }
  if (view.waitingFor !== undefined) {
    return {
      reason: isOfKafka(view.waitingFor) ? 'BrokerAway' : 'WaitsForSystem',
      message: `waits: ${view.waitingFor}`,
    };
  }
  return undefined;
}

/** As runtime/snapshot/s3-store.ts and file-store.ts word it. */
export function isOfStore(text: string): boolean {
  return /\bTW4103\b|\bstore\b|s3:\/\//i.test(text);
}

function isOfKafka(text: string): boolean {
  return /kafka|broker/i.test(text);
}
