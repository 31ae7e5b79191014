/**
 * Finds whoever leads: under the name that everybody knows, and at the address that it has left in the store. The first to answer counts.
 */
import type { LeaderAddress } from '../snapshot/epochs.js';
import type { Logger } from '../source/contract.js';
import type { ControlLink, CoordinatorMessage, RunnerMessage } from '../task/control.js';

type Link = ControlLink<CoordinatorMessage, RunnerMessage>;

export interface LeaderRoutes {
  /** Opens a connection to whoever leads now; rejects while nobody does. */
  readonly connect: () => Promise<Link>;
  /** To that address. */
  readonly connectTo?: (address: LeaderAddress) => Promise<Link>;
}

const AGAIN_MS = 100;
const GROWTH = 1.5;
/** A coordinator that starts beside its runners, or is replaced, is there in a few seconds: it isn't let wait for them. */
const SOON_MS = 15_000;
const MAX_AGAIN_MS = { soon: AGAIN_MS, later: 1000 };
/** A coordinator leaves its address a moment before it listens there. */
const REFUSED = { againMs: 20, mostMs: 2000 };

interface Search {
  isOver: boolean;
  end(link?: Link): void;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class LeaderSearch {
  private search: Search | undefined;
  private isEnded = false;

  constructor(
    private readonly runner: string,
    private readonly routes: LeaderRoutes,
    private readonly log: Logger,
  ) {}

  /** Resolves with nothing when there is nothing to be found any more. */
  find(): Promise<Link | undefined> {
    return new Promise((resolve) => {
      const search: Search = {
        isOver: false,
        end: (link) => {
          if (search.isOver) link?.close();
          else resolve(link);
          search.isOver = true;
        },
      };
      this.search = search;
      if (this.isEnded) search.end();
      else void this.underName(search);
    });
  }

  /** A coordinator has left this address. */
  tell(address: LeaderAddress): void {
    if (this.search) void this.at(address, this.search);
  }

  end(): void {
    this.isEnded = true;
    this.search?.end();
  }

  private async underName(search: Search): Promise<void> {
    const sinceMs = Date.now();
    let againMs = AGAIN_MS;
    let isTold = false;
    while (!search.isOver) {
      try {
        search.end(await this.routes.connect());
      } catch (error) {
        if (search.isOver) return;
        const isSoon = Date.now() - sinceMs < SOON_MS;
        // Why it is so long may be in the error: a certificate of another authority, a name that isn't known.
        const level = isSoon || isTold ? 'debug' : 'warn';
        isTold ||= !isSoon;
        this.log[level]({ runner: this.runner, error: (error as Error).message }, 'no coordinator yet');
        await sleep(againMs);
        againMs = Math.min(againMs * GROWTH, isSoon ? MAX_AGAIN_MS.soon : MAX_AGAIN_MS.later);
      }
    }
  }

  private async at(address: LeaderAddress, search: Search): Promise<void> {
    const { connectTo } = this.routes;
    const untilMs = Date.now() + REFUSED.mostMs;
    while (connectTo && !search.isOver) {
      try {
        search.end(await connectTo(address));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        this.log.debug({ ...address, error: message }, 'no coordinator at the address in the store');
        // Of one that is gone.
        if (code !== 'ECONNREFUSED' || Date.now() > untilMs) return;
        await sleep(REFUSED.againMs);
      }
    }
  }
}
