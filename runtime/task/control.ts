/**
 * Messages between the coordinator and its runners, as JSON lines. A runner has threads; each can host one slot. Orders to a slot and
 * its reports are passed through by the runner.
 */
import { createHash } from 'node:crypto';
import type { SlotOrder, SlotReport } from './slot.js';

/** What a runner's thread is busy with: told when it registers, so that a new coordinator can go on with a running job. */
export interface RunningSlot {
  readonly thread: number;
  readonly slot: number;
  readonly attempt: number;
  readonly parallelism: number;
  readonly planHash: string;
  readonly owners: readonly number[];
  readonly started: boolean;
  /** It was told to stop at a barrier: its tasks stand still, or will, until they are deployed anew. */
  readonly stopping: boolean;
  /** Highest checkpoint id seen. */
  readonly checkpoint: number;
  /** Tasks whose input has ended. */
  readonly finished: readonly string[];
  readonly tasks: number;
}

export type RunnerMessage =
  | {
      readonly type: 'register';
      readonly runner: string;
      readonly pid: number;
      /** Host name or address where its data ports are reached. */
      readonly host: string;
      readonly job: string;
      readonly ports: readonly number[];
      readonly running: readonly RunningSlot[];
    }
  /** Threads are there: the port of each. */
  | { readonly type: 'threads'; readonly ports: readonly number[] }
  | { readonly type: 'report'; readonly thread: number; readonly report: SlotReport }
  /** The process is asked to end (SIGTERM): move its slots away. */
  | { readonly type: 'draining' }
  | { readonly type: 'heartbeat'; readonly rssBytes: number; readonly cpuMs: number };

export type CoordinatorMessage =
  | { readonly type: 'welcome'; readonly epoch: number }
  /** Another coordinator leads, or the job is not this runner's: don't come back to this address. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'threads'; readonly count: number }
  | { readonly type: 'order'; readonly thread: number; readonly order: SlotOrder }
  | { readonly type: 'heartbeat' }
  /** The job is over: the process may end. */
  | { readonly type: 'shutdown' };

/** A two-way line of messages. */
export interface ControlLink<In, Out> {
  send(message: Out): void;
  onMessage(handler: (message: In) => void): void;
  onClose(handler: () => void): void;
  close(): void;
}

/** Two ends joined in memory, for a coordinator and a runner in one process. Delivery is asynchronous, as on a socket. */
export function linkPair<A, B>(): [ControlLink<A, B>, ControlLink<B, A>] {
  const make = () => ({ message: [] as ((m: any) => void)[], close: [] as (() => void)[] });
  const a = make();
  const b = make();
  let closed = false;
  const end = (mine: ReturnType<typeof make>, other: ReturnType<typeof make>): ControlLink<any, any> => ({
    send: (message) => {
      if (!closed)
        setImmediate(() => {
          for (const h of other.message) h(message);
        });
    },
    onMessage: (h) => mine.message.push(h),
    onClose: (h) => mine.close.push(h),
    close: () => {
      if (closed) return;
      closed = true;
      setImmediate(() => {
        for (const h of [...a.close, ...b.close]) h();
      });
    },
  });
  return [end(a, b), end(b, a)];
}

/** Identifies a plan: runners and coordinator agree on what is running by it. */
export function planHash(plan: unknown): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
}
