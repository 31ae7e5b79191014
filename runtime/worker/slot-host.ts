/**
 * A slot in a worker thread, so that slots use several cores. What a slot consists of is loaded there: a runner's own thread only passes
 * orders on, and is there sooner without it (slot-in-process.ts).
 */
import { Worker } from 'node:worker_threads';
import type { LeaderAddress } from '../snapshot/epochs.js';
import type { StoreSpec } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';
import type { SlotOrder, SlotReport } from '../task/slot-messages.js';
import type { TlsFiles } from '../task/transport.js';
import type { Clock } from '../time/clock.js';
import { setSlotNursery } from './nursery.js';
import type { Switchboard } from './switchboard.js';

export interface SlotHost {
  readonly port: number;
  handle(order: SlotOrder): void;
  /** Looks, or doesn't look any more, for the address that the coordinator leaves in the store. */
  lookForLeader?(isOn: boolean): void;
  /** Ends the thread, whatever it is doing. */
  close(): Promise<void>;
}

export interface SlotHostOptions {
  readonly job: string;
  readonly host: string;
  readonly log: Logger;
  readonly tls?: TlsFiles;
  readonly switchboard: Switchboard;
  /** Where others find it, with its port behind. */
  readonly reachableHost: string;
  /** Only for a slot in this thread. */
  readonly clock?: Clock;
  readonly report: (report: SlotReport) => void;
  /** Where coordinators leave their address: see lookForLeader(). */
  readonly leaderStore?: StoreSpec;
  readonly leaderAt?: (address: LeaderAddress) => void;
  /** The thread has died; its slot's tasks are gone. */
  readonly died: (error: Error) => void;
}

/** Young objects die fast here: a larger nursery saves copying them. */
const SEMI_SPACE_MB = 64;

/** In a worker thread. */
export async function slotInThread(options: SlotHostOptions & { maxOldSpaceMb?: number }): Promise<SlotHost> {
  setSlotNursery();
  const worker = new Worker(new URL('./slot-thread.js', import.meta.url), {
    workerData: { job: options.job, host: options.host, tls: options.tls, leaderStore: options.leaderStore },
    resourceLimits: {
      maxYoungGenerationSizeMb: SEMI_SPACE_MB,
      maxOldGenerationSizeMb: options.maxOldSpaceMb ?? 16_384,
    },
  });
  let closing = false;
  const { switchboard } = options;
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: { type: string; [k: string]: any }) => {
      if (message.type === 'listening') {
        worker.off('error', reject);
        resolve(message.port);
      } else if (message.type === 'log') {
        options.log[message.level as 'info'](message.fields, message.text);
      } else if (message.type === 'leader') options.leaderAt?.(message.address);
      else if (message.type === 'line') switchboard.offer(message.offer);
      else options.report(message as SlotReport);
    });
  });
  const address = `${options.reachableHost}:${port}`;
  switchboard.add(address, (offer) => worker.postMessage({ type: 'line', offer }, [offer.end.port]));
  worker.on('error', (error) => {
    switchboard.remove(address);
    if (!closing) options.died(error);
  });
  worker.on('exit', (code) => {
    if (!closing) options.died(new Error(`the slot's thread ended with code ${code}`));
  });
  return {
    port,
    handle: (order) => worker.postMessage(order),
    lookForLeader: (isOn) => worker.postMessage({ type: 'look', isOn }),
    close: async () => {
      closing = true;
      switchboard.remove(address);
      await worker.terminate();
    },
  };
}
