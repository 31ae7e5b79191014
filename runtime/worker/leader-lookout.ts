/**
 * Looks into the job's store for the address of whoever leads. A Service leads to a new pod only when the kubelet has told of its address,
 * which takes up to a second; the coordinator knows it at its start, and leaves it in the store.
 *
 * Stands in a slot's thread, which has the store's client for its state: in a runner's own thread that would be 10 MiB more.
 */
import { type LeaderAddress, latestEpoch, leaderOf } from '../snapshot/epochs.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';

const PAUSE_MS = 50;
/** A coordinator that starts beside its runners is there in a few seconds; one that isn't is not asked for all the time. */
const SOON_MS = 15_000;
const GROWTH = 1.5;
const MAX_PAUSE_MS = 5000;

export class LeaderLookout {
  /** The look that goes on; undefined: off. */
  private current: object | undefined;

  constructor(
    private readonly open: () => Promise<ObjectStore>,
    private readonly tell: (address: LeaderAddress) => void,
    private readonly log: Logger,
  ) {}

  turnOn(): void {
    if (this.current) return;
    this.current = {};
    void this.look(this.current);
  }

  turnOff(): void {
    this.current = undefined;
  }

  private async look(self: object): Promise<void> {
    const soonUntilMs = Date.now() + SOON_MS;
    let epoch: number | undefined;
    let pauseMs = PAUSE_MS;
    const isMeant = () => this.current === self;
    while (isMeant()) {
      try {
        const store = await this.open();
        epoch ??= Math.max(0, (await latestEpoch(store)) - 1);
        for (let leader = await leaderOf(store, epoch + 1); leader; leader = await leaderOf(store, epoch + 1)) {
          epoch++;
          if (leader.address && isMeant()) this.tell(leader.address);
        }
      } catch (error) {
        // It is only the shorter way: whoever leads is looked for under its name, too.
        this.log.debug({ error: (error as Error).message }, "can't look for the coordinator's address in the store");
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (Date.now() > soonUntilMs) pauseMs = Math.min(pauseMs * GROWTH, MAX_PAUSE_MS);
    }
  }
}
